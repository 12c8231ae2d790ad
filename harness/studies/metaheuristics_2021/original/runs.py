"""Runs of the published programs and their variants, every one on the same rows and from the same weights."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.network.layout import gradient_cost, parameter_count
from harness.problems import PROBLEMS, ProblemFamily
from harness.studies.metaheuristics_2021.original.backpropagation import train
from harness.studies.metaheuristics_2021.original.genetic import evolve
from harness.studies.metaheuristics_2021.original.protocol import (
    BACKPROPAGATION,
    Protocol,
    Task,
    Variant,
)
from optimizers.objective import Array

SEED = 2021


class Drawn(NamedTuple):
    """What a run has of its data and its start.

    Attributes:
        X: training rows, shape (N, inputs).
        Y: their targets, shape (N, outputs).
        starts: the first population, shape (members, n); its first member is where backpropagation begins.
    """

    X: Array
    Y: Array
    starts: Array


def drawn(protocol: Protocol, task: Task, run: int, scaled_before_split: bool) -> Drawn:
    """Return what one run has: 100 rows, scaled to mean 0 and deviation 1, of which 70 train.

    The variance is over n - 1 rows.
    """
    rng = _generator(protocol, task, run, 0)
    X, Y = _data(task.name)
    chosen = rng.permutation(task.available)[: protocol.rows]
    training = rng.permutation(protocol.rows)[: protocol.training_rows]
    X, Y = X[chosen], Y[chosen]
    seen = X if scaled_before_split else X[training]
    deviation = seen.std(axis=0, ddof=1)
    # A column that is constant is 0, as the published programs have it.
    X = (X - seen.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    n = parameter_count((X.shape[1], task.hidden, Y.shape[1]))
    starts = rng.uniform(-protocol.start, protocol.start, (protocol.genetic.population, n))
    return Drawn(np.ascontiguousarray(X[training]), np.ascontiguousarray(Y[training]), starts)


def trained(
    protocol: Protocol, task: Task, variant: Variant, data: Drawn, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return the error at each epoch, and the forward passes of all training rows until then."""
    epochs, outputs = protocol.epochs, data.Y.shape[1]
    errors = np.empty(epochs)
    if variant.method == BACKPROPAGATION:
        units = np.zeros((3, task.hidden + outputs))
        train(
            data.starts[0].copy(), data.X, data.Y, units, protocol.learning_rate,
            task.momentum if variant.momentum else 0.0,
            variant.bias_for_each_weight, variant.running_error, errors,
        )  # fmt: skip
        cost = gradient_cost((data.X.shape[1], task.hidden, outputs))
        return errors, cost * np.arange(1.0, epochs + 1.0)
    genetic = protocol.genetic
    size, n = data.starts.shape
    members, fitness = np.zeros((2, size + 1, n)), np.zeros((2, size + 1))
    members[0, :size] = data.starts
    paid = np.empty(epochs)
    evolve(
        rng, members, fitness, size, np.ascontiguousarray(data.X.T), np.ascontiguousarray(data.Y.T),
        task.hidden, variant.logistic, genetic.elites, genetic.crossover, task.mutation, task.tournament,
        task.deviation, variant.even, errors, paid,
    )  # fmt: skip
    return errors, paid


def performed(protocol: Protocol, runs: int) -> pd.DataFrame:
    """Return a row an epoch of every run.

    Arguments:
        protocol: what is done.
        runs: of each variant on each problem.

    Returns:
        Columns problem, method, variant, run, epoch, error and cost.
    """
    return pd.concat(_curves(protocol, runs), ignore_index=True)


def _curves(protocol: Protocol, runs: int) -> Iterator[pd.DataFrame]:
    for task in protocol.problems:
        for variant in protocol.variants:
            for run in range(runs):
                data = drawn(protocol, task, run, variant.scaled_before_split)
                # What differs in its units alone has the same draws.
                errors, cost = trained(protocol, task, variant, data, _generator(protocol, task, run, 1))
                yield pd.DataFrame(
                    {
                        "problem": task.name,
                        "method": variant.method,
                        "variant": variant.name,
                        "run": run,
                        "epoch": np.arange(1, protocol.epochs + 1),
                        "error": errors,
                        "cost": cost,
                    }
                )


@functools.cache
def _data(name: str) -> tuple[Array, Array]:
    """Return the rows of a data set as they are, and 1 for the class of a row, 0 for others."""
    family = PROBLEMS.find(name)()
    if not isinstance(family, ProblemFamily):
        raise TypeError(f"problem {name} has no rows")
    X, classes = family.data()
    return X, np.eye(int(classes.max()) + 1)[classes]


def _generator(protocol: Protocol, task: Task, run: int, stream: int) -> np.random.Generator:
    place = [problem.name for problem in protocol.problems].index(task.name)
    return np.random.default_rng(np.random.SeedSequence([SEED, place, run, stream]))
