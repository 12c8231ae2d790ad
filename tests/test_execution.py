"""Runs done in blocks are what they are alone, and an interrupt leaves those that are finished."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.problems import load
from harness.problems.base import BaseProblem, Measures
from harness.problems.seeds import generators, seed_sequence
from harness.runs.execution import executed
from harness.runs.single_run import Run
from optimizers import Adam, Budget, build_optimizer
from optimizers.observer import Observer
from optimizers.optimizer import Optimizer
from optimizers.registry import known_optimizers

TIMES = ("seconds", "observation_seconds", "compile_seconds")

PAIRS = [
    ("xor", Adam(learning_rate=0.1), "analytic"),
    ("xor", Adam(learning_rate=0.1, batch=2), "analytic"),
    ("xor", build_optimizer("genetic-algorithm"), "none"),
    ("iris", Adam(learning_rate=0.1), "analytic"),
    ("rosenbrock", Adam(learning_rate=0.1), "reverse-autodiff"),
]


def runs_of(problem: BaseProblem, optimizer: Optimizer, gradient: str, seeds: range) -> list[Run]:
    return Run(problem, optimizer, gradient, 0, Budget(cost=300.0)).with_seeds(seeds)


def same(found: tuple[dict[str, Any], Any], expected: tuple[dict[str, Any], Any]) -> None:
    row, trace = found
    for name, value in expected[0].items():
        if name not in TIMES:
            np.testing.assert_array_equal(row[name], value, err_msg=name, strict=True)
    for name, column in expected[1].items():
        if name not in TIMES:
            np.testing.assert_array_equal(trace[name], column, err_msg=name, strict=True)


@pytest.mark.parametrize(("name", "optimizer", "gradient"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_a_run_of_a_block_is_the_run_alone(name: str, optimizer: Optimizer, gradient: str) -> None:
    runs = runs_of(load(name), optimizer, gradient, range(4))
    blocks = list(executed(runs, seconds=100.0))
    assert len(blocks) == 1
    for found, run in zip(blocks[0], runs, strict=True):
        same(found, run.execute())


def test_blocks_hold_runs_that_differ_by_their_seeds_alone_in_their_order() -> None:
    xor, adam, rprop = load("xor"), Adam(), build_optimizer("rprop")
    runs = [
        *runs_of(xor, adam, "analytic", range(3)),
        *runs_of(xor, rprop, "analytic", range(2)),
        *runs_of(xor, adam, "central-difference", range(1)),
    ]
    blocks = list(executed(runs, seconds=100.0))
    assert [len(block) for block in blocks] == [3, 2, 1]
    assert [row["run_id"] for block in blocks for row, _ in block] == [run.run_id for run in runs]
    assert [len(block) for block in executed(runs, seconds=0.0)] == [1] * 6


def test_an_interrupt_comes_after_what_was_searched_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Batches are searched one run after the other.
    runs, search = runs_of(load("xor"), Adam(batch=2), "analytic", range(5)), Run.search

    def interrupted(run: Run, shared: Any) -> Any:
        if run.seed == 3:
            raise KeyboardInterrupt
        return search(run, shared)

    monkeypatch.setattr(Run, "search", interrupted)
    outcomes = executed(runs, seconds=100.0)
    assert [row["seed"] for row, _ in next(outcomes)] == [0, 1, 2]
    with pytest.raises(KeyboardInterrupt):
        next(outcomes)


def test_what_cannot_be_measured_fails_the_run_that_it_is_of_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = load("xor")
    bad = problem.start(1)

    def measures(*_: Any) -> Any:
        def measure(points: Any) -> list[Measures]:
            if (points == bad).all(axis=1).any():
                raise ValueError("no number")
            return [Measures(0.5, 0.5, 0.5, 0.5)] * len(points)

        return measure

    monkeypatch.setattr(problem, "measures", measures)
    (block,) = executed(runs_of(problem, Adam(), "analytic", range(3)), seconds=100.0)
    assert [row["outcome"] for row, _ in block] == ["budget", "failed", "budget"]
    assert block[1][0]["sentence"] == "ValueError: no number"
    assert [row["train_accuracy"] for row, _ in block][::2] == [0.5, 0.5]


def test_seeds_of_one_run_are_what_they_are_declared_one_by_one() -> None:
    first = Run(load("iris"), Adam(), "central-difference:step=none", 0, Budget(cost=9.0), 5.0, "analytic")
    for run in first.with_seeds([0, 3, 2**40]):
        alone = Run(first.problem, Adam(), "central-difference", run.seed, Budget(cost=9.0), 5.0, "analytic")
        assert run == alone
        assert run.run_id == alone.run_id


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**40 + 3, 2**63 - 1])
def test_seed_sequences_are_numpys(seed: int) -> None:
    words = [0, 5, 2**32 - 1]
    expected = np.random.SeedSequence([seed, *words]).generate_state(8)
    np.testing.assert_array_equal(seed_sequence(seed, words).generate_state(8), expected)
    for length in range(9):
        rng, plain = (
            generators([1, seed], words[:1] * length)[1],
            np.random.default_rng([seed, *words[:1] * length]),
        )
        assert rng.bit_generator.state == plain.bit_generator.state
        assert rng.spawn(1)[0].random() == plain.spawn(1)[0].random()


def test_a_search_that_says_so_reads_no_generator_and_a_subclass_with_a_search_of_its_own_may() -> None:
    class Noisy(Adam):
        """Adam from a start moved by chance."""

        def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Any:
            raise NotImplementedError

    assert Noisy.random
    quiet = [build_optimizer(name) for name, kind in known_optimizers().items() if not kind.random]
    assert {"adam", "gradient-descent", "rprop"} <= {optimizer.name() for optimizer in quiet}
    problem = load("xor")
    for optimizer in quiet:
        losses = []
        for seed in (0, 1):
            objective, rng = problem.objective(), np.random.default_rng(seed)
            observer = Observer(objective, optimizer.iteration_cost(objective), Budget(iterations=20))
            optimizer.run(observer.view, problem.start(), rng, observer)
            losses.append(observer.best.loss)
            assert rng.bit_generator.state == np.random.default_rng(seed).bit_generator.state
        assert losses[0] == losses[1]
