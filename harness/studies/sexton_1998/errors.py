"""Root mean square errors in the units of the functions, from runs as a folder keeps them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from harness.problems.formula import TRUTHS, Formula, Region
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.objective import Array

SETS, ROWS = 10, 150
"""Sets of test rows in each region, and rows of one."""


class Network(NamedTuple):
    """What is trained: logistic or linear at its output, on one of the functions."""

    formula: str
    logistic: bool = False

    @property
    def family(self) -> Formula:
        """The problem that it is trained on, as the experiments declare it."""
        own: dict[str, Any] = {"output": "sigmoid", "least_target": 0} if self.logistic else {}
        return Formula(function=self.formula, **own)  # type: ignore[arg-type]

    @property
    def unit(self) -> float:
        """One scaled unit of the target, in the function's own."""
        return float(self.family.ends()[1].unit[0])

    def trained(self, losses: Array) -> Array:
        """Return RMS errors on the training rows, of losses that are half a mean of scaled squares."""
        found: Array = np.sqrt(2.0 * losses) * self.unit
        return found

    def tested(self, w: Array, region: Region) -> Array:
        """Return RMS errors on each of the ten sets of a region, shape (10,); none where there are no sets.

        Arguments:
            w: parameters, shape (n,).
            region: where its rows are drawn.

        Raises:
            InputError: where a copy of the runs has no parameters.
        """
        if not w.size:
            raise InputError("the runs come without their parameters: do them again, in an empty folder")
        family = self.family
        if region == "extrapolation" and not family.truth.beyond:
            return np.empty(0)
        network, (of_inputs, of_target) = family.build().network, family.ends()
        sets = [family.raw(region, which, ROWS) for which in range(SETS)]
        errors = []
        for X, y in sets:
            (outputs,) = network.predictions(w[np.newaxis], of_inputs.scaled(X))
            errors.append(np.sqrt(np.mean((of_target.unscaled(outputs[:, 0]) - y) ** 2)))
        return np.array(errors)


def runs_on(tables: Tables, formula: str, **options: Any) -> pd.DataFrame:
    """Return the runs on a function, of an optimizer with certain options.

    Arguments:
        tables: of an experiment on all seven.
        formula: one of ``TRUTHS``.
        options: values by name; none for every run.
    """
    runs = tables.runs
    mine = runs["problem"].map(formula_of) == formula
    if options:
        mine &= runs["options"].map(lambda text: options.items() <= json.loads(text).items())
    return runs[mine]


def formula_of(problem: str) -> str:
    """Return the function that a problem's name names.

    >>> formula_of("formula:function=ratio,target=0")
    'ratio'
    """
    return next((name for name in TRUTHS if f"function={name}" in problem), Formula().function)
