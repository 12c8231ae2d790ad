"""The one rule by which configurations are ranked when optimizers are tuned."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.analysis.summary import NO_RESULT

PENALTY = 10.0
"""What a run that does not come to the target counts as, in budgets."""


class Score(NamedTuple):
    """How well one configuration did, lower is better: compared in this order, as tuples are.

    Attributes:
        unsolved: part of the runs with a target that did not reach it; 0 where there is no target.
        cost: geometric mean over these runs of the cost to the target, ``PENALTY`` budgets where it was not
            reached; 0 where there is no target.
        loss: mean over all runs of the final loss, as a multiple of the start's; ``PENALTY`` at the most, and
            for a run without a result.
    """

    unsolved: float
    cost: float
    loss: float


WORST = Score(1.0, math.inf, math.inf)
"""Of a configuration that is refused on a problem on which its optimizer works."""


def score_of(runs: pd.DataFrame) -> Score:
    """Score the runs of one configuration, over all tuning seeds and problems.

    First by how many it solves, then by what that costs: a run without a solution counts ten times its
    budget, as in PAR10 (Bischl et al. 2016, ASlib: a benchmark library for algorithm selection, Artificial
    Intelligence 237; Hutter et al. 2009, ParamILS, Journal of Artificial Intelligence Research 36). The mean
    is geometric, so that twice the cost weighs the same on a cheap problem as on a dear one (Fleming, Wallace
    1986, How not to lie with statistics, Communications of the ACM 29). The final loss decides between
    those that nothing else tells apart: where no run is solved, and where problems have no target. It is a
    multiple of the loss of the start, which is the same for all optimizers, so that problems may be averaged.

    Arguments:
        runs: rows of the table of runs, one at least.

    >>> rows = {"outcome": ["solved", "budget"], "target": 0.01, "cost_to_target": [40.0, math.nan],
    ...         "setting": "cost=1000", "final_loss": [0.01, 0.2], "start_loss": 0.4}
    >>> Score(*(round(part, 9) for part in score_of(pd.DataFrame(rows))))
    Score(unsolved=0.5, cost=632.455532034, loss=0.2625)
    """
    aimed = runs[runs["target"].notna()]
    unsolved, cost = 0.0, 0.0
    if len(aimed):
        solved = (aimed["outcome"] == "solved").to_numpy()
        budgets = aimed["setting"].map(cost_limit).to_numpy(dtype=np.float64)
        # A start that is solved already costs the one forward pass that says so.
        costs = np.maximum(np.where(solved, aimed["cost_to_target"], PENALTY * budgets), 1.0)
        unsolved, cost = float(1.0 - solved.mean()), float(np.exp(np.log(costs).mean()))
    return Score(unsolved, cost, float(_relative_losses(runs).mean()))


def _relative_losses(runs: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    start = runs["start_loss"].to_numpy(dtype=np.float64)
    final = runs["final_loss"].mask(runs["outcome"].isin(NO_RESULT), math.nan).to_numpy(dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        relative = final / np.where(start == 0.0, 1.0, np.abs(start))
    return np.where(np.isfinite(relative), np.minimum(relative, PENALTY), PENALTY)


def cost_limit(setting: str) -> float:
    """Return the budget in cost that a row's column ``setting`` names, NaN where there is none.

    >>> cost_limit("cost=10000, timeout=5"), cost_limit("iterations=10")
    (10000.0, nan)
    """
    words = dict(word.split("=", 1) for word in setting.split(", ") if "=" in word)
    return float(words.get("cost", math.nan))
