"""Frontends that speak to the network backend badly: the offender's interface stops with one line, the traffic of others goes on, nothing leaks.

Beside the bad guest an echo guest is on the bridge; the control domain pings it meanwhile.
"""

import re

import pytest

MACHINE = dict(mem=512, cpus=2)

STOPPED, ALIVE = "stopped", "alive"

# Mode, what becomes of the interface, and what the control domain says of it (once).
PACKETS = [
    ("index", STOPPED, "its ring says more requests than it has room for"),
    ("offers", STOPPED, "its ring offers more pages than it has room for"),
    ("page", STOPPED, "a fragment leaves its page"),
    ("giant", STOPPED, "a fragment leaves its page"),
    ("empty", STOPPED, "a fragment without bytes"),
    ("much", STOPPED, "fragments longer than their packet"),
    ("noend", STOPPED, "a packet without its end"),
    ("chain", STOPPED, "a packet of too many pieces"),
    ("extras", STOPPED, "the same extra info twice"),
    ("hash", STOPPED, "an extra info that nobody was offered"),
    ("nosegments", STOPPED, "segments without bytes"),
    ("segments", STOPPED, "an unknown kind of segments"),
    ("short", ALIVE, None),
    ("grants", ALIVE, None),
    ("headers", ALIVE, None),
    ("spoof", ALIVE, None),
]
FLOODS = [
    ("garbage", STOPPED, ""),               # by whatever it is that comes first
    ("changing", None, ""),
    ("revoked", ALIVE, None),
    ("notify", ALIVE, None),
    ("frames", ALIVE, None),
    ("silence", ALIVE, None),
    ("receive", ALIVE, None),
]
EARLY = [
    ("flap", None, ""),
    ("rings", None, r"its frontend's rings cannot be used \(EINVAL\)"),
    ("nocopy", None, r"its frontend's rings cannot be used \(it does not ask for copies\)"),
]


def holdings(host):
    host.cli("free --drop")
    return host.holdings(), host.info()["packet_frames_used"]


def lines(host, domid):
    """What the control domain has said of a domain's interface since the machine started."""
    host.log_file.flush()
    with open(host.log, encoding="utf-8", errors="replace") as f:
        return re.findall(rf"enso: vif 0 of d{domid}: ([^\r\n]*)", f.read())


@pytest.fixture(scope="module")
def state():
    return {}


@pytest.fixture
def witness(host, state):
    """An echo guest that answers, before and after; and what is held besides it."""
    if "echo" not in host.domains():
        host.cli("create netecho.cfg name=echo", timeout=60)
        found = host.until(lambda: re.search(r"\d+\.\d+\.\d+\.\d+", host.said("echo")), timeout=60)
        state["address"] = found[0]
    check(host, state["address"])
    before = holdings(host)
    yield state["address"]
    for name in host.domains():
        if name not in ("Domain-0", "echo"):
            host.cli("destroy", name)
    check(host, state["address"])
    host.until(lambda: holdings(host) == before, timeout=20, pause=1)
    assert host.audit() == 0


def check(host, address):
    host.cli(f"ping -c 2 {address}", timeout=60)


def run(host, mode, address):
    """Runs a mode; its outcome in the guest's words and the lines about it."""
    host.cli(f"create badnet.cfg -q extra='badnet {mode}'", timeout=60)
    domid = host.domains()["badnet"]["domid"]
    check(host, address)
    outcome = host.until(lambda: re.search(rf"(?m)^badnet: {mode}: (.*)$", host.said("badnet")), timeout=60)
    return outcome[1], lines(host, domid), domid


@pytest.mark.parametrize("mode, end, says", PACKETS + FLOODS, ids=[m for m, _, _ in PACKETS + FLOODS])
def test_it_stops_alone(host, witness, mode, end, says):
    outcome, said, _ = run(host, mode, witness)
    assert end is None or outcome.endswith(end), outcome
    vif = host.json("network-list --json badnet")[0]
    if end is not None:
        assert vif["stopped"] == (end == STOPPED)
    if says:
        assert said == [says + ": the device is stopped"]
    assert len(said) == (1 if vif["stopped"] else 0)
    if mode == "spoof":
        assert vif["spoofed"] >= 20
    if mode in ("short", "grants"):
        assert int(re.match(r"\d+ good, (\d+) errors", outcome)[1]) >= 11


@pytest.mark.parametrize("mode, end, says", EARLY, ids=[m for m, _, _ in EARLY])
def test_it_does_not_get_connected(host, witness, mode, end, says):
    _, said, _ = run(host, mode, witness)
    assert len(said) <= 1
    assert not says or re.fullmatch(says, said[0])


def test_a_broken_frontend_is_not_served_again(host, witness):
    _, said, domid = run(host, "page", witness)
    front = f"/local/domain/{domid}/device/vif/0"
    for state in (6, 1, 4, 1, 4):
        host.cli(f"xenstore-write {front}/state {state}")
    host.cli("sleep 1")
    assert host.json("network-list --json badnet")[0]["state"] != 4
    assert lines(host, domid) == said
