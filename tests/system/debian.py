"""debian.py: the Debian guest of setup/debian.sh: copies of its disk, its configuration, its login."""

import os
import subprocess

from enso import BUILD, LOGS, Console

FOLDER = os.path.join(BUILD, "debian")
RAMDISK = "/boot/debian-initrd.img"
LOGIN = "debian login: "


def ramdisk():
    """Files for the boot archive: the initramfs; the kernel is the one that linux.cfg uses."""
    with (open(os.path.join(FOLDER, "initrd.img"), "rb") as initrd,
          open(os.path.join(FOLDER, "vmlinuz"), "rb") as kernel):
        return {RAMDISK.lstrip("/"): initrd.read(), "boot/debian-vmlinuz": kernel.read()}


def config(name, disks, memory=512, vcpus=1, more=""):
    """The text of a configuration. `disks` are specifications; the first is the root file system's."""
    listed = ", ".join(f'"{disk}"' for disk in disks)
    return (f'name = "{name}"\nkernel = "/boot/debian-vmlinuz"\nramdisk = "{RAMDISK}"\n'
            f'extra = "root=/dev/xvda console=hvc0"\nmemory = {memory}\nvcpus = {vcpus}\n'
            f"disk = [ {listed} ]\n{more}\n")


IMAGE = os.path.join(FOLDER, "debian.img")


def copy_of_image(name):
    """A root file system of its own, for the caller to remove."""
    path = os.path.join(LOGS, name)
    os.makedirs(LOGS, exist_ok=True)
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", IMAGE, path], check=True)
    return path


def virtio(paths):
    """QEMU's options for virtio disks, in order. (path,): a disk whose changes are forgotten at the end."""
    options = []
    for n, path in enumerate(paths):
        path = f"{path[0]},snapshot=on" if isinstance(path, tuple) else path
        options += ["-drive", f"if=none,id=disk{n},format=raw,discard=unmap,file={path}",
                    "-device", f"virtio-blk-pci,disable-legacy=on,drive=disk{n}"]
    return options


def fsck(path):
    """e2fsck -fn: its exit status, 0 if the file system is clean, and what it said."""
    done = subprocess.run(["/sbin/e2fsck", "-fn", path], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def log_in(console, timeout=700):
    """From the start of the domain to a plain prompt of root's shell."""
    console.says(LOGIN, timeout)
    console.send("root\r")
    console.expect(r"root@debian:~# ", 300)
    console.ask("bind 'set enable-bracketed-paste off'; PS1='# '; export TERM=dumb PAGER=cat; dmesg -n 1; "
                "stty cols 1000; echo ready", 100)


class Guest(Console):
    """The console of a domain in which root has logged in:
    `with Guest(host, "debian") as guest: guest.ask(...)`."""

    def __init__(self, host, name):
        super().__init__(host, f"console --new {name}")

    def __enter__(self):
        super().__enter__()
        self.send("\r")
        return self

    def ask(self, command, timeout=300):
        """As Console.ask(); a guest on an emulated and busy machine has time."""
        return super().ask(command, timeout)
