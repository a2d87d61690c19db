#!/usr/bin/env python3
"""where.py PART ROW: where the instructions of one kind of input or output go, function by function.

PART is blocks, packets or uplink, ROW the number of a row of its table, from 0. Each instruction of the row's
shorter round is recorded and found in the guest's, the control domain's or the hypervisor's image. The first
two lie at the same addresses: of a run of instructions between two of the hypervisor's, the image that has
instructions at these addresses is the one. With -l, source lines instead of functions."""

import argparse
import collections
import itertools
import os
import re
import tempfile

import inout
from machine import BUILD, output_of
from trace import PC, Symbols
from watched import ROUNDS

HIGH = 1 << 47
CODE = re.compile(r"^ *([0-9a-f]+):\t", re.M)


class Code(Symbols):
    def __init__(self, image, owner):
        super().__init__(image)
        self.owner = owner
        listing = output_of("objdump", "-d", "--no-show-raw-insn", image)
        self.starts = {int(m, 16) for m in CODE.findall(listing)}


def owners(pcs, low, high):
    """(Code, pc) of each instruction."""
    for is_high, run in itertools.groupby(pcs, lambda pc: pc >= HIGH):
        run = list(run)
        code = high if is_high else max(low, key=lambda c: sum(pc in c.starts for pc in run))
        for pc in run:
            yield code, pc


def record(part, row):
    """The addresses of all instructions of a row's shorter round."""
    with tempfile.TemporaryDirectory() as work:
        with inout.started(inout.Enso(), work, [inout.PARTS[part]], every=True) as watched:
            for _ in range(2 * (ROUNDS + 1) * row + 2 * ROUNDS + 1):
                watched.run()
            watched.run_recorded("exec,nochain")
            with open(watched.log, encoding="ascii", errors="replace") as f:
                return [int(m.group(1), 16) for m in map(PC.match, f) if m]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-l", action="store_true", help="source lines instead of functions")
    parser.add_argument("-n", type=int, default=40, help="how many lines are shown")
    parser.add_argument("part", choices=inout.PARTS)
    parser.add_argument("row", type=int)
    options = parser.parse_args()
    low = [Code(os.path.join(BUILD, "bench", "io.debug"), "guest"),
           Code(os.path.join(BUILD, "dom0.debug"), "control")]
    high = Code(os.path.join(BUILD, "enso"), "hypervisor")
    found = list(owners(record(options.part, options.row), low, high))
    lines = {}
    if options.l:
        for code in (*low, high):
            lines.update(((code, pc), line) for pc, line in
                         code.lines(list({pc for owner, pc in found if owner is code})).items())
    names = [(code.owner, lines[code, pc] if options.l else code.name(pc)) for code, pc in found]
    for (owner, name), count in collections.Counter(names).most_common(options.n):
        print(f"{count:9} {100 * count / len(names):5.1f}%  {owner:10}  {name}")
    for owner, count in collections.Counter(owner for owner, _ in names).items():
        print(f"{count:9} {100 * count / len(names):5.1f}%  {owner}")
    print(f"{len(names):9} in all")


if __name__ == "__main__":
    main()
