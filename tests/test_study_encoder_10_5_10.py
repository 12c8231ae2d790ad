"""The loss to come to in the study of the encoder, held against what the papers call solved."""

from __future__ import annotations

import numpy as np
import pytest

import optimizers
from harness.problems import load
from harness.problems.problem import Problem
from harness.studies.encoder_10_5_10.study import PROBLEM, SOLVED, TARGET, Encoder10510
from optimizers.objective import Array


@pytest.mark.parametrize("name", ["textbook", "today"])
def test_runs_end_at_the_loss_at_which_no_output_is_further_off(name: str) -> None:
    (problem,) = Encoder10510.experiments()[name].problems
    assert problem.target == pytest.approx(TARGET)


@pytest.mark.parametrize("seed", range(4))
def test_at_this_loss_every_output_is_near_its_target(seed: int) -> None:
    problem = load(PROBLEM)
    assert isinstance(problem, Problem)
    X, Y, _, _ = problem.data(seed)
    objective = problem.objective()
    ends: list[Array] = []

    def look(w: Array, *, iterations: int = 0, **told: object) -> int:
        ends.append(w.copy())
        return int(objective.peek(w) > TARGET and len(ends) < 2_000)

    optimizers.Rprop().run(problem.objective(), problem.start(seed), np.random.default_rng(seed), look)
    assert objective.peek(ends[-1]) <= TARGET
    (outputs,) = problem.network.predictions(ends[-1][None, :], X)
    assert np.abs(outputs - Y).max() < SOLVED


def test_with_one_output_never_learnt_it_is_not_reached() -> None:
    """Half of 1 over ten rows, whatever the others come to."""
    Y = np.eye(10)
    outputs = Y.copy()
    outputs[0, 0] = 0.0
    assert np.mean(np.sum((outputs - Y) ** 2, axis=1) / 2) == pytest.approx(0.05)
    assert TARGET < 0.05
