"""Sweeps of which the default run takes some cases, and ``pytest -m slow`` the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def left_to_slow(case: Any) -> Any:
    """Return a case of a sweep, marked as slow."""
    return pytest.param(*(case if type(case) is tuple else (case,)), marks=pytest.mark.slow)


def thinned(cases: Iterable[Any], every: int, first: int = 0) -> list[Any]:
    """Return cases of which every so-many-th is left to the default run.

    Take a number that has no divisor in common with the lengths of a sweep's inner loops: then each of their
    members comes in turn, and none is left out.
    """
    return [case if place % every == first else left_to_slow(case) for place, case in enumerate(cases)]
