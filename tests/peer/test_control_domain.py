"""The control domain as the initial domain of Xen: its toolstack, store, console daemon and shell work there
through Xen's own domctl and sysctl. The tests of tests/system about domains and the store run there as they are."""

import re

import pytest

from enso import without_log
from runs import ARCHIVE, LOGS, MEMORY
from test_cli_domains import *      # noqa: F401,F403
from test_cli_store import *        # noqa: F401,F403
from xen import XenHost

del test_values_are_printed_safely  # noqa: F821   Xen's serial port passes only seven bits of what is typed


def machine(name):
    host = XenHost(name, LOGS, archive=ARCHIVE, mem=MEMORY).start()
    host.first_domain()
    return host


@pytest.fixture(scope="module")
def machines():
    running = []
    yield running
    for host in running:
        host.stop()


@pytest.fixture
def host(machines):
    """One machine for all, started again when a test has ended it."""
    if not (machines and machines[-1].alive()):
        machines.append(machine(f"control-domain-{len(machines)}"))
    yield machines[-1]
    if machines[-1].alive():            # a test that fails leaves none of its domains to the others
        for name in [name for name in machines[-1].domains() if name != "Domain-0"]:
            machines[-1].cli("destroy", name)


def log_of(host):
    host.log_file.flush()
    with open(host.log, encoding="utf-8", errors="replace") as log:
        return log.read().replace("\r", "")


def test_it_starts_without_complaint(host):
    """All its parts find on Xen what they need: no `enso: PART did not start` line."""
    log = log_of(host)
    assert "Xen version 4.17" in log
    assert re.search(r"(?m)^Enso control domain started: version 4\.17\S*, 2 CPUs, \d+ MiB memory", log)
    assert not re.findall(r"(?m)^enso: .*", log)


def test_info(host):
    info = host.info()
    assert info["xen_version"].startswith("4.17.") and "enso" not in info["xen_version"]
    assert info["xen_scheduler"] == "credit"
    assert info["nr_cpus"] == 2
    assert 0 < info["free_memory_kib"] < info["total_memory_kib"] <= MEMORY * 1024
    assert info["xen_commandline"].startswith("console=com1")


def test_memory_adds_up(host):
    rows = dict(line.rsplit(None, 1) for line in host.cli("free").split("\n"))
    rows = {name.strip(): int(kib) for name, kib in rows.items()}
    assert rows["host"] == rows["hypervisor"] + rows["domains"] + rows["free"]


def test_dmesg_is_xens(host):
    assert "(XEN) Xen version 4.17" in host.cli("dmesg -c")
    host.cli("debug-keys h")
    assert "'h' pressed -> showing installed handlers" in host.cli("dmesg -c")


def test_a_weight_and_a_cap(host):
    free = host.free_frames()
    host.cli("create hello.cfg -q cpu_weight=512 cap=50 cpus=1")
    assert re.search(r"(?m)^hello .* 1 / all$", host.cli("vcpu-list hello"))
    host.cli("destroy hello")
    assert host.free_frames() == free


def test_hello_from_birth_to_death(host):
    """Create, list, pause, unpause, its console, its store, reboot, shutdown; then nothing is left."""
    free, store = host.free_frames(), without_log(host.cli("xenstore-ls -f /local"))
    with host.console("hello", "create hello.cfg -c") as console:
        console.says("hello: hypervisor 4.17.")
        console.says("hello: 1 s up")
    domid = host.domains()["hello"]["domid"]
    host.cli("pause hello")
    assert "p" in host.domains()["hello"]["state"]
    said = host.said("hello")
    host.cli("sleep 1.5")
    assert host.said("hello") == said
    host.cli("unpause hello")
    host.until(lambda: len(host.said("hello")) > len(said))
    assert host.cli(f"xenstore-read /local/domain/{domid}/name") == "hello"
    host.cli("reboot hello")
    host.until(lambda: host.domains().get("hello", {"domid": domid})["domid"] > domid)
    host.until(lambda: "hello: 1 s up" in host.run(f"console --log {host.cli('domid hello')}")[1])
    assert host.cli("shutdown -w hello").endswith("powered off (destroy)")
    assert list(host.domains()) == ["Domain-0"]
    assert host.free_frames() == free
    assert without_log(host.cli("xenstore-ls -f /local")) == store


@pytest.mark.parametrize("words, said", [
    ("hello.cfg memory=100000", r"create: hello: not enough memory: .* \(ENOMEM\); .*"),
    ("hello.cfg kernel=/hello.cfg", r"create: .* \(ENOEXEC\).*"),
    ("hello.cfg memory=many", r"create: command line:1:\d+: memory: .* \(EINVAL\); nothing was created"),
    ("nothing.cfg", r"create: nothing\.cfg: cannot read the configuration \(ENOENT\); .*"),
])
def test_a_create_that_fails_says_why_in_one_line(host, words, said):
    free = host.free_frames()
    assert re.fullmatch(said, without_log(host.fails("create", words)))
    assert list(host.domains()) == ["Domain-0"]
    assert host.free_frames() == free


def test_ten_at_once(host):
    """Twice: from the first time on Xen keeps pages of its own, a few more or less; a domain has 2048."""
    free = []
    for _ in range(2):
        for i in range(10):
            host.cli(f"create hello.cfg -q name=h{i}")
        host.until(lambda: all("1 s up" in host.said(f"h{i}") for i in range(10)))
        assert len(host.domains()) == 11
        host.cli("destroy", *[f"h{i}" for i in range(10)])
        free.append(host.free_frames())
    assert abs(free[0] - free[1]) < 32


def test_the_end_is_reported_as_what_it_is(host):
    """Xen halts the machine: switching it off is for its initial domain, which leaves ACPI alone."""
    host.send("poweroff\r")
    host.expect(r"The host is halted; this hypervisor does not switch it off by itself\.")
    host.expect("halting machine")
    host.stop()
