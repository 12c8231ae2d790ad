"""A compiled function has what was asked for: copied into callers, called by address, called from Python."""

from __future__ import annotations

import gc
import itertools
from pathlib import Path
from typing import Any

import numba
import pytest
from numba import float64
from processes import python

from harness.fingerprints.fingerprint import fingerprint
from optimizers.compilation import compiled
from optimizers.compiled_function import CompiledFunction
from optimizers.function_addresses import address, caller
from optimizers.machine_code import Use

SIGNATURE = float64(float64)
call = caller(SIGNATURE)

SOURCE = """
from numba import float64
from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller

call = caller(float64(float64))

@compiled()
def twice(x):
    return 2.0 * x

@compiled()
def next_to_twice(x):
    return twice(x) + 1.0

@compiled()
def called(function, x):
    return call(function, x)

ASKED = {
    "CALLERS": lambda: next_to_twice(5.0) - 1.0,
    "ADDRESS": lambda: called(address(twice, float64(float64)), 5.0),
    "PYTHON": lambda: twice(5.0),
}
"""

ASK = """
import sys
from asked import ASKED, twice
for use in sys.argv[1:]:
    print(ASKED[use]())
print(sum(twice.stats.cache_misses.values()))
"""


def fresh() -> tuple[CompiledFunction, dict[Use, Any]]:
    """Return a function that is not compiled yet, and how to ask for each use of it."""

    @compiled()
    def twice(x: float) -> float:
        return 2.0 * x

    @compiled()
    def next_to_twice(x: float) -> float:
        return float(twice(x)) + 1.0

    @compiled()
    def called(function: int, x: float) -> float:
        return float(call(function, x))

    return twice, {
        Use.CALLERS: lambda: next_to_twice(5.0) - 1.0,
        Use.ADDRESS: lambda: called(address(twice, SIGNATURE), 5.0),
        Use.PYTHON: lambda: twice(5.0),
    }


def use_of(function: Any) -> Use:
    (compiled_for,) = function.overloads.values()
    return CompiledFunction._use(compiled_for)


@pytest.mark.parametrize("use", Use)
def test_a_function_has_what_was_asked_for_and_no_more(use: Use) -> None:
    function, ask = fresh()
    assert function.overloads == {}
    assert ask[use]() == 10.0
    assert use_of(function) is use


@pytest.mark.parametrize("order", list(itertools.permutations(Use)))
def test_every_use_is_served_whatever_was_asked_for_before(order: tuple[Use, ...]) -> None:
    function, ask = fresh()
    for place, use in enumerate(order):
        assert ask[use]() == 10.0
        assert use_of(function) is max(order[: place + 1])


def asked(folder: Path, *uses: Use) -> list[str]:
    """Ask for uses in a process of its own; return the answers, and how often it was compiled."""
    (folder / "asked.py").write_text(SOURCE)
    done = python(
        folder, "-c", ASK, *(use.name for use in uses), site=folder, NUMBA_CACHE_DIR=str(folder / "cache")
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_cache_serves_each_use_by_what_was_kept_for_it_or_for_more(tmp_path: Path) -> None:
    assert asked(tmp_path, Use.CALLERS) == ["10.0", "1"]
    assert asked(tmp_path, Use.CALLERS, Use.ADDRESS) == ["10.0", "10.0", "1"], "no machine code was kept"
    assert asked(tmp_path, Use.ADDRESS, Use.CALLERS) == ["10.0", "10.0", "0"]
    assert asked(tmp_path, Use.ADDRESS, Use.PYTHON) == ["10.0", "10.0", "1"], "no entry for Python was kept"
    assert asked(tmp_path, *Use) == ["10.0", "10.0", "10.0", "0"]
    assert asked(tmp_path, *reversed(Use)) == ["10.0", "10.0", "10.0", "0"]


def test_a_function_is_identified_by_what_it_was_made_of_whatever_it_was_compiled_for() -> None:
    function, ask = fresh()
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}, "parallel": False}
    options |= {"nogil": True, "_nrt": False, "no_cpython_wrapper": False, "no_cfunc_wrapper": False}
    identity = fingerprint(function)
    assert identity == fingerprint(numba.njit(**options)(function.py_func))
    for use in Use:
        ask[use]()
        assert fingerprint(function) == identity
    assert fingerprint(compiled()(lambda x: 3.0 * x)) != identity
    assert fingerprint(compiled(allocates=True)(function.py_func)) != identity


@pytest.mark.parametrize("enabled", [True, False])
def test_compiling_leaves_the_search_for_garbage_as_it_was(enabled: bool) -> None:
    function, ask = fresh()
    try:
        if not enabled:
            gc.disable()
        ask[Use.PYTHON]()
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
    assert use_of(function) is Use.PYTHON
