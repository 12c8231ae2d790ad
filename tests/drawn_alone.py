"""Results for the plots that no ordinary comparison has anything for, each with the options that it needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from synthetic import build, costs, run_row
from test_robustness import LEADS_EARLY, LEADS_LATE, race

import harness
from harness.results import Results
from harness.runs.declaration import Declaration, DeclaredClaim
from optimizers.options import LARGEST

KEPT = Path(__file__).parent.parent / "results"


def kept(study: str) -> Callable[[], Results]:
    """Return what loads the reference result of a study."""
    return lambda: harness.load(KEPT / study / study)


def swept() -> Results:
    runs = []
    for rate in (0.001, 0.01, 0.1, 1.0, 10.0):
        for momentum in (0.0, 0.5, 0.9):
            label = f"momentum(learning_rate={rate}, momentum={momentum})"
            spent = np.array([30.0, 60.0, 1200.0]) / rate if rate < 10 else [np.inf] * 3
            runs += costs(spent, label) + costs(spent, label, "iris")
    return build(runs, question="Which rates and momenta train this network cheaply?")


def tuned() -> Results:
    runs = []
    for label in ("adam", "momentum"):
        for rate in range(1, 9):
            for seed in range(3):
                spent = 40.0 * rate + seed
                own = {"seed": LARGEST - seed, "options": json.dumps({"learning_rate": rate / 10})}
                if rate != 4:
                    own |= {"outcome": "solved", "cost_to_target": spent, "cost": spent}
                named = f"{label}(learning_rate={rate / 10})"
                runs.append(run_row(f"{named} {seed}", "xor", named, **own))
    return build(runs, question="Which options serve each optimizer best, at equal cost of tuning?")


def declared() -> Results:
    """Two comparisons on two problems: one is decided soon, the other is close."""
    rng, runs, claims = np.random.default_rng(3), [], []
    for problem in ("xor", "iris"):
        for label, middle in (("adam", 200.0), ("lbfgs", 60.0), ("genetic-algorithm", 210.0)):
            runs += costs(middle * rng.lognormal(0.0, 0.4, 40), label, problem)
        for number, better in enumerate(("lbfgs", "adam")):
            lines = (better, "analytic"), ("genetic-algorithm", "analytic")
            claims.append(DeclaredClaim(number, problem, *lines, "cost-to-target", 0.1))
    results = build(runs, question="Is one of them ahead of the genetic algorithm?")
    return replace(results, declaration=Declaration(claims, 40, 0.95, "0" * 16))


def classified() -> Results:
    counts = [[50, 0, 0], [0, 46, 4], [0, 5, 45]]
    names = ["setosa", "versicolor", "virginica"]
    cell = json.dumps({"rows": "test", "classes": names, "counts": counts})
    labels = ("adam", "gradient-descent(learning_rate=0.5)", "genetic-algorithm(population_size=100)")
    rows = [run_row(label, "iris", label, confusion=cell) for label in labels]
    return build(rows, question="Which classes are taken for which?")


ALONE: dict[str, tuple[Callable[[], Results], dict[str, Any]]] = {
    "confusion": (classified, {}),
    "deciding": (declared, {}),
    "gradient-cost": (kept("gradient-cost"), {}),
    "gradient-error": (kept("gradient-error"), {}),
    "perceptron-bound": (kept("perceptron-bound"), {}),
    "specification-curve": (lambda: race(LEADS_LATE, LEADS_EARLY), {"better": "adam", "than": "rprop"}),
    "sweep-heatmap": (swept, {}),
    "tuning-curve": (tuned, {}),
}
