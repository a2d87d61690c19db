"""phases.py: instructions from one point of the code to the next: boot, and the creation and destruction of
a domain.

The machine runs under QEMU's instruction counter with its debugger interface: a breakpoint at each point,
one at a time, and the counter is read where it stops. Points are functions of the hypervisor, the control
domain and the guest; the images of the last two lie at the same addresses, so the bytes at the stop decide
whether it is the right one."""

import binascii
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

import counts
from machine import BUILD, ROOT, output_of, qemu_command, symbols_of

BOOT = [
    ("hypervisor: entry", "enso", "boot_entry_phys"),
    ("hypervisor: own page tables; C from here on", "enso", "hypervisor_main"),
    ("hypervisor: devices, frame table, CPUs", "enso", "domain_build_first"),
    ("hypervisor: control domain built", "dom0.debug", "_start"),
    ("control domain: the kit is up", "dom0.debug", "main"),
    ("control domain: store, consoles, toolstack: ready for commands", "dom0.debug", "shell_run_script"),
]
CREATE = [
    ("command and configuration read", "dom0.debug", "toolstack_create"),
    ("files found, kernel looked at", "dom0.debug", "control_create"),
    ("domain made", "dom0.debug", "control_populate"),
    ("memory given", "dom0.debug", "control_new_port"),
    ("contents written", "dom0.debug", "control_pin"),
    ("tables validated", "dom0.debug", "build_mask_events"),
    ("vcpu set up", "dom0.debug", "store_keys_create"),
    ("keys written to the store", "dom0.debug", "console_domain_add"),
    ("console connected", "dom0.debug", "control_unpause"),
    ("first instruction of the guest", "guests/hello.debug", "_start"),
    ("main() of the guest", "guests/hello.debug", "main"),
    ("its first line", "guests/hello.debug", "pv_console_write"),
]
DESTROY = [
    ("paused, console let go", "dom0.debug", "control_destroy"),
    ("destroyed by the hypervisor", "dom0.debug", "xenstore_domain_gone"),
    ("store told", "dom0.debug", "store_keys_remove"),
    ("keys removed, waited until it was gone; prompt", "dom0.debug", "editor_begin"),
]
FIRST_GUEST = "bench/guest.debug"
SCRIPT = "create /hello.cfg; sleep 1; destroy hello"


def make_archive(path):
    """The boot archive with the commands to measure, which run as if typed."""
    with tempfile.TemporaryDirectory() as tree:
        shutil.copytree(os.path.join(BUILD, "archive"), tree, dirs_exist_ok=True)
        os.makedirs(os.path.join(tree, "etc"), exist_ok=True)
        with open(os.path.join(tree, "etc", "exec"), "w", encoding="ascii") as f:
            f.write(SCRIPT + "\n")
        subprocess.run([os.path.join(ROOT, "setup", "cpio.sh"), tree, path], check=True)


class Image:
    def __init__(self, path):
        self.path = path
        self.symbols = {name: address for address, _, name in symbols_of(path)}
        header = output_of("readelf", "-hW", path)
        self.entry = int(re.search(r"Entry point address: +(0x\w+)", header).group(1), 16)
        self.segments = []
        for m in re.finditer(r"LOAD +(0x\w+) (0x\w+) (0x\w+) (0x\w+)", output_of("readelf", "-lW", path)):
            self.segments.append(tuple(int(x, 16) for x in m.groups()))
        with open(path, "rb") as f:
            self.bytes = f.read()

    def code(self, address, count):
        """What the image has at an address, virtual or physical."""
        for offset, virtual, physical, size in self.segments:
            for base in (virtual, physical):
                if base <= address < base + size:
                    return self.bytes[offset + address - base:][:count]
        return b""


class Debugger:
    """The few words of the remote protocol that are needed."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(2400)      # Linux may take long to come up
        self._connect(path)
        self.received = b""

    def _connect(self, path):
        """(The name is there a moment before anybody listens.)"""
        for _ in range(50):
            try:
                self.socket.connect(path)
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise RuntimeError("QEMU's debugger interface does not answer")

    def ask(self, text):
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 255))
        return self.answer()

    def answer(self):
        while True:
            m = re.search(rb"\$([^#]*)#..", self.received)
            if m:
                self.received = self.received[m.end():]
                self.socket.sendall(b"+")
                return m.group(1).decode()
            more = self.socket.recv(65536)
            if not more:
                raise RuntimeError("QEMU ended")
            self.received += more

    def monitor(self, command):
        answer = self.ask("qRcmd," + binascii.hexlify(command.encode()).decode())
        said = ""
        while answer != "OK":
            said += binascii.unhexlify(answer[1:]).decode()
            answer = self.answer()
        return said

    def instructions(self):
        return int(re.search(r"instruction count = (\d+)", self.monitor("info replay")).group(1))

    def memory(self, address, count):
        answer = self.ask(f"m{address:x},{count:x}")
        return b"" if answer.startswith("E") else binascii.unhexlify(answer)


class Machine:
    """A machine under the debugger, stopped before its first instruction; `options` say what it starts. With
    `sleep`, time goes on while its CPU is halted: its devices need that; without, such time is skipped."""

    def __init__(self, work, options, sleep=False, mem=512):
        self.images = {}
        debugger = os.path.join(work, "gdb")
        self.qemu = subprocess.Popen(
            qemu_command(mem=mem, cpus=1) +
            ["-icount", f"shift=0,sleep={'on' if sleep else 'off'},rr=record,rrfile={work}/log",
             "-rtc", "base=2026-01-01,clock=vm", "-serial", f"file:{work}/serial",
             "-S", "-gdb", f"unix:{debugger},server=on,wait=off"] + options)
        try:
            while not os.path.exists(debugger):
                if self.qemu.poll() is not None:
                    raise RuntimeError("QEMU did not start")
                time.sleep(0.05)
            self.debugger = Debugger(debugger)
            self.debugger.ask("?")
        except Exception:
            self.stop()
            raise

    def run_to(self, image, symbol):
        """Goes on to a function of an image. Returns the instructions executed since the start."""
        image = self.images.setdefault(image, Image(os.path.join(BUILD, image)))
        return self.run_to_code(image.symbols[symbol], image.code(image.symbols[symbol], 16))

    def run_to_code(self, address, code):
        while True:
            self.debugger.ask(f"Z1,{address:x},1")
            self.debugger.ask("c")
            self.debugger.ask(f"z1,{address:x},1")
            if self.debugger.memory(address, len(code)) == code:
                return self.debugger.instructions()
            self.debugger.ask("s")      # another program has something else there

    def stop(self):
        self.qemu.kill()
        self.qemu.wait()


def _walk(machine, table, points, start):
    """Rows of the instructions from `start` (None: from the first point) to each point. Returns the count
    at the last."""
    before = first = start
    for name, image, symbol in points:
        now = machine.run_to(image, symbol)
        if before is not None:
            table.row(name, now - before)
        first = now if first is None else first
        before = now
    table.row("all", before - first)
    return before


def _to_guest(options, start):
    """Instructions of a hypervisor from its first, to which start(machine) goes, to the first one of its
    initial domain."""
    with tempfile.TemporaryDirectory() as work:
        machine = Machine(work, options)
        try:
            before = start(machine)
            return machine.run_to(FIRST_GUEST, "_start") - before
        finally:
            machine.stop()


def _xen_base(work, options):
    """Where the boot loader puts Xen: its log says so."""
    machine = Machine(work, options)
    try:
        machine.run_to(FIRST_GUEST, "_start")
        with open(os.path.join(work, "serial"), encoding="utf-8", errors="replace") as f:
            return int(re.search(r"image load base address: (0x\w+)", f.read()).group(1), 16)
    finally:
        machine.stop()


def boot_of_both(results):
    """The benchmark guest as initial domain of each, with the same memory, and without a console: a serial
    line's speed is no cost of theirs."""
    guest, memory = os.path.join(BUILD, "bench", "guest"), "dom0_mem=64M"
    enso = _to_guest(["-kernel", f"{BUILD}/enso", "-append", f"{memory} console=none", "-initrd", guest],
                     lambda machine: machine.run_to("enso", "boot_entry_phys"))
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as silent:
        base = _xen_base(work, counts.xen_cd(work, memory))
        xen = Image(os.path.join(BUILD, "upstream", "xen", "xen"))
        peer = _to_guest(counts.xen_cd(silent, f"{memory} console=none"),
                         lambda machine: machine.run_to_code(base + xen.entry, xen.code(xen.entry, 16)))
    table = results.section("instructions from the hypervisor's entry to the first of its initial domain",
                            ("Enso", "Xen", "ratio"))
    table.row("boot, initial domain of 64 MiB in a machine of 512", enso, peer, enso / peer)


def report(results):
    boot_of_both(results)
    with tempfile.TemporaryDirectory() as work:
        archive = os.path.join(work, "boot.cpio")
        make_archive(archive)
        machine = Machine(work, ["-kernel", f"{BUILD}/enso", "-initrd", f"{BUILD}/dom0 dom0,{archive}"])
        try:
            table = results.section("instructions from hypervisor entry to prompt, until:", ("count",))
            ready = _walk(machine, table, BOOT, None)
            table = results.section("instructions of `create hello`, until:", ("count",))
            _walk(machine, table, CREATE, ready)
            begin = machine.run_to("dom0.debug", "toolstack_destroy")
            table = results.section("instructions of `destroy hello`, until:", ("count",))
            _walk(machine, table, DESTROY, begin)
        finally:
            machine.stop()
