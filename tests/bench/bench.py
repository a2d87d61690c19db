#!/usr/bin/env python3
"""bench.py [PART...]: the figures of this tree; without parts, all of them. Prints tables and writes
build/bench/bench.json, and draws what counts instructions as build/bench/bench.svg. Fails if something could
not be measured, never because it was slow."""

import os
import sys
import traceback

import chart
import counts
import inout
import phases
import sizes
import wall
import xenlinux
from machine import BUILD
from table import Results

PARTS = {
    "counts": counts.report,
    "phases": phases.report,
    "blocks": inout.blocks,
    "packets": inout.packets,
    "linux": xenlinux.report,
    "boot": wall.boot,
    "domains": wall.domains,
    "memory": wall.memory,
    "image": sizes.image,
    "style": sizes.style,
}


def main():
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        sys.exit(f"bench.py: no part `{unknown[0]}`; there are: {' '.join(PARTS)}")
    path = os.path.join(BUILD, "bench", "bench.json")
    results, failed = Results(path), []
    for part in wanted:
        try:
            PARTS[part](results)
        except Exception:
            traceback.print_exc()
            failed.append(part)
    results.write()
    drawing = os.path.join(BUILD, "bench", "bench.svg")
    chart.write(drawing, counts.groups(results.sections) | xenlinux.groups(results.sections))
    print(f"\nwritten to {os.path.relpath(path)}, drawn in {os.path.relpath(drawing)}")
    if failed:
        sys.exit(f"could not be measured: {' '.join(failed)}")


if __name__ == "__main__":
    main()
