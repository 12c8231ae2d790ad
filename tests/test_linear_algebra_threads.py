"""Linear algebra runs on one thread while runs are done, and on as many as before afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController

import harness
import optimizers
from harness.problems import FunctionProblem
from optimizers.linear_algebra_threads import one_thread


def threads() -> set[int]:
    return {each["num_threads"] for each in ThreadpoolController().select(user_api="blas").info()}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Two threads of linear algebra, also on a machine with one core or with OPENBLAS_NUM_THREADS=1."""
    with ThreadpoolController().select(user_api="blas").limit(limits=2):
        if threads() != {2}:
            pytest.skip("the linear algebra of this machine has one thread")
        yield


def test_runs_have_one_thread_and_the_caller_gets_his_back() -> None:
    seen: set[int] = set()

    def function(w: Any) -> Any:
        seen.update(threads())
        return np.sum(w**2)

    problem = FunctionProblem(function, 2, name="looks-at-threads")
    results = harness.run(problem, optimizers.NelderMead(), seeds=2, budget=20, workers=1)
    assert len(results.runs) == 2
    assert seen == {1}
    assert threads() == {2}


def test_minimize_has_one_thread_as_a_sweep_has() -> None:
    seen: set[int] = set()

    def function(w: Any) -> float:
        seen.update(threads())
        return float(w @ w)

    optimizers.minimize(function, np.ones(2), optimizers.BFGS(), 20)
    assert seen == {1}
    assert threads() == {2}


def test_an_error_gives_the_threads_back() -> None:
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert threads() == {2}


def test_blocks_may_overlap_and_the_last_to_end_gives_the_threads_back() -> None:
    first, second = one_thread(), one_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert threads() == {1}, "the first block to begin has ended, another has not"
    second.__exit__(None, None, None)
    assert threads() == {2}
