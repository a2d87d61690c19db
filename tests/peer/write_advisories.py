"""write_advisories.py: prints docs/advisories.md, made from advisories.list and from what the kernels said when
tests/peer was run last."""

import json
import os
import sys

import advisories
import cases
from write_differences import text

SAID = os.path.join(advisories.ROOT, "build", "tests", "peer", "cases.json")
SHOWN = 2           # names of cases in a row
HEAD = """# Xen's security advisories, and how each is answered

<!-- Written by `make docs` from tests/peer/advisories.list and from what the test kernels said. -->

Every advisory in which a 64-bit PV guest could harm the hypervisor, the control domain's backends, the store or the
tools. How it is shown:

- *cases*: cases of the test kernels whose names carry the number; a kernel runs as domU and as initial domain, on all
  builds of Enso and on Xen 4.17. The result says where Enso answers otherwise than Xen; [differences.md](differences.md)
  says why.
- *test*: a test of `tests/unit` (on the build machine, with sanitizers) or of `tests/system` and `tests/peer` (under
  QEMU). `make test` fails if one that is named here is gone or does not pass.
- *absent*: Enso does not have what the advisory is about; the cases ask for it and are refused.
- *later*: it concerns the network backend, or a part of another, that is not there yet.
- *speculation*: what is done, and what is not. Nothing of this can be shown by a test kernel.
- *design*: why nothing can be shown from outside.

"""


def differing(names, said):
    """{name: answer of Enso} of the cases in which it answers otherwise than Xen, in any role."""
    found = {}
    for role in said.values():
        for name, (enso, _) in cases.compare(role["enso"], role["xen"]).items():
            if name in names:
                found[name] = enso
    return found


def describe_cases(names, said):
    """(how, result) of the cases of an advisory."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    how = f"{len(names)} case{'s' if len(names) > 1 else ''}: "
    how += "; ".join(text(name) for name in names[:SHOWN]) + more
    others = differing(names, said)
    if not others:
        return how, "as on Xen"
    answers = ", ".join(sorted({text(answer.partition(";")[0]) for answer in others.values()}))
    return how, f"{'' if len(others) == len(names) else f'{len(others)} of {len(names)} '}not as on Xen: {answers}"


def row(advisory, names, said):
    how, result = [], []
    if advisory.case:
        shown, answer = describe_cases(names, said)
        how.append(shown)
        result.append(answer)
    for file, function in advisory.tests:
        how.append(f"test {text(function)} ({text(file)})")
    if advisory.tests:
        result.append("passes")
    for kind, reason in advisory.told.items():
        how.append(f"*{kind}*: {text(reason)}")
    if not result:
        result = ["not tested"] if "later" in advisory.told else ["see there"]
    return f"| {advisory.number} | {text(advisory.subject)} | {'<br>'.join(how)} | {'; '.join(result)} |\n"


def page(listed, said):
    everything = sorted({name for role in said.values() for name in {**role["xen"], **role["enso"]}})
    named = advisories.by_number(everything)
    shown = sum(1 for a in listed if a.case or a.tests)
    later = sum(1 for a in listed if "later" in a.told and not (a.case or a.tests))
    speculation = sum(1 for a in listed if "speculation" in a.told and not (a.case or a.tests))
    count = (f"{len(listed)} advisories: {shown} shown by cases and tests, {later} for later, {speculation} about "
             f"speculation alone, {len(listed) - shown - later - speculation} by design.\n\n")
    rows = "".join(row(a, named.get(a.number, []), said) for a in listed)
    return HEAD + count + "| XSA | about | how it is shown | result |\n| --- | --- | --- | --- |\n" + rows


if __name__ == "__main__":
    found, problems = advisories.load()
    if problems:
        sys.exit("\n".join(problems))
    with open(SAID, encoding="utf-8") as f:
        sys.stdout.write(page(found, json.load(f)))
