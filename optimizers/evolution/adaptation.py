"""Covariance matrix adaptation: what a search by CMA-ES knows, how it draws, and what it learns.

In the form of Hansen (2016), The CMA evolution strategy: a tutorial, arXiv:1604.00772, appendix A, with
active adaptation. One thing is otherwise: a candidate is ``m + sigma A z`` with A the Cholesky factor of C,
not its symmetric root, and the path of the step is that of ``A^-1 (m' - m) / sigma`` (Krause, Arbones, Igel
2016, CMA-ES with optimal covariance update and storage complexity, NIPS 29, who find no difference). A factor
takes n^3 / 6 multiply-adds, eigenvectors several n^3.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from optimizers.compilation import compiled
from optimizers.evolution.rates import Rates, rates_of, recombination_weights
from optimizers.objective import Array, Rows
from optimizers.records import numbers_of

MOST_RECORDS = 20_000
"""Records of best and median loss that are kept, one in five populations."""

TOGETHER = 4
"""Vectors that are added to the covariance in one go: an entry is then read and written once for four."""


class Course(NamedTuple):
    """What a search by CMA-ES knows; compiled functions read it and write to it.

    ``mean``, ``step_path``, ``path``, ``mean_of_draws`` and ``mean_of_steps`` have shape (n,); ``covariance``
    and ``factor`` (n, n), their lower triangle alone; ``draws``, ``candidates`` and ``losses`` a row for each
    candidate; ``steps`` as well, with the path and zeros behind them, by ``TOGETHER``.
    """

    rates: Array
    weights: Array
    mean: Array
    step_path: Array
    path: Array
    mean_of_draws: Array
    mean_of_steps: Array
    rested: Array
    """Mean that has not been left far behind since population ``counts[RESTED]``."""
    covariance: Array
    factor: Array
    draws: Array
    steps: Array
    shares: Array
    """By how much each of the ``steps`` counts in the covariance."""
    candidates: Array
    losses: Array
    numbers: Array
    counts: Rows
    order: Rows
    """Candidates from best to worst."""
    recent: Array
    """Best losses of the last populations, round and round."""
    bests: Array
    medians: Array
    """Best and median loss of one population in five, round and round."""


SIGMA, LOWEST = range(2)
"""Places in the numbers: the step, the lowest loss of all."""

POPULATIONS, FACTORED, RESTED, FLAT, LOWEST_AT, BROKEN = range(6)
"""Places in the counts: populations learnt from; of them at the last factor, at the last rest, without a
difference between losses, and at the lowest loss; whether the covariance has lost its factor."""


def course_of(start: Array, step: float, candidates: int) -> Course:
    """Return a search that has drawn nothing yet."""
    n = start.size
    weights = recombination_weights(n, candidates)
    rates = rates_of(n, weights, step)
    held = -(-(candidates + 1) // TOGETHER) * TOGETHER
    # As in pycma: variances that differ a little.
    variances = np.exp(1e-4 / n * np.arange(n))
    counts = np.zeros(6, dtype=np.int64)
    return Course(
        rates=np.array(rates),
        weights=weights,
        mean=start.copy(),
        step_path=np.zeros(n),
        path=np.zeros(n),
        mean_of_draws=np.zeros(n),
        mean_of_steps=np.zeros(n),
        rested=start.copy(),
        covariance=np.diag(variances),
        factor=np.diag(np.sqrt(variances)),
        draws=np.zeros((candidates, n)),
        steps=np.zeros((held, n)),
        shares=np.zeros(held),
        candidates=np.zeros((candidates, n)),
        losses=np.zeros(candidates),
        numbers=np.array([step, math.inf]),
        counts=counts,
        order=np.zeros(candidates, dtype=np.int64),
        recent=np.zeros(10 + int(30 * n / candidates)),
        bests=np.zeros(MOST_RECORDS),
        medians=np.zeros(MOST_RECORDS),
    )


@compiled(reassociate=True)
def _product(a: Any, b: Any, size: int) -> float:
    total = 0.0
    for i in range(size):
        total += a[i] * b[i]
    return total


@compiled()
def _factorise(covariance: Any, factor: Any) -> bool:
    """Write the Cholesky factor over ``factor``; say whether there is one."""
    for i in range(covariance.shape[0]):
        row = factor[i]
        for j in range(i):
            row[j] = (covariance[i, j] - _product(row, factor[j], j)) / factor[j, j]
        left = covariance[i, i] - _product(row, row, i)
        if not (left > 0.0 and np.isfinite(left)):
            return False
        row[i] = np.sqrt(left)
    return True


@compiled()
def draw(course: Any, rng: Any) -> None:
    """Draw the candidates of a population, equations (38) to (40)."""
    counts = course.counts
    since = counts[POPULATIONS] - counts[FACTORED]
    if since and since >= numbers_of(Rates, course.rates).gap and not counts[BROKEN]:
        counts[FACTORED] = counts[POPULATIONS]
        if not _factorise(course.covariance, course.factor):
            counts[BROKEN] = 1
    sigma = course.numbers[SIGMA]
    for k in range(course.draws.shape[0]):
        drawn = course.draws[k]
        for i in range(drawn.size):
            drawn[i] = rng.standard_normal()
        for i in range(drawn.size):
            course.steps[k, i] = _product(course.factor[i], drawn, i + 1)
            course.candidates[k, i] = course.mean[i] + sigma * course.steps[k, i]


@compiled()
def _recombine(course: Any, order: Any) -> None:
    """Move the mean to the weighted mean of the better half, equations (41) and (42)."""
    for i in range(course.mean.size):
        course.mean_of_steps[i] = course.mean_of_draws[i] = 0.0
    for place in range(order.size):
        weight = course.weights[place]
        if weight <= 0.0:
            break
        k = order[place]
        for i in range(course.mean.size):
            course.mean_of_steps[i] += weight * course.steps[k, i]
            course.mean_of_draws[i] += weight * course.draws[k, i]
    for i in range(course.mean.size):
        course.mean[i] += course.numbers[SIGMA] * course.mean_of_steps[i]


@compiled()
def _add_to_covariance(course: Any, order: Any, stalled: bool) -> None:
    """Learn from the path, from good steps, and the other way from bad ones, equations (46) and (47)."""
    rates, n, count = numbers_of(Rates, course.rates), course.mean.size, order.size
    one = rates.rank_one * (1.0 - rates.path * (2.0 - rates.path)) if stalled else rates.rank_one
    kept = 1.0 - one
    for place in range(count):
        k, weight = order[place], course.weights[place]
        kept -= rates.rank_many * weight
        if weight < 0.0:
            # The length of a step in the present metric is that of what was drawn for it.
            length = np.sqrt(_product(course.draws[k], course.draws[k], n)) + 1e-9
            weight *= n / (length * length)
        course.shares[k] = rates.rank_many * weight
    course.shares[count] = rates.rank_one
    steps, shares = course.steps, course.shares
    for i in range(n):
        steps[count, i] = course.path[i]
    for i in range(n):
        row = course.covariance[i]
        for j in range(i + 1):
            row[j] *= kept
        for k in range(0, steps.shape[0], 4):
            a, b = shares[k] * steps[k, i], shares[k + 1] * steps[k + 1, i]
            c, d = shares[k + 2] * steps[k + 2, i], shares[k + 3] * steps[k + 3, i]
            for j in range(i + 1):
                row[j] += a * steps[k, j] + b * steps[k + 1, j] + c * steps[k + 2, j] + d * steps[k + 3, j]


@compiled()
def sort(numbers: Any, order: Any) -> None:
    """Write the places of numbers from the lowest to the highest, equal ones as they stand (Shell 1959).

    NumPy's ``argsort`` took three seconds to compile.

    >>> order = np.zeros(4, dtype=np.int64)
    >>> sort(np.array([2.0, 1.0, 2.0, 0.5]), order)
    >>> order.tolist()
    [3, 1, 0, 2]
    """
    for place in range(order.size):
        order[place] = place
    gap = order.size // 2
    while gap:
        for place in range(gap, order.size):
            moved, left = order[place], place
            while left >= gap:
                other = order[left - gap]
                lower = numbers[moved] < numbers[other]
                if not (lower or (numbers[moved] == numbers[other] and moved < other)):
                    break
                order[left] = other
                left -= gap
            order[left] = moved
        gap //= 2


@compiled()
def learn(course: Any) -> None:
    """Learn from the losses of the population drawn last, none of which is NaN."""
    rates, n, losses = numbers_of(Rates, course.rates), course.mean.size, course.losses
    counts, numbers = course.counts, course.numbers
    counts[POPULATIONS] += 1
    order = course.order
    sort(losses, order)
    if losses[order[0]] < numbers[LOWEST]:
        numbers[LOWEST] = losses[order[0]]
        counts[LOWEST_AT] = counts[POPULATIONS]
    _record(course, order)
    _recombine(course, order)
    # Equation (43).
    left, added = 1.0 - rates.step_path, np.sqrt(rates.step_path * (2.0 - rates.step_path) * rates.parents)
    for i in range(n):
        course.step_path[i] = left * course.step_path[i] + added * course.mean_of_draws[i]
    squares = _product(course.step_path, course.step_path, n)
    begun = 1.0 - (1.0 - rates.step_path) ** (2 * counts[POPULATIONS])
    stalled = squares / begun / n - 1.0 >= 1.0 + 4.0 / (n + 1.0)
    # Equation (45).
    added = 0.0 if stalled else np.sqrt(rates.path * (2.0 - rates.path) * rates.parents)
    for i in range(n):
        course.path[i] = (1.0 - rates.path) * course.path[i] + added * course.mean_of_steps[i]
    _add_to_covariance(course, order, stalled)
    # Equation (44).
    growth = (np.sqrt(squares) / rates.length - 1.0) * rates.step_path / rates.damping
    numbers[SIGMA] *= np.exp(min(max(growth, -1.0), 1.0))


@compiled()
def _record(course: Any, order: Any) -> None:
    """Keep the best and the median loss."""
    counts, losses = course.counts, course.losses
    best, half = losses[order[0]], order.size // 2
    course.recent[(counts[POPULATIONS] - 1) % course.recent.size] = best
    if losses[order[0]] < losses[order[int(0.75 * order.size)]]:
        counts[FLAT] = 0
    else:
        counts[FLAT] += 1
    if counts[POPULATIONS] % 5 == 0:
        place = (counts[POPULATIONS] // 5 - 1) % course.bests.size
        course.bests[place] = best
        median = losses[order[half]]
        if order.size % 2 == 0:
            median = (losses[order[half - 1]] + median) / 2.0
        course.medians[place] = median
