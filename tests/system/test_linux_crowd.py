"""Two Linux domains and eight hello at once, for more than a minute: nobody misses a second, both shells
answer, all end in order, and everything is free again."""

import re
import time

import pytest

MACHINE = dict(mem=1024, cpus=2)
HELLOS = [f"h{n}" for n in range(8)]
LINUXES = ["l1", "l2"]

pytestmark = pytest.mark.limit(300)


def seconds_seen(host, name):
    return [int(n) for n in re.findall(r"hello: (\d+) s up", host.cli(f"console --log {name}"))]


def test_a_crowd_for_a_minute(host):
    host.cli("free --drop")
    before = host.info()["free_frames"]
    for name in LINUXES:
        host.cli(f"create linux.cfg -q name={name}")
    for name in HELLOS:
        host.cli(f"create hello.cfg -q name={name}")
    end = time.monotonic() + 65
    while time.monotonic() < end:
        assert len(host.domains()) == 1 + len(LINUXES) + len(HELLOS)
        host.cli("sleep 5")
    for name in HELLOS:
        seen = seconds_seen(host, name)
        assert len(seen) >= 55 and seen == list(range(1, len(seen) + 1))
    for name in LINUXES:
        with host.console(name) as console:
            console.send("\r")
            console.expect("~ # ")
            console.send("echo $((6 * 7)) is the answer\r")
            console.expect("42 is the answer")
    for name in LINUXES:
        host.cli(f"shutdown -w -t 60 {name}")
    for name in HELLOS:
        host.cli(f"shutdown -w -t 20 {name}")
    host.cli("free --drop")
    assert host.info()["free_frames"] == before
