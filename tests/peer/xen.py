"""xen.py: a machine on which Debian's Xen runs an image of ours as its initial domain. No Linux, no Xen
tools."""

import os
import re
import shutil
import subprocess
import tempfile
import time

from enso import BUILD, Host

XEN = os.path.join(BUILD, "upstream", "xen", "xen")
PIECE = 40          # characters
# The default one, credit2, leaves a vcpu in its queue beside idle CPUs when the machine under it was busy.
SCHEDULER = "sched=credit"
# On a busy machine the port can be slower than who prints: what has no room in Xen's buffer, of 16 KiB if
# nothing is said, is lost. (The test kernels print up to 64 KiB.)
CONSOLE = "console=com1 com1=115200,8n1 serial_tx_buffer=256K"
MENU = f"""set timeout=0
menuentry xen {{
    multiboot2 /boot/xen {CONSOLE} dom0_mem=256M %s
    module2 /boot/image %s
    %s
}}
"""


def make_iso(path, image, archive=None, options="", arguments=""):
    """A CD image at `path` (for BIOS) with which GRUB starts Xen with `options`, and Xen the PV image `image`
    with `arguments` and the boot archive `archive`. Returns the path."""
    with tempfile.TemporaryDirectory() as tree:
        boot = os.path.join(tree, "boot")
        os.makedirs(os.path.join(boot, "grub"))
        shutil.copy(XEN, os.path.join(boot, "xen"))
        shutil.copy(image, os.path.join(boot, "image"))
        if archive:
            shutil.copy(archive, os.path.join(boot, "archive"))
        with open(os.path.join(boot, "grub", "grub.cfg"), "w", encoding="ascii") as f:
            f.write(MENU % (options, arguments, "module2 /boot/archive" if archive else ""))
        subprocess.run(["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "--fonts=", "--locales=", "--themes=",
                        "--install-modules=normal iso9660 biosdisk multiboot2", "-o", path, tree],
                       check=True, capture_output=True)
    return path


class XenHost(Host):
    """A machine with Xen; image and archive are files of build/. Without another image the control domain is its
    initial domain, so that its shell is driven as on Enso; what asks Enso's own log (holdings, audit) does not
    work here."""

    def __init__(self, name, logs, image="dom0", archive=None, options="", arguments="", **machine):
        os.makedirs(logs, exist_ok=True)
        iso = os.path.join(logs, name + ".iso")
        make_iso(iso, f"{BUILD}/{image}", archive and f"{BUILD}/{archive}", f"{SCHEDULER} {options}", arguments)
        super().__init__(name, logs=logs, iso=iso, **machine)
        self.own_iso = iso
        self.changed = 0

    def first_domain(self):
        """Xen keeps a page from its first domain on: here that one comes and goes, before anybody counts."""
        self.cli("create hello.cfg -q; destroy hello")
        self.free_frames()

    def send(self, text):
        """In pieces: Xen keeps 128 characters for its initial domain and drops what comes when that is full."""
        for start in range(0, len(text), PIECE):
            super().send(text[start:start + PIECE])
            if start + PIECE < len(text):
                time.sleep(0.05)

    def run(self, *words, timeout=30):
        result = super().run(*words, timeout=timeout)
        if re.search("create|destroy|shutdown", " ".join(str(w) for w in words)):
            self.changed = time.monotonic()
        return result

    def free_frames(self):
        """Xen gives a domain's last pages back in its own time: the figure when it stands still."""
        time.sleep(max(0, self.changed + 2 - time.monotonic()))
        before = -1
        while (now := super().free_frames()) != before:
            before = now
            time.sleep(0.5)
        return now
