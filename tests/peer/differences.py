"""differences.py: reads differences.list: where a guest sees Enso answer otherwise than Xen 4.17, and why.

Entries are separated by empty lines; lines that begin with # are comments. An entry:

    case KERNEL/GROUP: NAME    as the kernel prints it, or its beginning and `*`; one or more of these lines
    role initial               or domU; without it the difference is seen in both roles
    xen ANSWER                 as the kernel prints it, with its state; "(no such case)" if there is none
    enso ANSWER
    why TEXT                   the advisory, the section of DESIGN or docs/, or "version detail"; may go on in
                               lines that begin with blanks
"""

import os
from dataclasses import dataclass, field

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "differences.list")
ROLES = ("initial", "domU")
ONCE = ("xen", "enso", "why", "role")


@dataclass
class Entry:
    line: int
    cases: list = field(default_factory=list)
    roles: tuple = ROLES
    xen: str = None
    enso: str = None
    why: str = None


def read(text):
    """(entries, problems) of a list."""
    entries, problems, entry, seen = [], [], None, set()
    for number, line in enumerate(text.split("\n") + [""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if entry:
                problems += _incomplete(entry)
                entries.append(entry)
            entry, seen = None, set()
            continue
        entry = entry or Entry(number)
        if line[0] in " \t":
            problems += _continue(entry, number, line.strip())
            continue
        key, _, value = line.partition(" ")
        if key in seen and key in ONCE:
            problems.append(f"line {number}: a second `{key}`")
        seen.add(key)
        problems += _set(entry, number, key, value.strip())
    return entries, problems + _doubles(entries)


def _set(entry, number, key, value):
    if key == "case":
        if "/" not in value.partition(": ")[0]:
            return [f"line {number}: no KERNEL/GROUP: NAME: {value}"]
        entry.cases.append(value)
    elif key == "role":
        if value not in ROLES:
            return [f"line {number}: the role is one of {', '.join(ROLES)}, not {value}"]
        entry.roles = (value,)
    elif key in ("xen", "enso", "why"):
        setattr(entry, key, value)
    else:
        return [f"line {number}: unknown: {key}"]
    return []


def _continue(entry, number, text):
    if entry.why is None:
        return [f"line {number}: only `why` may go on in a further line"]
    entry.why += " " + text
    return []


def _incomplete(entry):
    missing = [key for key in ("xen", "enso", "why") if not getattr(entry, key)]
    missing += [] if entry.cases else ["case"]
    return [f"line {entry.line}: the entry lacks `{key}`" for key in missing]


def _doubles(entries):
    problems, seen = [], {}
    for e in entries:
        for name in e.cases:
            for role in e.roles:
                if (name, role) in seen:
                    problems.append(f"line {e.line}: {name} ({role}) is in line {seen[name, role]} already")
                seen[name, role] = e.line
    return problems


def load():
    with open(LIST, encoding="utf-8") as f:
        return read(f.read())
