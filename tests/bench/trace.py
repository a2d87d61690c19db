#!/usr/bin/env python3
"""trace.py OPERATION...: where the instructions of one operation of the benchmark guest go, function by
function.

Runs the guest as the initial domain of build/enso and records each instruction of one operation whose name
begins with the words given. With -l, source lines instead of functions; with -i, every instruction in
order."""

import argparse
import bisect
import collections
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

from counts import VCPUS
from machine import BUILD, ROOT, output_of, qemu_command, symbols_of

PC = re.compile(r"^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/")


class Symbols:
    """Functions of an image by address."""

    def __init__(self, image):
        self.image = image
        functions = [(address, name) for address, kind, name in symbols_of(image) if kind in "tT"]
        self.addresses = [address for address, _ in functions]
        self.names = [name for _, name in functions]

    def name(self, pc):
        at = bisect.bisect_right(self.addresses, pc) - 1
        return self.names[at] if at >= 0 else hex(pc)

    def lines(self, pcs):
        """{pc: "file:line"}"""
        told = output_of("addr2line", "-e", self.image, input="\n".join(hex(pc) for pc in pcs)).splitlines()
        return {pc: line.replace(ROOT + "/", "") for pc, line in zip(pcs, told)}


def record(hypervisor, guest, words, seconds):
    """The addresses of all instructions from the pause of the guest on."""
    with tempfile.TemporaryDirectory() as work:
        log, monitor = os.path.join(work, "log"), os.path.join(work, "monitor")
        qemu = subprocess.Popen(
            qemu_command(mem=512, cpus=1) +
            ["-singlestep", "-serial", "stdio", "-monitor", f"unix:{monitor},server,nowait", "-D", log,
             "-kernel", hypervisor, "-append", VCPUS,
             "-initrd", f"{guest} bench trace {words}".replace(",", ",,")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
        try:
            for line in qemu.stdout:
                if line.startswith("bench: trace"):
                    print(line.split("trace ", 1)[1].strip())
                    break
            else:
                sys.exit("the guest ended before its pause")
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(monitor)
                s.sendall(b"log exec,nochain\n")
                qemu.wait(seconds)
        finally:
            qemu.kill()
        with open(log, errors="replace") as f:
            return [int(m.group(1), 16) for m in map(PC.match, f) if m]


def operation(pcs, guest, which):
    """What lies between the two readings of a clock, which rdtsc of the guest take in pairs."""
    readings = [i for i, pc in enumerate(pcs) if pc in guest.clocks and guest.name(pc).startswith("clock_")]
    pairs = list(zip(readings[::2], readings[1::2]))
    if not pairs:
        sys.exit("the operation is not in the trace")
    start, stop = pairs[which]
    return pcs[start:stop]


def find_clocks(guest):
    """Addresses of the guest's rdtsc instructions."""
    listing = output_of("objdump", "-d", guest.image).splitlines()
    return {int(line.split(":")[0], 16) for line in listing if "\trdtsc" in line}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-l", action="store_true", help="source lines instead of functions")
    parser.add_argument("-i", action="store_true", help="every instruction in order")
    parser.add_argument("--hypervisor", default=os.path.join(BUILD, "enso"))
    parser.add_argument("--seconds", type=float, default=60, help="how long the guest may take")
    parser.add_argument("--clock", type=int, default=-1, help="which part of the operation (0: the first)")
    parser.add_argument("words", nargs="+")
    options = parser.parse_args()

    guest = Symbols(os.path.join(BUILD, "bench", "guest.debug"))
    guest.clocks = find_clocks(guest)
    hypervisor = Symbols(options.hypervisor)
    image = os.path.join(BUILD, "bench", "guest")
    pcs = record(options.hypervisor, image, " ".join(options.words), options.seconds)
    pcs = operation(pcs, guest, options.clock)

    def of(pc):
        return hypervisor if pc >= 1 << 47 else guest

    lines = {}
    if options.l or options.i:
        for part in (guest, hypervisor):
            lines.update(part.lines([pc for pc in set(pcs) if of(pc) is part]))
    if options.i:
        for pc in pcs:
            print(f"{pc:#x} {of(pc).name(pc):32} {lines[pc]}")
    else:
        names = [lines[pc] if options.l else of(pc).name(pc) for pc in pcs]
        for name, count in collections.Counter(names).most_common():
            print(f"{count:8} {name}")
    print(f"{len(pcs):8} in all")


if __name__ == "__main__":
    main()
