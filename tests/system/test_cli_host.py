"""Commands about the machine itself."""

import re

MACHINE = dict(mem=256, cpus=2)


def test_info(host):
    table = dict(re.split(r" +: ", line, maxsplit=1) for line in host.cli("info").split("\n"))
    info = host.info()
    assert table["xen_version"].startswith("4.17") and info["xen_version"] == table["xen_version"]
    assert int(table["nr_cpus"]) == info["nr_cpus"] == 2
    assert 200 < int(table["total_memory"]) <= 256
    assert int(table["free_memory"]) == info["free_memory_kib"] // 1024
    assert host.cli("info free_frames") == str(info["free_frames"])
    assert host.fails("info colour") == "info: colour: no such field; `info` shows all fields"


def test_the_banner_names_the_machine(host):
    host.log_file.flush()
    with open(host.log, encoding="utf-8", errors="replace") as log:
        assert re.search(r"Enso control domain started: version 4\.17\S+, 2 CPUs, \d+ MiB memory, "
                         r"\d+ MiB free for domains", log.read())


def test_memory_adds_up(host):
    rows = dict(line.rsplit(None, 1) for line in host.cli("free").split("\n") if line[-1].isdigit())
    rows = {name.strip(): int(kib) for name, kib in rows.items()}
    assert rows["host"] == rows["hypervisor"] + rows["domains"] + rows["free"]
    assert rows["control domain"] == rows["used"] + rows["unused"]
    assert rows["used"] > 0 and rows["unused"] > 0
    host.cli("free --drop")


def test_dmesg(host):
    assert len(host.cli("dmesg")) > 100
    host.cli("debug-keys h")
    assert host.cli("dmesg -c") != ""
    assert len(host.cli("dmesg")) < 1000


def test_poweroff(boot):
    host = boot(mem=256, cpus=1)
    host.send("poweroff\r")
    assert host.wait_exit(10) is None


def test_reboot_of_the_host(boot):
    host = boot(mem=256, cpus=1)
    assert host.fails("reboot --host now").startswith("reboot: --host stands alone; usage: reboot")
    host.send("reboot --host\r")
    host.wait_exit(10)                      # QEMU is told not to start again


def test_exit(boot):
    host = boot(mem=256, cpus=1)
    host.send("nonsense; exit\r")
    assert host.wait_exit(10) == 127
