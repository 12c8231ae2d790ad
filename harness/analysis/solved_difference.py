"""Whether one optimizer reaches the target more often than another from the same start."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from scipy.special import bdtr

from harness.analysis.grouping import Pair
from harness.analysis.proportions import normal_quantile
from harness.analysis.statistic import PAIRS, Columns, estimate, estimated
from harness.analysis.tested_pairs import PairedTest, tested
from harness.runs.columns import Column
from harness.runs.tables import Tables
from optimizers.options import options


def mcnemar_test(only: int, only_other: int) -> float:
    """Return the exact two-sided p-value of McNemar's test: that both kinds of discordant pair are alike.

    ``min(1, 2 P(Binomial(b + c, 1/2) <= min(b, c)))`` (McNemar 1947, Psychometrika 12; exact in Agresti 2013,
    Categorical data analysis, 3rd ed., section 11.1.2).

    Arguments:
        only: pairs of which the first alone solved.
        only_other: pairs of which the other alone did.

    >>> round(mcnemar_test(5, 1), 6), mcnemar_test(0, 0)
    (0.21875, 1.0)
    """
    return min(1.0, 2.0 * float(bdtr(min(only, only_other), only + only_other, 0.5)))


def paired_difference_interval(
    only: int, only_other: int, n: int, level: float = 0.95
) -> tuple[float, tuple[float, float]]:
    """Return the difference of two paired proportions with the adjusted interval of Bonett and Price.

    ``p' - q' -+ z sqrt((p' + q' - (p' - q')^2) / (n + 2))`` with ``p' = (b + 1) / (n + 2)`` and
    ``q' = (c + 1) / (n + 2)`` (Bonett, Price 2012, Adjusted Wald confidence interval for a difference of
    binomial proportions based on paired data, Journal of Educational and Behavioral Statistics 37, equation
    8); widened where it would not hold the difference itself.

    Arguments:
        only: pairs of which the first alone solved.
        only_other: pairs of which the other alone did.
        n: pairs, at least one.
        level: probability of the interval.

    >>> paired_difference_interval(3, 1, 10)[0]
    0.2
    """
    p, q = (only + 1) / (n + 2), (only_other + 1) / (n + 2)
    half = normal_quantile(level) * math.sqrt((p + q - (p - q) ** 2) / (n + 2))
    difference = (only - only_other) / n
    low, high = max(p - q - half, -1.0), min(p - q + half, 1.0)
    return difference, (min(low, difference), max(high, difference))


@options
class SolvedDifference(PairedTest):
    """By how much more of the starts one optimizer reaches the target than another.

    ``(pairs that it alone solved - pairs that the other alone solved) / pairs``, with the interval of Bonett
    and Price and McNemar's exact test; ``p_holm`` is adjusted for all rows. NaN for a problem that has no
    target.

    Attributes:
        against: label or name of the one optimizer to compare all others with, which leaves fewer rows to
            adjust for; none compares every two.
    """

    source: ClassVar[str] = (
        "Bonett, Price (2012), Journal of Educational and Behavioral Statistics 37; McNemar (1947), "
        "Psychometrika 12; Holm (1979)"
    )
    columns: ClassVar[Columns] = {
        **PAIRS,
        "only": Column("whole", "pairs that it alone solved"),
        "only_other": Column("whole", "pairs that the other alone solved"),
        **estimate("difference", "difference of the parts solved"),
        **tested("McNemar's exact test"),
    }

    def compared(self, tables: Tables, pair: Pair) -> dict[str, Any]:
        """Return the difference of a pair of groups."""
        runs, others = pair.group.ends, pair.other.ends
        one, other = (part["outcome"] == "solved" for part in (runs, others))
        only, only_other = int((one & ~other).sum()), int((other & ~one).sum())
        found = {**dict.fromkeys(estimate("difference", ""), math.nan), "p": math.nan}
        if not np.isnan(runs["target"]).all():
            interval = paired_difference_interval(only, only_other, len(one), self.level)
            found = {**estimated("difference", *interval), "p": mcnemar_test(only, only_other)}
        return {"only": only, "only_other": only_other, **found}
