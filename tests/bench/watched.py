"""watched.py: a machine that is run from mark to mark of its guest (tests/bench/io), under the instruction
counter; the hypercalls between two marks are counted too: QEMU writes down each time that the hypervisor's
functions for them are entered, with the registers, so that nothing is stopped or slowed down for it."""

import collections
import os
import re
import time

from machine import BUILD, HERE, output_of
from phases import Image, Machine

GUEST = "bench/io.debug"
EVTCHNOP_SEND = 4
DRAIN = 60                      # seconds that the guest's last lines may take
GDB_RIP = 16                    # number of a register in the debugger's protocol
ENTERED = re.compile(r"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/.*|.*\bRDI=([0-9a-f]+)")

# How many hypercalls (`iret` left out); of these notifications (EVTCHNOP_send), and calls of grant_table_op.
Calls = collections.namedtuple("Calls", "all notifications grants")


def behind_first_call(image, function):
    lines = iter(output_of("objdump", "--no-show-raw-insn", f"--disassemble={function}", image).splitlines())
    next(line for line in lines if "\tcall" in line)
    return int(next(lines).split(":")[0], 16)


def rounds_of_guest():
    with open(os.path.join(HERE, "io", "io.h"), encoding="utf-8") as f:
        return int(re.search(r"#define IO_ROUNDS (\d+)", f.read()).group(1))


ROUNDS = rounds_of_guest()


class Entries:
    """A hypervisor's functions that stand for hypercalls: the one that all go through, iret if it is among
    them, and those of two hypercalls with their first argument in rdi. QEMU notices a jump to another page,
    and one to an address that is read; of iret the place is taken to which its first call returns."""

    def __init__(self, image, all, iret, events, grants):
        self.image = Image(image)
        symbols = self.image.symbols
        self.all, self.events, self.grants = (symbols[name] for name in (all, events, grants))
        self.iret = iret and behind_first_call(image, iret)

    def filter(self):
        found = filter(None, (self.all, self.iret, self.events, self.grants))
        return ",".join(f"{address:#x}+1" for address in found)

    def check(self, debugger):
        """The hypervisor that runs is the one whose symbols these are."""
        for address in (self.all, self.events, self.grants):
            if debugger.memory(address, 8) != self.image.code(address, 8):
                raise RuntimeError(f"another hypervisor runs than {self.image.path}")

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
        self.entries = entries
        self.written = 0
        self.log, self.serial = os.path.join(work, "entered"), os.path.join(work, "serial")
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
        """Goes on to the next mark; returns as run(). What QEMU has written down until there is in the file
        `log`."""
        if self.every:
            self.debugger.monitor("singlestep on")
        self.debugger.monitor(f"log {what}")
        at = self.run()
        self.debugger.monitor("log none")
        return at

    def rounds(self):
        """[[(instructions, Calls)]]: for each operation its rounds. The guest marks the begin and the end of
        each, and of a shorter one, which where.py looks at."""
        found = []
        while (start := self.run()) is not None:
            self.entries.check(self.debugger)
            rounds = [self._round(start)]
            rounds += [self._round(self.run()) for _ in range(ROUNDS - 1)]
            self.run()
            self.run()
            found.append(rounds)
        return found

    def _round(self, start):
        instructions = self.run_recorded("exec,cpu") - start
        with open(self.log, encoding="ascii", errors="replace") as f:
            f.seek(self.written)
            calls = self.entries.count(f)
        self.written = os.path.getsize(self.log)
        os.truncate(self.log, 0)        # what was read needs no room; QEMU goes on behind it
        return instructions, calls

    def let_go(self, text, times):
        """Lets the machine run until its log, which is returned, has a text so many times."""
        self.debugger.socket.sendall(b"$c#63")
        limit = time.monotonic() + DRAIN
        while time.monotonic() < limit:
            log = self.said()
            if log.count(text) >= times:
                return log
            time.sleep(0.2)
        raise RuntimeError(f"the guest did not finish; its machine said:\n{log[-2000:]}")

    def said(self):
        with open(self.serial, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        self.machine.stop()
