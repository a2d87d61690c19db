"""Disks of domains: a Linux guest on partitions of the host's disks, through the block backend."""

import hashlib
import os

import pytest

from test_devices import disk, make_disk
from enso import LOGS

LINUX = "create /linux.cfg"
MIB = 1 << 20


def disks_of(*specs):
    return "'disk=[" + ", ".join(f'"{s}"' for s in specs) + "]'"


@pytest.fixture
def paths():
    os.makedirs(LOGS, exist_ok=True)
    made = [make_disk("guest-a.img", 96, "label: gpt\nsize=16MiB\nsize=40MiB\nsize=8MiB\n"),
            make_disk("guest-b.img", 8)]
    yield made
    for path in made:
        os.unlink(path)


@pytest.fixture
def host(boot, paths):
    return boot(mem=768, cpus=2, qemu=disk(paths[0], 0) + disk(paths[1], 1))


def holdings(host):
    """What is in use, the unpacked kernels that the toolstack keeps left out."""
    host.cli("free --drop")
    return host.holdings()


def partition(host, name):
    """Where a partition lies in the image of its disk: first byte and length."""
    found = {d["name"]: d for d in host.json("lsblk --json")}[name]
    return found["first_sector"] * 512, found["sectors"] * 512


def boot_linux(host, *disks):
    host.cli(LINUX, disks_of(*disks), timeout=90)
    with host.console("linux") as console:
        console.expect("user space is up", 90)


@pytest.mark.limit(240)
def test_what_a_guest_writes_is_on_the_disk(host, paths):
    """Contents, flush and a file system, on a partition and on a whole disk; the other partitions are as they
    were."""
    before = holdings(host)
    boot_linux(host, "vda2,raw,xvda,w", "vdb,raw,xvdb,w")
    with host.console("linux") as console:
        console.send("\r")
        sizes = console.ask("cat /sys/block/xvda/size /sys/block/xvdb/size").split()
        assert sizes == [str(80 * 1024), str(16 * 1024)]
        # Every size from a sector to more than a request holds, at odd places.
        console.ask("dd if=/dev/urandom of=/tmp/x bs=1k count=7000 2>/dev/null")
        console.ask("dd if=/tmp/x of=/dev/xvdb bs=512 seek=3 count=101 2>/dev/null; "
                    "dd if=/tmp/x of=/dev/xvdb bs=1M seek=1 conv=fsync 2>/dev/null", 60)
        console.ask("echo 3 > /proc/sys/vm/drop_caches")
        console.ask("dd if=/dev/xvdb bs=512 skip=3 count=101 2>/dev/null > /tmp/y; "
                    "cmp -n 51712 /tmp/x /tmp/y")
        console.ask("dd if=/dev/xvdb bs=1k skip=1024 count=7000 2>/dev/null | cmp - /tmp/x", 60)
        total = console.ask("md5sum < /tmp/x").split()[0]
        console.ask("mke2fs -F /dev/xvda >/dev/null 2>&1 && mount -t ext4 /dev/xvda /mnt && "
                    "cp /tmp/x /mnt/file && umount /mnt", 60)
    counters = {d["vdev"]: d for d in host.json("block-list --json linux")}
    everything = {d["name"]: d for d in host.json("list -l")}["linux"]
    assert {d["vdev"]: d for d in everything["disks"]} == counters
    assert counters["xvdb"]["flushes"] >= 1 and counters["xvdb"]["writes"] <= counters["xvdb"]["requests"]
    rows = {line.split()[0]: line.split()[1:] for line in host.cli("top -x -n 1 -d 10ms").splitlines()
            if line[:1] != " "}
    assert rows["NAME"][3:6] == ["VBDS", "VBD_OO", "VBD_RD"] and rows["linux"][3] == "2"
    assert int(rows["linux"][5]) == sum(d["reads"] for d in counters.values())
    assert int(rows["linux"][8]) == sum(d["sectors_written"] for d in counters.values())
    assert counters["xvdb"]["sectors_written"] >= 14000 and counters["xvdb"]["sectors_read"] >= 14000
    assert all(d["errors"] == 0 and d["state"] == 4 for d in counters.values())
    start, length = partition(host, "vda2")
    host.cli("shutdown -w linux", timeout=60)
    with open(paths[1], "rb") as f:
        f.seek(MIB)
        assert hashlib.md5(f.read(7000 * 1024)).hexdigest() == total
    with open(paths[0], "rb") as f:
        f.seek(start + 1024 + 56)
        assert f.read(2) == b"\x53\xef"                     # the file system's mark
        for other in ("vda1", "vda3"):
            first, size = partition(host, other)
            f.seek(first)
            assert f.read(size).count(0) == size
    assert not any(d["in_use"] for d in host.json("lsblk --json"))
    assert holdings(host) == before
    assert host.audit() == 0


@pytest.mark.limit(240)
def test_disks_come_and_go(host):
    before = holdings(host)
    boot_linux(host)
    for _ in range(5):
        host.cli("block-attach linux vda1,raw,xvda,w")
        host.cli("block-attach linux vdev=xvdb,access=r,target=/dev/vdb")
        host.until(lambda: [d["state"] for d in host.json("block-list --json linux")] == [4, 4], timeout=20)
        with host.console("linux") as console:
            console.send("\r")
            console.ask("until [ -b /dev/xvda ] && [ -b /dev/xvdb ]; do sleep 1; done")
            console.ask("dd if=/dev/zero of=/dev/xvda bs=64k count=20 conv=fsync 2>/dev/null; "
                        "dd if=/dev/xvdb of=/dev/null 2>/dev/null", 60)
            assert "error" in console.ask("dd if=/dev/zero of=/dev/xvdb count=1 2>&1; true")
        assert {d["name"] for d in host.json("lsblk --json") if d["in_use"]} == {"vda1", "vdb"}
        host.cli("block-detach linux xvda", timeout=40)
        host.cli("block-detach linux xvdb", timeout=40)
        assert "xvd" not in host.cli("block-list linux")
        assert not any(d["in_use"] for d in host.json("lsblk --json"))
    host.cli("block-attach linux vda1,raw,xvda,w")
    host.cli("block-detach linux xvda --force")
    host.cli("destroy linux")
    assert holdings(host) == before
    assert host.audit() == 0


@pytest.mark.limit(240)
def test_destroyed_while_it_writes(host):
    before = holdings(host)
    for _ in range(3):
        boot_linux(host, "vda2,raw,xvda,w")
        with host.console("linux") as console:
            console.send("\rwhile :; do dd if=/dev/zero of=/dev/xvda bs=1M count=32 conv=fsync 2>/dev/null; "
                         "done &\r")
        host.cli("sleep 1")
        host.cli("destroy linux")
        assert not any(d["in_use"] for d in host.json("lsblk --json"))
        assert holdings(host) == before
    assert host.audit() == 0


def test_what_cannot_be_had(host):
    """One line with the reason, and nothing is left."""
    before = holdings(host)
    advice = "; `lsblk` shows the host's disks and partitions, and which are in use"
    for spec, line in (
        ("vdz,raw,xvda,w", "create: xvda: vdz: there is no such disk or partition (ENOENT)" + advice),
        ("vda9,raw,xvda,w", "create: xvda: vda9: there is no such disk or partition (ENOENT)" + advice),
    ):
        assert host.fails("create /hello.cfg", disks_of(spec)) == line
        assert holdings(host) == before
    host.cli("create -p /hello.cfg", disks_of("vda1,raw,xvda,w"))
    for other in ("vda1,raw,xvda,r", "vda,raw,xvda,r"):
        assert "it is in use" in host.fails("create /hello.cfg name=other", disks_of(other))
    host.cli("create -p /hello.cfg name=other", disks_of("vda3,raw,xvda,r"))
    host.cli("create -p /hello.cfg name=third", disks_of("vda3,raw,xvda,r"))
    assert "has a disk of this name" in host.fails("block-attach other vdb,raw,xvda,r")
    assert host.fails("block-attach other vdb").startswith("block-attach: no vdev")
    said = host.fails("block-attach Domain-0 vdb,raw,xvda")
    assert said.startswith("block-attach: Domain-0: the control domain has")
    assert host.fails("block-detach other xvdq").startswith("block-detach: domain ")
    assert "is no name of a disk" in host.fails("block-detach other nonsense")
    host.cli("destroy hello other third")
    assert holdings(host) == before
    assert host.audit() == 0
