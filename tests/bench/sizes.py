"""sizes.py: the size of the hypervisor's image, and how the source reads: the table of STYLE.md for this tree."""

import os
import re
import statistics
import subprocess

from machine import BUILD, ROOT

PARTS = ("hypercall-abi", "hypervisor", "guest-pv-kernel", "dom0-tools", "tests")
LONG = 100
CONTROL = ("if", "for", "while", "switch", "else", "do")


def sources(part, endings):
    listed = subprocess.run(["git", "ls-files", part], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [os.path.join(ROOT, name) for name in listed.splitlines() if name.endswith(endings)]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def without_comments(text):
    def keep(m):
        word = m.group(0)
        return "\n" * word.count("\n") if word.startswith("/") else word
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', keep, text, flags=re.S)


def code_lines(part, endings=(".c", ".h", ".S")):
    """Lines that are neither blank nor only comment."""
    return sum(1 for path in sources(part, endings) for line in without_comments(read(path)).splitlines() if line.strip())


def functions(text):
    """(name, lines) of each function: from its first line to its closing brace, both in the first column or, of one
    line, on that line."""
    lines = without_comments(text).splitlines()
    start, found = 0, []
    for i, line in enumerate(lines):
        if not line.strip() or line.startswith(("#", "}", " ", "\t")) or line.rstrip().endswith((";", "\\")):
            whole = re.match(r"[A-Za-z_].*?(\w+)\(.*\)\s*\{.*\}\s*$", line)
            if not whole and not line.startswith((" ", "\t", "}")):
                start = i + 1
        whole = re.match(r"[A-Za-z_][^=]*?(\w+)\([^=]*\)\s*\{.*\}\s*$", line)
        if whole:
            found.append((whole.group(1), 1))
            start = i + 1
        elif line.startswith("{") and i > 0:
            head = " ".join(lines[start:i])
            name = re.search(r"(\w+)\(", head)
            end = next((j for j in range(i, len(lines)) if lines[j].startswith("}")), i)
            if name and name.group(1) not in CONTROL:
                found.append((name.group(1), end - start + 1))
        elif line.startswith("}"):
            start = i + 1
    return found


def conditionals(paths):
    """#if of every kind but header guards."""
    count = lines = 0
    for path in paths:
        text = without_comments(read(path))
        lines += read(path).count("\n")
        found = len(re.findall(r"^[ \t]*#[ \t]*if", text, re.M))
        guard = re.search(r"^#ifndef (\w+)\n#define \1\b", text, re.M)
        count += found - (1 if guard and path.endswith(".h") else 0)
    return count, lines


def style(results):
    table = results.section("how the source reads (C files; functions of C files and headers; #if of all)",
                            ("files", "lines", "median file", "longest", "median func.", "longest", "above 100", "#if/1000"))
    table.columns = ("files", "lines", "median file", "longest file", "median function", "longest function",
                     "functions above 100", "#if per 1000 lines")
    for part in PARTS:
        files = sources(part, (".c",))
        lengths = [read(path).count("\n") for path in files] or [0]
        found = [f for path in sources(part, (".c", ".h")) for f in functions(read(path))]
        sizes = [n for _, n in found] or [0]
        ifs, lines = conditionals(sources(part, (".c", ".h", ".S")))
        table.row(part, len(files), sum(lengths), int(statistics.median(lengths)), max(lengths),
                  int(statistics.median(sizes)), max(sizes), f"{sum(n > LONG for n in sizes)} of {len(sizes)}",
                  round(1000 * ifs / max(lines, 1), 1))


def image(results):
    table = results.section("the hypervisor's image and source", ("",))
    symbols = {}
    for line in subprocess.run(["nm", os.path.join(BUILD, "enso")], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        words = line.split()
        if len(words) == 3:
            symbols[words[2]] = int(words[0], 16)
    table.row("image in memory, KiB (code, constants, data)", (symbols["image_end"] - symbols["image_start"]) // 1024)
    table.row("needed until it runs, KiB (then free memory)", (symbols["early_end"] - symbols["image_end"]) // 1024)
    table.row("bytes of frame table a frame", frame_bytes())
    table.row("lines of C and assembly in hypervisor/, without comments and blank lines", code_lines("hypervisor"))


def frame_bytes():
    """As the compiler that built it sees struct frame."""
    with open(os.path.join(BUILD, "flags", "enso-cflags"), encoding="utf-8") as f:
        flags = f.read().split()
    done = subprocess.run(["gcc", *flags, "-S", "-o", "-", "-xc", "-"], check=True, cwd=ROOT, capture_output=True, text=True,
                          input='#include "memory/frame.h"\nunsigned long size = sizeof(struct frame);\n')
    return int(re.search(r"size:\s+\.quad\s+(\d+)", done.stdout).group(1))
