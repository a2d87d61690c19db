"""The control domain between two cables, frame by frame: the test is the outer network on one (DHCP and DNS
server, router) and a station in the guests' network on the other."""

import queue
import random
import socket
import struct
import threading

import pytest

from enso import Host
from wire import Wires

EVERYBODY = b"\xff" * 6
OUTER_MAC = bytes.fromhex("020000000001")
STATION_MAC = bytes.fromhex("020000000002")
ROUTER_MAC = bytes.fromhex("feffffffffff")
OUTER, OURS = "192.168.122.1", "192.168.122.50"     # the addresses that xenbr0 would have had
GATEWAY = "192.168.123.1"
TCP, UDP, ICMP = 6, 17, 1
SYN, ACK = 2, 16


def pack(address):
    return socket.inet_aton(address)


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(protocol, source, to, body, ttl=64, flags=0x4000, identification=1):
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), identification, flags, ttl, protocol, 0)
    header += pack(source) + pack(to)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + body


def with_sum(protocol, source, to, body, at):
    pseudo = pack(source) + pack(to) + struct.pack(">BBH", 0, protocol, len(body))
    return body[:at] + struct.pack(">H", checksum(pseudo + body)) + body[at + 2:]


def udp(source, to, from_port, to_port, data):
    body = struct.pack(">HHHH", from_port, to_port, 8 + len(data), 0) + data
    return ip(UDP, source, to, with_sum(UDP, source, to, body, 6))


def tcp(source, to, from_port, to_port, flags):
    body = struct.pack(">HHIIBBHHH", from_port, to_port, 1, 1, 0x50, flags, 1000, 0, 0)
    return ip(TCP, source, to, with_sum(TCP, source, to, body, 16))


def echo(source, to, identifier, kind=8):
    body = struct.pack(">BBHHH", kind, 0, 0, identifier, 1) + b"ping"
    return ip(ICMP, source, to, body[:2] + struct.pack(">H", checksum(body)) + body[4:])


def fragments(packet, identification, size=1480):
    """An IPv4 packet in fragments with at most `size` bytes behind the header."""
    source, to = (socket.inet_ntoa(packet[n:n + 4]) for n in (12, 16))
    body = packet[20:]
    return [ip(packet[9], source, to, body[at:at + size], identification=identification,
               flags=at // 8 | (0x2000 if at + size < len(body) else 0)) for at in range(0, len(body), size)]


class Packet:
    """What is in an IPv4 frame; whether its checksums are right."""

    def __init__(self, frame):
        self.to_mac, self.from_mac = frame[:6], frame[6:12]
        total = struct.unpack(">H", frame[16:18])[0]
        packet = frame[14:14 + total]
        self.ttl, self.protocol = packet[8], packet[9]
        self.identification, self.field = struct.unpack(">HH", packet[4:8])
        self.offset, self.more = (self.field & 0x1fff) * 8, bool(self.field & 0x2000)
        self.source, self.to = (socket.inet_ntoa(packet[n:n + 4]) for n in (12, 16))
        self.body = packet[20:]
        self.ports = struct.unpack(">HH", self.body[:4])
        pseudo = packet[12:20] + struct.pack(">BBH", 0, self.protocol, len(self.body))
        without = self.protocol == UDP and self.body[6:8] == b"\0\0"
        summed = self.body if self.protocol == ICMP else pseudo + self.body
        unknown = self.more or self.offset
        self.right = checksum(packet[:20]) == 0 and (unknown or without or checksum(summed) == 0)


def arp(operation, from_mac, source, to_mac, to):
    return struct.pack(">HHBBH", 1, 0x800, 6, 4, operation) + from_mac + pack(source) + to_mac + pack(to)


def dhcp_options(message):
    options, at = {}, 240
    while message[at] != 255:
        options[message[at]] = message[at + 2:at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return options


def pong(packet):
    """The body of the answer to a ping, or to a fragment of one."""
    if packet.offset:
        return packet.body
    total = struct.unpack(">H", packet.body[2:4])[0] + 0x800       # the kind was 8 and is 0
    return b"\0\0" + struct.pack(">H", (total & 0xffff) + (total >> 16)) + packet.body[4:]


class Station:
    """A station at the end of a wire: a thread answers what a network has to answer, the rest is kept."""

    def __init__(self, wire, mac):
        self.wire, self.mac, self.kept, self.address = wire, mac, queue.Queue(), None
        self.stopped = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def close(self):
        self.stopped = True
        self.thread.join()

    def run(self):
        while not self.stopped:
            frame = self.wire.receive(0.2)
            if frame and (frame[:6] == self.mac or frame[:6] == EVERYBODY):
                self.take(frame)

    def take(self, frame):
        if frame[12:14] == b"\x08\x06":
            if frame[20:22] == b"\0\1" and self.address and frame[38:42] == pack(self.address):
                answer = arp(2, self.mac, self.address, frame[22:28], socket.inet_ntoa(frame[28:32]))
                self.wire.send(frame[6:12] + self.mac + b"\x08\x06" + answer)
            elif frame[20:22] == b"\0\2":
                self.kept.put(frame)
        elif frame[12:14] == b"\x08\x00":
            packet = Packet(frame)
            if not self.serve(packet):
                self.kept.put(packet)

    def serve(self, packet):
        return False

    def send(self, packet, to=ROUTER_MAC, kind=b"\x08\x00"):
        self.wire.send(to + self.mac + kind + packet)

    def get(self, timeout=20):
        """The next frame that was kept, an ARP frame as it is; right checksums are expected."""
        packet = self.kept.get(timeout=timeout)
        assert isinstance(packet, bytes) or packet.right
        return packet

    def nothing(self, seconds=1):
        with pytest.raises(queue.Empty):
            self.kept.get(timeout=seconds)


class OuterNetwork(Station):
    """A DHCP server, a DNS server that knows one name, somebody who answers pings."""

    def serve(self, packet):
        if packet.protocol == UDP and packet.ports == (68, 67) and packet.source == "0.0.0.0":
            self.lease(packet.body[8:])
        elif packet.protocol == UDP and packet.ports == (packet.ports[0], 53):
            self.resolve(packet)
        elif packet.protocol == ICMP and (packet.offset or packet.body[0] == 8):
            self.send(ip(ICMP, packet.to, packet.source, pong(packet), flags=packet.field,
                         identification=packet.identification), packet.from_mac)
        else:
            return False
        return True

    def lease(self, message):
        kind = {1: 2, 3: 5}.get(dhcp_options(message)[53][0])
        if not kind:
            return
        self.address = OUTER
        options = bytes([53, 1, kind, 1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 255, 0])
        options += b"".join(bytes([option, 4]) + pack(OUTER) for option in (54, 3, 6)) + b"\xff"
        answer = b"\2\1\6\0" + message[4:12] + b"\0" * 4 + pack(OURS) + b"\0" * 8 + message[28:44]
        answer += b"\0" * 192
        self.send(udp(OUTER, "255.255.255.255", 67, 68, answer + b"\x63\x82\x53\x63" + options), EVERYBODY)

    def resolve(self, packet):
        question = packet.body[8 + 12:]
        known = question.startswith(b"\4enso\4test\0\0\1")
        answer = packet.body[8:10] + (b"\x81\x80" if known else b"\x81\x83") + b"\0\1" + bytes([0, known])
        answer += b"\0" * 4 + question
        if known:
            answer += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + pack("10.9.8.7")
        self.send(udp(packet.to, packet.source, 53, packet.ports[0], answer), packet.from_mac)


@pytest.fixture(scope="module")
def world():
    """(host, the outer network, a station in xenbr0 that has its lease)"""
    wires = Wires()
    wires.add("mac=52:54:00:00:00:01")
    wires.add("mac=52:54:00:00:00:02")
    outer = OuterNetwork(wires[0], OUTER_MAC)
    host = Host("test_services_wire", mem=256, cpus=1, qemu=wires.qemu).start()
    station = Station(wires[1], STATION_MAC)
    host.until(lambda: {i["name"]: i["address"] for i in host.json("ip --json")}["xenbr0"] == GATEWAY)
    host.cli("bridge join xenbr0 eth1")
    station.address = lease(station)
    yield host, outer, station
    assert host.audit() == 0
    host.stop()
    outer.close()
    station.close()
    wires.close()


def dhcp(kind, mac, *options):
    message = b"\1\1\6\0" + b"abcd" + b"\0" * 20 + mac + b"\0" * 202 + b"\x63\x82\x53\x63"
    return message + bytes([53, 1, kind]) + b"".join(options) + b"\xff"


def lease(station, mac=STATION_MAC):
    for kind, options in ((1, ()), (3, None)):
        if options is None:
            options = (bytes([50, 4]) + offer[16:20], bytes([54, 4]) + pack(GATEWAY))
        station.send(udp("0.0.0.0", "255.255.255.255", 68, 67, dhcp(kind, mac, *options)), EVERYBODY)
        packet = station.get()
        offer = packet.body[8:]
        assert packet.ports == (67, 68) and dhcp_options(offer)[53][0] == {1: 2, 3: 5}[kind]
    options = dhcp_options(offer)
    assert options[3] == options[6] == options[54] == pack(GATEWAY) and options[1] == pack("255.255.255.0")
    return socket.inet_ntoa(offer[16:20])


def test_the_guests_network_keeps_away_from_the_outer_one(world):
    host, _, station = world
    shown = {i["name"]: i for i in host.json("ip --json")}
    assert (shown["eth0"]["address"], shown["xenbr0"]["address"]) == (OURS, GATEWAY)
    assert station.address.startswith("192.168.123.")
    assert [entry["address"] for entry in host.json("ip leases --json")] == [station.address]


def test_names(world):
    host, outer, station = world
    assert "10.9.8.7" in host.cli("nslookup enso.test")
    assert "no address was found" in host.fails("nslookup nobody.test")
    question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4enso\4test\0\0\1\0\1"
    answer = None
    # as a resolver does: the first one may be lost while the way is looked for
    for _ in range(5):
        # the router's DNS is the outer one
        station.send(udp(station.address, GATEWAY, 4000, 53, question))
        try:
            answer = station.get(5)
            break
        except queue.Empty:
            pass
    assert (answer.source, answer.to, answer.ports) == (GATEWAY, station.address, (53, 4000))
    assert answer.body[8:10] == b"\x12\x34" and answer.body.endswith(pack("10.9.8.7"))


def test_the_router_answers_for_itself(world):
    host, _, station = world
    station.send(arp(1, STATION_MAC, station.address, b"\0" * 6, GATEWAY), EVERYBODY, b"\x08\x06")
    answer = station.get()
    assert answer[20:22] == b"\0\2" and answer[22:32] == ROUTER_MAC + pack(GATEWAY)
    station.send(echo(station.address, GATEWAY, 7))
    answer = station.get()
    assert (answer.source, answer.body[0], answer.body[4:6]) == (GATEWAY, 0, b"\0\7")
    # Nothing else is offered.
    for port in (22, 53000, 80):
        station.send(tcp(station.address, GATEWAY, 4000, port, SYN))
        station.send(udp(station.address, GATEWAY, 4000, port % 0xc000, b"hello"))
        station.send(tcp(station.address, OURS, 4000, port, SYN))
    station.nothing()


def test_translation_both_ways(world):
    host, outer, station = world
    station.send(udp(station.address, OUTER, 4001, 4002, b"out"))
    seen = outer.get()
    assert (seen.source, seen.ports[1], seen.body[8:], seen.ttl) == (OURS, 4002, b"out", 63)
    outer.send(udp(OUTER, OURS, 4002, seen.ports[0], b"back"), seen.from_mac)
    back = station.get()
    assert (back.source, back.to, back.ports) == (OUTER, station.address, (4002, 4001))
    assert back.body[8:] == b"back"
    assert back.from_mac == ROUTER_MAC
    station.send(echo(station.address, OUTER, 9))
    assert station.get().body[:1] + b"\0\x09" == b"\0\0\x09"
    outer.send(udp(OUTER, OURS, 4003, seen.ports[0], b"another's"), seen.from_mac)
    station.nothing()


def whole(station):
    """The packet that comes in fragments, put together; its checksums are right."""
    got, end = [], None
    while end is None or sum(len(p.body) for p in got) < end:
        got.append(station.get())
        if not got[-1].more:
            end = got[-1].offset + len(got[-1].body)
    first = next(p for p in got if p.offset == 0)
    assert len({(p.identification, p.source, p.to, p.ttl, p.from_mac) for p in got}) == 1
    body = b"".join(p.body for p in sorted(got, key=lambda p: p.offset))
    packet = Packet(first.to_mac + first.from_mac + b"\x08\x00" +
                    ip(first.protocol, first.source, first.to, body, first.ttl))
    assert packet.right and len(got) > 1
    packet.identification = first.identification
    return packet


def test_fragments_both_ways(world):
    host, outer, station = world
    before = host.json("ip nat --json")
    data = random.Random(3).randbytes(5000)
    for first, second, third, fourth in (fragments(udp(station.address, OUTER, 4011, 4012, data), 7),
                                         fragments(udp(station.address, OUTER, 4011, 4012, data), 8)):
        for fragment in (first, fourth, second, third):         # in any order behind the first one
            station.send(fragment)
        seen = whole(outer)
        assert (seen.source, seen.ports[1], seen.body[8:], seen.ttl) == (OURS, 4012, data, 63)
    for fragment in fragments(udp(OUTER, OURS, 4012, seen.ports[0], data[::-1]), 9, 1000):
        outer.send(fragment, seen.from_mac)
    back = whole(station)
    assert (back.source, back.ports, back.body[8:]) == (OUTER, (4012, 4011), data[::-1])
    for address in (OUTER, GATEWAY):                            # somebody there answers, and the router itself
        body = struct.pack(">BBHHH", 8, 0, 0, 10, 1) + data
        body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
        for fragment in fragments(ip(ICMP, station.address, address, body), 11):
            station.send(fragment)
        answer = whole(station)
        assert (answer.source, answer.body[0], answer.body[4:6], answer.body[8:]) == (address, 0, b"\0\x0a", data)
    after = host.json("ip nat --json")
    assert after["fragments"] == before["fragments"]
    station.send(fragments(udp(station.address, OUTER, 4011, 4012, data), 12)[1])       # its first one never was
    station.nothing(0.5)
    outer.nothing(0.5)
    assert host.json("ip nat --json")["fragments"] == before["fragments"] + 1


def test_a_forward(world):
    host, outer, station = world
    host.cli(f"forward add 8080 {station.address}:80")
    mac = bytes.fromhex("525400000001")
    outer.send(tcp(OUTER, OURS, 5000, 8080, SYN), mac)
    syn = station.get()
    assert (syn.source, syn.to, syn.ports, syn.body[13]) == (OUTER, station.address, (5000, 80), SYN)
    station.send(tcp(station.address, OUTER, 80, 5000, SYN | ACK))
    answer = outer.get()
    assert (answer.source, answer.ports, answer.body[13]) == (OURS, (8080, 5000), SYN | ACK)
    host.cli("forward delete 8080")
    outer.send(tcp(OUTER, OURS, 5001, 8080, SYN), mac)
    assert outer.get().body[13] & 4                         # refused by the control domain
    station.nothing(0.5)


def test_spoofed_and_lying_frames(world):
    host, outer, station = world
    before = host.json("ip nat --json")
    neighbour = "192.168.123.77"
    station.send(udp("10.1.1.1", OUTER, 1, 2, b"not of this network"))
    station.send(udp(GATEWAY, OUTER, 1, 2, b"the router's"))
    station.send(udp(station.address, OUTER, 1, 2, b"x" * 30)[:-20])
    station.send(ip(UDP, station.address, OUTER, b"\0\1\0\2\0\x10\0\0" + b"x" * 8, flags=5))
    station.send(ip(47, station.address, OUTER, b"gre" * 10))
    station.send(ip(UDP, station.address, neighbour, b"\0\1\0\2\0\x10\0\0" + b"x" * 8))
    # A station that claims many addresses, another that claims the first one's.
    for last in range(100, 200):
        station.send(udp(f"192.168.123.{last}", OUTER, 1, 2, b"one of many"))
    station.wire.send(ROUTER_MAC + bytes.fromhex("020000000077") + b"\x08\x00" +
                      udp(station.address, OUTER, 1, 2, b"mine now"))
    arrived = 0
    while True:
        try:
            assert outer.get(1.5).body[8:] == b"one of many"
            arrived += 1
        except queue.Empty:
            break
    assert 1 <= arrived <= 8
    after = host.json("ip nat --json")
    assert after["spoofed"] - before["spoofed"] >= 2 + 92 + 1
    assert after["malformed"] - before["malformed"] == 2
    assert after["fragments"] - before["fragments"] == 1


def test_noise(world):
    """Random changes of good frames, thousands of them, from both sides: what works goes on working."""
    host, outer, station = world
    choice = random.Random(5)
    mac = bytes.fromhex("525400000001")
    for _ in range(3000):
        inner = choice.random() < 0.5
        here, there = (station.address, choice.choice([GATEWAY, OUTER])) if inner else (OUTER, OURS)
        packet = bytearray(choice.choice([
            udp(here, there, choice.randrange(65536), choice.choice([53, 67, 68, 80]), choice.randbytes(40)),
            tcp(here, there, choice.randrange(65536), choice.randrange(65536), choice.randrange(64)),
            echo(here, there, choice.randrange(65536), choice.choice([0, 3, 8, 11])),
            udp(here, there, 68, 67, dhcp(choice.randrange(10), STATION_MAC, choice.randbytes(20))),
            arp(choice.randrange(4), STATION_MAC, here, b"\0" * 6, there)]))
        for _ in range(choice.randrange(4)):
            packet[choice.randrange(len(packet))] = choice.randrange(256)
        kind = choice.choice([b"\x08\x00", b"\x08\x00", b"\x08\x06"])
        if inner:
            station.send(bytes(packet), choice.choice([ROUTER_MAC, EVERYBODY]), kind)
        else:
            outer.send(bytes(packet), mac, kind)
    # ARP believes what it hears outside, so the truth is told again, until the queue has room for it.
    def reached():
        outer.send(arp(2, OUTER_MAC, OUTER, mac, OURS), mac, b"\x08\x06")
        return host.run("ping -c 1", OUTER)[0] == 0

    host.until(reached, 60)
    while not station.kept.empty():
        station.kept.get()
    station.send(echo(station.address, GATEWAY, 77))
    host.until(lambda: not station.kept.empty())
    assert int(host.cli("info packet_frames_used")) < 1024
