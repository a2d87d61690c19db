"""machine.py: QEMU for measurements."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))

# The counter of executed instructions is the clock: 1 ns each. Halted time is skipped.
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"]


def qemu_command(mem, cpus):
    major = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True,
                           check=True).stdout.split("version ")[1].split(".")[0]
    return ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max,-smap" if int(major) < 10 else "max",
            "-m", str(mem), "-smp", str(cpus), "-nodefaults", "-no-user-config", "-display", "none", "-vga", "std",
            "-no-reboot", "-monitor", "none"]
