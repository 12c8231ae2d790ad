"""The specification curves of the page: every verdict under each choice that could be otherwise."""

from __future__ import annotations

from typing import Any

import pandas as pd

from harness.report.html.packing import packed
from harness.report.robust_comparison import RobustComparison

READING = (
    "Above, a mark is the verdict under one choice: the probability of being ahead from a start (over "
    "problems: the part of them on which it is ahead), in rising order, with its interval. Below, each "
    "choice has a mark in the rows that it is made of. Dashed: the choice that the verdict was decided with."
)
HIDES = (
    "Choices that the runs cannot tell of, which are named below, and how likely one choice is to be made "
    "rather than another: all count the same, and many share runs, so that they do not confirm each other."
)
FIELDS = ("target", "budget", "axis", "options", "left_out", "by")


def page_robustness(robust: RobustComparison) -> dict[str, Any]:
    """Return the sentences, and the choices of every verdict as a packed table."""
    named, rows = robust.named, []
    for one in robust.found:
        place = f"on {one.problem}" if one.problem else "over problems"
        title = f"{named(one.line)} against {named(one.other)} {place}"
        for tried in sorted(one.tried, key=lambda tried: (tried.estimate, tried.interval)):
            low, high = tried.interval
            chosen = {name: str(getattr(tried.choices, name)) for name in FIELDS}
            chosen["target"] = f"target x {tried.choices.target:.3g}"
            chosen["budget"] = f"budget x {tried.choices.budget:g}"
            chosen["options"] = f"{tried.choices.options} options"
            chosen["left_out"] = (
                f"without {tried.choices.left_out}" if tried.choices.left_out else "all problems"
            )
            chosen["axis"] = f"in {tried.choices.axis}" if tried.choices.axis else ""
            rows.append(
                {
                    "verdict": title,
                    "answer": tried.answer,
                    "estimate": tried.estimate,
                    "low": low,
                    "high": high,
                    "n": tried.n,
                    "usual": int(tried.choices == one.usual),
                    **chosen,
                }
            )
    columns = ["verdict", "answer", "estimate", "low", "high", "n", "usual", *FIELDS]
    return {
        "sentences": robust.sentences,
        "notes": robust.notes,
        "reading": READING,
        "hides": HIDES,
        "table": packed(pd.DataFrame(rows, columns=columns)),
    }
