"""Ranks of the optimizers on one problem, ties shown as ties."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.verdict import Line, Verdict


@dataclass(frozen=True)
class Rank:
    """Where an optimizer stands on a problem.

    Attributes:
        problem: its name.
        line: optimizer and gradient source.
        n: runs.
        solved: of them; None on a problem without a target.
        ahead: mean probability of being ahead of the others; NaN where there are none.
        first: the best rank that it can have, one behind those that are decided to be ahead of it.
        last: the worst, that many before the end as it is decided to be ahead of.
    """

    problem: str
    line: Line
    n: int
    solved: int | None
    ahead: float
    first: int
    last: int

    @property
    def places(self) -> str:
        """The ranks that it can have, in words: "2" or "2-5"."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def ranking(
    problem: str, runs: Mapping[Line, tuple[int, int | None]], verdicts: Sequence[Verdict]
) -> list[Rank]:
    """Return the ranks of the optimizers of one problem, the best first.

    Of m optimizers one that is decided to be behind a others and ahead of b has a rank from a + 1 to m - b.
    As the decisions are adjusted for all comparisons, all of these ranges hold at once with the same
    probability (Al Mohamad, Goeman, van Zwet 2022, Simultaneous confidence intervals for ranks with
    application to ranking institutions, Biometrics 78). Two whose ranges overlap are not told apart by more
    than their estimates.

    Arguments:
        problem: its name.
        runs: of each optimizer how many runs it has and how many solved, in the order of the experiment.
        verdicts: of every two of them.
    """
    shares: dict[Line, list[float]] = {line: [] for line in runs}
    behind, before = dict.fromkeys(runs, 0), dict.fromkeys(runs, 0)
    for one in verdicts:
        if not math.isnan(one.probability):
            shares[one.line].append(one.probability)
            shares[one.other].append(1.0 - one.probability)
        if one.answer in ("better", "worse"):
            winner, loser = (one.line, one.other) if one.answer == "better" else (one.other, one.line)
            before[winner] += 1
            behind[loser] += 1
    found = [
        Rank(
            problem,
            line,
            *size,
            float(np.mean(shares[line])) if shares[line] else math.nan,
            1 + behind[line],
            len(runs) - before[line],
        )
        for line, size in runs.items()
    ]
    return sorted(found, key=lambda rank: (-_known(rank.ahead), rank.first, rank.last))


def _known(share: float) -> float:
    # Rounding must not part what is tied.
    return -1.0 if math.isnan(share) else round(share, 9)
