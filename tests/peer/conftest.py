"""conftest.py: fixtures of the tests that compare Enso with Xen.

runs   what the kernels said, see runs.Runs; a kernel is run when the first test asks for it.
"""

import pytest

from runs import Runs


@pytest.fixture(scope="session")
def runs():
    all_runs = Runs()
    yield all_runs
    all_runs.stop()
