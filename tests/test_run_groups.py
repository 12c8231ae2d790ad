"""Runs in groups: which kind is taken next, and that it takes as long for the last kind as for the first."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np
import pytest

from harness.problems import load
from harness.runs.single_run import Run
from harness.sweeps.executors import run_groups
from harness.sweeps.executors.run_groups import SECONDS, Groups
from optimizers.budget import Budget
from optimizers.registry import build_optimizer


def kinds(problems: int, budgets: int, optimizers: Sequence[str], seeds: int = 2) -> list[Run]:
    """Runs of every problem with every optimizer and budget, problem by problem, as a plan has them."""
    chosen = [build_optimizer(name) for name in optimizers]
    limits = [Budget(cost=10 + number) for number in range(budgets)]
    made = []
    for _ in range(problems):
        problem = load("xor")
        for optimizer, budget in itertools.product(chosen, limits):
            made += Run(problem, optimizer, "analytic", 0, budget).with_seeds(range(seeds))
    return made


class Plain:
    """What is taken next, by looking at every kind."""

    def __init__(self, runs: list[Run], seeds: int) -> None:
        self.kinds = [(id(run.problem), type(run.optimizer)) for run in runs[::seeds]]
        self.left = [seeds] * len(self.kinds)
        self.begun = [False] * len(self.kinds)
        self.seconds = [0.0] * len(self.kinds)

    def take(self, workers: int) -> tuple[int, int]:
        everyone = range(len(self.kinds))
        new = [n for n in everyone if not self.begun[n]]
        if new:
            busy = [self.kinds[n] for n in everyone if self.begun[n] and not self.seconds[n]]
            mine = self.kinds
            n = min(new, key=lambda n: sum((mine[n][0] == a) + (mine[n][1] is b) for a, b in busy))
            count = 1
        else:
            waiting = [n for n in everyone if self.left[n]]
            lengths = [(self.seconds[n] or SECONDS) * self.left[n] for n in everyone]
            n = max(waiting, key=lambda n: lengths[n])
            lasting = min(SECONDS, sum(lengths) / (2 * workers))
            count = max(round(lasting / self.seconds[n]), 1) if self.seconds[n] else 1
            count = min(count, self.left[n])
        self.begun[n] = True
        self.left[n] -= count
        return n, count


@pytest.mark.parametrize("seed", range(4))
def test_the_kind_that_shares_least_is_begun_and_then_the_longest_goes_on(seed: int) -> None:
    rng, seeds, workers = np.random.default_rng(seed), 7, 3
    runs = kinds(3, 2, ["adam", "lbfgs", "rprop"], seeds)
    groups, plain = Groups(runs), Plain(runs, seeds)
    waiting: list[Any] = []
    while groups.left() or waiting:
        if groups.left() and len(waiting) < 2 * workers:
            group = groups.take(workers)
            assert (group.kind, len(group.seeds)) == plain.take(workers)
            waiting.append(group)
        else:
            group = waiting.pop(int(rng.integers(len(waiting))))
            seconds = float(rng.exponential()) * len(group.seeds)
            groups.came_back(group, seconds)
            plain.seconds[group.kind] = max(seconds / len(group.seeds), 1e-6)
    assert not any(plain.left)


def steps(runs: list[Run]) -> int:
    """Count the lines that handing out runs takes, two groups at work."""
    groups, counted = Groups(runs), 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal counted
        counted += event == "line"
        return trace if frame.f_code.co_filename == run_groups.__file__ else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        at_work: list[Any] = []
        while groups.left():
            at_work.append(groups.take(2))
            if len(at_work) > 1:
                groups.came_back(at_work.pop(0), 0.5)
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("shape", [(0, 1), (1, 0)], ids=["of one problem", "of many problems"])
def test_four_times_as_many_kinds_take_four_times_as_many_steps(shape: tuple[int, int]) -> None:
    few, many = (
        steps(kinds(*(number if many else 1 for many in shape), ["adam", "rprop"])) for number in (50, 200)
    )
    assert many < 4.4 * few


def test_kinds_of_short_runs_are_taken_whole_and_the_last_groups_are_short() -> None:
    runs = kinds(2, 5, ["adam", "rprop"], 300)
    groups, at_work, lasted = Groups(runs), [], []
    while groups.left() or at_work:
        if groups.left() and len(at_work) < 4:
            at_work.append(groups.take(2))
        else:
            group = at_work.pop(0)
            lasted.append(0.003 * len(group.seeds))
            groups.came_back(group, lasted[-1])
    # 18 seconds of work: 20 first runs, a group for each kind, and what the last ones are cut into.
    assert len(lasted) < 20 + 20 + 30
    assert max(lasted) < 1.0
    assert max(lasted[-4:]) < 0.01
