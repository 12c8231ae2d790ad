"""What several files of tests share as fixtures."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis  # before anything is frozen: it looks for who holds its random numbers
import pytest

from harness.sweeps import plugins
from harness.sweeps.interrupts import SIGNALS
from optimizers.registry import Registry

# No test is to fail because the machine is busy.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

LONG = (
    "contracts/test_optimizers.py",
    "contracts/test_plots.py",
    "contracts/test_executors.py",
    "test_symbolic.py",
    "test_compilation.py",
    "test_same_bits.py",
    "test_surroundings.py",
    "test_kills.py",
    "test_plugins_pass_contracts.py",
    "test_cli.py",
    "contracts/test_studies.py",
    "contracts/test_examples.py",
    "test_notebooks.py",
    "contracts/test_statistics.py",
    "test_report_in_browser.py",
    "test_report_page.py",
    "test_damage.py",
)
"""Files that take a quarter of a minute or more come first: begun last, one would be waited for alone.

The first compiles most of what all others need, and the second nothing: two that compile at once in an empty
cache compile the same.
"""

# Scripts for programs that the tests do without: they have made samples, or run where those are installed.
collect_ignore = ["data", "mlflow_client.py", "branch_coverage.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the tests of long files to the front, in the order of the list."""
    tests = Path(__file__).parent
    place = {tests / name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are imported and collected: it took a fifth of that time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Look for none later in what is there now, which stays, and in the rest not at every 700 objects."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture
def families_as_before() -> Iterator[None]:
    """Forget what files of one's own have brought, which later tests would meet."""
    before = dict(plugins._loaded)
    yield
    for family in Registry.families:
        family._adopted.clear()
        family._members = None
    plugins._loaded.clear()
    plugins._loaded.update(before)


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """Let signals do what they do in a terminal: a job in a shell's background begins without interrupts."""
    before = {
        number: signal.signal(
            number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        )
        for number in SIGNALS
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True, scope="session")
def quiet_compilation() -> Iterator[None]:
    """Say nothing of sweeps that take seconds: the first one in an empty cache compiles for that long."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("harness.sweeps.progress.LINE_SECONDS", 1e9)
        yield
