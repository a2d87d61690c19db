"""The host's devices: PCI functions, disks, partitions."""

import json
import os
import subprocess

import pytest

from enso import LOGS

MIB = 2048      # sectors


def make_disk(name, mib, table=None):
    """A disk image with a partition table, as sfdisk is told to make it."""
    path = os.path.join(LOGS, name)
    with open(path, "wb") as f:
        f.truncate(mib << 20)
    if table:
        subprocess.run(["/sbin/sfdisk", "-q", path], input=table, text=True, check=True)
    return path


def disk(path, number, *options):
    return ["-drive", f"if=none,id=t{number},format=raw,file={path}",
            "-device", ",".join(["virtio-blk-pci", f"drive=t{number}", *options])]


@pytest.fixture
def disks(boot):
    os.makedirs(LOGS, exist_ok=True)
    paths = [
        make_disk("gpt.img", 64, "label: gpt\nstart=1MiB, size=8MiB\nsize=16MiB\n,\n"),
        make_disk("classic.img", 16, "label: dos\nstart=1MiB, size=2MiB, type=83\nsize=10MiB, type=5\n"
                                     "size=1MiB, type=83\nsize=2MiB, type=83\nsize=3MiB, type=83\n"),
        make_disk("empty.img", 1),
    ]
    qemu = sum((disk(path, n, *options) for n, (path, options) in enumerate(zip(
        paths, ([], ["disable-legacy=on", "logical_block_size=512,physical_block_size=4096"], [])))), [])
    yield boot(mem=256, cpus=2, qemu=qemu)
    for path in paths:
        os.unlink(path)


def test_disks_and_partitions(disks):
    found = {d["name"]: (d["disk"], d["first_sector"], d["sectors"]) for d in disks.json("lsblk --json")}
    assert found == {
        "vda": (None, 0, 64 * MIB),
        "vda1": ("vda", MIB, 8 * MIB),
        "vda2": ("vda", 9 * MIB, 16 * MIB),
        "vda3": ("vda", 25 * MIB, 39 * MIB - MIB),      # sfdisk keeps the last MiB for the second table
        "vdb": (None, 0, 16 * MIB),
        "vdb1": ("vdb", MIB, 2 * MIB),
        "vdb3": ("vdb", 13 * MIB, MIB),
        "vdb4": ("vdb", 14 * MIB, 2 * MIB),
        "vdb5": ("vdb", 4 * MIB, 3 * MIB),
        "vdc": (None, 0, MIB),
    }
    assert all(d["errors"] == 0 and not d["read_only"] for d in disks.json("lsblk --json"))
    lines = disks.cli("lsblk").split("\n")
    assert lines[0].split() == ["NAME", "SIZE", "RO", "TYPE", "USE"]
    assert lines[1].split() == ["vda", "64M", "0", "disk", "-"]
    assert lines[2].split() == ["vda1", "8M", "0", "part", "-"]


def test_pci(disks):
    functions = disks.json("lspci --json")
    assert [f["driver"] for f in functions if f["vendor"] == 0x1af4] == ["virtio-blk"] * 3
    assert functions[0]["address"] == "00:00.0" and functions[0]["description"] == "host bridge"
    assert len(disks.cli("lspci").split("\n")) == len(functions)


def test_a_machine_without_disks(boot):
    host = boot(mem=256, cpus=1)
    assert host.cli("lsblk").split() == ["NAME", "SIZE", "RO", "TYPE", "USE"]
    assert json.loads(host.cli("lsblk --json")) == []
    assert host.fails("lsblk vda").startswith("lsblk: ")


def test_a_disk_that_cannot_be_written_or_read(boot):
    """Read-only disks are said to be; one whose sectors cannot be read is there, without partitions."""
    path = make_disk("small.img", 1)
    qemu = disk(path, 0) + [
        "-drive", "if=none,id=bad,driver=blkdebug,image.driver=null-co,image.size=1M,"
                  "inject-error.0.event=none,inject-error.0.errno=5",
        "-device", "virtio-blk-pci,drive=bad,rerror=report"]
    qemu[1] += ",readonly=on"
    try:
        found = {d["name"]: d for d in boot(mem=256, cpus=1, qemu=qemu).json("lsblk --json")}
    finally:
        os.unlink(path)
    assert found["vda"]["read_only"] and found["vda"]["errors"] == 0
    assert found["vdb"]["sectors"] == MIB and found["vdb"]["errors"] > 0
