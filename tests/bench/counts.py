"""counts.py: the benchmark guest under QEMU's instruction counter, as the initial domain of Enso and of
Xen."""

import os
import re
import subprocess
import tempfile
import threading

from machine import BUILD, ICOUNT, qemu_command
import xen

LINE = re.compile(r"bench: (.+) \| (\d+) \| (\d+)\s*$")
LIMIT = 300     # seconds
GUEST = os.path.join(BUILD, "bench", "guest")


def _run(options, who):
    """{operation: (minimum, median)}, in the guest's order. (Xen halts at the end, and QEMU with it: it is
    ended here.)"""
    qemu = subprocess.Popen(qemu_command(mem=1024, cpus=1) + ["-serial", "stdio"] + ICOUNT + options,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    limit = threading.Timer(LIMIT, qemu.kill)
    limit.start()
    found, said = {}, []
    try:
        for line in qemu.stdout:
            said.append(line)
            m = LINE.match(line)
            if m:
                found[m.group(1)] = (int(m.group(2)), int(m.group(3)))
            elif line.startswith("bench: done"):
                return found
    finally:
        limit.cancel()
        qemu.kill()
        qemu.wait()
    raise RuntimeError(f"the benchmark guest did not finish on {who}; it ended with:\n{''.join(said[-12:])}")


def on_enso():
    """By QEMU's own loader: what the boot loader was makes no difference to the counts."""
    return _run(["-kernel", os.path.join(BUILD, "enso"), "-append", "dom0_max_vcpus=2", "-initrd", f"{GUEST} bench"], "Enso")


def on_xen():
    with tempfile.TemporaryDirectory() as work:
        iso = xen.make_iso(os.path.join(work, "xen.iso"), GUEST, options="dom0_max_vcpus=2", arguments="bench")
        return _run(["-device", "ich9-ahci,id=ahci", "-device", "ide-cd,bus=ahci.0,drive=cd",
                     "-drive", f"if=none,id=cd,media=cdrom,readonly=on,file={iso}"], "Xen")


def report(results):
    enso, xen = on_enso(), on_xen()
    table = results.section("what an operation costs: instructions, minimum (median where it differs)",
                            ("Enso", "Xen", "ratio"))
    for name, (least, median) in enso.items():
        peer = xen.get(name, (None, None))[0]
        table.row(name, least, peer, least / peer if peer else None)
        if median != least:
            print(f"      median {median}")
