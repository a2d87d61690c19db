"""machine.py: QEMU for measurements."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
sys.path[:0] = [os.path.join(ROOT, "tests", folder) for folder in ("system", "peer")]

# The counter of executed instructions is the clock: 1 ns each. Halted time is skipped.
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"]


def output_of(*command, **options):
    """What a command prints; its failure is an exception."""
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def symbols_of(image):
    """[(address, kind, name)] of an ELF file, by rising address."""
    found = [line.split() for line in output_of("nm", "-n", image).splitlines()]
    return [(int(f[0], 16), f[1], f[2]) for f in found if len(f) == 3]


def qemu_command(mem, cpus):
    major = output_of("qemu-system-x86_64", "--version").split("version ")[1].split(".")[0]
    return ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max,-smap" if int(major) < 10 else "max",
            "-m", str(mem), "-smp", str(cpus), "-nodefaults", "-no-user-config",
            "-display", "none", "-vga", "std", "-no-reboot", "-monitor", "none"]
