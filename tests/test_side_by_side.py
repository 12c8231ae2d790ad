"""Runs that are taken along in one compiled call are what they are alone, to the last bit."""

from __future__ import annotations

from typing import Any

import pytest
from test_execution import same

from harness.problems import load
from harness.runs import execution, side_by_side
from harness.runs.execution import executed
from harness.runs.single_run import Run
from optimizers import Adam, Budget, GradientDescent, Momentum, Rprop

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
