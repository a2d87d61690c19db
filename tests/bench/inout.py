"""inout.py: what blocks and packets cost: instructions of the whole machine (guests, hypervisor, control
domain with its backends and drivers) for each request or packet, counted between two marks of a guest, and
the hypercalls of all.

Time in which the CPU waits halted for a device does not count."""

import collections
import contextlib
import os
import re
import shutil
import subprocess
import tempfile

from machine import BUILD, ROOT
from uplink import Uplink
from watched import Watched, enso_entries

LINE = re.compile(r"io: (.+?) \| ([\d.]+)")
DISK_MIB = 72
COLUMNS = ("instructions", "hypercalls", "notifications", "grant calls")
MACS = {"io": "00:16:3e:00:00:01", "answer": "00:16:3e:00:00:02"}

# What there is to measure: a title, what the measuring guest is told, and what it has.
Part = collections.namedtuple("Part", "title words has")
PARTS = {
    "blocks": Part("blocks: for each request, guest to virtio disk", "io block xvda", "disk"),
    "packets": Part("packets: guest to guest over a bridge", "io packets", "neighbour"),
    "uplink": Part("packets: guest to a virtio card in its bridge", "io packets", "card"),
}


def drive(path, name, writable=True):
    """Options for a disk with a write cache whose requests are recorded, as the counter of instructions wants
    it."""
    readonly, cache = ("", ",write-cache=on") if writable else (",readonly=on", "")
    return ["-drive", f"file={path},format=raw,if=none,id={name}-plain,cache=unsafe{readonly}",
            "-drive", f"driver=blkreplay,if=none,image={name}-plain,id={name}{readonly}",
            "-device", f"virtio-blk-pci,drive={name},disable-legacy=on{cache}"]


def zeros(path):
    with open(path, "wb") as f:
        f.truncate(DISK_MIB << 20)
    return path


def config(name, words, kernel="/boot/io", **lists):
    """An xl configuration of a guest from the image bench/io; a list is of texts."""
    lines = [f'name="{name}"', 'type="pv"', f'kernel="{kernel}"', "memory=32", f'extra="{words}"']
    return "\n".join(lines + [f"{key}={value!r}" for key, value in lists.items()]) + "\n"


class Enso:
    """A rig: a hypervisor and its control domain, which starts one guest after the other."""
    name, mem = "Enso", 512
    entries = staticmethod(enso_entries)

    def guests(self, parts):
        """{file: text}, and the commands that start the guests."""
        files, commands = {"answer.cfg": config("answer", "io answer", vif=[f"mac={MACS['answer']}"])}, []
        if "card" in (part.has for part in parts):
            commands.append("bridge create lan eth0")
        for i, part in enumerate(parts):
            bridge = ",bridge=lan" if part.has == "card" else ""
            device = ({"disk": ["vda,raw,xvda,w"]} if part.has == "disk" else
                      {"vif": [f"mac={MACS['io']}{bridge}"]})
            files[f"io{i}.cfg"] = config(f"io{i}", part.words, **device)
            commands += ["create /answer.cfg"] if part.has == "neighbour" else []
            commands.append(f"create -c /io{i}.cfg")
        return files, commands

    def options(self, work, parts):
        files, commands = self.guests(parts)
        files[os.path.join("etc", "exec")] = "; ".join(commands) + "\n"
        tree, archive = os.path.join(work, "tree"), os.path.join(work, "boot.cpio")
        shutil.copytree(os.path.join(BUILD, "archive"), tree)
        os.makedirs(os.path.join(tree, "etc"), exist_ok=True)
        shutil.copy(os.path.join(BUILD, "bench", "io"), os.path.join(tree, "boot", "io"))
        for name, text in files.items():
            with open(os.path.join(tree, name), "w", encoding="ascii") as f:
                f.write(text)
        subprocess.run([os.path.join(ROOT, "setup", "cpio.sh"), tree, archive], check=True)
        return (["-kernel", f"{BUILD}/enso", "-initrd", f"{BUILD}/dom0 dom0,{archive}"] +
                drive(zeros(os.path.join(work, "disk")), "guest"))


@contextlib.contextmanager
def started(rig, work, parts, every=False):
    """A watched machine of the rig; a failure tells what was said in it."""
    world = Uplink(work)
    watched = Watched(work, rig.entries(), rig.options(work, parts) + world.options(), rig.mem, every)
    try:
        yield watched
    except Exception as e:
        raise RuntimeError(f"{rig.name}: {world.failure or e}; it said:\n{watched.said()[-3000:]}") from e
    finally:
        watched.stop()
        world.close()


def measure(rig, parts):
    """[{name: (instructions, hypercalls, notifications, grant calls) for each operation}], for each part: of
    the round with the middle count of instructions"""
    with tempfile.TemporaryDirectory() as work, started(rig, work, parts) as watched:
        found = [watched.rounds() for _ in parts]
        log = watched.let_go("io: done", len(parts))
    told = log.split("io: done")
    return [_values(lines, rounds) for lines, rounds in zip(told, found)]


def _values(log, found):
    lines = LINE.findall(log)
    if len(lines) != len(found) or not lines:
        raise RuntimeError(f"{len(found)} rounds were counted, {len(lines)} told of:\n{log[-3000:]}")
    middle = [sorted(rounds)[len(rounds) // 2] for rounds in found]
    return {name: (round(instructions / float(count)), *(n / float(count) for n in calls))
            for (name, count), (instructions, calls) in zip(lines, middle)}


def report(results, *names):
    parts = [PARTS[name] for name in names]
    for part in parts:
        table = results.section(part.title, COLUMNS)
        for name, values in measure(Enso(), [part])[0].items():
            table.row(name, *values)


def blocks(results):
    report(results, "blocks")


def packets(results):
    report(results, "packets", "uplink")
