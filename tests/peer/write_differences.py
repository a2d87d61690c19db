"""write_differences.py: prints docs/differences.md, which is made from differences.list."""

import os
import re
import sys

import differences

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEAD = """# What a guest sees otherwise than on Xen 4.17

<!-- Written by `make docs` from tests/peer/differences.list: change it there. -->

Every test kernel of `tests/guests/` runs as one binary on Enso and on Debian's Xen 4.17, as the initial domain and as
a domU. Its cases are compared line by line. These, and only these, get another answer on Enso: `make test-peer` fails
if one comes up that is not listed, and if a listed one is not seen any more. [abi.md](abi.md) tells the same by
subject, with what no test kernel can see.

The answers are as the kernels print them: a number, an error, a trap, or a text; after a semicolon what was to be so
afterwards, with NOT if it is not. A name that ends in … stands for all cases that begin so and differ. Role: `initial`
is the control domain, or a kernel in its place; without a role the difference is seen by both.
"""


def text(words):
    """Words as text in a Markdown table."""
    return re.sub(r"([\\|*<>\[\]`_~])", r"\\\1", words)


def case(name):
    name = name.partition("/")[2]
    return text(name[:-1]) + "…" if name.endswith("*") else text(name)


def describe(kernel):
    """What the kernel says of itself, out of its source."""
    folder = os.path.join(ROOT, "tests", "guests", kernel)
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            found = re.search(rf'\.name = "{kernel}",\s*\.checks =\s*((?:"[^"]*"\s*)+)', f.read())
        if found:
            return "".join(re.findall(r'"([^"]*)"', found[1]))
    raise ValueError(f"{folder}: no file has the kernel's .name and .checks")


def page(entries):
    parts, kernel = [HEAD], None
    for e in entries:
        here = e.cases[0].partition("/")[0]
        if here != kernel:
            kernel = here
            parts.append(f"\n## {kernel}: {describe(kernel)}\n\n"
                         "| case | role | Xen 4.17 | Enso | why |\n| --- | --- | --- | --- | --- |\n")
        role = e.roles[0] if len(e.roles) == 1 else ""
        names = "<br>".join(case(name) for name in e.cases)
        parts.append(f"| {names} | {role} | {text(e.xen)} | {text(e.enso)} | {text(e.why)} |\n")
    return "".join(parts)


if __name__ == "__main__":
    found, problems = differences.load()
    if problems:
        sys.exit("\n".join(problems))
    sys.stdout.write(page(found))
