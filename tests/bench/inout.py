"""inout.py: what blocks cost: instructions of the whole machine (guest, hypervisor, control domain with its
backend and drivers) for each request, counted between two marks of a guest, and the hypercalls of both.

Time in which the CPU waits halted for a disk does not count."""

import collections
import os
import re
import shutil
import subprocess
import tempfile
import time

from machine import BUILD, ROOT
from phases import Image, Machine

GUEST, HYPERVISOR = "bench/io.debug", "enso"
LINE = re.compile(r"io: (.+?) \| (\d+) \| (\d+) \| (\d+)")
DISK_MIB = 72
EVENT, GRANT = 32, 20           # numbers of hypercalls: event_channel_op, grant_table_op
GDB_RIP, GDB_RDI = 16, 5        # numbers of registers in the debugger's protocol
CALLER_RAX = 8 + 10 * 8         # in struct cpu_info: what the caller had in rax
DRAIN = 30                      # seconds that the guest's last lines may take


def make_archive(path, config):
    """The boot archive with the guest, its configuration, and the command that starts it."""
    with tempfile.TemporaryDirectory() as tree:
        shutil.copytree(os.path.join(BUILD, "archive"), tree, dirs_exist_ok=True)
        os.makedirs(os.path.join(tree, "etc"), exist_ok=True)
        shutil.copy(os.path.join(BUILD, "bench", "io"), os.path.join(tree, "boot", "io"))
        for name, text in ((os.path.join("etc", "exec"), "create -c /io.cfg"), ("io.cfg", config)):
            with open(os.path.join(tree, name), "w", encoding="ascii") as f:
                f.write(text + "\n")
        subprocess.run([os.path.join(ROOT, "setup", "cpio.sh"), tree, path], check=True)


def disk(path):
    """Options for a disk of zeros whose requests are recorded, as the counter of instructions wants it."""
    with open(path, "wb") as f:
        f.truncate(DISK_MIB << 20)
    return ["-drive", f"file={path},format=raw,if=none,id=plain,cache=unsafe",
            "-drive", "driver=blkreplay,if=none,image=plain,id=recorded",
            "-device", "virtio-blk-pci,drive=recorded,disable-legacy=on"]


class Watched:
    """A machine that is run from mark to mark of its guest."""

    def __init__(self, machine):
        self.machine, self.debugger = machine, machine.debugger
        guest, hypervisor = Image(os.path.join(BUILD, GUEST)), Image(os.path.join(BUILD, HYPERVISOR))
        self.marks = {guest.symbols[name]: guest.code(guest.symbols[name], 16) for name in ("io_mark", "io_end")}
        self.end = guest.symbols["io_end"]
        self.counter, self.seen = guest.symbols["io_marks"], None
        self.entry = hypervisor.symbols["hypercall_from_guest"]

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.debugger.ask("g")[16 * number:][:16]), "little")

    def run(self, calls=None):
        """Goes on to the next mark; returns the instructions until there, None at the end. `calls` is told
        about each hypercall."""
        stops = list(self.marks) + ([self.entry] if calls is not None else [])
        while True:
            self.debugger.ask("s")
            for address in stops:
                self.debugger.ask(f"Z1,{address:x},1")
            self.debugger.ask("c")
            for address in stops:
                self.debugger.ask(f"z1,{address:x},1")
            at = self.register(GDB_RIP)
            if at == self.entry:
                frame = self.debugger.memory(self.register(GDB_RDI) + CALLER_RAX, 8)
                calls[int.from_bytes(frame, "little")] += 1
            elif self.debugger.memory(at, 16) == self.marks.get(at) and self.is_new():
                return None if at == self.end else self.debugger.instructions()

    def is_new(self):
        """An interrupt may bring the guest to the same mark again, before it has counted it."""
        last, self.seen = self.seen, self.debugger.memory(self.counter, 4)
        return self.seen != last

    def let_go(self, path, text):
        """Lets the machine run until a line is in its log, which is returned."""
        self.debugger.socket.sendall(b"$c#63")
        limit = time.monotonic() + DRAIN
        while time.monotonic() < limit:
            with open(path, encoding="utf-8", errors="replace") as f:
                log = f.read()
            if text in log:
                return log
            time.sleep(0.2)
        raise RuntimeError(f"the guest did not finish; its machine said:\n{log[-2000:]}")


def rounds(watched):
    """[(instructions, hypercalls)]: the guest marks the begin and the end of what is measured, and then of a
    few more of the same, whose hypercalls are counted."""
    found = []
    while (start := watched.run()) is not None:
        instructions = watched.run() - start
        watched.run()
        calls = collections.Counter()
        watched.run(calls)
        found.append((instructions, calls))
    return found


def measure(config, options):
    """[(name, operations, of them in the second part, in the ring, notifications, instructions, hypercalls)]"""
    with tempfile.TemporaryDirectory() as work:
        archive, serial = os.path.join(work, "boot.cpio"), os.path.join(work, "serial")
        make_archive(archive, config)
        machine = Machine(work, ["-kernel", f"{BUILD}/enso", "-initrd", f"{BUILD}/dom0 dom0,{archive}"] +
                          options(work), sleep=True)
        try:
            watched = Watched(machine)
            found = rounds(watched)
            log = watched.let_go(serial, "io: done")
        finally:
            machine.stop()
    lines = LINE.findall(log)
    if len(lines) != len(found) or not lines:
        raise RuntimeError(f"{len(found)} rounds were counted, {len(lines)} told of")
    return [(name, int(count), int(few), int(sent), *told) for (name, count, few, sent), told in zip(lines, found)]


def blocks(results):
    config = ('name="io"\nkernel="/boot/io"\nmemory=32\ndisk=["vda,raw,xvda,w"]\nextra="io block xvda"\n')
    table = results.section("blocks: for each request, guest to virtio disk",
                            ("instructions", "hypercalls", "events", "grant calls"))
    for name, count, few, _, instructions, calls in measure(config, lambda work: disk(os.path.join(work, "disk"))):
        table.row(name, round(instructions / count), calls.total() / few, calls[EVENT] / few, calls[GRANT] / few)
