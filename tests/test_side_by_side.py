"""Runs that are taken along in one compiled call are what they are alone, to the last bit."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_execution import same
from walks import unmeasured

from harness.problems import load
from harness.problems.base import Measures
from harness.runs import execution, side_by_side
from harness.runs.alike import Alike
from harness.runs.execution import executed
from harness.runs.finished import FinishedRuns
from harness.runs.recorder import Recorder
from harness.runs.single_run import Run
from optimizers import Adam, Budget, GradientDescent, Momentum, Rprop
from optimizers.best_point import BestPoint
from optimizers.interruption import INTERRUPTION
from optimizers.look import Look
from optimizers.look import lowest as lowest_of

CASES: dict[str, tuple[str, Any, str, dict[str, Any]]] = {
    "iterations": ("xor", GradientDescent(learning_rate=0.5), "analytic", {"iterations": 100}),
    "cost": ("xor", Adam(learning_rate=0.1), "analytic", {"cost": 290.5}),
    "both": ("xor", Rprop(), "central-difference", {"cost": 700.0, "iterations": 35}),
    "one iteration": ("xor", Adam(), "analytic", {"cost": 5.0}),
    "no iteration": ("xor", Adam(), "analytic", {"cost": 2.0}),
    "some at the target": ("xor", Adam(learning_rate=0.1), "analytic", {"iterations": 150}),
    "all at the target": ("xor:target=10.0", Adam(learning_rate=0.1), "analytic", {"iterations": 150}),
    "bouncing": ("xor", Momentum(learning_rate=3.0), "analytic", {"iterations": 120}),
    "diverging": (
        "diabetes:hidden=[],test_fraction=0",
        GradientDescent(learning_rate=30.0),
        "analytic",
        {"iterations": 300},
    ),
    "told in parts": ("two-moons:test_fraction=0", Adam(), "analytic", {"iterations": 400}),
    "schedule": (
        "xor",
        Momentum(learning_rate=0.5, schedule="cosine", period=90, weight_decay=0.01, clip_norm=0.5),
        "reverse-autodiff",
        {"iterations": 120},
    ),
}


def block_of(case: str, seeds: int = 7) -> tuple[list[Run], list[Any]]:
    name, optimizer, gradient, limits = CASES[case]
    runs = Run(load(name), optimizer, gradient, 0, Budget(**limits)).with_seeds(range(seeds))
    (block,) = executed(runs, seconds=100.0)
    return runs, block


@pytest.mark.parametrize("case", CASES)
def test_they_are_what_they_are_alone(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    together: list[int] = []

    def counted(runs: Any, shared: Any) -> Any:
        done = side_by_side.done_together(runs, shared)
        together.append(0 if done is None else len(done))
        return done

    monkeypatch.setattr(execution, "done_together", counted)
    runs, block = block_of(case)
    assert together == ([6] if case != "no iteration" else [])
    for found, run in zip(block, runs, strict=True):
        same(found, run.execute())


class Dear(Adam):
    """Adam that states twice the cost of an iteration."""

    def iteration_cost(self, objective: Any) -> float:
        return 2.0 * super().iteration_cost(objective)


class Alone(Adam):
    """Adam with a search of its own."""

    random = False

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Any:
        return super().run(objective, start, rng, observe)


@pytest.mark.parametrize("optimizer", [Dear(learning_rate=0.1), Alone(learning_rate=0.1), Adam(batch=2)])
def test_what_cannot_be_taken_along_is_done_one_by_one(
    optimizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = []

    def noted(runs: Any, shared: Any) -> Any:
        answers.append(side_by_side.done_together(runs, shared))
        return answers[-1]

    monkeypatch.setattr(execution, "done_together", noted)
    runs = Run(load("xor"), optimizer, "analytic", 0, Budget(cost=200.0)).with_seeds(range(4))
    (block,) = executed(runs, seconds=100.0)
    assert answers == [None]
    for found, run in zip(block, runs, strict=True):
        same(found, run.execute())


def test_a_loss_that_is_told_wrongly_is_left_to_an_observer(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    retold = Run.retold

    def counted(run: Run, *arguments: Any) -> Any:
        told.append(run.seed)
        return retold(run, *arguments)

    monkeypatch.setattr(Run, "retold", counted)
    monkeypatch.setattr(side_by_side, "same_loss", lambda *_: False)
    runs, block = block_of("iterations")
    assert sorted(told) == [1, 2, 3, 4, 5, 6]
    for found, run in zip(block, runs, strict=True):
        same(found, run.execute())


@pytest.mark.parametrize("limits", [{"iterations": 50, "seconds": 60.0}, {"seconds": 1e-4}])
def test_a_limit_in_seconds_is_kept_for_each(limits: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "done_together", None)
    (block,) = executed(
        Run(load("xor"), Adam(), "analytic", 0, Budget(**limits)).with_seeds(range(3)), seconds=100.0
    )
    assert [row["outcome"] for row, _ in block] == ["budget"] * 3


def test_each_has_a_clock_of_its_own() -> None:
    began = time.perf_counter()
    _, block = block_of("bouncing")
    taken = time.perf_counter() - began
    seconds = [row["seconds"] for row, _ in block]
    assert 0.0 < sum(seconds) < taken
    assert len(set(seconds)) > 1
    for row, trace in block:
        assert trace["seconds"][0] == 0.0
        assert trace["seconds"][-1] == row["seconds"]
        assert (np.diff(trace["seconds"]) > 0.0).all()


def test_an_interrupt_in_a_block_leaves_what_was_done_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Run(load("xor"), Adam(), "analytic", 0, Budget(iterations=20)).with_seeds(range(4))
    outcomes = executed(runs, seconds=100.0)
    monkeypatch.setattr(INTERRUPTION, "number", 2)
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)

    def interrupted(runs: Any, shared: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(INTERRUPTION, "number", 0)
    monkeypatch.setattr(execution, "done_together", interrupted)
    outcomes = executed(runs, seconds=100.0)
    assert [row["seed"] for row, _ in next(outcomes)] == [0]
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)


LOSSES = st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])


@settings(max_examples=200)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(1, 3), st.data())
def test_a_table_of_looks_is_what_is_kept_one_by_one(stretches: list[int], runs: int, data: Any) -> None:
    """Few different losses, so that the first of equal ones is at stake; what is told may be off."""
    count = sum(stretches)
    ends = np.cumsum(stretches)
    told = np.array(data.draw(st.lists(LOSSES, min_size=runs * count, max_size=runs * count)))
    told = told.reshape(runs, count)
    seen = data.draw(st.lists(LOSSES, min_size=runs * (ends.size + 1), max_size=runs * (ends.size + 1)))
    measured = np.array(seen).reshape(runs, -1)
    counts = np.array([np.append(0, ends), *(np.arange(3 * (ends.size + 1)).reshape(3, -1) * 1.5)])
    counts[2:] = np.floor(counts[2:])
    alike = Alike(np.array(stretches), counts, np.arange(1.0, runs + 1), measured, told)
    looks, is_told, lowest = alike.best()
    written = alike.looks(np.full((measured.size, len(Measures._fields)), np.nan))
    tables = [trace for _, trace in FinishedRuns({"run_id": [str(run) for run in range(runs)]}, *written)]
    for run in range(runs):
        recorder, best = Recorder(unmeasured, None), BestPoint()
        begin = 0
        for look, end in enumerate([0, *ends.tolist()]):
            part = told[run, begin:end]
            if look:
                best.improve(np.array([float(look), 1.0]), float(part.min()), told=True)
            loss = float(measured[run, look])
            best.improve(np.array([float(look), 0.0]), loss)
            spent = (int(counts[0, look]), float(counts[1, look]), int(counts[2, look]), int(counts[3, look]))
            seconds = (run + 1.0) * (end / count)
            between = part if look else None
            recorder(Look(np.zeros(1), loss, *spent, seconds, between, lowest_of(loss, between), None))
            begin = end
        assert best.w.tolist() == [looks[run], float(is_told[run])]
        assert best.loss == lowest[run]
        same(({}, tables[run]), ({}, recorder.trace(str(run))))
        np.testing.assert_allclose(tables[run]["seconds"], recorder.trace(str(run))["seconds"], rtol=1e-12)
