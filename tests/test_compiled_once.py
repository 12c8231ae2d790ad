"""What a small network needs is compiled once: the number 0 and a truth are types of their own to numba."""

from __future__ import annotations

from pathlib import Path

from processes import started

COMPILED = """
import numpy as np
from harness.network import candidate_lanes, few_rows
from harness.problems import load

objective = load("xor").objective()
w = load("xor").start(0)
objective.value(w), objective.value_and_gradient(w), objective.values(np.array([w, w]))
for function in (few_rows._sum, few_rows._mean, candidate_lanes._first_layer, candidate_lanes._layer):
    print(function.py_func.__name__, len(function.overloads))
"""


def test_functions_of_few_rows_are_compiled_once(tmp_path: Path) -> None:
    # In an empty folder: what is read from the cache is asked of nobody else.
    done = started(tmp_path, "-c", COMPILED, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert done.stdout.split() == ["_sum", "1", "_mean", "1", "_first_layer", "1", "_layer", "1"], done.stderr
