"""The loss to come to in the study of the encoder, held against what the papers call solved."""

from __future__ import annotations

import numpy as np
import pytest

import optimizers
from harness.problems import load
from harness.problems.problem import Problem
from harness.studies.encoder_10_5_10.study import MOST_EPOCHS, PROBLEM, SOLVED, TARGET, Encoder10510, epochs
from optimizers.objective import Array


@pytest.mark.parametrize("name", ["textbook", "today"])
def test_the_loss_to_come_to_is_that_of_the_runs(name: str) -> None:
    (problem,) = Encoder10510.experiments()[name].problems
    assert problem.target == TARGET


def test_with_one_output_never_learnt_it_is_not_reached() -> None:
    """Half of 1 over ten rows, whatever the others come to."""
    Y = np.eye(10)
    outputs = Y.copy()
    outputs[0, 0] = 0.0
    assert np.mean(np.sum((outputs - Y) ** 2, axis=1) / 2) == pytest.approx(0.05)
    assert TARGET < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_epochs_are_those_of_a_plain_loop_over_the_whole_run(seed: int) -> None:
    """Every output looked at after each of a fixed number of epochs."""
    problem, optimizer = load(PROBLEM), optimizers.Rprop(initial_step=0.1)
    assert isinstance(problem, Problem)
    X, Y, _, _ = problem.data(seed)
    ends: list[Array] = []

    def look(w: Array, *, iterations: int = 0, **told: object) -> int:
        ends.append(w.copy())
        return int(len(ends) <= 60)

    optimizer.run(problem.objective(), problem.start(seed), np.random.default_rng(seed), look)
    outputs = problem.network.predictions(np.array(ends), X)
    near = [place for place, each in enumerate(outputs) if np.abs(each - Y).max() < SOLVED]
    assert epochs(problem, optimizer, seed) == (near[0] if near else MOST_EPOCHS)
