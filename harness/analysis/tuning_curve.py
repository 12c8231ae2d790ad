"""How good the best configuration is against what it has cost to find it."""

from __future__ import annotations

import json
import re
from typing import Literal

import numpy as np
import pandas as pd

from harness.analysis.contender import contender_label
from harness.analysis.expected_best import expected_best
from harness.analysis.tuning_score import cost_limit, score_of
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.registry import OPTIMIZERS

Estimate = Literal["expected", "so-far"]

RESERVED = 2**62
"""Seeds from here on are those of tuning, counted down from the largest one there is."""

ALL = "all problems"

SCORE = ("unsolved", "cost_to_target", "loss")
"""Columns of a score, in the order in which they decide."""


def tuning_curve(trials: pd.DataFrame, estimate: Estimate = "expected") -> pd.DataFrame:
    """Return the score of the best of k configurations and the cost of having tried k, for each k.

    Arguments:
        trials: a row a configuration with the columns optimizer, problems, whole (whether its runs had the
            whole budget), those of ``SCORE`` and cost; in the order in which they were tried.
        estimate: "expected" takes the mean over every choice of k of the configurations, which is unbiased
            where none of them depends on another (see ``harness.analysis.expected_best``); "so-far" takes
            them in their order, as is due where a search learns from what it has tried.

    Returns:
        Columns optimizer, problems, configurations (k), total_cost (all that was spent on k of them, runs
        with less than the whole budget included) and those of ``SCORE``.

    >>> tried = pd.DataFrame({"optimizer": "adam", "problems": "xor", "whole": True, "unsolved": 0.0,
    ...                       "cost_to_target": [90.0, 30.0], "loss": 0.1, "cost": [100.0, 40.0]})
    >>> tuning_curve(tried)[["configurations", "total_cost", "cost_to_target"]].values.tolist()
    [[1.0, 70.0, 60.0], [2.0, 140.0, 30.0]]
    """
    parts = []
    for (optimizer, problems), part in trials.groupby(["optimizer", "problems"], sort=False):
        whole = part[part["whole"]]
        count = np.arange(1, len(whole) + 1)
        if estimate == "expected":
            ranked = whole.sort_values(list(SCORE), kind="stable")
            columns = {name: expected_best(ranked[name].to_numpy(dtype=np.float64)) for name in SCORE}
            spent = part["cost"].sum() / max(len(whole), 1) * count
        else:
            best = _best_so_far(whole)
            columns = {name: whole[name].to_numpy(dtype=np.float64)[best] for name in SCORE}
            # What a search drops early was paid for before the first that it kept.
            spent = part.loc[~part["whole"], "cost"].sum() + whole["cost"].cumsum().to_numpy()
        head = {"optimizer": optimizer, "problems": problems, "configurations": count, "total_cost": spent}
        parts.append(pd.DataFrame({**head, **columns}))
    return pd.concat(parts, ignore_index=True)


def _best_so_far(trials: pd.DataFrame) -> list[int]:
    """Return the place of the best row so far, for each row."""
    scores = list(trials[list(SCORE)].itertuples(index=False, name=None))
    best: list[int] = []
    for place, score in enumerate(scores):
        best.append(place if not best or score < scores[best[-1]] else best[-1])
    return best


def trials_of(results: Tables, per: Literal["experiment", "problem"] = "experiment") -> pd.DataFrame:
    """Return the configurations that runs are of, as ``tuning_curve`` takes them.

    Rows that differ in nothing but options of their optimizer's search space belong together. Of one that was
    run with several budgets, as in successive halving, the largest counts.

    Arguments:
        results: runs of a tuning; all seeds in them are taken for tuning seeds.
        per: whether a score is over all problems, or there is one for each.

    Raises:
        InputError: for runs that are none of a tuning, or have no budget in cost.
    """
    if not len(results.runs) or (results.runs["seed"] < RESERVED).any():
        raise InputError("plot 'tuning-curve' needs runs of `harness tune`, and no others: give its folder")
    kinds = zip(results.runs["optimizer_name"], results.runs["options"], strict=True)
    runs = results.runs.assign(
        limit=results.runs["setting"].map(cost_limit),
        # Where there are several budgets a problem's name says which.
        problem=[re.sub(r" \[[^\]]*\]$", "", str(name)) for name in results.runs["problem"]],
        contender=[_contender(*kind) for kind in kinds],
    )
    if runs["limit"].isna().any():
        raise InputError("a tuning curve is drawn against cost: give runs whose budget has a cost")
    whole = runs["limit"].max()
    # Those that work on a part of the problems alone are compared among themselves.
    solvable = {
        contender: ", ".join(names) if len(names) < runs["problem"].nunique() else ALL
        for contender, names in runs.groupby("contender")["problem"].unique().items()
    }
    groups = ["contender", *(["problem"] if per == "problem" else [])]
    rows = []
    for key, group in runs.groupby([*groups, "options"], sort=False):
        last = group[group["limit"] == group["limit"].max()]
        score = score_of(last)
        rows.append(
            {
                "optimizer": key[0],
                "problems": key[1] if per == "problem" else solvable[key[0]],
                "options": key[-1],
                "whole": bool(last["limit"].iloc[0] == whole),
                **dict(zip(SCORE, score, strict=True)),
                "cost": float(last["cost"].sum()),
            }
        )
    return pd.DataFrame(rows)


def _contender(name: str, options: str) -> str:
    """Return the label of what was tuned; an own class, which no name leads to, is told by its name alone."""
    if name not in OPTIMIZERS:
        return name
    cls = OPTIMIZERS[name]
    try:
        return contender_label(cls, json.loads(options), cls.search_space)
    except (InputError, ValueError, TypeError):
        return name
