"""conftest.py: fixtures of the tests that run machines.

host   a machine for all tests of a module, started again when a test has ended it. The module may say what it
       wants: MACHINE = dict(mem=1024, cpus=4, ...), see enso.Host; or machine(), which makes what the machine
       needs and returns such a dict.
boot   boot(mem=256, ...) starts a machine for one test; all are stopped after it.
outcomes   {"FOLDER/FILE::FUNCTION": {"passed", ...}} of all tests that don't ask for it; it waits for them.

A test that takes longer than its limit (120 s, or @pytest.mark.limit(seconds)) fails.

The tests can be shared among processes (`pytest -n 2 --dist loadgroup`, as `make test` does): those of a
module stay together, and those of tests/peer, which share what the kernels said; of these the ones with
@pytest.mark.last run last. What may take longest goes first. Each process imports all modules at the same
time, so a module that starts programs, takes ports or writes files when it is imported is an error.
"""

import collections
import json
import os
import re
import signal
import sys
import time

import pytest

from enso import BUILD, Host

DEFAULT_LIMIT = 120
OUTCOMES = os.path.join(BUILD, "tests", "outcomes")     # a line for each report, of all processes


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): how long this test may take, machines included")
    config.addinivalue_line("markers", "last: to be run after the others that share a process with it")
    if not hasattr(config, "workerinput"):
        os.makedirs(os.path.dirname(OUTCOMES), exist_ok=True)
        open(OUTCOMES, "w", encoding="utf-8").close()


_importing = False


def _only_reads(event, args):
    """An audit hook: no importing module does what others do at the same time. Compiled modules may be written."""
    if not _importing:
        return
    writes = event == "open" and isinstance(args[0], str) and "__pycache__" not in args[0] \
        and args[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in ("subprocess.Popen", "os.system", "socket.bind"):
        raise RuntimeError(f"{event} {args[0]!r} while a test module is imported; a fixture or machine() should")


sys.addaudithook(_only_reads)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    global _importing
    _importing = True
    yield
    _importing = False


def _limit(item):
    marker = item.get_closest_marker("limit")
    return marker.args[0] if marker else DEFAULT_LIMIT


def _group(item):
    """What has to stay in one process and in order."""
    if "outcomes" in item.fixturenames:
        return "outcomes"
    folder, _, rest = item.nodeid.partition("/")
    return folder if folder == "peer" else rest.partition("::")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    longest = collections.defaultdict(int)
    for item in items:
        group = _group(item)
        longest[group] = max(longest[group], _limit(item))
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: (_group(item) == "outcomes", -longest[_group(item)], _group(item),
                                 item.get_closest_marker("last") is not None))


def _name(nodeid):
    """The test's name without its group, which pytest-xdist appends."""
    return re.sub(r"@[\w.]+$", "", nodeid)


def pytest_runtest_logreport(report):
    """With several processes the one that runs a test writes; the one that shares them out is told too."""
    if not hasattr(report, "node") and (report.when == "call" or report.outcome != "passed"):
        with open(OUTCOMES, "a", encoding="utf-8") as f:
            f.write(json.dumps([_name(report.nodeid), report.outcome]) + "\n")


def _reports():
    with open(OUTCOMES, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


@pytest.fixture
def outcomes(request):
    others = {_name(item.nodeid) for item in request.session.items if "outcomes" not in item.fixturenames}
    while not others <= {name for name, _ in _reports()}:
        time.sleep(1)
    found = collections.defaultdict(set)
    for name, outcome in _reports():
        found[name.partition("[")[0]].add(outcome)
    return found


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
    signal.alarm(_limit(item))
    outcome = yield
    signal.alarm(0)
    if outcome.excinfo and issubclass(outcome.excinfo[0], TookTooLong):
        pytest.fail("took longer than its limit", pytrace=False)


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
        module = request.module
        wanted = module.machine() if hasattr(module, "machine") else getattr(module, "MACHINE", {})
        _machine[0] = Host(module.__name__, **wanted).start()
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
