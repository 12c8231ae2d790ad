"""What profiles over problems are made of: one number for each problem and optimizer."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from harness.analysis.expected_running_time import expected_running_time
from harness.analysis.grouping import by_problem
from harness.analysis.times import Axis, times_to_target
from harness.runs.tables import Tables
from optimizers.objective import Array

Line = tuple[str, str]


class Measured(NamedTuple):
    """The expected running time of each optimizer on each problem."""

    lines: list[Line]
    times: Array
    """Shape (problems, lines): +inf where no run solved, or the optimizer was not run on the problem."""
    present: Array
    """1 where it was run, else 0."""
    parameters: Array
    """Number of parameters of each problem, shape (problems,)."""


def measured(tables: Tables, axis: Axis, target: float | None) -> Measured:
    """Return the expected running times of all optimizers on all problems that have a target."""
    problems = by_problem(tables)
    lines = sorted({group.line for groups in problems.values() for group in groups})
    times: list[list[float]] = []
    present: list[list[float]] = []
    parameters: list[float] = []
    for groups in problems.values():
        row, there = [math.inf] * len(lines), [0.0] * len(lines)
        for group in groups:
            found = times_to_target(tables, group, axis, target)
            if found is not None:
                place = lines.index(group.line)
                row[place], there[place] = expected_running_time(found.spent, found.solved)[0], 1.0
        if any(there):
            times.append(row)
            present.append(there)
            parameters.append(float(groups[0].runs["parameters"].max()))
    shape = len(times), len(lines)
    return Measured(lines, np.reshape(times, shape), np.reshape(present, shape), np.array(parameters))
