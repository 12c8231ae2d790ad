"""The genetic algorithm as it was published: elites and one winner mate, and a bad child mutates more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.numerics.elementary import sigmoid
from optimizers.compilation import compiled

LEAK = 0.01


@compiled()
def _plus(total: Any, weight: float, row: Any) -> None:
    for r in range(total.size):
        total[r] += weight * row[r]


@compiled()
def _activate(z: Any, logistic: bool) -> None:
    if logistic:
        for r in range(z.size):
            z[r] = sigmoid(z[r])
    else:
        for r in range(z.size):
            z[r] = z[r] if z[r] >= 0.0 else LEAK * z[r]


@compiled()
def error_of(w: Any, X: Any, Y: Any, hidden: int, logistic: bool, layer: Any) -> float:
    """Return the mean over rows of the squared error summed over outputs.

    Arguments:
        w: weights as in ``backpropagation.py``.
        X: training rows, a column each, shape (inputs, N).
        Y: targets, a column a row, shape (outputs, N).
        hidden: units of the hidden layer.
        logistic: whether units of both layers are logistic, or leaky ReLU.
        layer: place for activations, shape (hidden + 1, N).
    """
    inputs, rows = X.shape
    place = 0
    for j in range(hidden):
        layer[j] = w[place + inputs]
        for i in range(inputs):
            _plus(layer[j], w[place + i], X[i])
        _activate(layer[j], logistic)
        place += inputs + 1
    total, out = 0.0, layer[hidden]
    for k in range(Y.shape[0]):
        out[:] = w[place + hidden]
        for j in range(hidden):
            _plus(out, w[place + j], layer[j])
        _activate(out, logistic)
        for r in range(rows):
            total += (out[r] - Y[k, r]) ** 2
        place += hidden + 1
    mean: float = total / rows
    return mean


@compiled(allocates=True)
def evolve(
    rng: Any,
    members: Any,
    fitness: Any,
    size: int,
    X: Any,
    Y: Any,
    hidden: int,
    logistic: bool,
    elites: float,
    crossover: float,
    mutation: float,
    tournament: float,
    deviation: float,
    even: bool,
    errors: Any,
    paid: Any,
) -> None:
    """Breed, and write the lowest error of each generation before it does.

    The elites live on. They and the winner of one tournament, which takes part once, are all that may mate:
    two of them that are not the same, at random. A couple is crossed between two points with some chance, and
    copied otherwise; each gene of both children then mutates with some chance, by a normal number whose
    standard deviation is ``deviation`` and the child's error. Children that were crossed are evaluated, and
    those that have mutated once more.

    Couples are taken until the population is as large as at the beginning: elites being 5 of 100, that makes
    101, of which 6 are elites, and 100 again. With ``even`` the last child is left out.

    Arguments:
        rng: draws all of it.
        members: shape (2, size + 1, n), the first population in ``members[0]``.
        fitness: place for their errors, shape (2, size + 1).
        size: of the population.
        X: as of ``error_of``.
        Y: as of ``error_of``.
        hidden: as of ``error_of``.
        logistic: as of ``error_of``.
        elites: part of the population, rounded up.
        crossover: chance of a couple.
        mutation: chance of a gene.
        tournament: part of the others that enter it, rounded up.
        deviation: see above.
        even: see above.
        errors: to be written, one a generation.
        paid: to be written, the evaluations until then.
    """
    n = members.shape[2]
    layer = np.empty((hidden + 1, X.shape[1]))
    for i in range(size):
        fitness[0, i] = error_of(members[0, i], X, Y, hidden, logistic, layer)
    count, evaluations = size, size
    for generation in range(errors.size):
        old, new = members[generation % 2], members[(generation + 1) % 2]
        errors_old, errors_new = fitness[generation % 2], fitness[(generation + 1) % 2]
        order = np.argsort(errors_old[:count], kind="mergesort")
        errors[generation], paid[generation] = errors_old[order[0]], evaluations
        kept = math.ceil(count * elites)
        mates = order[: kept + 1].copy()
        mates[kept] = order[kept + _winner(rng, count - kept, math.ceil((count - kept) * tournament))]
        for i in range(kept):
            new[i], errors_new[i] = old[order[i]], errors_old[order[i]]
        count = kept
        while count < size:
            drawn, also = int(rng.random() * (kept + 1)), int(rng.random() * (kept + 1))
            if drawn == also:
                continue
            one, other = mates[drawn], mates[also]
            new[count], errors_new[count] = old[one], errors_old[one]
            new[count + 1], errors_new[count + 1] = old[other], errors_old[other]
            if rng.random() < crossover:
                begin = 1 + int(rng.random() * (n - 1))
                end = begin + int(rng.random() * (n - begin))
                new[count, begin:end] = old[other, begin:end]
                new[count + 1, begin:end] = old[one, begin:end]
                for child in (count, count + 1):
                    errors_new[child] = error_of(new[child], X, Y, hidden, logistic, layer)
                evaluations += 2
            for child in (count, count + 1):
                if _mutate(rng, new[child], mutation, deviation + errors_new[child]):
                    errors_new[child] = error_of(new[child], X, Y, hidden, logistic, layer)
                    evaluations += 1
            count += 2
        if even:
            count = size


@compiled(allocates=True)
def _winner(rng: Any, candidates: int, entering: int) -> int:
    """Return the best of some different candidates, who are in order."""
    left = np.arange(candidates)
    best = candidates
    for i in range(entering):
        drawn = i + int(rng.random() * (candidates - i))
        left[i], left[drawn] = left[drawn], left[i]
        best = min(best, left[i])
    return best


@compiled()
def _mutate(rng: Any, genes: Any, chance: float, deviation: float) -> bool:
    """Add a normal number to each gene by chance; return whether any was."""
    changed = False
    for i in range(genes.size):
        if rng.random() <= chance:
            genes[i] += deviation * rng.standard_normal()
            changed = True
    return changed
