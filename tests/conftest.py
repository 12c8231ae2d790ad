"""What several files of tests share as fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.sweeps import plugins
from optimizers.registry import Registry

# Scripts that made the samples beside them, with programs that the tests do without.
collect_ignore = ["data"]


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


@pytest.fixture(autouse=True)
def quiet_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say nothing of sweeps that take seconds: the first one in an empty cache compiles for that long."""
    monkeypatch.setattr("harness.sweeps.progress.LINE_SECONDS", 1e9)
