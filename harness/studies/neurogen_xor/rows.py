"""The rows of the tables: which of our runs belong to each, and what they took."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from harness.studies.study import Evidence
from optimizers.objective import Array

BITS = (4, 6, 8, 10, 12)
PATTERNS = 4
GENETIC = [f"GA with {bits} bits" for bits in BITS]
DESCENT = ("batch", "batch with momentum", "online", "online with momentum")
SINGLE = (1.0, 0.25)
"""Learning rates on single patterns: as it was chosen, and that of the other reading."""


def cases(evidence: Evidence) -> dict[str, tuple[Array, int]]:
    """Return the steps or generations of the runs that solved it, and the number of runs, of each row."""
    found = {}
    for case, chosen in _runs(evidence).items():
        found[case] = (_solved(chosen, PATTERNS if case.startswith("online") else 1), len(chosen))
    return found


def _runs(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Return the runs of each row of the tables."""
    rows = {}
    for name in ("batch", "online"):
        table = evidence.runs[name].runs
        for optimizer, behind in (("gradient-descent", ""), ("momentum", " with momentum")):
            rows[name + behind] = table[table["optimizer_name"] == optimizer]
    table = evidence.runs["genetic"].runs
    bits = table["options"].map(lambda options: json.loads(options)["bits"])
    return rows | {case: table[bits == number] for case, number in zip(GENETIC, BITS, strict=True)}


def passes(evidence: Evidence, loss: str, rate: float | None) -> tuple[Array, int]:
    """Return the passes over all patterns of the other readings' runs that solved it, and the number of runs.

    Arguments:
        evidence: of the study.
        loss: "half-squared" or "squared".
        rate: learning rate on single patterns; None for whole batches.
    """
    table = evidence.runs["readings"].runs
    options = table["options"].map(json.loads)
    wanted = {"batch": None, "learning_rate": 1.0} if rate is None else {"batch": 1, "learning_rate": rate}
    chosen = table[
        table["problem"].str.contains(f"loss={loss},")
        & options.map(lambda given: {name: given.get(name) for name in wanted} == wanted)
    ]
    return _solved(chosen, 1 if rate is None else PATTERNS), len(chosen)


def _solved(chosen: pd.DataFrame, each: int) -> Array:
    """Return the iterations of the runs that solved it, over those of a step."""
    return chosen.loc[chosen["outcome"] == "solved", "iterations"].to_numpy(dtype=np.float64) / each
