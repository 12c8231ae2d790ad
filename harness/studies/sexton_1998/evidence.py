"""The errors of every method, from the runs of the study's experiments."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from harness.analysis.medians import median_interval
from harness.analysis.numbers import significant
from harness.problems.formula import Formula, Region
from harness.runs.single_run import Run
from harness.runs.tables import Tables
from harness.studies.estimates import Interval, mean_of
from harness.studies.sexton_1998.errors import Network, runs_on
from harness.studies.study import Evidence
from optimizers.objective import Array

CASES = {
    "1: x1 + x2": "sum",
    "2: x1 x2": "product",
    "3: x1 / (|x2| + 1)": "ratio",
    "4: x1^2 - x2^3": "square-minus-cube",
    "5: x1^3 - x1^2": "cube-minus-square",
    "6: Mackey-Glass": "mackey-glass",
    "7: arctangents": "arctangents",
}
FIRST, SECOND, FOURTH = (case for case in CASES if case[0] in "124")
BEST, MEAN = "BP best (1,000,000 epochs)", "BP mean (20,000 epochs)"
"""What the printed numbers of backpropagation are called, with the length of the runs beside them."""
SETTING = ("learning_rate", "momentum", "batch")
TESTED: tuple[Region, ...] = ("interpolation", "extrapolation")
EVOLVED, SOLVED = "GA, output weights evolved", "GA, output weights solved for"
LINEAR, SECOND_METHOD = "BP, output unit linear", "Levenberg-Marquardt, begun again"
LONGER = "the same, five times the passes"
PASSES = (50_000.0, 100_000.0, 200_000.0)
"""Costs at which the longer runs are looked at before their end."""
OTHERS = {
    EVOLVED: ("genetic", {"output_weights": "evolved"}),
    SOLVED: ("genetic", {"output_weights": "least-squares"}),
    LINEAR: ("backpropagation-linear", {}),
    SECOND_METHOD: ("levenberg-marquardt", {}),
    LONGER: ("levenberg-marquardt-longer", {}),
}
"""Experiment and options of what is not printed in this form, all with linear output units; the last is on
the first problem alone."""


def best_setting(tables: Tables, formula: str) -> tuple[object, ...]:
    """Return function, seed and setting of the run with the lowest loss."""
    runs = runs_on(tables, formula)
    best = _lowest(runs)
    options = json.loads(best["options"])
    return formula, int(best["seed"]), *(options[name] for name in SETTING)


def _lowest(runs: pd.DataFrame) -> pd.Series:
    """Return the run with the lowest loss."""
    return runs.iloc[int(runs["best_loss"].to_numpy(dtype=np.float64).argmin())]


def setting_of(run: Run) -> tuple[object, ...]:
    """Return function, seed and setting of a run that is planned."""
    family = run.problem.family
    formula = family.function if isinstance(family, Formula) else ""
    return formula, run.seed, *(getattr(run.optimizer, name) for name in SETTING)


def backpropagation(evidence: Evidence, formula: str) -> Array:
    """Return the errors of all starts at the best setting of backpropagation."""
    tables = evidence.runs["backpropagation"]
    setting = dict(zip(SETTING, best_setting(tables, formula)[2:], strict=True))
    losses = runs_on(tables, formula, **setting)["best_loss"].to_numpy(dtype=np.float64)
    return Network(formula, logistic=True).trained(losses)


def every_backpropagation(evidence: Evidence, formula: str) -> Array:
    """Return the errors of all starts at all settings of backpropagation."""
    losses = runs_on(evidence.runs["backpropagation"], formula)["best_loss"].to_numpy(dtype=np.float64)
    return Network(formula, logistic=True).trained(losses)


def best_error(evidence: Evidence, case: str, experiment: str = "continued") -> float:
    """Return the error of the best network of backpropagation in an experiment."""
    losses = runs_on(evidence.runs[experiment], CASES[case])["best_loss"].to_numpy(dtype=np.float64)
    return float(Network(CASES[case], logistic=True).trained(losses).min())


def other(evidence: Evidence, formula: str, method: str) -> tuple[Array, tuple[Network, pd.Series]]:
    """Return the errors of one of ``OTHERS`` on the training rows, and its best network with its run."""
    name, options = OTHERS[method]
    runs = runs_on(evidence.runs[name], formula, **options)
    network = Network(formula)
    errors = network.trained(runs["best_loss"].to_numpy(dtype=np.float64))
    return errors, (network, _lowest(runs))


def settings_table(evidence: Evidence) -> pd.DataFrame:
    """Return the lowest error of each setting of backpropagation on each problem."""
    tables = evidence.runs["backpropagation"]
    settings = tables.runs["options"].map(lambda text: tuple(json.loads(text)[name] for name in SETTING))
    rows = []
    for setting in dict.fromkeys(settings):
        named = dict(zip(SETTING, setting, strict=True))
        row: dict[str, object] = {
            "rate": f"{setting[0]:g}",
            "momentum": f"{setting[1]:g}",
            "batch": setting[2],
        }
        for case, formula in CASES.items():
            losses = runs_on(tables, formula, **named)["best_loss"].to_numpy(dtype=np.float64)
            row[case] = float(Network(formula, logistic=True).trained(losses).min())
        rows.append(row)
    return pd.DataFrame(rows)


def others_table(evidence: Evidence) -> pd.DataFrame:
    """Return the errors of each of ``OTHERS`` on each problem."""
    rows = []
    for case, formula in CASES.items():
        for method in OTHERS:
            if method == LONGER and case != FIRST:
                continue
            errors, (network, row) = other(evidence, formula, method)
            found: dict[str, object] = {
                "problem": case,
                "method": method,
                "runs": len(errors),
                "best": float(errors.min()),
                "mean": shown(mean_of(errors, least=0.0)),
                "median": shown(median_interval(errors)),
            }
            for region in TESTED:
                tested = network.tested(row["best_w"], region)
                found[f"{region} of the best"] = float(tested.mean()) if tested.size else np.nan
            rows.append(found)
    return pd.DataFrame(rows)


def longer_table(evidence: Evidence) -> pd.DataFrame:
    """Return the errors of Levenberg-Marquardt on the first problem after some forward passes."""
    tables = evidence.runs[OTHERS[LONGER][0]]
    end = float(tables.runs["cost"].max())
    network, trace = Network(CASES[FIRST]), tables.trace
    rows = []
    for passes in (*(each for each in PASSES if each < end), end):
        so_far = trace[trace["cost"] <= passes].groupby("run_id")["best_loss"].min()
        errors = network.trained(so_far.to_numpy(dtype=np.float64))
        rows.append(
            {
                "forward passes": f"{round(passes):,}",
                "runs": len(errors),
                "mean": shown(mean_of(errors, least=0.0)),
                "median": shown(median_interval(errors)),
            }
        )
    return pd.DataFrame(rows)


def times_table(evidence: Evidence) -> pd.DataFrame:
    """Return how long the runs of each experiment took, one after the other."""
    rows = [
        {"experiment": name, "runs": len(tables.runs), "minutes": float(tables.runs["seconds"].sum()) / 60}
        for name, tables in evidence.runs.items()
    ]
    table = pd.DataFrame(rows)
    total = {"experiment": "all", "runs": table["runs"].sum(), "minutes": table["minutes"].sum()}
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def passes_of(evidence: Evidence, method: str) -> str:
    """Say what the runs of one of ``OTHERS`` on the first problem have cost, to three digits."""
    name, options = OTHERS[method]
    cost = float(runs_on(evidence.runs[name], CASES[FIRST], **options)["cost"].max())
    return f"{float(f'{cost:.3g}'):,.0f}"


def shown(found: tuple[float, Interval]) -> str:
    """Say a mean or a median with its interval.

    >>> shown((2.0, (1.0, 3.0)))
    '2.00 [1.00, 3.00]'
    """
    middle, (low, high) = found
    return f"{significant(middle)} [{significant(low)}, {significant(high)}]"
