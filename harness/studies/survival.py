"""Whether a published conclusion survives other choices than those that a comparison happened to make."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.report.robust_comparison import OPPOSITE, OVER, TURNED

HEADS = ("is it so that", "by", "these rules say", "the same under", "otherwise", "altered most easily by")
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
        rows = [row for row in robust.to_dict("records") if self._is_answered_by(row)]
        rows = [row for row in rows if row["problem"] == OVER] or rows
        for row in rows:
            where = f" ({row['problem']})" if len(rows) > 1 else ""
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
    return [
        [
            f"{row['optimizer']} is ahead of {row['other']}" + (f" on {row['problem']}" if several else ""),
            str(row["by"]),
            TURNED[row["verdict"]],
            f"{row['held']} of {row['choices']}{_part(row)}",
            ", ".join(_others(row)) or "nothing else",
            f"{row['turned_by']} (then {TURNED[row['turned_to']]})" if row["turned_by"] else "none of them",
        ]
        for row in robust.to_dict("records")
    ]


def _answer(row: Row) -> str:
    """Say whether a verdict upholds what was claimed, and how far that depends on choices."""
    said = SURVIVES[row["verdict"]]
    if not row["choices"]:
        return f"{said}."
    if row["held"] == row["choices"]:
        every = "the one choice" if row["choices"] == 1 else f"all {row['choices']} choices"
        return f"{said}, under {every} that the runs can tell of."
    said += f", under {row['held']} of {row['choices']} choices{_part(row)}, {', '.join(_others(row))}"
    said += f"; the smallest change that alters it is {row['turned_by']}"
    if row["verdict"] not in OPPOSITE:
        return f"{said}."
    turned = f"it is turned round by {row['reversed_by']}" if row["reversed_by"] else "none turns it round"
    return f"{said}, and {turned}."


def _others(row: Row) -> list[str]:
    """Return what else comes out, and under how many choices."""
    other = (answer for answer in TURNED if answer != row["verdict"] and row[answer])
    return [f"{TURNED[answer]} under {row[answer]}" for answer in other]


def _part(row: Row) -> str:
    return f" ({100 * row['held'] / row['choices']:.0f} %)" if row["choices"] else ""
