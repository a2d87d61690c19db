"""wire.py: the other end of a network card's cable: frames go to and from QEMU as datagrams."""

import os
import select
import shutil
import socket
import tempfile


class Wires:
    """Network cards of a machine, and what hangs on them: wires[0].send(frame), wires[0].receive()."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="wire")      # names of such sockets have to be short
        self.wires = []

    def add(self, *options):
        """One more card, with these options of QEMU's virtio-net-pci."""
        self.wires.append(Wire(self.folder, len(self.wires), options))

    @property
    def qemu(self):
        return sum((wire.qemu for wire in self.wires), [])

    def __getitem__(self, number):
        return self.wires[number]

    def __len__(self):
        return len(self.wires)

    def close(self):
        for wire in self.wires:
            wire.socket.close()
        shutil.rmtree(self.folder)


class Wire:
    def __init__(self, folder, number, options):
        here, there = (os.path.join(folder, f"{end}{number}") for end in ("test", "qemu"))
        self.there = there
        self.name = f"wire{number}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(here)
        self.qemu = ["-netdev", f"dgram,id={self.name},local.type=unix,local.path={there},"
                                f"remote.type=unix,remote.path={here}",
                     "-device", ",".join(["virtio-net-pci", f"netdev={self.name}", *options])]

    def send(self, frame):
        self.socket.sendto(frame, self.there)

    def receive(self, timeout=30):
        """The next frame; None when there is none for so many seconds."""
        ready, _, _ = select.select([self.socket], [], [], timeout)
        return self.socket.recv(1 << 17) if ready else None
