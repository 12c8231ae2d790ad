"""L-BFGS one evaluation at a time: where the next gradient is wanted, and what it changes.

The step is along ``-H g`` with H from the last ten pairs of moves and changes of the gradient (Nocedal 1980,
Updating quasi-Newton matrices with limited storage, Mathematics of Computation 35), shortened by quadratic
interpolation until Armijo's condition holds (Nocedal, Wright 2006, Numerical Optimization, section 3.5).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.objective import Array, Rows
from optimizers.points import copy_point
from optimizers.signatures import INTEGERS, REALS

PAIRS = 10
"""Pairs that are remembered, as in SciPy's L-BFGS-B."""

DECREASE = 1e-4
"""Armijo's part of the decrease that the slope promises."""

STANDSTILL = 1e-12
"""Part of the loss, or of 1 where it is below, by which a step has to lower it, or the search has ended."""

SHORTEST = 1e-10
"""Part of a step below which its direction is given up."""

STATE, HELD, NEWEST = range(3)
"""Places in the counts: the state, how many pairs are held, and where the newest is."""

ENDED, BEGUN, ALONG = range(3)
"""States: over, waiting for the first gradient, and on the way along a direction."""

LOSS, LENGTH, SLOPE = range(3)
"""Places in the numbers: loss of ``w``, length of the step along the direction, and slope along it."""


class Memory(NamedTuple):
    """What a local search knows. ``w`` is where it is, ``trial`` where the next gradient is wanted."""

    w: Array
    gradient: Array
    trial: Array
    trial_gradient: Array
    direction: Array
    moves: Array
    """Shape (PAIRS, n)."""
    turns: Array
    """Changes of the gradient that go with them."""
    parts: Array
    numbers: Array
    counts: Rows


TABLE = types.float64[:, ::1]
MEMORY = types.NamedTuple([REALS] * 5 + [TABLE, TABLE, REALS, REALS, INTEGERS], Memory)


def memory_of(n: int) -> Memory:
    """Return a search over n parameters that has not begun."""
    return Memory(
        w=np.zeros(n),
        gradient=np.zeros(n),
        trial=np.zeros(n),
        trial_gradient=np.zeros(n),
        direction=np.zeros(n),
        moves=np.zeros((PAIRS, n)),
        turns=np.zeros((PAIRS, n)),
        parts=np.zeros(PAIRS),
        numbers=np.zeros(3),
        counts=np.zeros(3, dtype=np.int64),
    )


@compiled(reassociate=True)
def _product(a: Any, b: Any) -> float:
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@compiled()
def _add(a: Any, factor: float, total: Any) -> None:
    for i in range(a.size):
        total[i] += factor * a[i]


@compiled()
def begin(memory: Any) -> None:
    """Begin at ``memory.w``, with nothing remembered."""
    memory.counts[STATE], memory.counts[HELD] = BEGUN, 0
    copy_point(memory.w, memory.trial)


@compiled()
def _turn(memory: Any, learning_rate: float) -> None:
    """Choose the next direction, by the two loops of Nocedal (1980), and go along it."""
    counts, numbers, direction = memory.counts, memory.numbers, memory.direction
    for i in range(direction.size):
        direction[i] = -memory.gradient[i]
    held, newest, scale = counts[HELD], counts[NEWEST], learning_rate
    for back in range(held):
        pair = (newest - back) % PAIRS
        move, turn = memory.moves[pair], memory.turns[pair]
        curvature = _product(move, turn)
        if back == 0:
            scale = curvature / _product(turn, turn)
        memory.parts[pair] = _product(move, direction) / curvature
        _add(turn, -memory.parts[pair], direction)
    for i in range(direction.size):
        direction[i] *= scale
    for back in range(held - 1, -1, -1):
        pair = (newest - back) % PAIRS
        move, turn = memory.moves[pair], memory.turns[pair]
        _add(move, memory.parts[pair] - _product(turn, direction) / _product(move, turn), direction)
    numbers[SLOPE], numbers[LENGTH] = _product(memory.gradient, direction), 1.0
    counts[STATE] = ALONG if numbers[SLOPE] < 0.0 and np.isfinite(numbers[SLOPE]) else ENDED
    _go(memory)


@compiled()
def _go(memory: Any) -> None:
    copy_point(memory.w, memory.trial)
    _add(memory.direction, memory.numbers[LENGTH], memory.trial)


@compiled()
def _remember(memory: Any) -> None:
    """Keep the move to the trial and the turn of the gradient, where the loss curves upwards along it."""
    counts, curvature, turned = memory.counts, 0.0, 0.0
    for i in range(memory.w.size):
        turn = memory.trial_gradient[i] - memory.gradient[i]
        curvature += (memory.trial[i] - memory.w[i]) * turn
        turned += turn * turn
    if curvature <= 1e-12 * turned:
        return
    place = (counts[NEWEST] + 1) % PAIRS
    for i in range(memory.w.size):
        memory.moves[place, i] = memory.trial[i] - memory.w[i]
        memory.turns[place, i] = memory.trial_gradient[i] - memory.gradient[i]
    counts[NEWEST], counts[HELD] = place, min(counts[HELD] + 1, PAIRS)


@compiled()
def told(memory: Any, loss: float, learning_rate: float) -> None:
    """Take the loss of the trial, whose gradient stands in ``trial_gradient``, and choose the next trial.

    Arguments:
        memory: the search.
        loss: of the trial.
        learning_rate: the first step, as a multiple of the gradient.
    """
    counts, numbers = memory.counts, memory.numbers
    finite = np.isfinite(loss) and np.isfinite(_product(memory.trial_gradient, memory.trial_gradient))
    if counts[STATE] == ALONG:
        length, slope = numbers[LENGTH], numbers[SLOPE]
        if not finite or loss > numbers[LOSS] + DECREASE * length * slope:
            bend = 2.0 * (loss - numbers[LOSS] - length * slope)
            shorter = -slope * length * length / bend if finite else 0.0
            numbers[LENGTH] = min(max(shorter, 0.1 * length), 0.5 * length)
            if numbers[LENGTH] >= SHORTEST:
                _go(memory)
            elif counts[HELD]:
                counts[HELD] = 0
                _turn(memory, learning_rate)
            else:
                counts[STATE] = ENDED
            return
        if numbers[LOSS] - loss <= STANDSTILL * max(abs(numbers[LOSS]), 1.0):
            counts[STATE] = ENDED
        _remember(memory)
    elif not finite:
        counts[STATE] = ENDED
        return
    numbers[LOSS] = loss
    copy_point(memory.trial, memory.w)
    copy_point(memory.trial_gradient, memory.gradient)
    if counts[STATE] != ENDED:
        _turn(memory, learning_rate)
