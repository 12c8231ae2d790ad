"""Backpropagation, Quickprop and Rprop on the 10-5-10 encoder, the classic of the papers on Rprop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

import optimizers
from harness.analysis.comparison import decide
from harness.analysis.proportions import wilson_interval
from harness.problems import load
from harness.problems.problem import Problem
from harness.studies.criterion import Criterion
from harness.studies.estimates import Interval, mean_of, ratio_of_means
from harness.studies.printed import Ours
from harness.studies.study import Choice, Evidence, Study
from harness.studies.survival import PublishedClaim
from optimizers.descent.base import Descent
from optimizers.objective import Array

CONTENDERS: dict[str, Descent] = {
    # The papers' rates are for the sum over ten rows, these for the mean.
    "backpropagation": optimizers.GradientDescent(learning_rate=19.0),
    "quickprop": optimizers.Quickprop(learning_rate=15.0),
    "rprop": optimizers.Rprop(initial_step=0.1),
    "rprop tuned": optimizers.Rprop(initial_step=0.5),
}
PROBLEM = "encoder:initializer=uniform:scale=2"
SOLVED = 0.4
"""Every output is nearer than this to its target."""
MOST_EPOCHS = 1_000
SEEDS = 200


class Encoder10510(Study):
    """Count the epochs until every output of the 10-5-10 encoder is on its side."""

    title = "How many epochs does the 10-5-10 encoder take?"
    citation = (
        "M. Riedmiller, H. Braun (1993), A direct adaptive method for faster backpropagation learning: the "
        "RPROP "
        "algorithm, IEEE International Conference on Neural Networks; the numbers are remembered, not read"
    )
    question = (
        "Ten inputs of which one is set have to come out again behind five hidden units. After how many "
        "passes "
        "over the ten rows is every output within 0.4 of its target, for backpropagation, Quickprop and "
        "Rprop?"
    )
    claimed = "Rprop learns about four times as fast as backpropagation, without a rate that has to be tuned."
    choices = (
        Choice(
            "learning rate",
            "1.9 for the sum over all rows, which is 19 for their mean, and 1.5 for Quickprop",
        ),
        Choice("Rprop", "first step 0.1, as in the paper; 0.5 for the row of the best that was found"),
        Choice("start", "weights and biases from U(-1, 1)"),
        Choice("solved", "every output within 0.4 of its target, looked at after each epoch"),
        Choice("runs", "200 starts, the same for all; means are over those that get there in 1,000 epochs"),
        Choice(
            "tuned options",
            "of each optimizer the best of thirty configurations on twenty other seeds, by `harness tune`",
        ),
        Choice(
            "printed numbers", "recalled: the tables were not at hand, so that they are no more than a hint"
        ),
    )

    published_claims = (
        PublishedClaim(
            "Rprop learns faster than backpropagation, with the options of the paper",
            "rprop",
            "gradient-descent",
            experiment="textbook",
        ),
        PublishedClaim(
            "Rprop learns faster than backpropagation, with tuned options", "rprop", "gradient-descent"
        ),
    )

    def measure(self, quick: bool) -> Mapping[str, pd.DataFrame]:
        """Return the epochs of each start: no loss says when every output is on its side."""
        problem = load(PROBLEM)
        if not isinstance(problem, Problem):
            raise TypeError("the encoder is a network on data")
        rows = [
            {
                "seed": seed,
                **{name: epochs(problem, optimizer, seed) for name, optimizer in CONTENDERS.items()},
            }
            for seed in range(self.quick if quick else SEEDS)
        ]
        return {"epochs": pd.DataFrame(rows)}

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield the mean epochs of each row."""
        for name in CONTENDERS:
            solved, _ = _solved(evidence, name)
            mean, (low, high) = mean_of(solved, least=0.0)
            yield Ours(name, "epochs", mean, len(solved), low, high)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out."""
        for name, least, most in (("rprop", 20.0, 35.0), ("backpropagation", 90.0, 180.0)):
            solved, _ = _solved(evidence, name)
            mean, (low, high) = mean_of(solved, least=0.0)
            yield Criterion(f"mean epochs of {name}", mean, least, most, len(solved), low, high)
        (ratio, (low, high)), n = _faster(evidence, "rprop")
        yield Criterion("epochs of backpropagation over those of Rprop", ratio, 3.0, n=n, low=low, high=high)

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        (ratio, (low, high)), _ = _faster(evidence, "rprop")
        (quick, (quick_low, quick_high)), _ = _faster(evidence, "quickprop")
        failed = {name: n - len(solved) for name in CONTENDERS for solved, n in [_solved(evidence, name)]}
        n = len(evidence.measured["epochs"])
        decided = decide(evidence.runs["today"]).verdicts
        against = next(one for one in decided if one.other[0].startswith("genetic-algorithm"))
        counts = (against.solved or 0, against.other_solved or 0)
        rprop, genetic = (_counted(count, against.n) for count in counts)
        return [
            f"Rprop takes {ratio:.3g} times fewer epochs than backpropagation (95 % interval {low:.3g} to "
            f"{high:.3g}), Quickprop {quick:.3g} times ({quick_low:.3g} to {quick_high:.3g}).",
            f"What the means leave out: of {n} starts Rprop is caught on {_counted(failed['rprop'], n)}, "
            f"Quickprop on {_counted(failed['quickprop'], n)}, backpropagation on "
            f"{_counted(failed['backpropagation'], n)}.",
            f"To a loss of 0.05 at the same budget, with options tuned alike, Rprop comes on {rprop} of "
            f"{against.n} starts, and the genetic algorithm on {genetic}.",
        ]


def epochs(problem: Problem, optimizer: Descent, seed: int) -> int:
    """Return after how many epochs every output is within 0.4 of its target, up to ``MOST_EPOCHS``.

    Arguments:
        problem: its data and network.
        optimizer: of whole batches.
        seed: of the start.
    """
    X, Y, _, _ = problem.data(seed)
    done, needed = 0, MOST_EPOCHS

    def look(w: Array, *, iterations: int = 0, losses: Array | None = None, best: Array | None = None,
             loss: float | None = None, population_losses: Array | None = None) -> int:  # fmt: skip
        nonlocal done, needed
        done += iterations
        (outputs,) = problem.network.predictions(w[None, :], X)
        if np.abs(outputs - Y).max() < SOLVED:
            needed = done
            return 0
        return int(done < MOST_EPOCHS)

    optimizer.run(problem.objective(), problem.start(seed), np.random.default_rng(seed), look)
    return needed


def _solved(evidence: Evidence, name: str) -> tuple[Array, int]:
    """Return the epochs of the starts from which it came there, and how many starts there were."""
    found = evidence.measured["epochs"][name].to_numpy(dtype=np.float64)
    return found[found < MOST_EPOCHS], len(found)


def _faster(evidence: Evidence, name: str) -> tuple[tuple[float, Interval], int]:
    """Return the epochs of backpropagation over another's, and the number of runs."""
    (plain, _), (other, _) = (_solved(evidence, each) for each in ("backpropagation", name))
    return ratio_of_means(plain, other), len(plain) + len(other)


def _counted(count: int, n: int) -> str:
    """Say how many of some runs, with Wilson's interval.

    >>> _counted(5, 50)
    '5 (4.35 to 21.4 %)'
    """
    low, high = wilson_interval(count, n)
    return f"{count} ({100 * low:.3g} to {100 * high:.3g} %)"
