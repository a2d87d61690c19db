"""The selftest guest tries every hypercall and every trap path from inside: in a domain and as the initial
domain, with the hypervisor that is shipped, with the one that asserts, and with the latter interrupting
itself wherever it may."""

import re

import pytest

from enso import direct

GROUPS = ["calls", "descriptors", "events", "grants", "pagetables", "pins", "foreign", "traps", "emulation",
          "user", "timers", "fpu", "kit"]
BUILDS = pytest.mark.parametrize("hypervisor, options", [
    ("enso", ""), ("enso-debug", "loglvl=debug"), ("enso-debug", "preempt=always"),
], ids=["release", "debug", "preempt-always"])


def result(text):
    """The number of tests that passed; none failed and no group is missing."""
    text = text.replace("\r", "")
    assert not re.findall(r"(?m)^FAIL .*", text)
    assert re.findall(r"(?m)^selftest: (\w+)$", text) == GROUPS
    return len(re.findall(r"(?m)^ok ", text))


@BUILDS
def test_as_the_initial_domain(boot, hypervisor, options):
    machine = boot(mem=256, cpus=2, prompt=False, **direct(hypervisor, options, "guests/selftest", None))
    machine.expect(r"selftest: (\d+) passed, (\d+) failed\r*\n", timeout=90)
    passed = int(machine.serial.match[1])
    assert result(machine.serial.before) == passed > 400
    assert machine.serial.match[2] == "0"
    assert machine.wait_exit() is None          # it powered off: the host has nothing else to do


@BUILDS
def test_in_a_domain(boot, hypervisor, options):
    host = boot(mem=256, cpus=2, **direct(hypervisor, options))
    before = host.holdings()
    host.cli("create selftest.cfg -q on_poweroff=preserve on_crash=preserve")
    host.until(lambda: "s" in host.domains()["selftest"]["state"], timeout=90)
    said = host.said("selftest")
    assert re.search(rf"(?m)^selftest: {result(said)} passed, 0 failed$", said)
    assert host.domains()["selftest"]["shutdown_reason"] == "poweroff"
    assert host.audit() == 0
    host.cli("destroy selftest")
    assert host.holdings() == before
    assert host.audit() == 0


def test_from_the_cd(boot):
    """Two at once beside each other, on a machine that GRUB started."""
    host = boot(mem=256, cpus=2)
    before = host.holdings()
    for name in ("a", "b"):
        host.cli(f"create selftest.cfg -q name={name} on_poweroff=preserve on_crash=preserve")
    for name in ("a", "b"):
        host.until(lambda: "s" in host.domains()[name]["state"], timeout=90)
        assert " passed, 0 failed" in host.said(name).split("\n")[-1]
    host.cli("destroy a b")
    assert host.holdings() == before
    assert host.audit() == 0
