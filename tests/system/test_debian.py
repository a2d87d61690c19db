"""A stock Debian in a domain: systemd, packages, its file system and raw disks, ends in order and others. The guest is
booted three times: by `create`, by its own `reboot`, and after it was destroyed in the middle of writes."""

import hashlib
import os
import random
import re
import subprocess

import pytest

import debian
from debian import Guest
from enso import LOGS, Host
from test_devices import make_disk

pytestmark = pytest.mark.limit(1200)

MIB = 1 << 20
NAME = "debian"
PATTERN_MIB = 192
FILES = ["debian-root.img", "debian-parts.img", "debian-raw.img", "debian-pattern.img"]

# What a kernel and systemd say at the level of errors in any domain like this one.
USUAL = r"mce: Unable to init MCE device|pam_env\(login:session\): Unable to open env file"


def write_pattern(path):
    """A disk of bytes that do not repeat. Returns their SHA-256."""
    source, total = random.Random(1), hashlib.sha256()
    with open(path, "wb") as f:
        for _ in range(PATTERN_MIB):
            block = source.randbytes(MIB)
            total.update(block)
            f.write(block)
    return total.hexdigest()


class Machine:
    """The host with its disks, and what the tests leave for those after them."""

    def __init__(self):
        self.root = debian.copy_of_image(FILES[0])
        self.parts = make_disk(FILES[1], 100, "label: gpt\nsize=16MiB\nsize=64MiB\n")
        self.raw = make_disk(FILES[2], 64)
        self.pattern = os.path.join(LOGS, FILES[3])
        self.sum = write_pattern(self.pattern)
        disks = ["vda,raw,xvda,w", "vdb2,raw,xvdb,w", "vdc,raw,xvdc,w", "vdd,raw,xvdd,r"]
        files = dict(debian.ramdisk(), **{"debian.cfg": debian.config(NAME, disks)})
        self.host = Host("test_debian", mem=1024, cpus=2, files=files,
                         qemu=debian.virtio([self.root, self.parts, self.raw, self.pattern]))

    def start_guest(self, *says):
        """Boots the guest up to root's prompt; its console has to say `says` before."""
        self.host.cli("create debian.cfg", timeout=120)
        with self.host.console(NAME) as console:
            for text in says:
                console.says(text, 200)
            debian.log_in(console)

    def guest(self):
        return Guest(self.host, NAME)

    def holdings(self):
        self.host.cli("free --drop")
        return self.host.holdings()


@pytest.fixture(scope="module")
def machine():
    made = Machine()
    made.host.start()
    made.before = made.holdings()
    yield made
    made.host.stop()
    for name in FILES:
        os.unlink(os.path.join(LOGS, name))


@pytest.fixture
def running(machine):
    """The machine, with the guest up and root logged in."""
    if NAME not in machine.host.domains():
        machine.start_guest()
    return machine


@pytest.fixture
def guest(running):
    """The guest's console, at the prompt of root's shell."""
    with running.guest() as console:
        yield console


def test_it_comes_up_whole(guest):
    assert guest.ask("systemctl is-system-running --wait") == "running"
    assert guest.ask("systemctl list-units --failed --no-legend") == ""
    assert guest.ask("systemd-detect-virt") == "xen"
    assert guest.ask("cat /sys/devices/system/clocksource/clocksource0/current_clocksource") == "xen"
    assert guest.ask("cat /sys/hypervisor/type /sys/hypervisor/guest_type").split() == ["xen", "PV"]
    guest.ask("cmp <(cat /sys/hypervisor/uuid | tr -d -) /etc/machine-id")
    assert guest.ask("findmnt -n -o SOURCE,FSTYPE /").split() == ["/dev/xvda", "ext4"]
    said = guest.ask("journalctl -b --no-pager -o cat -p err").split("\n")
    assert [line for line in said if line and not re.search(USUAL, line)] == []
    assert not re.search(r"BUG:|Oops|WARNING:|Call Trace|unchecked MSR|soft lockup|rcu.*stall", guest.ask("dmesg"))


def test_the_store_seen_from_user_space(guest):
    guest.ask("mount -t xenfs xenfs /proc/xen")
    assert guest.ask("cat /proc/xen/capabilities") == ""            # control_d is for the control domain
    assert "xenbus" in guest.ask("ls /proc/xen")
    guest.ask("umount /proc/xen")


def test_a_disk_is_read_whole(machine, guest):
    assert guest.ask(f"blockdev --getsize64 --getro /dev/xvdd").split() == [str(PATTERN_MIB * MIB), "1"]
    assert guest.ask("sha256sum /dev/xvdd").split()[0] == machine.sum
    guest.ask("echo 3 > /proc/sys/vm/drop_caches")
    with open(machine.pattern, "rb") as f:
        f.seek(100 * MIB + 512)
        expected = hashlib.sha256(f.read(20 * MIB)).hexdigest()
    assert guest.ask("dd if=/dev/xvdd bs=512 skip=204801 iflag=direct count=1 2>/dev/null | wc -c") == "512"
    assert guest.ask("tail -c +104858113 /dev/xvdd | head -c 20M | sha256sum").split()[0] == expected


def test_a_package_is_installed_and_removed(guest):
    assert "Setting up hello" in guest.ask("dpkg -i /root/hello.deb")
    assert guest.ask("hello") == "Hello, world!"
    assert guest.ask("dpkg --verify hello | grep -v /usr/share/ || true") == ""
    guest.ask("dpkg -r hello")
    guest.ask("! test -e /usr/bin/hello")


# Depth, block size, where, how much: parts of a disk that are written and read back at once.
LOADS = [(64, "512", "0", "256k"), (1, "4k", "1m", "256k"), (32, "4k", "2m", "2m"), (8, "512-64k", "6m", "6m"),
         (16, "128k", "12m", "16m"), (4, "1m", "28m", "20m")]


def fio(devices):
    """The command with one job for each device and load; every block carries a checksum and where it belongs."""
    words = ["fio --minimal --thread --ioengine=libaio --direct=1 --rw=randwrite --verify=crc32c --verify_fatal=1"]
    for device in devices:
        for n, (depth, size, first, length) in enumerate(LOADS):
            sizes = "bsrange" if "-" in size else "bs"
            words.append(f"--name={device}-{n} --filename=/dev/{device} --iodepth={depth} --{sizes}={size} "
                         f"--offset={first} --size={length}")
    return " ".join(words)


def test_random_writes_are_read_back(running):
    """fio checks what it has written: on a partition and on a whole disk at once, depth 1 to 64, 512 bytes to 1 MiB."""
    with running.guest() as guest:
        assert guest.ask(f"{fio(['xvdb', 'xvdc'])} > /tmp/fio 2>&1; s=$?; grep -v '^3;' /tmp/fio; (exit $s)", 900) == ""
    counters = {d["vdev"]: d for d in running.host.json(f"block-list --json {NAME}")}
    for vdev in ("xvdb", "xvdc"):
        assert counters[vdev]["errors"] == 0 and counters[vdev]["state"] == 4
        assert counters[vdev]["sectors_written"] >= 44 * 2048 and counters[vdev]["sectors_read"] >= 44 * 2048
    with open(running.parts, "rb") as f:
        f.seek(MIB)
        assert not any(f.read(16 * MIB))                # the partition before it


def test_reboot_from_inside(guest):
    before = guest.ask("cat /proc/sys/kernel/random/boot_id")
    guest.ask("echo kept > /root/kept")
    guest.send("reboot\r")
    debian.log_in(guest)
    assert guest.ask("cat /proc/sys/kernel/random/boot_id") != before
    assert guest.ask("cat /root/kept") == "kept"
    assert guest.ask("systemctl is-system-running --wait") == "running"


def test_destroyed_in_the_middle_of_writes(running):
    """The journal recovers at the next start; what was synced is there to the byte."""
    with running.guest() as guest:
        guest.ask("mkdir /root/synced && for i in 1 2 3 4 5; do head -c 1500k /dev/urandom > /root/synced/$i; done")
        guest.ask("(cd /root/synced && sha256sum * > SUMS) && sync")
        guest.ask("for n in 1 2 3; do (while :; do for i in $(seq 20); do mkdir -p /root/w$n/$i; "
                  "head -c 200k /dev/zero > /root/w$n/$i/f; done; sync -f /root; rm -r /root/w$n; done) & done; sleep 8")
    running.host.cli(f"destroy {NAME}", timeout=120)
    header = subprocess.run(["/sbin/dumpe2fs", "-h", running.root], capture_output=True, text=True, check=True).stdout
    assert "needs_recovery" in header                   # else this test shows nothing
    running.start_guest("recovering journal")
    with running.guest() as guest:
        sums = guest.ask("cd /root/synced && sha256sum -c SUMS").split("\n")
        assert sums == [f"{i}: OK" for i in range(1, 6)]


def test_shutdown_leaves_a_clean_file_system(running):
    with running.guest() as guest:
        guest.ask("head -c 3M /dev/urandom > /root/last")
    running.host.cli(f"shutdown -w {NAME}", timeout=200)
    assert "reboot: " in running.host.said(NAME)
    status, said = debian.fsck(running.root)
    assert status == 0, said


def test_nothing_is_left(machine):
    if NAME in machine.host.domains():
        machine.host.cli(f"destroy {NAME}")
    assert not any(d["in_use"] for d in machine.host.json("lsblk --json"))
    assert machine.holdings() == machine.before
    assert machine.host.audit() == 0
