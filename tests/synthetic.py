"""Results made from a random generator, with every kind of ending, and plain loops to judge them by."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from harness.results import Results
from harness.runs.tables import RUN_COLUMNS, SKIPPED_COLUMNS, TRACE_COLUMNS

LABELS = (
    "gradient-descent(learning_rate=0.5)",
    "adam(learning_rate=0.05)",
    "genetic-algorithm(population_size=100, mutation_type=adaptive)",
    "rprop",
    "lbfgs",
    "cmaes(population_size=24)",
    "momentum(learning_rate=0.1, momentum=0.95)",
    "evolution-strategy",
)
PROBLEMS = (
    "xor",
    "iris",
    "parity(bits=4)",
    "two-spirals",
    "breast-cancer",
    "digits",
    "wine",
    "moons(noise=0.2)",
    "sine",
    "rosenbrock(dimensions=10)",
    "encoder-8-3-8",
    "monks-1",
)

SOLVED = {"outcome": "solved", "final_loss": 0.009, "best_loss": 0.009}
"""How a run ends that reached its target."""


def run_row(run_id: str, problem: str, optimizer: str, **values: Any) -> dict[str, Any]:
    """A run with plausible values, of which any can be replaced."""
    name, _, text = optimizer.removesuffix(")").partition("(")
    options = dict(part.split("=") for part in text.split(", ")) if text else {}
    row = {
        "run_id": run_id,
        "problem": problem,
        "optimizer": optimizer,
        "optimizer_name": name,
        "options": json.dumps(options),
        "gradient": "analytic",
        "seed": 0,
        "parameters": 9,
        "target": 0.01,
        "outcome": "budget",
        "sentence": "the budget is spent",
        "iterations": 100,
        "cost": 300.0,
        "value_rows": 0,
        "gradient_rows": 400,
        "seconds": 0.01,
        "observation_seconds": 0.001,
        "compile_seconds": 0.5,
        "start_loss": 1.0,
        "final_loss": 0.1,
        "best_loss": 0.1,
        "train_accuracy": 0.9,
        "test_loss": 0.2,
        "test_accuracy": 0.8,
        "cost_to_target": np.nan,
        "confusion": "",
        "setting": "cost=300",
        "problem_key": problem,
        "own_code": "",
        "best_w": np.zeros(2),
        "last_w": np.ones(2),
        "fingerprint": "0123456789abcdef",
        "version": "0.1.0",
        "commit": "",
        "host": "here",
        "provenance": "",
    }
    return {**row, **values}


def costs(values: Sequence[float], optimizer: str, problem: str = "xor", **same: Any) -> list[dict[str, Any]]:
    """A run for each cost; one that is infinite has spent its budget."""
    rows = []
    for seed, cost in enumerate(map(float, values)):
        ended = {**SOLVED, "cost_to_target": cost, "cost": cost} if math.isfinite(cost) else {}
        run_id = f"{problem} {optimizer} {seed}"
        rows.append(run_row(run_id, problem, optimizer, seed=seed, **ended | same))
    return rows


def trace_rows(
    run_id: str, cost: Sequence[float], best_loss: Sequence[float], **values: Any
) -> list[dict[str, Any]]:
    """A trace with the given costs and best losses, three FPE an iteration, a microsecond an FPE."""
    return [
        {
            **dict.fromkeys(TRACE_COLUMNS, np.nan),
            "run_id": run_id,
            "iteration": int(spent / 3),
            "cost": spent,
            "value_rows": 0,
            "gradient_rows": int(spent),
            "seconds": spent * 1e-6,
            "loss": best,
            "best_loss": best,
            **values,
        }
        for spent, best in zip(cost, best_loss, strict=True)
    ]


def build(
    runs: list[dict[str, Any]],
    trace: list[dict[str, Any]] = (),
    skipped: list[dict[str, Any]] = (),
    name: str = "synthetic",
    question: str = "",
) -> Results:
    """Results from lists of rows."""
    return Results(
        name,
        question,
        pd.DataFrame(list(runs), columns=RUN_COLUMNS),
        pd.DataFrame(list(trace), columns=TRACE_COLUMNS),
        pd.DataFrame(list(skipped), columns=SKIPPED_COLUMNS),
    )


def synthetic(
    rng: np.random.Generator,
    problems: int = 2,
    optimizers: int = 3,
    seeds: int = 10,
    gradients: Sequence[str] = ("analytic",),
    budget: float = 20_000.0,
) -> Results:
    """Results of many runs that solve, stall, diverge, fail or spend their budget."""
    runs: list[dict[str, Any]] = []
    trace: list[dict[str, Any]] = []
    cases = product(PROBLEMS[:problems], LABELS[:optimizers], gradients, range(seeds))
    starts = {(problem, seed): rng.uniform(0.3, 0.9) for problem in PROBLEMS for seed in range(seeds)}
    for number, (problem, label, gradient, seed) in enumerate(cases):
        genetic = label.startswith(("genetic", "cmaes", "evolution"))
        if genetic and gradient != gradients[0]:
            continue
        step = 100.0 if label.startswith("genetic") else 24.0 if genetic else 3.0
        looks = np.unique(np.floor(np.geomspace(1, budget / step, 80)))
        cost = np.concatenate([[0.0], looks * step])
        speed = rng.lognormal(-0.5 - 0.3 * LABELS.index(label), 0.4)
        start, floor = starts[problem, seed], 10 ** rng.uniform(-5, -1)
        best = floor + (start - floor) / (1 + speed * cost / 60) ** rng.uniform(0.8, 1.6)
        best = np.minimum.accumulate(best)
        target = np.nan if problem == "sine" else 0.01
        outcome, stop = "budget", len(cost)
        fate = rng.uniform()
        if (best <= target).any():
            outcome, stop = "solved", int(np.argmax(best <= target)) + 1
        elif fate < 0.2:
            outcome, stop = ("diverged" if fate < 0.1 else "stalled"), int(rng.integers(2, len(cost)))
        cost, best = cost[:stop], best[:stop]
        final = np.nan if outcome == "diverged" else best[-1]
        run_id = f"{number:05d}"
        trace += trace_rows(run_id, cost, best)
        runs.append(
            run_row(
                run_id, problem, label, gradient="none" if genetic else gradient, seed=seed, target=target,
                outcome=outcome, cost=cost[-1], seconds=cost[-1] * 1e-6, start_loss=start, final_loss=final,
                best_loss=best[-1], test_accuracy=rng.uniform(0.7, 1.0),
                cost_to_target=cost[-1] if outcome == "solved" else np.nan,
            )
        )  # fmt: skip
    question = "Does a genetic algorithm ever train these networks more cheaply than backpropagation?"
    return build(runs, trace, name="ga-vs-backprop", question=question)


def quantile_by_counting(values: Sequence[float], fraction: float) -> float:
    """The mean of the smallest values with at least, and with more than, a fraction of all at or below."""
    numbers = [value if math.isfinite(value) else math.inf for value in values]
    share = round(fraction * len(numbers), 9)
    at_least = min(x for x in numbers if sum(other <= x for other in numbers) >= share)
    more = [x for x in numbers if sum(other <= x for other in numbers) > share]
    return at_least / 2 + min(more, default=max(numbers)) / 2


def best_by_walking(rows: Sequence[tuple[float, float]], point: float) -> float:
    """The lowest number among the best losses of all looks up to a point; inf if there is none."""
    lowest = math.inf
    for spent, best in rows:
        if spent <= point and best < lowest:
            lowest = best
    return lowest
