"""xenlinux.py: what Enso is compared with: Debian's Xen with a Linux control domain of Debian's packages
(tests/bench/linux), which starts the same guests by `xl`."""

import io
import os
import shutil
import subprocess
import tarfile

from inout import MACS, PARTS, Enso, config, drive, measure, zeros
from machine import BUILD, HERE
from watched import Entries
from xen import SCHEDULER, XEN

FILES = os.path.join(BUILD, "xen-linux")
SYMBOLS = os.path.join(BUILD, "upstream", "xen-syms", "usr", "lib", "debug", "boot", "xen-syms-4.17-amd64")
GUESTS = "/run/bench"           # where the archive is unpacked
COLUMNS = ("Enso", "Xen, Linux", "ratio", "calls", "calls there", "events", "events there")
MENU = """set timeout=0
menuentry xen {{
    multiboot2 /boot/xen console=com1 com1=115200,8n1 dom0_mem=768M dom0_max_vcpus=1 {scheduler}
    module2 /boot/vmlinuz root=/dev/vda ro console=hvc0 init=/sbin/init fastboot quiet
    module2 /boot/initrd.img
}}
"""


def make_cd(path, tree):
    subprocess.run(["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "--fonts=", "--locales=", "--themes=",
                    "--install-modules=normal iso9660 biosdisk multiboot2", "-o", path, tree],
                   check=True, capture_output=True)


class XenLinux:
    name, mem = "Xen and Linux", 1536

    @staticmethod
    def entries():
        return Entries(SYMBOLS, "pv_hypercall", "do_iret", "do_event_channel_op", "do_grant_table_op")

    def guests(self, parts):
        """{file: text}, and the commands that start the guests."""
        def guest(name, words, **device):
            return config(name, words, kernel=f"{GUESTS}/io", **device)

        def vif(name, bridge):
            return {"vif": [f"mac={MACS[name]},bridge={bridge}"]}

        files, commands = {"answer.cfg": guest("answer", "io answer", **vif("answer", "xenbr0"))}, []
        for i, part in enumerate(parts):
            device = ({"disk": ["phy:/dev/vdc,xvda,w"]} if part.has == "disk" else
                      vif("io", "lan" if part.has == "card" else "xenbr0"))
            files[f"io{i}.cfg"] = guest(f"io{i}", part.words, **device)
            commands += [f"xl create -e {GUESTS}/answer.cfg"] if part.has == "neighbour" else []
            commands.append(f"measure io{i}")
        return files, commands

    def archive(self, path, parts):
        """What /sbin/init unpacks and runs."""
        files, commands = self.guests(parts)
        files["guests"] = "\n".join(commands) + "\n"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            tar.add(os.path.join(HERE, "linux", "start"), "start")
            tar.add(os.path.join(BUILD, "bench", "io"), "io")
            for name, text in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                tar.addfile(entry, io.BytesIO(text.encode()))

    def options(self, work, parts):
        tar, iso = os.path.join(work, "archive.tar"), os.path.join(work, "xen.iso")
        self.archive(tar, parts)
        boot = os.path.join(work, "iso", "boot")
        os.makedirs(os.path.join(boot, "grub"))
        shutil.copy(XEN, os.path.join(boot, "xen"))
        for name in ("vmlinuz", "initrd.img"):
            shutil.copy(os.path.join(FILES, name), boot)
        with open(os.path.join(boot, "grub", "grub.cfg"), "w", encoding="ascii") as f:
            f.write(MENU.format(scheduler=SCHEDULER))
        make_cd(iso, os.path.dirname(boot))
        return (["-device", "ich9-ahci,id=ahci", "-device", "ide-cd,bus=ahci.0,drive=cd",
                 "-drive", f"if=none,id=cd,media=cdrom,readonly=on,file={iso}"] +
                drive(os.path.join(FILES, "root.img"), "root", writable=False) +
                drive(tar, "archive", writable=False) + drive(zeros(os.path.join(work, "disk")), "guest"))


def title_of(part):
    return f"{part.title}: instructions and hypercalls"


def report(results):
    parts = list(PARTS.values())
    for part, enso, peer in zip(parts, measure(Enso(), parts), measure(XenLinux(), parts)):
        if list(enso) != list(peer):
            raise RuntimeError(f"{part.title}: other operations were measured on Enso than on Xen")
        table = results.section(title_of(part), COLUMNS)
        for name in enso:
            ours, theirs = enso[name], peer[name]
            table.row(name, ours[0], theirs[0], ours[0] / theirs[0], ours[1], theirs[1], ours[2], theirs[2])


def groups(sections):
    """What there is to draw of what was written: {group: [(operation, Enso, Xen and Linux or None)]}"""
    found = {}
    for part in PARTS.values():
        if title_of(part) in sections:
            found[f"{part.title} (Xen: with a Linux control domain)"] = [
                (name, row[COLUMNS[0]], row[COLUMNS[1]]) for name, row in sections[title_of(part)].items()]
        elif part.title in sections:
            found[part.title] = [(name, row["instructions"], None)
                                 for name, row in sections[part.title].items()]
    return found
