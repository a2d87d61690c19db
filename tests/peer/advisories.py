"""advisories.py: reads advisories.list: how each advisory that concerns a PV hypervisor, its store, its console and
its tools is answered. An entry is a line with number and subject, and at least one line below that says how it is
shown:

    7 the fast way back from a system call went to an address that is not canonical
        case                        the cases of test kernels whose names end in "XSA-7"
        test FILE FUNCTION          a test of tests/unit or tests/system
        absent REASON               by design; with a `case` or `test` line, or where nothing can be asked for it
        later REASON                concerns a part that is not there yet
        speculation TEXT            what is done about it, and what is not
        design REASON               why nothing can be shown from outside, and what the code does instead
"""

import os
import re
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIST = os.path.join(HERE, "advisories.list")
TOLD = ("absent", "later", "speculation", "design")


@dataclass
class Advisory:
    number: int
    subject: str
    case: bool = False
    tests: list = field(default_factory=list)       # (file, function)
    told: dict = field(default_factory=dict)        # {"absent": reason, ...}


def read(text):
    """(advisories, problems) of a list."""
    found, problems = [], []
    for count, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        head = re.fullmatch(r"(\d+) (\S.*)", line)
        if head:
            found.append(Advisory(int(head[1]), head[2]))
        elif line[0] == " " and found:
            problems += [f"line {count}: {problem}" for problem in _add(found[-1], line.split(None, 1))]
        else:
            problems.append(f"line {count}: no number and subject: {line}")
    problems += [f"XSA-{a.number}: nothing shows it" for a in found if not (a.case or a.tests or a.told)]
    numbers = [a.number for a in found]
    problems += [f"XSA-{b}: after XSA-{a}" for a, b in zip(numbers, numbers[1:]) if b <= a]
    return found, problems


def _add(advisory, words):
    how, rest = words[0], words[1].strip() if len(words) > 1 else ""
    if how == "case" and not rest:
        advisory.case = True
    elif how == "test" and len(rest.split()) == 2:
        advisory.tests.append(tuple(rest.split()))
    elif how in TOLD and rest and how not in advisory.told:
        advisory.told[how] = rest
    else:
        return [f"cannot be understood: {' '.join(words)}"]
    return []


def load():
    with open(LIST, encoding="utf-8") as f:
        return read(f.read())


def missing_tests(advisories):
    """Problems with tests that the list names and that are not in the tree."""
    problems = []
    for a in advisories:
        for file, function in a.tests:
            path = os.path.join(ROOT, file)
            if not os.path.exists(path):
                problems.append(f"XSA-{a.number}: there is no {file}")
                continue
            with open(path, encoding="utf-8") as f:
                pattern = rf"(?m)^(?:def|static void) {re.escape(function)}\("
                if not re.search(pattern, f.read()):
                    problems.append(f"XSA-{a.number}: {file} has no {function}")
    return problems


def by_number(cases):
    """{number: [case]} of all names of cases, by the advisories that they name."""
    found = {}
    for name in cases:
        for number in set(re.findall(r"\bXSA-(\d+)", name)):
            found.setdefault(int(number), []).append(name)
    return found


def case_problems(advisories, cases):
    """A listed advisory without the cases that should show it, and cases that name one that is not listed, or
    that does not say so."""
    named = by_number(cases)
    known = {a.number: a for a in advisories}
    problems = [f"XSA-{a.number}: no case names it" for a in advisories if a.case and a.number not in named]
    for number, names in named.items():
        if number not in known:
            problems.append(f"XSA-{number} is not in the list, but a case names it: {names[0]}")
        elif not known[number].case:
            problems.append(f"XSA-{number}: the list has no `case` for it, but there is one: {names[0]}")
    return problems
