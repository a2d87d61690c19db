"""uplink.py: the world outside of the machine: whatever its network card sends comes here, and what this
sends comes in through the card. The other end of the guest's `io packets` (tests/bench/io/net.h has what they
say)."""

import os
import socket
import struct
import threading

MAGIC, CONTROL, STREAM, ECHO = 0x6f736e45, 9000, 9001, 9002
WHO, HERE, BEGIN, READY, ACK, SEND = range(1, 7)
MAC = bytes.fromhex("020000000001")
GUEST, WORLD = bytes((10, 77, 0, 1)), bytes((10, 77, 0, 2))
WINDOW = 64
ETHER, IP, UDP = 14, 20, 8


def checksum(data):
    """What is to be 0 of a header with its checksum."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(addresses, protocol, length):
    return addresses + struct.pack(">HH", protocol, length)


def frame(to, port, payload):
    """An Ethernet frame with UDP in IPv4."""
    addresses, length = WORLD + GUEST, UDP + len(payload)
    head = struct.pack(">BBHHHBBH", 0x45, 0, IP + length, 0, 0x4000, 64, 17, 0)
    head += addresses
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    udp = struct.pack(">HHHH", port, port, length, 0) + payload
    udp = udp[:6] + struct.pack(">H", checksum(pseudo(addresses, 17, length) + udp) or 0xffff) + udp[8:]
    return to + MAC + b"\x08\x00" + head + udp


def parse(data):
    """(port, payload) of a frame of ours, else None. Checksums that are wrong are an error: who sends must have
    completed them."""
    if len(data) < ETHER + IP + UDP or data[12:15] != b"\x08\x00\x45" or data[26:34] != GUEST + WORLD:
        return None
    packet = data[ETHER:][:int.from_bytes(data[16:18], "big")]
    protocol, rest = packet[9], packet[IP:]
    if checksum(packet[:IP]) or checksum(pseudo(packet[12:20], protocol, len(rest)) + rest):
        raise ValueError(f"a checksum is wrong: {data[:64].hex()}")
    return int.from_bytes(rest[2:4], "big"), rest[UDP if protocol == 17 else 20:]


class Uplink:
    """Two sockets in the folder `work`, and a thread."""

    def __init__(self, work):
        self.here, self.there = os.path.join(work, "world"), os.path.join(work, "card")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(self.here)
        self.failure = None
        self.bytes = self.told = self.each = self.left = 0
        self.packet = b""
        threading.Thread(target=self._run, daemon=True).start()

    def options(self):
        """Of QEMU: a card whose frames come here."""
        return ["-netdev", f"dgram,id=world,local.type=unix,local.path={self.there},"
                           f"remote.type=unix,remote.path={self.here}",
                "-device", "virtio-net-pci,netdev=world,disable-legacy=on,mac=52:54:00:12:34:56"]

    def close(self):
        self.socket.close()

    def _run(self):
        try:
            while True:
                data = self.socket.recv(65536)
                found = parse(data)
                if found:
                    self._take(data[6:12], data, *found)
        except OSError:
            pass                # closed, or the machine has ended
        except Exception as e:
            self.failure = e    # the guest will wait in vain and say so

    def _send(self, data):
        self.socket.sendto(data, self.there)

    def _say(self, to, what, a=0):
        self._send(frame(to, CONTROL, struct.pack("<IIII", MAGIC, what, a, 0)))

    def _take(self, sender, data, port, payload):
        if port == ECHO:
            self._send(frame(sender, ECHO, payload))
        elif port == STREAM:
            self.bytes += len(payload)
            if self.bytes - self.told >= self.each:
                self.told += self.each
                self._say(sender, ACK, self.told)
        elif port == CONTROL and len(payload) >= 16:
            magic, what, a, b = struct.unpack("<IIII", payload[:16])
            if magic == MAGIC:
                self._control(sender, what, a, b)

    def _control(self, sender, what, a, b):
        if what == WHO:
            self._say(sender, HERE, 1)
        elif what == BEGIN:
            self.bytes, self.told, self.each = 0, 0, a
            self._say(sender, READY)
        elif what == SEND:
            self.packet = frame(sender, STREAM, b"s" * (b - IP - UDP))
            self.left, self.arrived, self.sent = a, 0, 0
            self._stream()
        elif what == ACK:
            self.arrived = a // (len(self.packet) - ETHER - IP - UDP)
            self._stream()

    def _stream(self):
        while self.sent < self.left and self.sent - self.arrived < WINDOW:
            self._send(self.packet)
            self.sent += 1
