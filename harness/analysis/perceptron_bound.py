"""Novikoff's bound on the mistakes of the perceptron rule, beside the mistakes that runs made."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from harness.problems import Problem, load
from harness.runs.settings import unmarked
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.objective import Array

RULE = "perceptron-rule"

ROUNDING = 1e-12
"""Share of the longest row below which a margin is rounding."""


def widest_margin(X: Array, y: Array) -> float:
    """Return the widest margin of a cut through the origin of the rows (x, 1), 0 where none separates them.

    The margin of a unit vector u is the least of ``y_i u (x_i, 1)``; the widest one is the distance of the
    convex hull of the ``y_i (x_i, 1)`` from the origin, found by least distance programming (Lawson, Hanson
    1974, Solving Least Squares Problems, chapter 23). What is returned is the margin of the u found, so that
    rounding can only make it smaller.

    Arguments:
        X: inputs, shape (N, features).
        y: classes, shape (N,), -1 and +1.

    >>> round(widest_margin(np.array([[1.0], [-3.0]]), np.array([1.0, -1.0])), 12)
    1.414213562373
    """
    # At the top of the file it would be imported by every command.
    from scipy.optimize import nnls

    signed = y[:, None] * np.column_stack([X, np.ones(len(X))])
    table = np.vstack([signed.T / _radius(X), np.ones(len(X))])
    right = np.append(np.zeros(X.shape[1] + 1), 1.0)
    # A multiple of the hull's nearest point to the origin.
    u = table[:-1] @ nnls(table, right)[0]
    length = float(np.linalg.norm(u))
    margin = float((signed @ u).min()) / length if length > 0 else 0.0
    return margin if margin > ROUNDING * _radius(X) else 0.0


def _radius(X: Array) -> float:
    """Return the length of the longest row (x, 1)."""
    return math.sqrt(float(np.square(X).sum(axis=1).max()) + 1.0)


def bound_table(results: Tables) -> pd.DataFrame:
    """Hold the mistakes of the perceptron rule from zero against ``(R / gamma)^2`` (Novikoff 1962).

    R is the length of the longest row (x, 1), gamma the widest margin; see ``widest_margin``.

    Arguments:
        results: runs of the perceptron rule on named problems of one layer that start at zero.

    Returns:
        A row a problem: problem, runs, radius, margin, bound (+inf where no cut separates the classes),
        mistakes_mean, mistakes_max, violations (runs with more mistakes than the bound), capped (runs that
        the budget ended) and verdict: ``holds`` or ``violated``; ``not separable: at the cap`` or, where a
        run ended otherwise, ``not separable: yet ended``.

    Raises:
        InputError: if there are no such runs, they do not start at zero, or their training rows differ.
    """
    runs = mistakes_of_runs(results)
    rows = []
    for name, group in runs.groupby("problem", sort=False):
        X, y = _rows_from_zero(str(name), [int(seed) for seed in group["seed"]])
        radius, margin = _radius(X), widest_margin(X, y)
        bound = (radius / margin) ** 2 if margin > 0 else math.inf
        violations, capped = (group["mistakes"] > bound).sum(), (group["outcome"] == "budget").sum()
        verdict = "violated" if violations else "holds"
        if math.isinf(bound):
            verdict = f"not separable: {'at the cap' if capped == len(group) else 'yet ended'}"
        rows.append({
            "problem": name, "runs": len(group), "radius": radius, "margin": margin, "bound": bound,
            "mistakes_mean": group["mistakes"].mean(), "mistakes_max": int(group["mistakes"].max()),
            "violations": int(violations), "capped": int(capped), "verdict": verdict,
        })  # fmt: skip
    return pd.DataFrame(rows)


def mistakes_of_runs(results: Tables) -> pd.DataFrame:
    """Return the runs of the perceptron rule, with the mistakes that each had made by its last look.

    Raises:
        InputError: if there are none.
    """
    made = results.trace.groupby("run_id")["mistakes"].max()
    runs = results.runs[results.runs["optimizer_name"] == RULE]
    runs = runs.assign(mistakes=runs["run_id"].map(made)).dropna(subset=["mistakes"])
    if not len(runs):
        raise InputError(f"plot 'perceptron-bound' needs runs of {RULE}: there are none")
    return runs


def _rows_from_zero(name: str, seeds: list[int]) -> tuple[Array, Array]:
    """Return the training rows of a problem and their classes, once it is sure that all runs had them."""
    problem = load(unmarked(name))
    layer = problem.objective(seed=seeds[0]).single_layer
    assert isinstance(problem, Problem)
    for seed in seeds:
        if problem.start(seed).any():
            raise InputError(f"the bound holds for a start at zero: give {name} the option initializer=zeros")
        if not np.array_equal(layer.X, problem.data(seed)[0]):
            raise InputError(
                f"{name} has other training rows for another seed: give it the option test_fraction=0"
            )
    return layer.X, layer.y
