"""Every test kernel, on Xen and on all builds of Enso, as the initial domain and as a domU: on Xen each case
has the answer that the kernel expects; on Enso too, but for the differences that are listed with reasons."""

import pytest

import cases
import differences
from runs import BUILDS, KERNELS, XEN

ROLES = pytest.mark.parametrize("role", differences.ROLES)
CASES_AT_LEAST = 600
pytestmark = [pytest.mark.limit(400)]


@pytest.fixture(scope="module", autouse=True)
def machines(runs):
    yield
    runs.stop()


def for_kernels(function):
    return pytest.mark.parametrize("kernel", KERNELS)(ROLES(function))


def fail_with(problems):
    """Fails with the problems alone, one a line."""
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@for_kernels
def test_xen_answers_as_the_kernel_expects(runs, kernel, role):
    run = runs.get(kernel, role, XEN)
    fail_with(run.result.problems + run.leftovers + [f"{kernel} on Xen: {x}" for x in run.result.unexpected])


@for_kernels
def test_enso_differs_as_listed(runs, kernel, role):
    enso, xen = runs.get(kernel, role, "release"), runs.get(kernel, role, XEN)
    problems = enso.result.problems + enso.leftovers
    if enso.result.finished and xen.result.finished:
        problems += cases.judge(kernel, role, enso.result.cases, xen.result.cases, differences.load()[0])
    elif enso.result.finished:
        problems.append(f"{kernel} did not come to its end on Xen: nothing to compare")
    fail_with(problems)


@pytest.mark.parametrize("build", [build for build in BUILDS if build != "release"])
@for_kernels
def test_every_build_answers_alike(runs, kernel, role, build):
    run, release = runs.get(kernel, role, build), runs.get(kernel, role, "release")
    problems = run.result.problems + run.leftovers
    if run.result.finished and release.result.finished:
        problems += cases.same(run.result.cases, release.result.cases, build, "release")
    fail_with(problems)


def test_the_list_can_be_read():
    entries, problems = differences.load()
    for e in entries:
        problems += [f"line {e.line}: no kernel {c.partition('/')[0]}" for c in e.cases
                     if c.partition("/")[0] not in KERNELS]
    order = [KERNELS.index(e.cases[0].partition("/")[0]) for e in entries if not problems]
    if order != sorted(order):
        problems.append("the entries are not in the order of the kernels")
    fail_with(problems)


def test_there_are_enough_cases(runs):
    everything = set()
    for kernel in KERNELS:
        for role in differences.ROLES:
            everything |= set(runs.get(kernel, role, XEN).result.cases)
    assert len(everything) >= CASES_AT_LEAST
