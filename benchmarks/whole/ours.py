"""The comparison in this project: one call."""

from __future__ import annotations

import tempfile
from pathlib import Path

import harness
from benchmarks.whole import task
from optimizers import Adam, GeneticAlgorithm, GradientDescent, Momentum


def compare() -> dict[str, list[float]]:
    """Return the last loss of each seed of the gradient methods, by problem and method.

    That is the first at or below the target, or the best. (A run of ours goes on to its next look.)
    """
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
        looks = results.trace
    runs = results.runs.set_index("run_id")
    targets = runs.drop_duplicates("problem").set_index("problem")["target"]
    at_target = looks["loss"].to_numpy() <= looks["problem"].map(targets).to_numpy(float)
    reached = looks[at_target].drop_duplicates("run_id").set_index("run_id")["loss"]
    runs["last"] = reached.reindex(runs.index).fillna(runs["best_loss"])
    return {
        task.key(problem, method): group["last"].tolist()
        for (problem, method), group in runs.groupby(["problem", "optimizer_name"])
        if method in task.RATES
    }
