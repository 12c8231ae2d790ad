"""Stochastic gradient descent in six forms and Adam, as an example of scikit-learn compares them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from harness.analysis.expected_running_time import expected_running_time
from harness.analysis.proportions import wilson_interval
from harness.studies.criterion import Criterion
from harness.studies.printed import Ours
from harness.studies.sklearn_mlp_curves.recomputed import (
    CASES,
    PERCEPTRON,
    by_our_optimizers,
    by_scikit_learn,
)
from harness.studies.study import Choice, Evidence, Study
from harness.studies.survival import PublishedClaim

VERSION = "1.9.1"
"""Of scikit-learn, which was seen to print these numbers."""
AHEAD = ("momentum", "Nesterov", "Adam")
BEHIND = ("inverse scaling", "inverse scaling + momentum", "inverse scaling + Nesterov")
CONSTANT = "gradient-descent"


class SklearnMlpCurves(Study):
    """Run scikit-learn's comparison of stochastic learning strategies again, by it and by our optimizers."""

    title = "Which way of learning does scikit-learn's example recommend, and should it?"
    citation = (
        'scikit-learn, example "Compare Stochastic learning strategies for MLPClassifier" '
        "(auto_examples/neural_networks/plot_mlp_training_curves), and the docstring of its Perceptron"
    )
    question = (
        "A network with one hidden layer of 100 ReLU learns iris and digits by gradient descent with a "
        "constant or a falling rate, with momentum or Nesterov's, and by Adam. Which of them comes lowest, "
        "from one start and with rates that somebody has chosen?"
    )
    claimed = (
        "Adam, momentum and Nesterov's come far lower than a constant rate alone, and a rate that falls with "
        "the inverse of the root is left far behind."
    )
    choices = (
        Choice(
            "scikit-learn's column",
            "computed again by the scikit-learn that is installed, to every printed digit; each number is of "
            "one start (random_state=0)",
        ),
        Choice(
            "our column",
            "by our optimizers from the same start, biases drawn as scikit-learn draws them, ended by its "
            "rule (ten epochs in a row not better by 0.0001)",
        ),
        Choice(
            "L2 penalty",
            "of alpha = 0.0001 over the weights is in the loss that is shown; our rules take weight_decay = "
            "alpha over the rows of a step in their gradient, which pulls at biases too; Adam takes none, as "
            "it goes as far by the smallest gradient, and would move the biases of units that are off",
        ),
        Choice(
            "inverse scaling",
            "scikit-learn's rate is 0.2 / sqrt(1 + rows seen so far), ours 0.2 / sqrt(rows of a step) / "
            "sqrt(1 + steps): the same but for the first step, which is twelve times as long there; and its "
            "momentum remembers steps with the rates of their time, ours gradients",
        ),
        Choice(
            "mini-batches of digits",
            "200 rows in an order of our own, the loss of an epoch as the mean of that of all rows at both "
            "ends, where scikit-learn takes the mean over its batches",
        ),
        Choice(
            "perceptron",
            "of ours ten of one digit against the rest, 50 epochs each, where scikit-learn ends by a rule",
        ),
        Choice(
            "many starts",
            "50, Glorot's weights and biases of zero, without the penalty, which is less than a thousandth "
            "of any of these losses; inverse scaling is left out there",
        ),
        Choice(
            "populations",
            "a genetic algorithm and a (1+1) evolution strategy on the same axis: forward passes over all "
            "rows until the loss is 0.1, which the constant rate comes to in about 400 epochs",
        ),
        Choice("tuned options", "of each optimizer the best of twenty configurations on five other seeds"),
    )
    quick = 10
    published_claims = (
        *(
            PublishedClaim(f"{said} comes lower than a constant rate", name, CONSTANT, "final-loss", "curves")
            for said, name in (("Momentum", "momentum"), ("Nesterov's", "nesterov"), ("Adam", "adam"))
        ),
        PublishedClaim(
            "Momentum comes to a loss of 0.1 sooner than a constant rate, with the example's rates",
            "momentum",
            "gradient-descent",
            experiment="textbook",
        ),
        PublishedClaim(
            "Momentum comes to a loss of 0.1 sooner than a constant rate, with tuned rates",
            "momentum",
            "gradient-descent",
        ),
        *(
            PublishedClaim(
                f"A constant rate comes there sooner than an evolution strategy, with {rates}",
                "gradient-descent",
                "evolution-strategy",
                experiment=experiment,
            )
            for experiment, rates in (("textbook", "the example's rate"), ("today", "tuned options"))
        ),
    )

    def measure(self, quick: bool) -> Mapping[str, pd.DataFrame]:
        """Return what scikit-learn comes to, and our optimizers from its starts."""
        return {"scikit-learn": by_scikit_learn(), "ours": by_our_optimizers()}

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield what our optimizers come to from scikit-learn's starts."""
        found = evidence.measured["ours"].set_index("case")
        for case, quantity in self.printed()[["case", "quantity"]].itertuples(index=False):
            yield Ours(case, quantity, float(found.loc[case, quantity]), 1, math.nan, math.nan)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out."""
        same, n = self._the_same(evidence)
        yield Criterion("printed numbers that scikit-learn gives to every digit", same, at_least=n, n=n)
        found = evidence.measured["ours"].set_index("case")["loss"]
        printed = self.printed().set_index(["case", "quantity"])["printed"]
        for case in CASES:
            ratio = float(found[f"iris: {case}"]) / float(printed[f"iris: {case}", "loss"])
            yield Criterion(f"our loss on iris over that printed, {case}", ratio, 0.8, 1.2, n=1)
        constant = float(found["iris: constant"])
        worst = max(float(found[f"iris: {case}"]) for case in AHEAD)
        yield Criterion(
            "loss of the constant rate over the worst of the three ahead", constant / worst, 1.5, n=4
        )
        best = min(float(found[f"iris: {case}"]) for case in BEHIND)
        yield Criterion(
            "the best loss of inverse scaling over that of the constant rate", best / constant, 3, n=4
        )
        accuracy = float(evidence.measured["ours"].set_index("case")["accuracy"][PERCEPTRON])
        yield Criterion("accuracy of our perceptrons on digits", accuracy, at_least=0.92, n=1)

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        same, n = self._the_same(evidence)
        version = str(evidence.measured["scikit-learn"]["version"].iloc[0])
        other = "" if same == n else f"; {VERSION} gave them all, so that it is the version that matters"
        near = {
            one.statement.partition(", ")[2]: one.found
            for one in self.criteria(evidence)
            if one.statement.startswith("our loss")
        }
        off = 100 * max(abs(ratio - 1) for case, ratio in near.items() if case not in BEHIND)
        low, high = (end(near[case] for case in BEHIND) for end in (min, max))
        shares = [f"{_named(name)} {_share(evidence, name)}" for name in ("momentum", "nesterov", "adam")]
        prices = [
            f"{_named(name)} {_price(evidence, 'textbook', name)} and {_price(evidence, 'today', name)}"
            for name in ("gradient-descent", "momentum", "evolution-strategy", "genetic-algorithm")
        ]
        return [
            f"scikit-learn {version} gives {same} of {n} printed numbers to every digit{other}.",
            f"From its start our optimizers come to its losses on iris within {off:.2g} %, and to {low:.3g} "
            f"to {high:.3g} times as much where the rate falls, whose first step is shorter here; from other "
            f"starts these come lower than a constant rate: {', '.join(shares)}.",
            f"In forward passes to a loss of 0.1, with the example's options and with tuned ones: "
            f"{'; '.join(prices)}.",
        ]

    def _the_same(self, evidence: Evidence) -> tuple[int, int]:
        """Return how many printed numbers scikit-learn gives to the digit, and of how many."""
        found = evidence.measured["scikit-learn"].set_index("case")
        rows = list(self.printed()[["case", "quantity", "printed"]].itertuples(index=False))
        decimals = {PERCEPTRON: 3}
        same = [
            round(float(found.loc[case, quantity]), decimals.get(case, 6)) == printed
            for case, quantity, printed in rows
        ]
        return sum(same), len(same)


def _named(name: str) -> str:
    """Return what a reader calls an optimizer."""
    return {"gradient-descent": "a constant rate", "nesterov": "Nesterov's", "adam": "Adam"}.get(
        name, name.replace("-", " ")
    )


def _share(evidence: Evidence, name: str) -> str:
    """Return from how many starts an optimizer comes lower than the constant rate, with Wilson's interval."""
    runs = evidence.runs["curves"].runs
    losses = {key: part.set_index("seed")["final_loss"] for key, part in runs.groupby("optimizer_name")}
    lower, n = int((losses[name] < losses[CONSTANT]).sum()), len(losses[name])
    low, high = wilson_interval(lower, n)
    return f"on {lower} of {n} ({100 * low:.3g} to {100 * high:.3g} %)"


def _price(evidence: Evidence, experiment: str, name: str) -> str:
    """Return the cost of a start that is solved, failed ones included, with its interval."""
    runs = evidence.runs[experiment].runs
    chosen = runs[runs["optimizer_name"] == name]
    solved = (chosen["outcome"] == "solved").to_numpy(dtype=bool)
    cost, (low, high) = expected_running_time(chosen["cost"].to_numpy(dtype=np.float64), solved)
    return f"{cost:,.0f} ({low:,.0f} to {high:,.0f})"
