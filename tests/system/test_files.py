"""File systems of the host's disks: files are written, read and removed, also by a domain that has one as its
disk; the image is checked by e2fsck on the build machine, after an orderly end and after QEMU was killed in
the middle of it."""

import hashlib
import os
import re
import signal
import subprocess
import time

import pytest

from test_block_guests import has_pattern, start
from test_devices import disk
from enso import LOGS, ask

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
FIRST = 1 << 20                 # where the partition begins
SIZE = 96 << 20


def tool(command, *args):
    return subprocess.run([command, *args], env=dict(os.environ, PATH=PATH), capture_output=True, text=True)


class Data:
    """A disk with one partition, which has the data file system."""

    def __init__(self, path, tree):
        self.path = path
        with open(path, "wb") as f:
            f.truncate(FIRST + SIZE + FIRST)
        subprocess.run(["sfdisk", "-q", path], input=f"label: gpt\nstart=2048, size={SIZE >> 9}\n", text=True,
                       check=True,
                       env=dict(os.environ, PATH=PATH))
        made = tool("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-L", "enso-data", "-d", tree, "-E",
                    f"offset={FIRST}", path,
                    f"{SIZE >> 10}k")
        assert made.returncode == 0, made.stderr

    def partition(self):
        """A copy of the file system alone."""
        with open(self.path, "rb") as f, open(self.path + ".part", "wb") as out:
            f.seek(FIRST)
            out.write(f.read(SIZE))
        return self.path + ".part"

    def file(self, name, out):
        tool("debugfs", "-R", f"dump {name} {out}", self.path + ".part")
        with open(out, "rb") as f:
            return f.read()


@pytest.fixture
def data(tmp_path):
    os.makedirs(LOGS, exist_ok=True)
    tree = tmp_path / "tree"
    (tree / "volumes").mkdir(parents=True)
    (tree / "text").write_text("from the build machine\n")
    (tree / "more.cfg").write_text('name = "more"\nkernel = "/data/kernel"\nmemory = 8\nextra = "hello"\n')
    with open(tree / "volumes" / "guest.img", "wb") as f:
        f.truncate(24 << 20)
    path = os.path.join(LOGS, "data.img")
    yield Data(path, str(tree))
    for name in (path, path + ".part"):
        if os.path.exists(name):
            os.unlink(name)


@pytest.fixture
def host(boot, data):
    return boot(mem=768, cpus=2, qemu=disk(data.path, 0))


@pytest.mark.limit(240)
def test_files_live_on_a_disk(host, data, tmp_path):
    """All commands, a domain from a mounted configuration and kernel, and a file as a disk of Linux."""
    host.cli("free --drop")
    before = host.holdings()
    assert "vda1 on /data type ext4 (rw)" in host.cli("mount")
    assert host.cli("cat /data/text").strip() == "from the build machine"
    host.cli("cp /boot/hello /data/kernel && cp /boot/vmlinuz /data/copy && mkdir -p /data/a/b && "
             "cp /data/text /data/a/b", timeout=60)
    host.cli("mv /data/copy /data/a/moved && cp -r /data/a /data/c && rm -r /data/a", timeout=60)
    assert "ENOTEMPTY" in host.fails("rmdir /data/c/b")
    assert host.cli("df /data/c /data").count("/data") == 2 and "vda1" in host.cli("df -h")
    assert "boot archive" in host.fails("df /data/text /hello.cfg") and "ENOENT" in host.fails("df /data/d")
    assert host.cli("ls /data/c").split() == ["b/", "moved"]
    host.cli("create /data/more.cfg", timeout=60)
    host.cli("destroy more")
    host.cli("create /linux.cfg 'disk=[\"/data/volumes/guest.img,raw,xvda,w\"]'", timeout=90)
    for refused in ("rm /data/volumes/guest.img", "umount /data", "truncate -s 1M /data/volumes/guest.img"):
        assert "EBUSY" in host.fails(refused)
    with host.console("linux") as console:
        console.expect("user space is up", 90)
        console.send("\r")
        console.ask("mke2fs -F /dev/xvda >/dev/null 2>&1 && mount -t ext4 /dev/xvda /mnt", 60)
        console.ask("dd if=/dev/urandom of=/mnt/random bs=64k count=100 2>/dev/null", 60)
        total = console.ask("md5sum < /mnt/random", 60).split()[0]
        console.ask("umount /mnt", 60)
    for refused, why in (("/data/volumes/guest.img", "in use"), ("/data/none", "no such file"),
                         ("/linux.cfg", "no file of a mounted")):
        assert why in host.fails(f"block-attach linux {refused},raw,xvdb,w")
    assert host.json("block-list --json linux")[0]["errors"] == 0
    host.cli("shutdown -w linux", timeout=60)
    host.cli("umount /data")
    assert host.cli("mount").strip() == ""
    host.cli("mount -r vda1 /mnt")
    assert "EROFS" in host.fails("rm /mnt/text")
    host.cli("umount /mnt; mount vda1 /data")
    host.cli("free --drop")
    assert host.holdings() == before
    assert host.audit() == 0
    host.cli("umount /data")
    image = data.partition()
    checked = tool("e2fsck", "-fn", image)
    assert checked.returncode == 0, checked.stdout
    volume = str(tmp_path / "guest.img")
    assert len(data.file("/volumes/guest.img", volume)) == 24 << 20
    checked = tool("e2fsck", "-fn", volume)
    assert checked.returncode == 0, checked.stdout
    tool("debugfs", "-R", f"dump /random {tmp_path}/random", volume)
    assert hashlib.md5((tmp_path / "random").read_bytes()).hexdigest() == total
    kernel = data.file("/c/moved", str(tmp_path / "kernel"))
    with open("build/linux/vmlinuz", "rb") as f:
        assert kernel == f.read()


@pytest.mark.limit(120)
def test_files_of_a_domain_that_is_off_are_free(host):
    """`shutdown -w` comes back when the last of its disks is given back, not when the domain is gone."""
    names = [f"/data/volumes/{i}.img" for i in range(8)]
    host.cli(" && ".join(f"truncate -s 1M {name}" for name in names))
    disks = ", ".join(f'"{name},raw,xvd{vdev},w"' for name, vdev in zip(names, "abcdefgh"))
    for _ in range(12):
        host.cli(f"create /hello.cfg 'disk=[{disks}]' && shutdown -w hello && umount /data && mount vda1 /data",
                 timeout=30)


def used(host):
    """KiB in use on /data."""
    return int(host.cli("df /data/volumes").strip().splitlines()[-1].split()[2])


@pytest.mark.limit(240)
def test_what_a_guest_discards_can_be_used_by_others(host, data, tmp_path):
    """A sparse file grows while Linux writes to it and shrinks when Linux discards; another file gets the
    room, and neither harms the other, nor a third one that is written meanwhile."""
    host.cli("create /linux.cfg 'disk=[\"/data/volumes/guest.img,raw,xvda,w\"]'", timeout=90)
    with host.console("linux") as console:
        console.expect("user space is up", 90)
    assert ask(host, "linux", "cat /sys/block/xvda/queue/discard_granularity").split()[0] == "4096"
    ask(host, "linux", "mke2fs -F /dev/xvda >/dev/null 2>&1 && mount -t ext4 -o discard /dev/xvda /mnt")
    ask(host, "linux", "head -c 3000000 /dev/urandom > /mnt/kept && sync")
    before = used(host)
    ask(host, "linux", "head -c 12000000 /dev/zero > /mnt/large && sync")
    grown = used(host)
    assert grown - before > 11000, (before, grown)
    ask(host, "linux", "(head -c 4000000 /dev/urandom > /mnt/other && sync) & rm /mnt/large && sync; wait")
    host.until(lambda: used(host) < grown - 7000, 60)
    host.cli("cp /boot/vmlinuz /data/taken && sync", timeout=60)
    sums = ask(host, "linux", "cd /mnt && md5sum kept other && cd /")
    ask(host, "linux", "umount /mnt")
    counters = host.json("block-list --json linux")[0]
    assert counters["discards"] > 0 and counters["errors"] == 0
    host.cli("shutdown -w linux", timeout=60)
    host.cli("umount /data")
    assert host.audit() == 0
    image = data.partition()
    checked = tool("e2fsck", "-fn", image)
    assert checked.returncode == 0, checked.stdout
    with open("build/linux/vmlinuz", "rb") as f:
        assert data.file("/taken", str(tmp_path / "taken")) == f.read()
    volume = str(tmp_path / "guest.img")
    data.file("/volumes/guest.img", volume)
    checked = tool("e2fsck", "-fn", volume)
    assert checked.returncode == 0, checked.stdout
    for line in sums.strip().splitlines():
        total, name = line.split()
        tool("debugfs", "-R", f"dump /{name} {tmp_path}/{name}", volume)
        assert hashlib.md5((tmp_path / name).read_bytes()).hexdigest() == total


@pytest.mark.limit(120)
def test_a_killed_host_loses_nothing_synced(host, data, tmp_path):
    """QEMU ends in the middle of a copy; what was synced is there, and e2fsck has nothing but the journal to
    replay."""
    host.cli("cp /boot/initrd.gz /data/kept; cp /data/kept /data/new; mv /data/new /data/kept; sync",
             timeout=60)
    host.send("cp -r /boot /data/half; cp -r /data/half /data/again; rm -r /data/half; "
              "cp -r /boot /data/half\r")
    time.sleep(1.5)
    host.serial.close(force=True)
    image = data.partition()
    mended = tool("e2fsck", "-p", image)
    assert mended.returncode in (0, 1), mended.stdout
    checked = tool("e2fsck", "-fn", image)
    assert checked.returncode == 0, checked.stdout
    with open("build/linux/initrd.gz", "rb") as f:
        assert data.file("/kept", str(tmp_path / "kept")) == f.read()


@pytest.mark.limit(120)
def test_what_a_guest_flushed_to_a_file_survives(host, data, tmp_path):
    """QEMU is killed while a guest fills a sparse file, right after it has said that so much is flushed: that
    is in the file, and the file system has nothing but its journal to replay."""
    start(host, "flush", "/data/volumes/guest.img",
          "write request=4k-32k depth=8 flush=16 tell seed=11 order=sequential")
    with host.console("flush") as console:
        console.expect(r"flushed (3\d|2\d|1)\d{6} bytes", 60)
        flushed = int(re.search(r"(\d+) bytes", host.serial.after)[1]) // 512
        os.kill(host.serial.pid, signal.SIGKILL)
        host.serial.wait()
    image = data.partition()
    assert "needs_recovery" in tool("dumpe2fs", "-h", image).stdout         # else this test shows little
    replayed = tool("e2fsck", "-p", image)
    assert replayed.returncode in (0, 1) and "UNEXPECTED" not in replayed.stdout, replayed.stdout
    checked = tool("e2fsck", "-fn", image)
    assert checked.returncode == 0, checked.stdout
    volume = str(tmp_path / "guest.img")
    assert len(data.file("/volumes/guest.img", volume)) == 24 << 20
    assert has_pattern(volume, 11, 0, flushed)
