"""In which order optimizers are listed: by their mean place on the problems."""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.analysis.ahead import standing
from harness.analysis.grouping import by_problem
from harness.analysis.signed_ranks import midranks
from harness.analysis.times import Axis
from harness.runs.tables import Tables

Line = tuple[str, str]


def mean_places(tables: Tables, axis: Axis = "cost") -> dict[Line, float]:
    """Return the mean place of each optimizer and gradient source, the best first.

    On a problem all runs are put in one order by the rule of who is ahead (``harness.analysis.ahead``), tied
    ones at their mean; a line's place there is the mean of its runs' places over their number, from 0 to 1,
    and each problem counts once; where it was not run it has the last place. It puts rows of a figure in an
    order, whatever is missing: whether two are told apart is said by the statistic ``mean-rank`` and by
    verdicts.

    Arguments:
        tables: the tables of a comparison.
        axis: what counts until the target: cost, iterations or seconds.

    >>> from harness.runs.tables import RUN_COLUMNS, SKIPPED_COLUMNS, TRACE_COLUMNS
    >>> ends = {"optimizer": ["adam", "rprop"], "outcome": "solved", "cost_to_target": [60.0, 20.0]}
    >>> runs = pd.DataFrame({"problem": "xor", "seed": 0, "target": 0.1, **ends}, columns=RUN_COLUMNS)
    >>> empty = [pd.DataFrame(columns=names) for names in (TRACE_COLUMNS, SKIPPED_COLUMNS)]
    >>> list(mean_places(Tables("example", "", runs, *empty)))
    [('rprop', ''), ('adam', '')]
    """
    problems = by_problem(tables)
    places: dict[Line, list[float]] = {}
    for groups in problems.values():
        found = standing(pd.concat([group.runs for group in groups]), axis)
        order = np.unique(np.stack(found, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
        ranks = midranks(order.astype(np.float64)) / len(order)
        ends = np.cumsum([len(group.runs) for group in groups])[:-1]
        for group, part in zip(groups, np.split(ranks, ends), strict=True):
            places.setdefault(group.line, []).append(float(part.mean()))
    missing = {line: len(problems) - len(found) for line, found in places.items()}
    means = {line: (sum(found) + missing[line]) / len(problems) for line, found in places.items()}
    return dict(sorted(means.items(), key=lambda item: (item[1], item[0])))
