"""The comparison itself: what kernels print, the list of differences, and what does not fit is found."""

import pytest

import cases
import differences

GOOD = """(XEN) something before
demo: a demonstration
demo: on Xen, as a domU
demo/one: the first group
ok      one: a call = 0
ok      one: a bad call = -EINVAL; nothing changed
differs one: a trap = trap 13 error 0, not trap 14 error 4; it is ours
differs one: a state = 0; NOT it is set
demo: 4 cases, 2 differ
"""
ENTRY = """# a comment
case demo/one: a call
role domU
xen 0
enso -EPERM
why a reason
  of two lines
"""


def problems_of(text):
    return cases.read("demo", text).problems


def test_lines_become_cases():
    result = cases.read("demo", GOOD.replace("\n", "\r\n"), True, "a domU")
    assert not result.problems and result.finished
    assert result.cases == {
        "demo/one: a call": "0",
        "demo/one: a bad call": "-EINVAL; nothing changed",
        "demo/one: a trap": "trap 13 error 0; it is ours",
        "demo/one: a state": "0; NOT it is set",
    }
    assert [line[:19] for line in result.unexpected] == ["differs one: a trap", "differs one: a stat"]


@pytest.mark.parametrize("change, message", [
    (("demo: 4 cases, 2 differ\n", ""), "demo did not come to its end"),
    (("demo: 4 cases", "other: 4 cases"), "demo did not come to its end"),
    (("one: a bad call =", "one: a call ="), "demo/one: a call: two cases have this name"),
    (("4 cases, 2", "5 cases, 2"), "demo counts 5 cases, 2 of them differing; it printed 4 and 2"),
    (("4 cases, 2", "4 cases, 0"), "demo counts 4 cases, 0 of them differing; it printed 4 and 2"),
    (("ok      one: a call = 0", "ok      one: a call"), "demo: no case line: ok      one: a call"),
])
def test_bad_output_is_a_problem(change, message):
    assert change[0] in GOOD
    assert any(problem.startswith(message) for problem in problems_of(GOOD.replace(*change)))


def test_no_cases_are_a_problem():
    assert problems_of("demo: 0 cases, 0 differ\n") == ["demo has no cases"]


def test_the_end_of_a_broken_run_is_shown():
    text = "\n".join(f"line {i}" for i in range(50)) + "\n[QEMU ended]"
    assert "line 49" in problems_of(text)[0] and "line 20\n" not in problems_of(text)[0]


def test_log_lines_are_taken_out():
    clean = GOOD.partition("\n")[2]
    enso = clean.replace("a call = 0\n", "a ca\n(enso) one\n(d7) two\nll = 0\n(enso) three\n")
    xen = clean.replace("a call = 0\n", "a ca(XEN) one\n(XEN) two\nll = 0\n(XEN) three\n")
    assert cases.whole_lines("demo", enso) == cases.whole_lines("demo", xen) == clean


@pytest.mark.parametrize("where", [(False, "a domU"), (True, "the initial domain")])
def test_a_kernel_says_where_it_runs(where):
    assert "did not say" in cases.read("demo", GOOD, *where).problems[0]


def judge(enso, xen, text=ENTRY, role="domU"):
    entries, problems = differences.read(text)
    assert not problems
    return cases.judge("demo", role, enso, xen, entries)


def test_a_listed_difference_is_none():
    assert judge({"demo/one: a call": "-EPERM"}, {"demo/one: a call": "0"}) == []


def test_equal_answers_need_no_entry():
    assert judge({"demo/one: x": "1"}, {"demo/one: x": "1"}, "") == []


def test_an_unlisted_difference():
    said = judge({"demo/one: x": "1"}, {"demo/one: x": "2"}, "")
    assert said == ["demo/one: x (domU): Xen: 2; Enso: 1; not in the list of differences"]


def test_a_state_that_differs_is_a_difference():
    assert len(judge({"demo/one: x": "1; set"}, {"demo/one: x": "1; NOT set"}, "")) == 1


@pytest.mark.parametrize("enso, xen", [("0", "0"), ("-EPERM", "-EPERM")])
def test_a_difference_that_has_gone_away(enso, xen):
    said = judge({"demo/one: a call": enso}, {"demo/one: a call": xen})
    assert said == ["demo/one: a call (domU): line 2 of the list: no such difference is seen"]


@pytest.mark.parametrize("enso, xen", [("-EPERM", "-EINVAL"), ("-EINVAL", "0"), ("0", "-EPERM")])
def test_a_listed_difference_with_other_answers(enso, xen):
    said = judge({"demo/one: a call": enso}, {"demo/one: a call": xen})
    assert said == [f"demo/one: a call (domU): Xen: {xen}; Enso: {enso}; line 2 of the list says "
                    "Xen: 0; Enso: -EPERM"]


def test_a_difference_in_the_other_role_is_not_listed():
    same = {"demo/one: a call": "0"}
    assert judge(same, same, role="initial") == []
    assert "not in the list" in judge({"demo/one: a call": "-EPERM"}, same, role="initial")[0]


def test_an_entry_for_both_roles_must_be_seen_in_both():
    same, text = {"demo/one: a call": "0"}, ENTRY.replace("role domU\n", "")
    for role in differences.ROLES:
        assert judge({"demo/one: a call": "-EPERM"}, same, text, role) == []
        assert "no such difference" in judge(same, same, text, role)[0]


def test_a_case_that_one_side_lacks():
    assert "Enso: (no such case)" in judge({}, {"demo/one: x": "1"}, "")[0]
    assert "Xen: (no such case)" in judge({"demo/one: x": "1"}, {}, "")[0]
    listed = ENTRY.replace("xen 0", "xen (no such case)")
    assert judge({"demo/one: a call": "-EPERM"}, {}, listed) == []


def test_the_beginning_of_a_name_stands_for_several():
    text = ENTRY.replace("a call", "a *")
    xen = {"demo/one: a call": "0", "demo/one: a b": "0", "demo/one: other": "0"}
    assert judge({**xen, "demo/one: a call": "-EPERM", "demo/one: a b": "-EPERM"}, xen, text) == []
    enso = {**xen, "demo/one: a b": "-EPERM", "demo/one: other": "1"}
    assert "not in the list" in judge(enso, xen, text)[0]
    assert "no such difference" in judge(xen, xen, text)[0]


def test_entries_of_other_kernels_do_not_matter():
    assert judge({}, {}, ENTRY.replace("demo/", "demo2/")) == []


def test_builds_have_to_be_equal():
    assert cases.same({"d/a: x": "1"}, {"d/a: x": "1"}, "debug", "release") == []
    assert cases.same({"d/a: x": "1"}, {"d/a: x": "2", "d/a: y": "3"}, "debug", "release") == [
        "d/a: x: debug: 1; release: 2", "d/a: y: debug: (no such case); release: 3"]


def test_an_entry_is_read():
    entries, problems = differences.read(ENTRY + "\n\n" + ENTRY.replace("a call", "another").replace(
        "role domU\n", ""))
    assert not problems and len(entries) == 2
    assert entries[0] == differences.Entry(2, ["demo/one: a call"], ("domU",), "0", "-EPERM",
                                           "a reason of two lines")
    assert entries[1].roles == differences.ROLES


@pytest.mark.parametrize("change, message", [
    (("xen 0\n", ""), "line 2: the entry lacks `xen`"),
    (("enso -EPERM\n", ""), "line 2: the entry lacks `enso`"),
    (("case demo/one: a call\n", ""), "line 2: the entry lacks `case`"),
    (("role domU", "role dom0"), "line 3: the role is one of initial, domU, not dom0"),
    (("xen 0", "xen 0\nxen 1"), "line 5: a second `xen`"),
    (("xen 0", "xem 0"), "line 4: unknown: xem"),
    (("demo/one", "demo"), "line 2: no KERNEL/GROUP: NAME: demo: a call"),
    (("xen 0", "xen\n 0"), "line 5: only `why` may go on in a further line"),
    (("role domU", "case demo/one: a call"), "line 2: demo/one: a call (initial) is in line 2 already"),
])
def test_a_bad_entry_is_a_problem(change, message):
    assert change[0] in ENTRY
    assert message in differences.read(ENTRY.replace(*change))[1]
