"""The comparison in this project: one call."""

from __future__ import annotations

import tempfile
from pathlib import Path

import harness
from benchmarks.whole import task
from optimizers import Adam, GeneticAlgorithm, GradientDescent, Momentum


def compare() -> dict[str, list[float]]:
    """Return the best loss of each seed of the gradient methods, by problem and method."""
    methods = [
        GradientDescent(learning_rate=task.RATES[task.SGD]),
        Momentum(learning_rate=task.RATES[task.MOMENTUM]),
        Adam(learning_rate=task.RATES[task.ADAM]),
        GeneticAlgorithm(population_size=task.POPULATION),
    ]
    with tempfile.TemporaryDirectory() as folder:
        results = harness.run(
            list(task.PROBLEMS),
            methods,
            seeds=task.SEEDS,
            budget=task.COST,
            folder=Path(folder) / "comparison",
            workers=None,
        )
        runs = results.runs
    return {
        task.key(problem, method): group["best_loss"].tolist()
        for (problem, method), group in runs.groupby(["problem", "optimizer_name"])
        if method in task.RATES
    }
