"""Which runs stay in this process, and which go to workers."""

from __future__ import annotations

import os
from typing import Any

import pytest

import harness
from harness.problems import FunctionProblem, load
from harness.runs.single_run import Run
from harness.sweeps.executors import automatic
from harness.sweeps.executors.automatic import Automatic
from optimizers.budget import Budget
from optimizers.registry import build_optimizer


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of runs that were handed to workers, each time."""
    found: list[int] = []

    def in_workers(runs: Any) -> Any:
        found.append(len(runs))
        for run in runs:
            yield [run.execute()]

    monkeypatch.setattr(automatic, "_in_workers", in_workers)
    monkeypatch.setattr(automatic, "cores", lambda: 2)
    return found


def runs(seeds: int, *optimizers: str) -> list[Run]:
    problem = load("xor")
    kinds = [Run(problem, build_optimizer(name), "analytic", 0, Budget(cost=60)) for name in optimizers]
    return [run for kind in kinds for run in kind.with_seeds(range(seeds))]


def test_few_runs_stay_here(handed: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever compilation takes.
    monkeypatch.setattr(automatic, "WORTH", 1e9)
    assert sum(map(len, Automatic().do(runs(5, "adam", "rprop")))) == 10
    assert not handed


def test_what_would_take_long_is_handed_on_and_nothing_is_done_twice(
    handed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "WORTH", 0.0)
    asked = runs(3, "adam", "rprop")
    done = [row["run_id"] for block in Automatic().do(asked) for row, _ in block]
    assert sorted(done) == sorted(run.run_id for run in asked)
    assert len(handed) == 1
    assert 0 < handed[0] < 6


def test_very_many_runs_are_handed_on_at_once(handed: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "WORTH", 1e9)
    monkeypatch.setattr(automatic, "MANY", 6)
    assert sum(map(len, Automatic().do(runs(3, "adam", "rprop")))) == 6
    assert handed == [6]
    monkeypatch.setattr(automatic, "at_work", lambda: True)
    assert sum(map(len, Automatic().do(runs(3, "adam", "rprop")))) == 6
    assert handed == [6], "this process compiles what all share"


def test_own_functions_stay_here(handed: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "WORTH", 0.0)
    where = []

    def own(w: Any) -> float:
        where.append(os.getpid())
        return float(w @ w)

    problem = FunctionProblem(own, 2, name="own", key="own")
    harness.run([problem, "xor"], "hill-climbing", budget=20, seeds=3)
    assert set(where) == {os.getpid()}
    assert not handed
