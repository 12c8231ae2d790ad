"""Tables of the page: the final error of every variant, and errors on the way."""

from __future__ import annotations

import pandas as pd

from harness.analysis.numbers import significant
from harness.studies.metaheuristics_2021.measured import LOGISTIC, PROBLEMS, Measured
from harness.studies.metaheuristics_2021.original.protocol import PUBLISHED, protocol

NAMES = {"iris": "iris", "wine": "wine", "breast": "breast cancer"}
EPOCHS = (1, 2, 5, 10, 20, 30, 50, 70, 100)
CURVES = (("BP", PUBLISHED), ("GA", PUBLISHED), ("GA", LOGISTIC))


def variants_table(measured: Measured) -> pd.DataFrame:
    """Return the mean final error of each variant on each data set, with its interval."""
    rows = []
    for variant in protocol().variants:
        row = {"program": variant.method, "variant": variant.name}
        for problem, name in NAMES.items():
            mean, (low, high) = measured.mean(problem, variant.method, variant.name)
            row[name] = f"{significant(mean)} [{significant(low)}, {significant(high)}]"
        rows.append(row)
    return pd.DataFrame(rows)


def curves_table(measured: Measured) -> pd.DataFrame:
    """Return the mean error of the runs kept after some epochs of BP and generations of the GA."""
    columns: dict[str, list[float]] = {}
    for problem in PROBLEMS:
        for method, variant in CURVES:
            behind = "" if variant == PUBLISHED else f", {variant}"
            curve = measured.rows("curves", problem, method, variant).set_index("epoch")["error"]
            columns[f"{NAMES[problem]}: {method}{behind}"] = [float(curve[epoch]) for epoch in EPOCHS]
    return pd.DataFrame({"epoch or generation": list(EPOCHS), **columns})
