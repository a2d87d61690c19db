"""Network cards and bridges: frames from the test go in at one card and have to come out of the right others,
unchanged."""

import json
import random
import socket
import time

import pytest

from enso import Host
from wire import Wires

BROADCAST = b"\xff" * 6
CARDS = ["eth1", "eth2", "eth3"]        # eth0 is the control domain's own way out


def mac(number):
    return bytes([2, 0, 0, 0, number >> 8, number & 0xff])


def text(address):
    return ":".join(f"{byte:02x}" for byte in address)


def frame(to, sender, length=60, kind=b"\x88\xb5"):
    """A frame of random content; its type is one for experiments."""
    return (to + sender + kind + random.randbytes(length))[:length]


class Monitor:
    """QEMU's own control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while "return" not in (answer := json.loads(self.file.readline())):
            assert "error" not in answer, answer


@pytest.fixture(scope="module")
def machine():
    """A machine with three cards: a usual one, one without joined buffers, one without anything that can be
    left out."""
    wires = Wires()
    wires.add("mac=52:54:00:00:00:01")
    wires.add("disable-legacy=on", "mrg_rxbuf=off", "indirect_desc=off", "mac=52:54:00:00:00:02")
    wires.add("mac=52:54:00:00:00:03", "csum=off", "guest_csum=off", "gso=off", "host_tso4=off",
              "host_tso6=off", "guest_tso4=off",
              "guest_tso6=off", "status=off")
    host = Host("test_network_card", mem=256, cpus=1,
                qemu=["-netdev", "user,id=own,restrict=on", "-device", "virtio-net-pci,netdev=own",
                      *wires.qemu, "-qmp", f"unix:{wires.folder}/qmp,server=on,wait=off"])
    yield host.start(), wires
    host.stop()
    wires.close()


@pytest.fixture
def lan(machine):
    """The three cards in one bridge, and their wires; nothing is left of it."""
    host, wires = machine
    before = host.holdings()
    host.cli("bridge create lan", *CARDS)
    yield host, wires
    for card in CARDS:
        host.cli("bridge leave lan", card)
    host.cli("bridge delete lan")
    assert host.holdings() == before
    assert host.audit() == 0
    assert int(host.cli("info packet_frames_used")) <= len(CARDS) * 256     # what lies in the cards' queues


def members(host):
    return {m["name"]: m for m in host.json("bridge show --json lan")["members"]}


def addresses(host):
    return {a["mac"]: a["port"] for a in host.json("bridge show --json lan")["addresses"]}


def settle(wires):
    """Waits until everything that was sent has passed. The frames that each wire got, in order."""
    marks = [frame(BROADCAST, mac(0x7000 + n)) for n in range(len(wires))]
    got = []
    for mark, wire in zip(marks, wires):
        wire.send(mark)
    for number, wire in enumerate(wires):
        frames, missing = [], set(marks) - {marks[number]}
        while missing:
            received = wire.receive()
            assert received is not None, f"wire {number}: nothing comes any more"
            if received in missing:
                missing.remove(received)
            else:
                frames.append(received)
        got.append(frames)
    return got


def test_the_driver_has_them(machine):
    host, _ = machine
    cards = [f for f in host.json("lspci --json") if f["vendor"] == 0x1af4]
    assert [f["driver"] for f in cards] == ["virtio-net"] * 4
    assert cards[0]["description"] == "Ethernet controller"


def test_commands(machine):
    host, _ = machine
    others = json.loads(host.cli("bridge list --json"))
    host.cli("bridge create one eth1 eth2; bridge create two")
    assert host.json("bridge list --json") == others + [{"name": "one", "members": ["eth1", "eth2"],
                                                         "addresses": 0},
                                                        {"name": "two", "members": [], "addresses": 0}]
    lines = [line.split() for line in host.cli("bridge list").split("\n")]
    assert lines[0] == ["NAME", "ADDRESSES", "MEMBERS"]
    assert lines[-2:] == [["one", "0", "eth1", "eth2"], ["two", "0"]]
    ports = {p["name"]: p for p in host.json("bridge ports --json")}
    assert [ports[card]["bridge"] for card in CARDS] == ["one", "one", None]
    assert ports["eth2"]["mac"] == "52:54:00:00:00:02"
    assert ports["eth2"]["link"] and not ports["eth2"]["locked"]
    lines = [line.split() for line in host.cli("bridge ports").split("\n")]
    assert ["eth3", "-", "52:54:00:00:00:03", "up", "1500"] in lines
    assert "there is a bridge of that name" in host.fails("bridge create one")
    assert "there is a port of that name" in host.fails("bridge create eth3")
    assert "a name has 1 to 15" in host.fails("bridge create a/b")
    assert "no such port" in host.fails("bridge create three eth3 eth9")
    assert "in the bridge one" in host.fails("bridge join two eth1")
    assert "not in the bridge two" in host.fails("bridge leave two eth1")
    assert "no such bridge" in host.fails("bridge show three")
    assert "it has members" in host.fails("bridge delete one")
    assert "usage:" in host.fails("bridge melt one")
    assert "usage:" in host.fails("bridge join one")
    host.cli("bridge join two eth3; bridge leave one eth1; bridge leave one eth2; bridge delete one; "
             "bridge leave two eth3; "
             "bridge delete two")
    assert json.loads(host.cli("bridge list --json")) == others


def test_frames_come_through_unchanged(lan):
    """Every size, in each direction between each two of the cards, one by one and many at once."""
    host, wires = lan
    settle(wires)
    for number, wire in enumerate(wires):
        wire.send(frame(BROADCAST, mac(number)))
    settle(wires)
    assert addresses(host) == {text(mac(n)): CARDS[n % 0x7000] for n in (0, 1, 2, 0x7000, 0x7001, 0x7002)}
    before = members(host)
    sent = {(a, b): [frame(mac(b), mac(a), n) for n in [14, 15, 59, 60, 61, *range(64, 1514, 47), 1513, 1514]]
            for a in range(3) for b in range(3) if a != b}
    for (a, _), frames in sent.items():
        for each in frames:
            wires[a].send(each)
    got = settle(wires)
    for b in range(3):
        assert sorted(got[b]) == sorted(sum((frames for (_, to), frames in sent.items() if to == b), []))
        for a in range(3):          # and in order
            assert [f for f in got[b] if f[6:12] == mac(a)] == sent.get((a, b), [])
    for b in range(3):
        now, old = members(host)[CARDS[b]], before[CARDS[b]]
        frames = sum((f for (a, _), f in sent.items() if a == b), [])
        assert now["rx_packets"] - old["rx_packets"] == len(frames) + 1
        assert now["rx_bytes"] - old["rx_bytes"] == sum(len(f) for f in frames) + 60
        assert now["tx_packets"] - old["tx_packets"] == len(got[b]) + 2
        assert now["tx_bytes"] - old["tx_bytes"] == sum(len(f) for f in got[b]) + 120
        assert now["rx_drops"] == now["tx_drops"] == now["spoofed"] == 0


def test_a_burst(lan):
    """More at once than all queues hold, and nobody takes it: what is lost is counted, the rest comes when it
    is taken, in order."""
    host, wires = lan
    wires[1].send(frame(BROADCAST, mac(1)))
    settle(wires)
    before = members(host)
    sent = [frame(mac(1), mac(0), 1514) for _ in range(1500)]
    for each in sent:
        wires[0].send(each)
    host.until(lambda: members(host)["eth1"]["rx_packets"] == before["eth1"]["rx_packets"] + len(sent))
    lost = members(host)["eth2"]["tx_drops"] - before["eth2"]["tx_drops"]
    got = [wires[1].receive() for _ in range(len(sent) - lost)]
    rest = iter(sent)
    assert all(each in rest for each in got)
    assert 500 <= len(got) < len(sent)
    assert settle(wires) == [[], [], []]


def test_runts_and_giants(lan):
    host, wires = lan
    wires[1].send(frame(BROADCAST, mac(1)))
    settle(wires)
    before = members(host)
    for length in [1, 6, 12, 13]:
        wires[0].send(frame(mac(1), mac(0), length))
    for length in [1515, 1519, 4000]:
        wires[0].send(frame(mac(1), mac(0), length))
    tagged = frame(mac(1), mac(0), 1518, b"\x81\x00")
    wires[0].send(tagged)
    assert settle(wires) == [[], [tagged], []]
    after = members(host)
    assert after["eth1"]["rx_drops"] - before["eth1"]["rx_drops"] == 4
    assert after["eth2"]["tx_drops"] - before["eth2"]["tx_drops"] == 3


def test_special_addresses(lan):
    host, wires = lan
    for sender in (b"\x03" + mac(0)[1:], BROADCAST, bytes(6)):
        wires[0].send(frame(mac(1), sender))
    for last in (0, 1, 2, 14, 15):
        wires[0].send(frame(bytes([1, 0x80, 0xc2, 0, 0, last]), mac(0)))
    groups = [frame(bytes.fromhex(to), mac(0))
              for to in ("0180c2000010", "01005e0000fb", "333300000001", "ffffffffffff")]
    for each in groups:
        wires[0].send(each)
    assert settle(wires) == [[], groups, groups]
    assert text(bytes(6)) not in addresses(host) and text(BROADCAST) not in addresses(host)


def test_link(machine, lan):
    host, wires = lan
    monitor = Monitor(f"{wires.folder}/qmp")
    settle(wires)
    monitor.ask("set_link", name="wire1", up=False)
    host.until(lambda: not members(host)["eth2"]["link"])
    assert members(host)["eth1"]["link"] and members(host)["eth3"]["link"]
    before = members(host)["eth2"]
    wires[0].send(frame(BROADCAST, mac(0)))
    assert wires[2].receive() is not None
    assert members(host)["eth2"]["tx_drops"] == before["tx_drops"] + 1
    monitor.ask("set_link", name="wire1", up=True)
    host.until(lambda: members(host)["eth2"]["link"])
    settle(wires)


def test_a_card_alone_is_deaf(machine):
    """What nobody takes is dropped; a bridge of one card sends nothing back."""
    host, wires = machine
    for _ in range(300):
        wires[0].send(frame(BROADCAST, mac(0), 1000))
    host.cli("bridge create lan eth1")
    wires[0].send(frame(mac(1), mac(0)))
    host.until(lambda: text(mac(0)) in addresses(host))
    assert wires[0].receive(0.3) is None and wires[1].receive(0) is None
    host.cli("bridge leave lan eth1; bridge delete lan")


class Model:
    """What a bridge has to do."""

    def __init__(self, ports):
        self.ports = ports
        self.heard = {}

    def send(self, port, data):
        """The ports that get it."""
        to, sender = data[:6], data[6:12]
        if len(data) < 14 or sender[0] & 1 or not any(sender) or (to[:5] == b"\x01\x80\xc2\0\0"
                                                                  and to[5] < 16):
            return set()
        self.heard[sender] = port
        known = None if to[0] & 1 else self.heard.get(to)
        out = set(range(self.ports)) - {port} if known is None else {known} - {port}
        return out if len(data) <= 1514 or (len(data) <= 1518 and data[12:14] == b"\x81\0") else set()


def random_frame(dice):
    if dice.random() < 0.2:
        return dice.randbytes(dice.randrange(1, 100))
    to = dice.choice([mac(dice.randrange(30))] * 2
                     + [BROADCAST, bytes([1, 0x80, 0xc2, 0, 0, dice.randrange(32)])])
    kind = dice.choice([b"\x08\0", b"\x81\0", b"\x86\xdd", b"\0\x10"])
    return to + mac(dice.randrange(30)) + kind + dice.randbytes(dice.choice([0, 100, 1500, 1502, 1504, 1505]))


def test_anything(lan):
    """Random frames against a model of a bridge; some at a time from one card, so that they come in a known
    order."""
    host, wires = lan
    seed = time.time_ns()
    print(f"seed {seed}")
    dice = random.Random(seed)
    model = Model(3)
    settle(wires)
    for number in range(3):
        model.heard[mac(0x7000 + number)] = number
    for _ in range(150):
        expected = [[], [], []]
        port = dice.randrange(3)
        for _ in range(dice.randrange(8)):
            data = random_frame(dice)
            wires[port].send(data)
            for out in model.send(port, data):
                expected[out].append(data)
        assert settle(wires) == expected
    learnt = addresses(host)
    assert len(learnt) == len(model.heard)
    assert learnt == {text(a): CARDS[p] for a, p in model.heard.items()}
