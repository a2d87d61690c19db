"""Debian's unmodified kernel in a domain, used from its console as its owner would."""

import re
import time

import pytest

MACHINE = dict(mem=1024, cpus=2)
UP = "enso-initramfs: user space is up"

pytestmark = pytest.mark.limit(300)


@pytest.fixture(scope="module", autouse=True)
def _no_leak(_machine):
    """All that the tests of this module created has to be gone at the end, to the frame."""
    yield
    host = _machine[0]
    if host and host.alive():
        if "linux" in host.domains():
            host.cli("destroy linux")
        host.cli("free --drop")
        assert host.free_frames() == host.free_at_start


@pytest.fixture
def linux(host):
    """A console at the shell's prompt of the running domain."""
    if not hasattr(host, "free_at_start"):
        host.free_at_start = host.free_frames()
    if "linux" not in host.domains():
        host.cli("create linux.cfg", timeout=60)
    with host.console("linux") as console:
        console.send("\r")
        console.expect("# ", timeout=60)
        yield console


def test_it_says_that_it_runs_on_xen(linux):
    messages = linux.ask("dmesg")
    assert "Hypervisor detected: Xen PV" in messages
    assert "Booting kernel on Xen" in messages
    assert not re.search(r"BUG:|Oops|WARNING:|Call Trace|unchecked MSR", messages)


def test_proc_files(linux):
    assert linux.ask("grep -c ^processor /proc/cpuinfo") == "1"
    assert "sse2" in linux.ask("cat /proc/cpuinfo")
    assert re.search(r"xen-percpu.*timer0", linux.ask("cat /proc/interrupts"))
    total = int(linux.ask("awk '/MemTotal/ { print $2 }' /proc/meminfo"))
    assert 180 * 1024 < total < 256 * 1024


def test_the_clock_is_right(linux):
    assert abs(int(linux.ask("date +%s")) - time.time()) < 60
    before = time.monotonic()
    inside = linux.ask("now() { cut -d. -f1 /proc/uptime; }; a=$(now); sleep 5; echo $(($(now) - a))")
    assert inside in ("5", "6")
    assert 4.5 < time.monotonic() - before < 12


def test_programs_compute_rightly(linux):
    """Floating point in several processes at once, and some MiB through pipes."""
    sums = linux.ask("for i in 1 2 3 4; do awk 'BEGIN { for (i = 1; i < 200000; i++) s += 1 / (i * i); "
                     "printf \"%.9f\\n\", s }' & done; wait", timeout=120).split()
    assert sums.count("1.644929067") == 4
    # 4 MiB of zeros
    assert "b5cfa9d6c8febd618f91ac2843d50a1c" in linux.ask(
        "dd if=/dev/zero bs=64k count=64 2>/dev/null | gzip | gzip -d | md5sum", timeout=60)


def test_many_processes(linux):
    assert linux.ask("i=0; while [ $i -lt 150 ]; do sleep 3 & i=$((i + 1)); done; jobs | wc -l; wait",
                     timeout=60).split("\n")[-1] == "150"
    # A fork bomb under a limit, and the shell goes on. Mostly it ends by itself; it must not go on in later
    # tests.
    linux.ask("(ulimit -u 60; su -s /bin/sh nobody -c 'f() { f | f & }; f' ) 2>/dev/null; true", timeout=60)
    assert linux.ask("echo alive") == "alive"
    linux.ask("while ps -o user | grep -q nobody; do su -s /bin/sh nobody -c 'kill -9 -1'; done", timeout=60)


def test_ctrl_c_reaches_the_foreground(linux):
    linux.send("sleep 100\r")
    linux.expect("sleep 100\r*\n")
    linux.send("\x03")
    linux.expect("# ", timeout=10)
    assert linux.ask("echo $((6 * 7))") == "42"


def test_reboot(host, linux):
    """The domain comes back under a new number, in the same console."""
    before = linux.ask("cat /proc/sys/kernel/random/boot_id")
    linux.send("reboot\r")
    linux.expect(UP, timeout=90)
    linux.expect("# ", timeout=30)
    assert linux.ask("cat /proc/sys/kernel/random/boot_id") != before


def test_shutdown_in_order(host):
    if "linux" not in host.domains():
        host.cli("create linux.cfg", timeout=60)
    host.cli("shutdown -w linux", timeout=60)
    assert "linux" not in host.domains()
    log = host.cli("console --log linux")
    assert "enso-initramfs: shutting down" in log
    assert re.search("reboot: (Power down|System halted)", log)     # a PV kernel of 6.1 says the second
