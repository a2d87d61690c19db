"""Guests that die badly, take all they can get, or lie: the host and its other guests do not notice.

Each mode of the crash guest runs on one CPU beside a hello that counts seconds. Meanwhile the shell answers;
afterwards hello has not missed a second, all that the domain held is free again, to the frame, and the frame
audit finds nothing.
"""

import re
import time

import pytest

from enso import direct

MACHINE = dict(mem=512, cpus=1)

KEEP = "on_crash=preserve on_poweroff=preserve on_reboot=preserve"
SURVIVED = "crash: survived"
LOST_STACK = "crashed: vcpu 0: no frame can be pushed at "

# Mode and argument, and what its console or the hypervisor's log then says.
ENDS = [
    ("nohandler", r"crashed: vcpu 0: no handler for exception 6 "),
    ("ud2", r"unexpected trap 6 \(invalid opcode\)"),
    ("jump", r"execution of address 0+1000, which is not mapped"),
    ("text", r"write of address \w+, against its protection"),
    ("stack", LOST_STACK),
    ("badstack", LOST_STACK + "1fc8"),
    ("hvstack", LOST_STACK + "ffff830000000fc8"),
    ("callback", r"execution of address 0+3000, which is not mapped"),
    ("unmap", r"unexpected trap 14 \(page fault\), error code 10"),
    ("nouser", r"crashed: vcpu 0: iret .* to user mode, which has no page tables"),
    ("iret", r"crashed: vcpu 0: iret with the frame at 2000: not all of it can be read"),
    ("giveback", r"crash: \d+ of \d+ frames given back\n(.*\n)*unexpected trap 14"),
    ("frames", r"crash: 3 of \d+ frames mapped beside our memory"),     # its shared page and its grant table
    ("hvtables", r"crash: 0 entries of the hypervisor changed"),
    ("repin", r"crash: pinned again"),
    ("untold", r"crash: 0 blocks told, 1 frames more"),
    ("shutdown", r"^crash: shutdown$"),
    ("panic", r"panic: asked for by"),
    ("abort", r"panic: abort\(\) was called"),
    ("exit", r"exit code 1"),
    ("ports", r"crash: 10\d\d event channels, then ENOSPC"),
    ("grants", r"crash: 10\d\d grants, then ENOSPC"),
    ("memory", r"crash: 1\d\d\d pages of memory, then none"),
    ("nodes", r"crash: [1-9]\d+ store nodes, then ENOSPC"),
    ("watches", r"crash: [1-9]\d+ watches, then E2BIG"),
    ("transactions", r"crash: [1-9]\d* transactions, then ENOSPC"),
    ("flood 3", SURVIVED),
    ("yield 3", SURVIVED),
    ("events 3", SURVIVED),
    ("consolering 1", r"\[console stopped: an index of the domain's ring cannot be true\]"),
    ("storering 1", SURVIVED),
    ("storemsgs 1", r"crash: [1-9]\d* messages"),
    # Where these end, and what is left of their console by then, is theirs.
    ("hypercalls 1", None), ("hypercalls 2", None), ("hypercalls 3", None),
    ("anycalls 1", None), ("anycalls 2", None), ("anycalls 3", None), ("anycalls 4", None),
    ("pagetables 1", None), ("pagetables 2", None), ("pagetables 3", None),
]
ENDLESS = ["hang", "sleep"]
MODES = {mode.split()[0] for mode, _ in ENDS} | set(ENDLESS)


def create(host, mode, name="crash"):
    host.cli(f"create crash.cfg -q name={name} {KEEP} extra='crash {mode}'")


def seconds_counted(host, name="witness"):
    """How many seconds a hello has seen; None if it skipped one."""
    counted = [int(n) for n in re.findall(r"hello: (\d+) s up", host.said(name))]
    return counted[-1] if counted and counted == list(range(counted[0], counted[-1] + 1)) else None


def has_ended(host, name="crash"):
    return "s" in host.domains()[name]["state"]


class Witness:
    """A hello that must neither lose a second nor miss its shell."""

    def __init__(self, host):
        self.host = host
        if "witness" not in host.domains():
            host.cli("create hello.cfg -q name=witness")
            host.until(lambda: seconds_counted(host))
        self.begin()

    def begin(self):
        self.counted, self.at = seconds_counted(self.host), time.monotonic()

    def check(self):
        went_by = time.monotonic() - self.at
        counted = seconds_counted(self.host)
        assert counted, "the witness skipped seconds"
        assert abs(counted - self.counted - went_by) < 3


@pytest.fixture
def witness(host):
    """What a test does between holds the host to its promises."""
    seen = Witness(host)
    before = host.holdings()
    seen.begin()
    yield seen
    for name in host.domains():
        if name not in ("Domain-0", "witness"):
            host.cli("destroy", name)
    seen.check()
    assert host.holdings() == before
    assert host.audit() == 0


def test_no_mode_is_forgotten(host, witness):
    create(host, "help")
    host.until(lambda: has_ended(host))
    assert set(re.findall(r"(?m)^crash (\w+) ", host.said("crash"))) == MODES


@pytest.mark.parametrize("mode, says", ENDS, ids=[mode.replace(" ", "-") for mode, _ in ENDS])
def test_it_ends_alone(host, witness, mode, says):
    create(host, mode)
    host.until(lambda: has_ended(host), timeout=30)
    domain = host.domains()["crash"]
    assert domain["shutdown_reason"] == "crash" or mode.startswith("anycalls")
    words = host.said("crash") + "\n" + host.cli("dmesg")
    assert says is None or re.search(says, words, re.MULTILINE), words


@pytest.mark.parametrize("mode, state", [("hang", "------"), ("sleep", "-b----")])
def test_it_never_ends(host, witness, mode, state):
    create(host, mode)
    states = set()
    for _ in range(20):
        states.add(host.domains()["crash"]["state"])
        host.cli("sleep 0.1")
    assert states == {state}          # hang waits while the shell uses the CPU
    assert "(ETIMEDOUT)" in host.fails("shutdown -w -t 0.5 crash")
    witness.check()
    host.cli("destroy crash")


def test_what_one_takes_others_still_get(host, witness):
    for mode in ("ports", "grants", "memory", "nodes", "watches", "transactions"):
        create(host, f"{mode} hold", mode)
        host.until(lambda: ", then " in host.said(mode))
    host.cli("create hello.cfg -q")
    host.until(lambda: "hello: I am domain" in host.said("hello") and seconds_counted(host, "hello"))
    host.cli("xenstore-write /tool/test here; xenstore-rm /tool/test")
    host.cli("shutdown -w -t 10 hello")


def test_a_flood_leaves_the_keyboard_alone(host, witness):
    create(host, "flood 6")
    with host.console("crash") as console:
        console.expect("flooding the console, line 1000")
        left = time.monotonic()
    assert time.monotonic() - left < 3
    assert len(host.said("crash")) <= 64 * 1024 + 100
    witness.check()


@pytest.mark.limit(240)
def test_all_at_once_with_debug_checks(boot):
    """Side by side on two CPUs, in the build that asserts and interrupts itself at every step."""
    host = boot(mem=1024, cpus=2, **direct("enso-debug", options="preempt=always"))
    witness = Witness(host)
    before = host.holdings()
    names = {mode.replace(" ", "-"): mode for mode in [mode for mode, _ in ENDS] + ENDLESS}
    for name, mode in names.items():
        create(host, mode, name)
    host.until(lambda: all("s" in d["state"] for name, d in host.domains().items()
                           if name not in ENDLESS + ["Domain-0", "witness"]), timeout=120, pause=0.5)
    assert host.audit() == 0
    assert seconds_counted(host)
    host.cli("destroy", *names)
    assert host.holdings() == before
    assert host.audit() == 0
    host.cli("destroy witness")
