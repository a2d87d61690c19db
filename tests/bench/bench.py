#!/usr/bin/env python3
"""bench.py [PART...]: the figures of this tree; without parts, all of them. Prints tables and writes
build/bench/bench.json. Fails if something could not be measured, never because it was slow."""

import os
import sys
import traceback

import counts
import inout
import phases
import sizes
import wall
from machine import BUILD
from table import Results

PARTS = {
    "counts": counts.report,
    "phases": phases.report,
    "blocks": inout.blocks,
    "packets": inout.packets,
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
    print(f"\nwritten to {os.path.relpath(path)}")
    if failed:
        sys.exit(f"could not be measured: {' '.join(failed)}")


if __name__ == "__main__":
    main()
