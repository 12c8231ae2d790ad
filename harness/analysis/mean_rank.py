"""Which optimizers are ahead over several problems, each problem one block."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np

from harness.analysis.ahead import standing
from harness.analysis.friedman import critical_difference, friedman_test, letters, mean_rank_interval
from harness.analysis.grouping import Group, by_problem
from harness.analysis.signed_ranks import midranks
from harness.analysis.statistic import LINE, PROBLEMS, Columns, Statistic, estimate, estimated
from harness.analysis.times import Axis
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import options

FEWEST = 5
"""Blocks below which the approximation by chi-square is no good, and no order of five is significant."""

Line = tuple[str, str]


@options
class MeanRank(Statistic):
    """Mean rank of an optimizer over the problems, each problem one block.

    On a problem all optimizers are ranked seed by seed, by the rule of who is ahead
    (``harness.analysis.ahead``), and then by the means of these ranks over the seeds that all have; so a
    problem counts once, however many seeds it has. The interval is Student's over problems. ``chi_square``
    and ``p`` are Friedman's test that all are alike. Where it rejects that, optimizers that share no letter
    are told apart by Nemenyi's ``critical_difference`` at the same level; where not, all have one letter. It
    needs five problems.

    Attributes:
        axis: what counts until the target: cost, iterations or seconds.
        incomplete: what to do with an optimizer that was not run on every problem: refuse the whole table, or
            leave it out of the ranks, with NaN in its row.
    """

    axis: Axis = "cost"
    incomplete: Literal["refuse", "leave-out"] = "refuse"

    source: ClassVar[str] = (
        "Demsar (2006), Statistical comparisons of classifiers over multiple data sets, Journal of Machine "
        "Learning Research 7"
    )
    unit: ClassVar[Columns] = LINE
    columns: ClassVar[Columns] = {
        **PROBLEMS,
        **estimate("rank", "mean rank over the problems; 1 is ahead of all"),
        "letters": Column("text", "those that share a letter are not told apart; empty if it is not ranked"),
        "critical_difference": Column("number", "of two mean ranks, by Nemenyi's test"),
        "chi_square": Column("number", "Friedman's, of all optimizers"),
        "p": Column("number", "its p-value"),
    }

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        """Yield a row a line."""
        problems = by_problem(tables)
        lines = list(dict.fromkeys(sorted(g.line for groups in problems.values() for g in groups)))
        ranked = self._ranked(problems, lines)
        blocks, k = len(problems), len(ranked)
        if blocks < FEWEST:
            raise InputError(
                f"mean-rank needs {FEWEST} problems or more, found {blocks}: a problem is one block"
            )
        if k < 2:
            raise InputError(f"mean-rank needs two optimizers or more that ran on every problem, found {k}")
        ranks = np.array([block_ranks(name, groups, ranked, self.axis) for name, groups in problems.items()])
        means = ranks.mean(axis=0)
        statistic, p = friedman_test(ranks)
        difference = critical_difference(blocks, k, self.level)
        grouped = letters(means, difference) if p <= 1 - self.level else ["a"] * k
        common = {"critical_difference": difference, "chi_square": statistic, "p": p}
        for line in lines:
            found: dict[str, Any] = {"n": 0, **dict.fromkeys(estimate("rank", ""), math.nan), "letters": ""}
            if line in ranked:
                place = ranked.index(line)
                rank = estimated("rank", *mean_rank_interval(ranks[:, place], k, self.level))
                found = {"n": blocks, **rank, "letters": grouped[place]}
            yield {"optimizer": line[0], "gradient": line[1], **found, **common}

    def _ranked(self, problems: dict[str, list[Group]], lines: list[Line]) -> list[Line]:
        """Return the lines that are on every problem; refuse the others where that is asked."""
        present = {problem: {group.line for group in groups} for problem, groups in problems.items()}
        missing = [
            (line, problem)
            for line, problem in itertools.product(lines, present)
            if line not in present[problem]
        ]
        if missing and self.incomplete == "refuse":
            (optimizer, _), problem = missing[0]
            raise InputError(
                f"mean-rank needs every optimizer on every problem, found no run of {optimizer} on "
                f"{problem}: take incomplete=leave-out, or leave some out with results.where"
            )
        return [line for line in lines if line not in {line for line, _ in missing}]


def block_ranks(problem: str, groups: list[Group], lines: list[Line], axis: Axis) -> Array:
    """Return the ranks of optimizers on one problem, shape (lines,).

    Raises:
        InputError: if there is no seed that all of them have.
    """
    chosen = {group.line: group.runs for group in groups}
    common = set.intersection(*(set(chosen[line]["seed"]) for line in lines))
    if not common:
        raise InputError(f"mean-rank needs a seed on {problem} that all optimizers have, found none")
    found = [standing(chosen[line][chosen[line]["seed"].isin(common)], axis) for line in lines]
    behind, measure = (np.array([getattr(one, name) for one in found]) for name in ("behind", "measure"))
    # One order of all runs of the problem: first by what is behind, then by the measure.
    levels = np.unique(np.stack([behind, measure], axis=2).reshape(-1, 2), axis=0, return_inverse=True)[1]
    by_seed = np.array([midranks(column) for column in levels.reshape(behind.shape).T])
    # Rounding must not part what is tied.
    return midranks(np.round(by_seed.mean(axis=0), 9))
