"""The list of advisories: what it names is there and passes, and the pages made from the lists are up to date."""

import json
import os
import re

import pytest

import advisories
import differences
import write_advisories
import write_differences
from runs import BUILDS, KERNELS, XEN

pytestmark = [pytest.mark.limit(1200)]
DOCS = os.path.join(advisories.ROOT, "docs")
ENTRY = """# a comment
7 a subject
    case
    test tests/peer/test_advisories.py test_an_entry_is_read
    design a reason
12 another one
    later a reason
"""


def fail_with(problems):
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture(scope="module")
def said(runs):
    """{role: {"enso", "xen": {case: answer}}} of all kernels; kept for `make docs`."""
    found = {}
    for role in differences.ROLES:
        found[role] = dict(enso={}, xen={})
        for kernel in KERNELS:
            found[role]["enso"].update(runs.get(kernel, role, next(iter(BUILDS))).result.cases)
            found[role]["xen"].update(runs.get(kernel, role, XEN).result.cases)
    with open(write_advisories.SAID, "w", encoding="utf-8") as f:
        json.dump(found, f)
    return found


def all_cases(said):
    return sorted({name for role in said.values() for name in {**role["xen"], **role["enso"]}})


@pytest.mark.last       # the kernels have run by then
def test_every_advisory_is_shown_or_says_why_not(said):
    listed, problems = advisories.load()
    fail_with(problems + advisories.missing_tests(listed) + advisories.case_problems(listed, all_cases(said)))


def test_an_entry_is_read():
    listed, problems = advisories.read(ENTRY)
    assert not problems
    assert listed == [
        advisories.Advisory(7, "a subject", True, [("tests/peer/test_advisories.py", "test_an_entry_is_read")],
                            {"design": "a reason"}),
        advisories.Advisory(12, "another one", told={"later": "a reason"})]
    assert not advisories.missing_tests(listed)
    assert not advisories.case_problems(listed, ["k/g: x, XSA-7", "k/g: y"])


@pytest.mark.parametrize("change, message", [
    (("    later a reason\n", ""), "XSA-12: nothing shows it"),
    (("12 another", "7 another"), "XSA-7: after XSA-7"),
    (("12 another one", "another one"), "line 6: no number and subject: another one"),
    (("    later a reason", "    latter a reason"), "line 7: cannot be understood: latter a reason"),
    (("    later a reason", "    later"), "line 7: cannot be understood: later"),
    (("py test_an", "py of test_an"), "line 4: cannot be understood: test tests/peer/test_advisories.py of "
                                      "test_an_entry_is_read"),
])
def test_a_bad_entry_is_a_problem(change, message):
    assert change[0] in ENTRY
    assert message in advisories.read(ENTRY.replace(*change))[1]


@pytest.mark.parametrize("change, message", [
    (("test_an_entry", "test_no_entry"), "XSA-7: tests/peer/test_advisories.py has no test_no_entry_is_read"),
    (("py test_an", "c test_an"), "XSA-7: there is no tests/peer/test_advisories.c"),
])
def test_a_test_that_is_gone_is_a_problem(change, message):
    assert message in advisories.missing_tests(advisories.read(ENTRY.replace(*change))[0])


@pytest.mark.parametrize("cases, message", [
    ([], "XSA-7: no case names it"),
    (["k/g: x, XSA-7 XSA-12"], "XSA-12: the list has no `case` for it, but there is one: k/g: x, XSA-7 XSA-12"),
    (["k/g: x, XSA-7 XSA-8"], "XSA-8 is not in the list, but a case names it: k/g: x, XSA-7 XSA-8"),
])
def test_cases_and_list_have_to_agree(cases, message):
    assert message in advisories.case_problems(advisories.read(ENTRY)[0], cases)


def is_page(name, content):
    path = os.path.join(DOCS, name)
    with open(path, encoding="utf-8") as f:
        if f.read() != content:
            pytest.fail(f"docs/{name} is not up to date: `make docs` after `make test-peer`", pytrace=False)


def test_the_page_of_differences_is_up_to_date():
    is_page("differences.md", write_differences.page(differences.load()[0]))


@pytest.mark.last
def test_the_page_of_advisories_is_up_to_date(said):
    is_page("advisories.md", write_advisories.page(advisories.load()[0], said))


def unit_problems(advisory, file, function):
    """cmocka's own words about a test: `make unit` keeps them."""
    program = re.fullmatch(r"tests/unit/test_(\w+)\.c", file)[1]
    log = os.path.join(advisories.ROOT, "build", "tests", "unit", program + ".log")
    if not os.path.exists(log):
        return []           # `make test` runs them before this
    with open(log, encoding="utf-8", errors="replace") as f:
        if re.search(rf"(?m)^\[ +OK \] {function}$", f.read()):
            return []
    return [f"XSA-{advisory}: {file}: {function} did not pass"]


def test_what_is_named_has_passed(outcomes, request):
    """Of the tests that have run: all before this one."""
    problems = []
    whole = not request.config.option.keyword
    folders = {nodeid.partition("/")[0] for nodeid in outcomes}
    for a in advisories.load()[0]:
        for file, function in a.tests:
            if file.startswith("tests/unit/"):
                problems += unit_problems(a.number, file, function)
                continue
            nodeid = f"{file.partition('/')[2]}::{function}"
            if nodeid in outcomes and outcomes[nodeid] != {"passed"}:
                problems.append(f"XSA-{a.number}: {nodeid} did not pass")
            elif nodeid not in outcomes and whole and nodeid.partition("/")[0] in folders:
                problems.append(f"XSA-{a.number}: {nodeid} was not run")
    fail_with(problems)
