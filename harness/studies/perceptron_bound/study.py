"""The perceptron's mistakes against Novikoff's bound."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from harness.analysis.perceptron_bound import bound_table
from harness.analysis.proportions import wilson_interval
from harness.studies.criterion import Criterion
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study

SETOSA = "iris-pair:initializer=zeros"
RADIUS, MARGIN, MISTAKES = 11.156, 0.7491, 7.0
"""Of iris setosa against the rest, with a column of ones: by a program apart from this one (200 orders)."""


class PerceptronBound(Study):
    """Count the mistakes of the perceptron rule over many orders of the rows."""

    title = "Does the perceptron rule keep to Novikoff's bound?"
    citation = (
        "A. B. J. Novikoff (1962), On convergence proofs on perceptrons, Symposium on the Mathematical "
        "Theory of "
        "Automata, Polytechnic Institute of Brooklyn, pages 615-622, as remembered"
    )
    question = (
        "On data that a plane separates with margin gamma inside a ball of radius R, the perceptron rule "
        "makes at "
        "most (R / gamma)^2 mistakes, whatever the order of the rows. Does it, and how far below does it "
        "stay?"
    )
    claimed = "the mistakes are never more than (R / gamma)^2, and without a separating plane they never end."
    choices = (
        Choice("threshold", "a column of ones, which belongs to the rows, to R and to the margin"),
        Choice(
            "margin",
            "the distance of the nearest row from the plane that is farthest from both classes, which "
            "quadratic programming finds",
        ),
        Choice(
            "orders",
            "200 at random, the rows drawn anew for each pass; all from weights of zero. An order made up "
            "to do harm was not looked for",
        ),
        Choice("data", "iris, and clouds on either side of a gap of chosen width in 2 to 1,000 dimensions"),
        Choice("end", "a run that still makes mistakes is stopped after 1,000 passes over the rows"),
        Choice(
            "iris setosa",
            "radius, margin and mistakes of the criteria are those of a program written apart from this "
            "one, which made 7.0 mistakes in the mean over 200 orders, and 15 at the most",
        ),
    )
    shipped = ("perceptron-bound",)
    quick = 20

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield how many runs made more mistakes than the bound allows."""
        table = _separable(evidence)
        n, over = int(table["runs"].sum()), int(table["violations"].sum())
        yield Ours("any separable data", "runs over the bound", over, n, over, over)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out."""
        for row in _separable(evidence).to_dict("records"):
            yield Criterion(
                f"runs over the bound of {row['bound']:.4g} on {row['problem']}",
                row["violations"],
                at_most=0,
                n=row["runs"],
            )
        for row in _inseparable(evidence).to_dict("records"):
            said = f"runs on {row['problem']}, which no plane separates, that end without mistakes"
            yield Criterion(said, row["runs"] - row["capped"], at_most=0, n=row["runs"])
        (setosa,) = _separable(evidence).query("problem == @SETOSA").to_dict("records")
        for name, expected in (("radius", RADIUS), ("margin", MARGIN)):
            off = abs(setosa[name] / expected - 1.0)
            said = f"{name} of iris setosa against the rest, relative difference from {expected:g}"
            yield Criterion(said, off, at_most=1e-3, n=1)
        said, mistakes = "mean mistakes on iris setosa against the rest", setosa["mistakes_mean"]
        yield Criterion(said, mistakes, MISTAKES - 1, MISTAKES + 1, setosa["runs"])

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        table = _separable(evidence)
        n, over = int(table["runs"].sum()), int(table["violations"].sum())
        low, high = wilson_interval(over, n)
        shares = table["mistakes_max"] / table["bound"]
        caught = _inseparable(evidence)
        median, capped = 100 * float(np.median(shares)), int(caught["capped"].sum())
        nearest, worst = table["problem"].iloc[int(shares.argmax())], 100 * float(shares.max())
        return [
            f"Of {n} runs on {len(table)} separable sets {over} make more mistakes than the bound allows (95 "
            f"% interval {100 * low:.2g} to {100 * high:.2g} %).",
            f"In random orders it is far from tight: the worst of 200 makes {median:.2g} % of the mistakes "
            f"that are allowed, in the median over the sets, and {worst:.3g} % at the most ({nearest}).",
            f"Without a separating plane {capped} of {int(caught['runs'].sum())} runs still make mistakes "
            "when they are stopped, after 1,000 passes over the rows.",
        ]


@functools.lru_cache(maxsize=1)
def _table(evidence: Evidence) -> pd.DataFrame:
    return bound_table(evidence.runs["perceptron-bound"])


def _separable(evidence: Evidence) -> pd.DataFrame:
    table = _table(evidence)
    return table[table["bound"] < math.inf]


def _inseparable(evidence: Evidence) -> pd.DataFrame:
    table = _table(evidence)
    return table[table["bound"] == math.inf]
