"""counts.py: the benchmark guest under QEMU's instruction counter, as the initial domain of Enso and of
Xen."""

import os
import re
import subprocess
import tempfile
import threading

import baseline
from machine import BUILD, ICOUNT, qemu_command
from xen import make_iso

LINE = re.compile(r"bench: (.+) \| (\d+) \| (\d+)\s*$")
GROUP = re.compile(r"bench: group: (.+?)\s*$")
FIGURE = re.compile(r"bench: figure: (.+) \| (\d+)\s*$")
LIMIT = 300     # seconds
MEM = 1024
GUEST = os.path.join(BUILD, "bench", "guest")
TITLE = "what an operation costs: instructions, minimum (median where it differs)"
VCPUS = "dom0_max_vcpus=2"


class Run:
    """What the guest printed: {operation: (minimum, median)}, {figure: value} and {group: [operation]}, in
    its order."""

    def __init__(self):
        self.operations, self.figures, self.groups = {}, {}, {}

    def read(self, line):
        if m := FIGURE.match(line):
            self.figures[m.group(1)] = int(m.group(2))
        elif m := GROUP.match(line):
            self.groups[m.group(1)] = []
        elif m := LINE.match(line):
            self.operations[m.group(1)] = (int(m.group(2)), int(m.group(3)))
            list(self.groups.values())[-1].append(m.group(1))


def _run(options, who):
    """(Xen halts at the end, and QEMU with it: it is ended here.)"""
    qemu = subprocess.Popen(qemu_command(mem=MEM, cpus=1) + ["-serial", "stdio"] + ICOUNT + options,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    limit = threading.Timer(LIMIT, qemu.kill)
    limit.start()
    run, said = Run(), []
    try:
        for line in qemu.stdout:
            said.append(line)
            run.read(line)
            if line.startswith("bench: done"):
                return run
    finally:
        limit.cancel()
        qemu.kill()
        qemu.wait()
    raise RuntimeError(f"the benchmark guest did not finish on {who}; it ended with:\n{''.join(said[-12:])}")


def on_enso():
    """By QEMU's own loader: what the boot loader was makes no difference to the counts."""
    image = os.path.join(BUILD, "enso")
    return _run(["-kernel", image, "-append", VCPUS, "-initrd", f"{GUEST} bench"], "Enso")


def xen_cd(work, xen_options):
    """Options for a machine that starts the guest on Xen, from a CD image made in the folder `work`."""
    iso = make_iso(os.path.join(work, "xen.iso"), GUEST, options=xen_options, arguments="bench")
    return ["-device", "ich9-ahci,id=ahci", "-device", "ide-cd,bus=ahci.0,drive=cd",
            "-drive", f"if=none,id=cd,media=cdrom,readonly=on,file={iso}"]


def on_xen():
    with tempfile.TemporaryDirectory() as work:
        return _run(xen_cd(work, VCPUS), "Xen")


def _check_clock(run, who):
    """The guest has checked it too; it is what all figures rest on."""
    expected = run.figures["instructions of a known loop"]
    counted = run.figures["what the clock advances in them"]
    if counted != expected:
        raise RuntimeError(f"on {who} the clock advances by {counted} in {expected} instructions")
    print(f"  on {who} the clock advances by {counted} in a loop of {expected} instructions")


def _operations(results, enso, xen):
    if list(enso.operations) != list(xen.operations):
        raise RuntimeError("the guest measured other operations on Enso than on Xen")
    table = results.section(TITLE, ("Enso", "Xen", "ratio"))
    table.columns += ("Enso median", "Xen median", "group")
    for group, names in enso.groups.items():
        table.heading(group)
        for name in names:
            (least, median), (peer, peer_median) = enso.operations[name], xen.operations[name]
            table.row(name, least, peer, least / peer, median, peer_median, group, shown=3)
            if (median, peer_median) != (least, peer):
                table.note(f"median {median:,} and {peer_median:,}")


def _memory(results, enso, xen):
    """What the hypervisor and its tables take: neither free nor the initial domain's."""
    table = results.section(f"memory of a machine of {MEM} MiB, KiB", ("Enso", "Xen", "ratio"))

    def taken(run):
        return MEM * 1024 - run.figures["KiB of them free"] - run.figures["KiB of them the domain's"]
    table.row("neither free nor the initial domain's", taken(enso), taken(xen), taken(enso) / taken(xen))


def groups(sections):
    """What there is to draw of what was written: {group: [(operation, Enso, Xen)]}"""
    found = {}
    for name, row in sections.get(TITLE, {}).items():
        found.setdefault(row["group"], []).append((name, row["Enso"], row["Xen"]))
    return found


def report(results):
    enso, xen = on_enso(), on_xen()
    _operations(results, enso, xen)
    _check_clock(enso, "Enso")
    _check_clock(xen, "Xen")
    _memory(results, enso, xen)
    baseline.compare(results, xen.operations)
