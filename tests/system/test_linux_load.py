"""Linux domains under load, beside others and under their operator's hands: all answer, all compute rightly,
and afterwards everything is free again. What is right is what the same busybox computes on this machine."""

import contextlib
import re
import subprocess
import time

import pytest

DEBUG = 1                       # entry of the boot menu
MACHINE = dict(mem=1024, cpus=2)
UP = "enso-initramfs: user space is up"
TROUBLE = r"BUG:|Oops|WARNING:|Call Trace|rcu.*stall|soft lockup|hung task"

SUM = "yes $(seq 1 2000) | head -c 8388608 | gzip | md5sum"
FLOAT = "awk 'BEGIN { for (i = 1; i < 100000; i++) s += 1 / (i * i + i / 3); printf \"%.17g\\n\", s }'"
WORK = f"{SUM}; {FLOAT}; i=0; while [ $i -lt 50 ]; do (exit 3); i=$((i + $? / 3)); done; echo $i"

pytestmark = pytest.mark.limit(300)


def busybox_here(script):
    said = subprocess.run(["/bin/busybox", "sh", "-c", script], check=True, text=True,
                          env={"PATH": "/nowhere"}, stdout=subprocess.PIPE).stdout     # its own applets only
    return said.strip().split("\n")


@pytest.fixture(autouse=True)
def nothing_left(host):
    host.cli("free --drop")
    before = host.holdings()
    yield
    for name in host.domains():
        if name != "Domain-0":
            host.cli("destroy", name)
    host.cli("free --drop")
    assert host.holdings() == before
    assert host.audit() == 0


@contextlib.contextmanager
def created(host, name="linux"):
    """Attached from its first instruction on: gives the console at the prompt of its shell."""
    with host.console(name, f"create linux.cfg -c name={name}") as console:
        console.says(UP, timeout=90)
        console.expect("# ")
        yield console


@contextlib.contextmanager
def attached(host, name="linux"):
    with host.console(name) as console:
        console.send("\r")
        console.expect("# ")
        yield console


def seconds_counted(host, name):
    counted = [int(n) for n in re.findall(r"hello: (\d+) s up", host.said(name))]
    assert counted == list(range(1, len(counted) + 1)), f"{name} skipped seconds"
    return len(counted)


def test_two_linux_and_eight_hello_for_a_minute(host):
    right = busybox_here(WORK)
    linuxes, hellos = ["l1", "l2"], [f"h{i}" for i in range(8)]
    for name in linuxes:
        with created(host, name) as console:
            console.ask("{ (end=$(($(date +%s) + 60)); while [ $(date +%s) -lt $end ]; "
                        f"do echo $({WORK}); done >/tmp/results; touch /tmp/done) 2>/tmp/errors & }}")
    began = {}
    for name in hellos:
        host.cli(f"create hello.cfg -q name={name}")
        began[name] = time.monotonic()

    last = time.monotonic() + 60
    while time.monotonic() < last:
        asked = time.monotonic()
        assert set(host.domains()) == {"Domain-0", *linuxes, *hellos}
        assert time.monotonic() - asked < 5
        for name in hellos:
            assert abs(seconds_counted(host, name) - (time.monotonic() - began[name])) < 3
        time.sleep(2)
    assert host.audit() == 0

    for name in linuxes:
        with attached(host, name) as console:
            console.ask("while [ ! -e /tmp/done ]; do sleep 1; done", timeout=60)
            assert console.ask("cat /tmp/errors") == ""
            results = [line.split() for line in console.ask("cat /tmp/results").split("\n")]
            assert results and all(words == " ".join(right).split() for words in results), results
            assert abs(int(console.ask("date +%s")) - time.time()) < 5
            assert not re.search(TROUBLE, console.ask("dmesg"))
    host.cli("shutdown -a -w -t 60", timeout=70)
    assert list(host.domains()) == ["Domain-0"]


def test_paused_rebooted_and_asked(host):
    with created(host) as console:
        assert console.ask("uname") == "Linux"
    host.cli("pause linux")
    time.sleep(3)
    assert host.domains()["linux"]["state"] == "--p---"
    host.cli("unpause linux")
    with attached(host) as console:
        assert abs(int(console.ask("date +%s")) - time.time()) < 3      # its clock went on meanwhile
        assert not re.search(TROUBLE, console.ask("dmesg"))
        boot_id = console.ask("cat /proc/sys/kernel/random/boot_id")

    host.cli("sysrq linux h")
    host.until(lambda: "sysrq: HELP" in host.said("linux"))

    domid = int(host.cli("domid linux"))
    host.cli("reboot -w linux", timeout=90)
    host.until(lambda: UP in host.said("linux"), timeout=90)
    assert int(host.cli("domid linux")) > domid
    assert "reboot: Restarting system" in host.said(domid)
    with attached(host) as console:
        assert console.ask("cat /proc/sys/kernel/random/boot_id") != boot_id

    domid = int(host.cli("domid linux"))
    host.cli("shutdown -w linux", timeout=60)
    assert "linux" not in host.domains()
    said = host.said(domid)             # a PV kernel 6.1 says that it halts
    assert re.search(r"(?s)enso-initramfs: shutting down.*SIGTERM.*reboot: (Power down|System halted)", said)


def test_with_debug_checks(boot):
    """The build that asserts; the audit while Linux runs and after it."""
    host = boot(mem=512, cpus=2, entry=DEBUG)
    host.cli("free --drop")
    before = host.holdings()
    with created(host) as console:
        assert console.ask(WORK, timeout=120).split("\n") == busybox_here(WORK)
        assert not re.search(TROUBLE, console.ask("dmesg"))
    assert host.audit() == 0
    host.cli("destroy linux; free --drop")
    assert host.holdings() == before
    assert host.audit() == 0
