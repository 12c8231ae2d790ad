"""The local search of the memetic algorithm against dense BFGS, and against SciPy's L-BFGS-B."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize

from optimizers.genetic.limited_memory import ENDED, LOSS, PAIRS, STATE, begin, memory_of, told

RATE = 1e-3


def rosenbrock(w: Any) -> tuple[float, Any]:
    return float(scipy.optimize.rosen(w)), scipy.optimize.rosen_der(w)


def searched(function: Any, start: Any, most: int) -> tuple[Any, list[Any], list[float]]:
    """The memory at the end, where gradients were asked for, and the losses there."""
    memory, points, losses = memory_of(start.size), [], []
    memory.w[:] = start
    begin(memory)
    while memory.counts[STATE] != ENDED and len(points) < most:
        points.append(memory.trial.copy())
        loss, memory.trial_gradient[:] = function(memory.trial)
        losses.append(loss)
        told(memory, loss, RATE)
    return memory, points, losses


def dense(function: Any, start: Any, most: int) -> list[Any]:
    """Where BFGS with whole matrices asks for gradients, the first of them scaled by the newest pair."""
    w, points, pairs = start, [start], []
    loss, gradient = function(w)
    while len(points) < most:
        H = RATE * np.eye(w.size)
        if pairs:
            move, turn = pairs[-1]
            H = move @ turn / (turn @ turn) * np.eye(w.size)
        for move, turn in pairs:
            V = np.eye(w.size) - np.outer(turn, move) / (move @ turn)
            H = V.T @ H @ V + np.outer(move, move) / (move @ turn)
        direction, length = -H @ gradient, 1.0
        while len(points) < most:
            trial = w + length * direction
            points.append(trial)
            found, slope = function(trial)
            promised = length * (gradient @ direction)
            if found <= loss + 1e-4 * promised:
                if (trial - w) @ (slope - gradient) > 0:
                    pairs = [*pairs, (trial - w, slope - gradient)][-PAIRS:]
                w, loss, gradient = trial, found, slope
                break
            fitted = -promised * length / (2 * (found - loss - promised))
            length = float(np.clip(fitted, 0.1 * length, 0.5 * length))
    return points


def test_it_goes_where_dense_matrices_lead() -> None:
    start = np.array([-1.2, 1.0, 0.3, -0.7])
    _, points, _ = searched(rosenbrock, start, 25)
    np.testing.assert_allclose(points, dense(rosenbrock, start, 25), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_it_takes_about_as_many_gradients_as_scipys(seed: int) -> None:
    start = np.random.default_rng(seed).normal(size=6)
    memory, points, _ = searched(rosenbrock, start, 1000)
    theirs = scipy.optimize.minimize(rosenbrock, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-12})
    assert memory.counts[STATE] == ENDED
    assert memory.numbers[LOSS] < 1e-10
    assert len(points) < 1.5 * theirs.nfev


def test_losses_fall_and_the_point_is_that_of_the_lowest() -> None:
    def rugged(w: Any) -> tuple[float, Any]:
        if abs(w[0]) > 3.0:
            return np.nan, np.full(2, np.nan)
        return float(w @ w + np.sin(5 * w).sum()), 2 * w + 5 * np.cos(5 * w)

    memory, points, losses = searched(rugged, np.array([2.9, -1.0]), 500)
    assert memory.counts[STATE] == ENDED
    assert memory.numbers[LOSS] == np.nanmin(losses)
    assert memory.w.tolist() == points[int(np.nanargmin(losses))].tolist()
    assert np.abs(rugged(memory.w)[1]).max() < 1e-4


@pytest.mark.parametrize("slope", [np.nan, np.inf, 0.0])
def test_a_slope_that_leads_nowhere_ends_it_at_once(slope: float) -> None:
    _, points, _ = searched(lambda w: (1.0, np.full(2, slope)), np.ones(2), 50)
    assert len(points) == 1
