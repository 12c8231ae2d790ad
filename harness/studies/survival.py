"""Whether a published conclusion survives other choices than those that a comparison happened to make."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.report.robust_comparison import OPPOSITE, OVER, TURNED
from harness.report.sentences import Named

HEADS = ("is it so that", "by", "these rules say", "the same under", "changed most easily by")
"""Of the table of verdicts under other choices."""

SURVIVES = {
    "better": "**yes**",
    "worse": "**no, the other way round**",
    "equivalent": "**no, the two come to the same**",
    "undecided": "**it cannot be told** from these runs",
}

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class PublishedClaim:
    """A sentence of a publication, and the declared claim of an experiment that answers it.

    Attributes:
        said: the sentence, without its full stop.
        better: label or name of the optimizer that it says is better, as the claim has it.
        than: of the other.
        by: what is compared; None where the experiment compares the two by one measure.
        experiment: that declares the claim.
    """

    said: str
    better: str
    than: str
    by: str | None = None
    experiment: str = "today"

    def answers(self, robust: pd.DataFrame) -> Iterator[str]:
        """Yield whether it survives, a sentence for each verdict; of verdicts over problems these alone.

        Arguments:
            robust: of the experiment, as ``RobustComparison.claims``.
        """
        named = _named(robust)
        rows = [row for row in robust.to_dict("records") if self._is_answered_by(row)]
        rows = [row for row in rows if row["problem"] == OVER] or rows
        for row in rows:
            where = f" ({named.problem(row['problem'])})" if len(rows) > 1 else ""
            yield f"{self.said}{where}: {_answer(row)}"

    def _is_answered_by(self, row: Row) -> bool:
        two = ((row["optimizer"], self.better), (row["other"], self.than))
        return self.by in (None, row["by"]) and all(
            given in (label, label.partition("(")[0]) for label, given in two
        )


def survival(claims: Sequence[PublishedClaim], robust: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return whether what was published survives, a sentence for each claim and verdict.

    Arguments:
        claims: what was published.
        robust: of each experiment with claims, as ``RobustComparison.claims``.
    """
    return [sentence for claim in claims for sentence in claim.answers(robust[claim.experiment])]


def robust_rows(robust: pd.DataFrame) -> list[list[str]]:
    """Return the cells of ``HEADS``, a row a verdict.

    Arguments:
        robust: of an experiment, as ``RobustComparison.claims``.
    """
    several = robust["problem"].nunique() > 1
    named = _named(robust)
    return [
        [
            f"{row['optimizer']} is ahead of {row['other']}"
            + (f" on {named.problem(row['problem'])}" if several else ""),
            str(row["by"]),
            TURNED[row["verdict"]],
            str(row["under"]),
            f"{row['turned_by']} (then {TURNED[row['turned_to']]})"
            if row["turned_by"]
            else "nothing that was tried",
        ]
        for row in robust.to_dict("records")
    ]


def _answer(row: Row) -> str:
    """Say whether a verdict upholds what was claimed, and how far that depends on choices."""
    said = SURVIVES[row["verdict"]]
    if not row["choices"]:
        return f"{said}."
    said += f", under {row['under']}"
    if row["held"] == row["choices"]:
        return f"{said}."
    said += f"; the smallest change that turns it is {row['turned_by']}"
    if row["verdict"] not in OPPOSITE:
        return f"{said}."
    turned = f"it is reversed by {row['reversed_by']}" if row["reversed_by"] else "none reverses it"
    return f"{said}, and {turned}."


def _named(robust: pd.DataFrame) -> Named:
    """Return what problems are called."""
    return Named([name for name in map(str, robust["problem"].unique()) if name != OVER], several=False)
