"""cases.py: reads what a test kernel printed, and compares two machines, or one with the list of differences.

Problems are lines of text, one for each; a kernel or a machine without any gives an empty list."""

import re
from dataclasses import dataclass, field

LINE = re.compile(r"(ok     |differs) ([\w-]+): (.+?) = (.*)$")
SUMMARY = re.compile(r"(\w+): (\d+) cases, (\d+) differ$")
WANTED = re.compile(r", not ((?:(?!; ).)*)(?=; |$)")        # what a differing line adds to the answer
LAST_LINES = 12
NO_CASE = "(no such case)"


@dataclass
class Result:
    """What one kernel said on one machine."""
    cases: dict = field(default_factory=dict)           # {"KERNEL/GROUP: NAME": answer with its state}
    unexpected: list = field(default_factory=list)      # lines of cases whose answer the kernel did not expect
    problems: list = field(default_factory=list)
    finished: bool = False


def whole_lines(kernel, text):
    """The text without the hypervisor's log lines, which may have cut a line of the kernel's in two. Enso begins
    a new line for them; then what follows does not begin as the kernel's lines do. Xen does not."""
    text = re.sub(r"\(XEN\) [^\n]*\n", "", text)
    begin = rf"ok     |differs |{kernel}(/\w+)?: |\["
    lines, cut = [], False
    for line in text.split("\n"):
        if re.match(r"\((enso|d\d+)\) ", line):
            cut = True
            continue
        if cut and lines and not re.match(begin, line):
            lines[-1] += line
        else:
            lines.append(line)
        cut = False
    return "\n".join(lines)


def read(kernel, text, on_xen=None, role=None):
    """The Result of what `kernel` printed; if told, it has to have said on what it ran and as what."""
    result = Result()
    summary = None
    lines = [line.rstrip("\r") for line in text.split("\n")]
    for line in lines:
        case = LINE.match(line)
        if case:
            right, group, name, answer = case.groups()
            _add(result, kernel, line, right.strip() == "ok", f"{kernel}/{group}: {name}", answer)
        elif (end := SUMMARY.match(line)) and end[1] == kernel:
            summary = int(end[2]), int(end[3])
        elif re.match(r"ok     |differs ", line):
            result.problems.append(f"{kernel}: no case line: {line}")
    if summary is None:
        last = "\n    ".join(line for line in lines[-LAST_LINES:] if line)
        result.problems.append(f"{kernel} did not come to its end; the last it said:\n    {last}")
    else:
        result.finished = True
        _check_counts(result, kernel, summary)
        where = f"{kernel}: on {'Xen' if on_xen else 'Enso'}, as {role}"
        if role and where not in lines:
            result.problems.append(f"{kernel} did not say `{where}`: the wrong machine, or its begin is lost")
    return result


def _add(result, kernel, line, right, name, answer):
    if name in result.cases:
        result.problems.append(f"{name}: two cases have this name")
        return
    if not right:
        result.unexpected.append(line)
        answer = WANTED.sub("", answer, count=1)
    result.cases[name] = answer


def _check_counts(result, kernel, summary):
    seen = len(result.cases), len(result.unexpected)
    twice = any("two cases" in problem for problem in result.problems)
    if summary[0] == 0:
        result.problems.append(f"{kernel} has no cases")
    elif seen != summary and not twice:
        result.problems.append(f"{kernel} counts {summary[0]} cases, {summary[1]} of them differing; "
                               f"it printed {seen[0]} and {seen[1]}")


def compare(ours, theirs):
    """{name: (answer of ours, answer of theirs)} of all cases in which two machines differ."""
    found = {}
    for name in {**theirs, **ours}:
        pair = ours.get(name, NO_CASE), theirs.get(name, NO_CASE)
        if pair[0] != pair[1]:
            found[name] = pair
    return found


def same(ours, theirs, what_ours, what_theirs):
    """Problems of two machines that have to give the same answers."""
    return [f"{name}: {what_ours}: {a}; {what_theirs}: {b}" for name, (a, b) in compare(ours, theirs).items()]


def judge(kernel, role, enso, xen, entries):
    """Problems with what Enso and Xen answered the kernel in a role: a difference that the list does not have,
    or has with other answers, and an entry of the list of which nothing is seen."""
    problems, used = [], set()
    differences = compare(enso, xen)
    listed = [(e, pattern) for e in entries if role in e.roles for pattern in e.cases
              if pattern.startswith(f"{kernel}/")]
    for name, (ours, theirs) in differences.items():
        hits = [(e, pattern) for e, pattern in listed if matches(pattern, name)]
        if not hits:
            problems.append(f"{name} ({role}): Xen: {theirs}; Enso: {ours}; not in the list of differences")
        for e, pattern in hits:
            used.add((e.line, pattern))
            if (e.enso, e.xen) != (ours, theirs):
                problems.append(f"{name} ({role}): Xen: {theirs}; Enso: {ours}; line {e.line} of the list "
                                f"says Xen: {e.xen}; Enso: {e.enso}")
    for e, pattern in listed:
        if (e.line, pattern) not in used:
            problems.append(f"{pattern} ({role}): line {e.line} of the list: no such difference is seen")
    return problems


def matches(pattern, name):
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
