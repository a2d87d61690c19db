"""runs.py: runs test kernels on Enso and on Xen, each once: what was said is kept for all tests."""

import os
import re
import subprocess
from dataclasses import dataclass, field

import pexpect

import cases
from enso import BUILD, ROOT, Host, direct
from xen import XenHost

LOGS = os.path.join(BUILD, "tests", "peer")
ARCHIVE = "tests/peer/archive.cpio"         # in build/, as images and archives of machines are
LIMIT = 100         # seconds for a kernel
MEMORY = 1024       # MiB of every machine
XEN_KEEPS = 32      # frames
VCPUS = "dom0_max_vcpus=32"     # of a kernel as the initial domain: as many as the domU has

with open(os.path.join(BUILD, "flags", "test-guests"), encoding="ascii") as f:
    KERNELS = f.read().split()

# Enso's builds: hypervisor, options.
BUILDS = {
    "release": ("enso", ""),
    "debug": ("enso-debug", ""),
    "preempt": ("enso-debug", "preempt=always"),
}
XEN = "xen"


@dataclass
class Run:
    """A kernel on a machine. result: its cases; leftovers: problems that the machine has after it."""
    result: cases.Result
    leftovers: list = field(default_factory=list)


def _describe(error):
    return str(error).replace("\n", "\n    ")


class Runs:
    def __init__(self):
        self.hosts = {}         # machines with a control domain that run, by name
        self.runs = {}          # what was run: (kernel, role, machine)

    def get(self, kernel, role, machine):
        """The Run of a kernel as "initial" domain or "domU" of a machine: a build of Enso, or XEN."""
        key = kernel, role, machine
        if key not in self.runs:
            run = self._initial if role == "initial" else self._domain
            self.runs[key] = run(kernel, machine)
        return self.runs[key]

    def stop(self):
        """Ends all machines; what was said stays."""
        for host in self.hosts.values():
            host.stop()
        self.hosts.clear()

    # ---- as the initial domain: one machine for each kernel ----

    def _initial(self, kernel, machine):
        name, image = f"{kernel}-initial-{machine}", f"test-guests/{kernel}"
        archive = image + ".cpio" if os.path.exists(f"{BUILD}/{image}.cpio") else None
        if machine == XEN:
            host = XenHost(name, LOGS, image, archive, options=VCPUS, mem=MEMORY)
        else:
            hypervisor, options = BUILDS[machine]
            host = Host(name, logs=LOGS, mem=MEMORY, **direct(hypervisor, f"{VCPUS} {options}", image, archive))
        with open(f"{BUILD}/{image}.qemu", encoding="ascii") as f:
            host.qemu += f.read().split()
        try:
            host.start(prompt=False)
            text = self._until_summary(host, kernel)
            own = cases.whole_lines(kernel, text)
            run = Run(cases.read(kernel, own, machine == XEN, "the initial domain"))
            if machine != XEN and run.result.finished:
                run.leftovers = self._last_words(host, text)
            return run
        finally:
            host.stop()

    def _until_summary(self, host, kernel):
        """What the machine says until the kernel's last line, or until its own end."""
        what = [rf"\n{kernel}: \d+ cases, \d+ differ\r*\n", pexpect.EOF, pexpect.TIMEOUT]
        which = host.serial.expect(what, LIMIT)
        text = host.serial.before + (host.serial.after if which == 0 else "")
        return text.replace("\r", "") + ("", "\n[QEMU ended]\n", f"\n[nothing more in {LIMIT} s]\n")[which]

    def _last_words(self, host, text):
        """The frame audit that the kernel asked for, and the end of the machine."""
        problems = []
        audits = re.findall(r"(?m)^\(enso\) audit: (\d+) wrong$", text)
        if audits != ["0"]:
            problems.append(f"{host.name}: the frame audit said {audits}, not ['0']")
        try:
            if host.wait_exit() is not None:
                problems.append(f"{host.name}: the machine ended, but not by a power-off")
        except AssertionError as error:
            problems.append(f"no power-off after the kernel's: {_describe(error)}")
        return problems

    # ---- as a domain, created by our control domain: one machine for all kernels ----

    def _start(self, machine):
        name = f"domains-{machine}"
        if machine == XEN:
            host = XenHost(name, LOGS, archive=ARCHIVE, mem=MEMORY)
        elif machine == "release":
            iso = os.path.join(LOGS, "release.iso")         # as users boot it
            subprocess.run([f"{ROOT}/setup/iso.sh", iso, "0", f"{BUILD}/enso", f"{BUILD}/enso-debug",
                            f"{BUILD}/dom0", f"{BUILD}/{ARCHIVE}"], check=True)
            host = Host(name, logs=LOGS, mem=MEMORY, iso=iso)
        else:
            hypervisor, options = BUILDS[machine]
            host = Host(name, logs=LOGS, mem=MEMORY, **direct(hypervisor, options, archive=ARCHIVE))
        self.hosts[machine] = host
        host.start()
        if machine == XEN:
            host.first_domain()
        return host

    def _domain(self, kernel, machine):
        text, problems = "", []
        try:
            host = self.hosts.get(machine) or self._start(machine)
            before = self._state(host, machine)
            text = self._create(host, kernel)
            problems = self._compare(host, before, machine)
        except AssertionError as error:
            problems.append(_describe(error))
            if machine in self.hosts:
                self.hosts.pop(machine).stop()
        return Run(cases.read(kernel, text, machine == XEN, "a domU"), problems)

    def _create(self, host, kernel):
        """Runs the kernel as a domain; all that it printed (of which the console daemon would keep only the
        last 64 KiB)."""
        with host.console(kernel, f"create /{kernel}.cfg -c on_poweroff=preserve on_crash=preserve"):
            text = self._until_summary(host, kernel)
        host.until(lambda: set("sc") & set(host.domains()[kernel]["state"]))
        host.cli("destroy", kernel)
        return cases.whole_lines(kernel, text)

    def _state(self, host, machine):
        if machine == XEN:
            return dict(frames=host.free_frames())
        return dict(host.holdings(), wrong=host.audit())

    def _compare(self, host, before, machine):
        """Whether the domain left anything behind. Xen gives memory back in its own time, and its heap of small
        things grows by a few frames with the vcpus of a domain."""
        for _ in range(5 if machine == XEN else 1):
            after = self._state(host, machine)
            if after == before or machine == XEN and before["frames"] - after["frames"] <= XEN_KEEPS:
                return []
        return [f"{host.name}: {what} was {before[what]} before the domain, is {after[what]} after it"
                for what in before if before[what] != after[what]]
