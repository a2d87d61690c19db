"""watched.py: a machine that is run from mark to mark of its guest (tests/bench/io), under the instruction
counter; on demand, the hypercalls between two marks are counted too: QEMU writes down each time that the
hypervisor's functions for them are entered, with the registers, so that nothing is stopped for it."""

import collections
import os
import re
import time

from machine import BUILD
from phases import Image, Machine

GUEST = "bench/io.debug"
EVTCHNOP_SEND = 4
DRAIN = 60                      # seconds that the guest's last lines may take
GDB_RIP = 16                    # number of a register in the debugger's protocol
ENTERED = re.compile(r"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/.*|.*\bRDI=([0-9a-f]+)")

# How many hypercalls (`iret` left out); of these notifications (EVTCHNOP_send), and calls of grant_table_op.
Calls = collections.namedtuple("Calls", "all notifications grants")


class Entries:
    """A hypervisor's functions that stand for hypercalls: the one that all go through, iret if it is among
    them, and those of two hypercalls with their first argument in rdi."""

    def __init__(self, image, all, iret, events, grants):
        symbols = Image(image).symbols
        self.all, self.iret, self.events, self.grants = (name and symbols[name] for name in
                                                         (all, iret, events, grants))

    def filter(self):
        found = filter(None, (self.all, self.iret, self.events, self.grants))
        return ",".join(f"{address:#x}+1" for address in found)

    def count(self, lines):
        """Calls of what was written down."""
        found, at = collections.Counter(), None
        for m in filter(None, map(ENTERED.match, lines)):
            if m.group(1):
                at = int(m.group(1), 16)
                found[at] += 1
            elif at == self.events:
                found["sends"] += int(m.group(2), 16) == EVTCHNOP_SEND
        return Calls(found[self.all] - found[self.iret], found["sends"], found[self.grants])


def enso_entries():
    return Entries(os.path.join(BUILD, "enso"), "hypercall_from_guest", None, "call_event_channel_op",
                   "call_grant_table_op")


class Watched:
    """`every`: each instruction can be recorded, not only hypercalls."""

    def __init__(self, work, entries, options, mem, every=False):
        self.every = every
        self.entries, self.log, self.serial = entries, os.path.join(work, "entered"), os.path.join(work, "serial")
        filtered = [] if every else ["-dfilter", entries.filter()]
        self.machine = Machine(work, ["-D", self.log] + filtered + options, sleep=True, mem=mem)
        self.debugger = self.machine.debugger
        guest = Image(os.path.join(BUILD, GUEST))
        self.marks = {guest.symbols[name]: guest.code(guest.symbols[name], 16)
                      for name in ("io_mark", "io_end")}
        self.end = guest.symbols["io_end"]
        self.counter, self.seen = guest.symbols["io_marks"], None

    def run(self):
        """Goes on to the next mark; returns the instructions until there, None at the end."""
        while True:
            self.debugger.ask("s")
            for address in self.marks:
                self.debugger.ask(f"Z1,{address:x},1")
            self.debugger.ask("c")
            for address in self.marks:
                self.debugger.ask(f"z1,{address:x},1")
            at = int.from_bytes(bytes.fromhex(self.debugger.ask("g")[16 * GDB_RIP:][:16]), "little")
            if self.debugger.memory(at, 16) == self.marks.get(at) and self.is_new():
                return None if at == self.end else self.debugger.instructions()

    def is_new(self):
        """An interrupt may bring the guest to the same mark again, before it has counted it."""
        last, self.seen = self.seen, self.debugger.memory(self.counter, 4)
        return self.seen != last

    def run_recorded(self, what):
        """Goes on to the next mark; what QEMU has written down until there is in the file `log`."""
        if self.every:
            self.debugger.monitor("singlestep on")
        self.debugger.monitor(f"log {what}")
        self.run()
        self.debugger.monitor("log none")

    def run_counting(self):
        """Goes on to the next mark; returns Calls."""
        self.run_recorded("exec,cpu,nochain")
        with open(self.log, encoding="ascii", errors="replace") as f:
            calls = self.entries.count(f)
        os.truncate(self.log, 0)
        return calls

    def rounds(self):
        """[(instructions, Calls)]: the guest marks the begin and the end of what is measured, and then of a
        few more of the same, whose hypercalls are counted."""
        found = []
        while (start := self.run()) is not None:
            instructions = self.run() - start
            self.run()
            found.append((instructions, self.run_counting()))
        return found

    def let_go(self, text):
        """Lets the machine run until a line is in its log, which is returned."""
        self.debugger.socket.sendall(b"$c#63")
        limit = time.monotonic() + DRAIN
        while time.monotonic() < limit:
            log = self.said()
            if text in log:
                return log
            time.sleep(0.2)
        raise RuntimeError(f"the guest did not finish; its machine said:\n{log[-2000:]}")

    def said(self):
        with open(self.serial, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        self.machine.stop()
