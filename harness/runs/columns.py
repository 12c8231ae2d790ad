"""What the tables of a comparison hold: every column with its type, in one sentence each."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

Kind = Literal["text", "whole", "number", "parameters"]
"""``whole`` numbers are counts, 0 or more; ``number`` is float64, NaN where it does not apply; ``parameters``
are float64 arrays of shape (n,)."""


class Column(NamedTuple):
    """One column of a table."""

    kind: Kind
    holds: str
    added: bool = False
    """Whether folders of earlier versions lack it; it is read as ``EMPTY`` there."""


NO_PARAMETERS = np.empty(0)
"""Parameters of a run that kept none."""

EMPTY: dict[Kind, Any] = {"text": "", "number": math.nan, "parameters": NO_PARAMETERS}

RUNS: dict[str, Column] = {
    "run_id": Column("text", "digest of all that defines the run"),
    "problem": Column("text", "name of the problem, with the options that differ from their defaults"),
    "optimizer": Column("text", "label of the optimizer, as a legend has it"),
    "optimizer_name": Column("text", "plain name of the optimizer"),
    "options": Column("text", "its options as JSON"),
    "gradient": Column("text", "gradient source; none where the optimizer asks for no gradient"),
    "seed": Column("whole", "decides split, start, row order and the optimizer's own randomness"),
    "parameters": Column("whole", "number of parameters n"),
    "target": Column("number", "loss at which the run counts as solved"),
    "precision": Column(
        "text",
        "of the losses and gradients that the search was told, float64 or float32; empty in older folders",
        added=True,
    ),
    "outcome": Column("text", "how it ended"),
    "sentence": Column("text", "the same in words"),
    "traceback": Column("text", "where the error arose that ended it; empty where none did", added=True),
    "iterations": Column("whole", "iterations done"),
    "cost": Column("number", "what it paid, in forward-pass equivalents"),
    "value_rows": Column("whole", "rows passed forward for values"),
    "gradient_rows": Column("whole", "rows passed forward and backward for derivatives"),
    "seconds": Column("number", "time of the search"),
    "observation_seconds": Column("number", "time of the looks at it"),
    "compile_seconds": Column("number", "time of compilation before the clock"),
    "start_loss": Column("number", "loss of the start"),
    "final_loss": Column("number", "loss at the last look"),
    "best_loss": Column("number", "lowest loss of the trace"),
    "train_accuracy": Column("number", "part of the training rows that the last look's parameters get right"),
    "test_loss": Column("number", "loss on the test rows at the last look"),
    "test_accuracy": Column("number", "part of the test rows that the last look's parameters get right"),
    "cost_to_target": Column("number", "cost at which the target was reached"),
    "precision_error": Column(
        "number",
        "of a search in float32: largest relative difference, over its looks, of the loss that it is told "
        "from the one in float64 at the same parameters",
        added=True,
    ),
    "confusion": Column(
        "text",
        'which classes the last parameters took for which, as JSON: {"rows": "test", "classes": [...], '
        '"counts": [[...], ...]} with a list of counts for each true class, an entry a predicted one; of the '
        'training rows ("train") where there are no test rows, empty where there are no classes',
        added=True,
    ),
    "setting": Column("text", "what limited the run, such as cost=10000", added=True),
    "problem_key": Column(
        "text", "digest of all that defines the problem, data and code included", added=True
    ),
    "own_code": Column("text", "digest of the code that a user brought", added=True),
    "best_w": Column("parameters", "parameters of the lowest loss", added=True),
    "last_w": Column("parameters", "parameters of the last look", added=True),
    "fingerprint": Column("text", "digest of this project's sources that did the run", added=True),
    "version": Column("text", "this project's version", added=True),
    "commit": Column("text", "its commit; empty outside a checkout", added=True),
    "host": Column("text", "the machine", added=True),
    "provenance": Column("text", "file in the folder provenance/ that has the rest", added=True),
}
"""One row a run. Text that is not known is empty: folders of earlier versions say nothing of the code that
filled them."""

TRACE: dict[str, Column] = {
    "run_id": Column("text", "the run"),
    "iteration": Column("whole", "iterations done so far"),
    "cost": Column("number", "cost so far, in forward-pass equivalents"),
    "value_rows": Column("whole", "rows passed forward so far"),
    "gradient_rows": Column("whole", "rows passed forward and backward so far"),
    "seconds": Column("number", "time of the search so far"),
    "loss": Column("number", "loss of the present point"),
    "best_loss": Column("number", "lowest loss so far"),
    "test_loss": Column("number", "its loss on the test rows"),
    "test_accuracy": Column("number", "part of the test rows that it gets right"),
    "gradient_norm": Column("number", "norm of the gradient there"),
    "gradient_error": Column(
        "number", "how far the run's gradient is from the reference source's, relatively"
    ),
    "gradient_cosine": Column("number", "cosine of the angle between the two"),
    "population_median": Column("number", "median loss of the population"),
    "population_spread": Column("number", "inter-quartile range of its losses"),
    "mistakes": Column(
        "number", "mistakes that the perceptron rule and its relatives have corrected so far", added=True
    ),
    "hard_cost": Column(
        "number", "of a single unit: sum max(-y yhat, 0), the training rows on the wrong side", added=True
    ),
    "soft_cost": Column("number", "of a single unit: sum max(-y z, 0)", added=True),
    "precision_error": Column(
        "number",
        "of a search in float32: relative difference of the loss that it is told there from that in float64",
        added=True,
    ),
}
"""One row a look at a run, the start first."""

TRACE_LABELS = {
    "problem": "the run's problem",
    "optimizer": "its optimizer",
    "gradient": "its gradient source",
    "seed": "its seed",
}
"""What tables in memory add to each row of the trace, names as categories; it is not stored."""

TABLES = {"runs": RUNS, "trace": TRACE}


class Described(NamedTuple):
    """A column as a reader asks for it."""

    table: str
    kind: Kind
    holds: str


COLUMNS: dict[str, Described] = {
    f"{table}.{name}": Described(table, column.kind, column.holds)
    for table, columns in TABLES.items()
    for name, column in columns.items()
}
"""Every column by its table and name, such as "runs.cost"."""
