"""GRUB as a guest: it reads the domain's disk through a frontend of its own, shows a menu on the console, and
puts a kernel of the disk in its own place."""

import os
import shutil
import subprocess
import tempfile

import pytest

from enso import BUILD, LOGS, Host
from test_devices import disk, make_disk

MIB = 1 << 20
TEXT = "a file that lies on the domain's disk"
MENU = """
set timeout=-1
menuentry "Linux of this disk" {
    linux /boot/vmlinuz console=hvc0 quiet from=grub
    initrd /boot/initrd.gz
}
menuentry "Halt" {
    halt
}
"""
CONFIG = """
name = "grub"
firmware = "pvgrub64"
memory = 256
disk = [ "vda,raw,xvda,w", "vdb,raw,xvdb,r" ]
vif = [ "" ]
"""


def image_with_a_kernel():
    """A disk with one partition, an ext4 with the kernel and initramfs of the tests and a menu for GRUB."""
    os.makedirs(LOGS, exist_ok=True)
    path = make_disk("pvgrub.img", 40, "label: gpt\nstart=1MiB\n")
    with tempfile.TemporaryDirectory() as tree:
        os.makedirs(f"{tree}/boot/grub")
        for name in ("vmlinuz", "initrd.gz"):
            shutil.copy(os.path.join(BUILD, "linux", name), f"{tree}/boot")
        for name, content in (("boot/grub/grub.cfg", MENU), ("text", TEXT + "\n")):
            with open(f"{tree}/{name}", "w", encoding="ascii") as f:
                f.write(content)
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-L", "guest", "-E", f"offset={MIB}", "-d", tree,
                        path, "38M"], check=True)
    return path


@pytest.fixture(scope="module")
def machine():
    paths = [image_with_a_kernel(), make_disk("pvgrub-empty.img", 1)]
    options = sum((disk(path, n) for n, path in enumerate(paths)), [])
    made = Host("test_pvgrub", mem=512, cpus=1, net="user", files={"pvgrub.cfg": CONFIG}, qemu=options)
    made.start()
    made.cli("free --drop")
    made.before = made.holdings()
    yield made
    made.stop()
    for path in paths:
        os.unlink(path)


def at_the_menu(console):
    console.says("Linux of this disk", 60)
    console.says("Halt", 30)


def test_grub_reads_the_disk(machine):
    """From the menu to the prompt, and by the menu's second entry to the domain's end."""
    machine.cli("create pvgrub.cfg", timeout=60)
    with machine.console("grub") as console:
        at_the_menu(console)
        console.send("c")
        console.expect("grub> ", 30)
        for typed, answer in (("ls", r"\(xen/xvda\) \(xen/xvda,gpt1\) \(xen/xvdb\)"),
                              ("ls (xen/xvda,gpt1)", r"ext\*.*guest"), ("ls /boot/", r"vmlinuz"),
                              ("cat /text", TEXT), ("ls (xen/xvdb)", r"1024KiB"),
                              ("cmp /boot/vmlinuz (xen/xvda,gpt1)/boot/vmlinuz; echo equal: $?", "equal: 0")):
            console.send(typed + "\r")
            console.expect(rf"(?s)[\r\n].*{answer}.*grub> ", 30)
        console.send("\x1b")
        at_the_menu(console)
        console.send("\x1b[B\r")
        console.expect("ended|power", 30)
    assert "grub" not in machine.domains()


@pytest.mark.limit(450)
def test_it_puts_the_kernel_of_the_disk_in_its_place(machine):
    machine.cli("create pvgrub.cfg vcpus=2", timeout=60)
    with machine.console("grub") as console:
        at_the_menu(console)
        console.send("\r")
        console.says("enso-initramfs: user space is up", 300)     # GRUB unpacks the kernel twice
        console.expect("# ", 30)
        console.ask("dmesg -n 1")
        assert "from=grub" in console.ask("cat /proc/cmdline")
        assert console.ask("grep -c ^processor /proc/cpuinfo") == "2"
        # The devices that GRUB has used, and one that it does not know.
        assert console.ask("mount -o ro /dev/xvda1 /mnt && cat /mnt/text && umount /mnt") == TEXT
        assert console.ask("cmp /dev/xvdb /dev/zero 2>&1 || true").startswith("cmp: EOF on /dev/xvdb")
        console.ask("until ip -4 addr show eth0 | grep -q inet; do sleep 1; done", 60)
        console.send("reboot\r")
        at_the_menu(console)
    machine.cli("destroy grub")


def test_nothing_is_left(machine):
    machine.cli("free --drop")
    machine.until(lambda: machine.holdings() == machine.before, 60, pause=1)
    assert machine.audit() == 0
