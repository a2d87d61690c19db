"""Frontends that speak to the network backend badly: the offender's interface stops with one line, the
traffic of others goes on, nothing leaks.

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
    ("receive", None, ""),                  # its ring is among the pages that it offers
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
    host.cli(f"ping -c 1 {address}", timeout=60)


def begin(host, *modes):
    """Starts a guest for each mode, side by side. {mode: domid}"""
    for mode in modes:
        host.cli(f"create badnet.cfg -q name={mode} extra='badnet {mode}'", timeout=60)
    return {mode: host.domains()[mode]["domid"] for mode in modes}


def outcome(host, mode):
    return host.until(lambda: re.search(rf"(?m)^badnet: {mode}: (.*)$", host.said(mode)), timeout=90,
                      pause=0.5)[1]


def check_end(host, mode, domid, end, says):
    """In the guest's words, in the lines about it, and in the counters."""
    words, said = outcome(host, mode), lines(host, domid)
    vif = host.json(f"network-list --json {mode}")[0]
    assert end is None or words.endswith(end), (mode, words)
    assert end is None or vif["stopped"] == (end == STOPPED), mode
    assert len(said) == (1 if vif["stopped"] else 0), (mode, said)
    assert not says or said == [says + ": the device is stopped"], (mode, said)
    if mode == "spoof":
        assert vif["spoofed"] >= 20
    if mode in ("short", "grants"):     # 0 and 1 are the grants of its console and store
        assert int(re.match(r"\d+ good, (\d+) errors", words)[1]) >= 9


def test_no_mode_is_forgotten(host, witness):
    host.cli("create badnet.cfg -q name=help on_poweroff=preserve")
    listed = host.until(lambda: re.findall(r"(?m)^badnet (\w+) ", host.said("help")))
    assert set(listed) == {mode for mode, _, _ in PACKETS + FLOODS + EARLY}


@pytest.mark.parametrize("modes", [PACKETS, FLOODS], ids=["packets", "floods"])
def test_it_stops_alone(host, witness, modes):
    """All at once; the others' interfaces and the witness go on."""
    domids = begin(host, *[mode for mode, _, _ in modes])
    for mode, end, says in modes:
        check(host, witness)
        check_end(host, mode, domids[mode], end, says)


def test_it_does_not_get_connected(host, witness):
    domids = begin(host, *[mode for mode, _, _ in EARLY])
    for mode, _, says in EARLY:
        check(host, witness)
        outcome(host, mode)
        said = lines(host, domids[mode])
        assert len(said) <= 1, said
        assert not says or re.fullmatch(says, said[0]), said


def test_a_broken_frontend_is_not_served_again(host, witness):
    domid = begin(host, "page")["page"]
    outcome(host, "page")
    said = lines(host, domid)
    front = f"/local/domain/{domid}/device/vif/0"
    for state in (6, 1, 4, 1, 4):
        host.cli(f"xenstore-write {front}/state {state}")
    host.cli("sleep 1")
    assert host.json("network-list --json page")[0]["state"] != 4
    assert lines(host, domid) == said
