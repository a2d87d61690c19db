"""inout.py: what blocks and packets cost: instructions of the whole machine (guests, hypervisor, control
domain with its backends and drivers) for each request or packet, counted between two marks of a guest, and
the hypercalls of all.

Time in which the CPU waits halted for a device does not count."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile

from machine import BUILD, ROOT
from uplink import Uplink
from watched import Watched, enso_entries

LINE = re.compile(r"io: (.+?) \| ([\d.]+) \| ([\d.]+)")
DISK_MIB = 72
COLUMNS = ("instructions", "hypercalls", "notifications", "grant calls")
MACS = {"io": "00:16:3e:00:00:01", "answer": "00:16:3e:00:00:02"}

# What there is to measure: title, what the measuring guest is told, and what the machine has.
BLOCKS = ("blocks: for each request, guest to virtio disk", "io block xvda", {"disk"})
PACKETS = ("packets: guest to guest over a bridge", "io packets", {"answer"})
UPLINK = ("packets: guest to a virtio card in its bridge", "io packets", {"uplink"})


def drive(path, name, kind="raw"):
    """Options for a disk whose requests are recorded, as the counter of instructions wants it."""
    return ["-drive", f"file={path},format={kind},if=none,id={name}-plain,cache=unsafe",
            "-drive", f"driver=blkreplay,if=none,image={name}-plain,id={name}",
            "-device", f"virtio-blk-pci,drive={name},disable-legacy=on"]


def zeros(path):
    with open(path, "wb") as f:
        f.truncate(DISK_MIB << 20)
    return path


def config(name, words, memory=32, **lists):
    """An xl configuration of a guest from the image bench/io; a list is of texts."""
    lines = [f'name="{name}"', 'type="pv"', 'kernel="/boot/io"', f"memory={memory}", f'extra="{words}"']
    return "\n".join(lines + [f"{key}={value!r}" for key, value in lists.items()]) + "\n"


class Enso:
    name, mem = "Enso", 512
    entries = staticmethod(enso_entries)

    def configs(self, words, has):
        """{file: text}, and the commands that start the guests."""
        bridge = ",bridge=lan" if "uplink" in has else ""
        lists = {"disk": ["vda,raw,xvda,w"]} if "disk" in has else {"vif": [f"mac={MACS['io']}{bridge}"]}
        files = {"io.cfg": config("io", words, **lists)}
        commands = ["bridge create lan eth0"] if "uplink" in has else []
        if "answer" in has:
            files["answer.cfg"] = config("answer", "io answer", vif=[f"mac={MACS['answer']}"])
            commands.append("create /answer.cfg")
        return files, commands + ["create -c /io.cfg"]

    def options(self, work, words, has):
        files, commands = self.configs(words, has)
        files[os.path.join("etc", "exec")] = "; ".join(commands) + "\n"
        tree, archive = os.path.join(work, "tree"), os.path.join(work, "boot.cpio")
        shutil.copytree(os.path.join(BUILD, "archive"), tree)
        os.makedirs(os.path.join(tree, "etc"), exist_ok=True)
        shutil.copy(os.path.join(BUILD, "bench", "io"), os.path.join(tree, "boot", "io"))
        for name, text in files.items():
            with open(os.path.join(tree, name), "w", encoding="ascii") as f:
                f.write(text)
        subprocess.run([os.path.join(ROOT, "setup", "cpio.sh"), tree, archive], check=True)
        options = ["-kernel", f"{BUILD}/enso", "-initrd", f"{BUILD}/dom0 dom0,{archive}"]
        return options + (drive(zeros(os.path.join(work, "disk")), "guest") if "disk" in has else [])


@contextlib.contextmanager
def started(rig, work, words, has, every=False):
    """A watched machine of the rig; a failure tells what was said in it."""
    world = Uplink(work) if "uplink" in has else None
    options = rig.options(work, words, has) + (world.options() if world else [])
    watched = Watched(work, rig.entries(), options, rig.mem, every)
    try:
        yield watched
    except Exception as e:
        why = world and world.failure or e
        raise RuntimeError(f"{rig.name}: {why}; its machine said:\n{watched.said()[-3000:]}") from e
    finally:
        watched.stop()
        if world:
            world.close()


def measure(rig, words, has):
    """{name: (instructions, hypercalls, notifications, grant calls) for each operation}"""
    with tempfile.TemporaryDirectory() as work, started(rig, work, words, has) as watched:
        found = watched.rounds()
        log = watched.let_go("io: done")
    lines = LINE.findall(log)
    if len(lines) != len(found) or not lines:
        raise RuntimeError(f"{len(found)} rounds were counted, {len(lines)} told of:\n{log[-3000:]}")
    return {name: (round(instructions / float(count)), *(n / float(few) for n in calls))
            for (name, count, few), (instructions, calls) in zip(lines, found)}


def report(results, title, words, has):
    table = results.section(title, COLUMNS)
    for name, values in measure(Enso(), words, has).items():
        table.row(name, *values)


def blocks(results):
    report(results, *BLOCKS)


def packets(results):
    report(results, *PACKETS)
    report(results, *UPLINK)
