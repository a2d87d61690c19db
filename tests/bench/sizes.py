"""sizes.py: the size of the hypervisor's image, and how the source reads: the table of STYLE.md for this
tree."""

import os
import re
import statistics

from machine import BUILD, ROOT, output_of, symbols_of

PARTS = ("hypercall-abi", "hypervisor", "guest-pv-kernel", "dom0-tools", "tests")
LONG = 100
CONTROL = ("if", "for", "while", "switch", "else", "do")


def sources(part, endings):
    listed = output_of("git", "ls-files", part, cwd=ROOT).splitlines()
    return [os.path.join(ROOT, name) for name in listed if name.endswith(endings)]


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
    texts = [without_comments(read(path)) for path in sources(part, endings)]
    return sum(1 for text in texts for line in text.splitlines() if line.strip())


def functions(text):
    """(name, lines) of each function: from its first line to its closing brace, both in the first column
    or, of one line, on that line."""
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
                            ("files", "lines", "median file", "longest", "median func.", "longest",
                             "above 100", "#if/1000"))
    table.columns = ("files", "lines", "median file", "longest file", "median function", "longest function",
                     "functions above 100", "#if per 1000 lines")
    for part in PARTS:
        files = sources(part, (".c",))
        lengths = [read(path).count("\n") for path in files] or [0]
        found = [f for path in sources(part, (".c", ".h")) for f in functions(read(path))]
        sizes = [n for _, n in found] or [0]
        ifs, lines = conditionals(sources(part, (".c", ".h", ".S")))
        long = f"{sum(n > LONG for n in sizes)} of {len(sizes)}"
        table.row(part, len(files), sum(lengths), int(statistics.median(lengths)), max(lengths),
                  int(statistics.median(sizes)), max(sizes), long, round(1000 * ifs / max(lines, 1), 1))


def loaded(image):
    """KiB of an ELF file that a loader reads, and that it occupies."""
    segments = re.findall(r"^ +LOAD +\w+ \w+ \w+ (0x\w+) (0x\w+)", output_of("readelf", "-lW", image), re.M)
    return [sum(int(s[i], 16) for s in segments) // 1024 for i in (0, 1)]


def image(results):
    enso, xen = os.path.join(BUILD, "enso"), os.path.join(BUILD, "upstream", "xen", "xen")
    table = results.section("the hypervisors' images", ("Enso", "Xen", "ratio"))
    for name, ours, peer in zip(("read by the boot loader, KiB", "occupied when it starts, KiB"),
                                loaded(enso), loaded(xen)):
        table.row(name, ours, peer, ours / peer)
    table = results.section("the hypervisor's image and source", ("",))
    at = {name: address for address, _, name in symbols_of(enso)}
    table.row("image in memory, KiB (code, constants, data)", (at["image_end"] - at["image_start"]) // 1024)
    table.row("needed until it runs, KiB (then free memory)", (at["early_end"] - at["image_end"]) // 1024)
    table.row("bytes of frame table a frame", frame_bytes())
    table.row("lines of C and assembly, no comments, no blank lines", code_lines("hypervisor"))


def frame_bytes():
    """As the compiler that built it sees struct frame."""
    with open(os.path.join(BUILD, "flags", "enso-cflags"), encoding="utf-8") as f:
        flags = f.read().split()
    source = '#include "memory/frame.h"\nunsigned long size = sizeof(struct frame);\n'
    listing = output_of("gcc", *flags, "-S", "-o", "-", "-xc", "-", cwd=ROOT, input=source)
    return int(re.search(r"size:\s+\.quad\s+(\d+)", listing).group(1))
