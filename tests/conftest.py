"""conftest.py: fixtures of the tests that run machines.

host   a machine for all tests of a module, started again when a test has ended it. The module may say what it
       wants: MACHINE = dict(mem=1024, cpus=4, ...), see enso.Host.
boot   boot(mem=256, ...) starts a machine for one test; all are stopped after it.
outcomes   {"FOLDER/FILE::FUNCTION": {"passed", ...}} of the tests that have run so far.

A test that takes longer than its limit (120 s, or @pytest.mark.limit(seconds)) fails. Tests with
@pytest.mark.last run after all others.
"""

import re
import signal

import pytest

from enso import Host

DEFAULT_LIMIT = 120


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): how long this test may take, machines included")
    config.addinivalue_line("markers", "last: to be run after all other tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


_outcomes = {}


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        _outcomes.setdefault(report.nodeid.partition("[")[0], set()).add(report.outcome)


@pytest.fixture
def outcomes():
    return _outcomes


class TookTooLong(BaseException):
    """Raised in a test that is over its limit. No `except Exception` of a test catches it."""


def _over(_signal, _frame):
    raise TookTooLong


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    signal.signal(signal.SIGALRM, _over)
    yield
    signal.alarm(0)


def _limited(item):
    marker = item.get_closest_marker("limit")
    signal.alarm(marker.args[0] if marker else DEFAULT_LIMIT)
    outcome = yield
    signal.alarm(0)
    if outcome.excinfo and issubclass(outcome.excinfo[0], TookTooLong):
        outcome.force_exception(pytest.fail.Exception("took longer than its limit"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    yield from _limited(item)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    yield from _limited(item)


def _log_name(request):
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name)


@pytest.fixture(scope="module")
def _machine(request):
    """The module's machine, in a list of one so that it can be replaced."""
    machine = [None]
    yield machine
    if machine[0]:
        machine[0].stop()


@pytest.fixture
def host(request, _machine):
    if _machine[0] is None or not _machine[0].alive():
        if _machine[0]:
            _machine[0].stop()
        name = request.module.__name__
        _machine[0] = Host(name, **getattr(request.module, "MACHINE", {})).start()
    return _machine[0]


@pytest.fixture
def boot(request):
    started = []

    def start(timeout=60, prompt=True, **options):
        name = f"{request.module.__name__}.{_log_name(request)}"
        machine = Host(f"{name}.{len(started)}" if started else name, **options)
        started.append(machine)
        return machine.start(timeout=timeout, prompt=prompt)

    yield start
    for machine in started:
        machine.stop()
