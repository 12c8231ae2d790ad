"""Stochastic gradient descent in six forms and Adam, as an example of scikit-learn compares them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from harness.studies.criterion import Criterion
from harness.studies.estimates import mean_of
from harness.studies.printed import Ours
from harness.studies.sklearn_mlp_curves.falling import FALLING, WAYS, by_ways
from harness.studies.sklearn_mlp_curves.recomputed import (
    CASES,
    DIGITS,
    PERCEPTRON,
    by_our_optimizers,
    by_scikit_learn,
    on_digits_by_order,
)
from harness.studies.sklearn_mlp_curves.starts import final_losses, named, not_helped, price, ranged, share
from harness.studies.study import Choice, Evidence, Study
from harness.studies.survival import PublishedClaim

VERSION = "1.9.1"
"""Of scikit-learn, which was seen to print these numbers."""
AHEAD = ("momentum", "Nesterov", "Adam")
CONSTANT = "gradient-descent"
NEAR = (0.8, 1.2)
"""Bounds of our losses over those printed."""
ORDERS = 20


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
            "alpha over the rows of a step in their gradient, which pulls at biases too. Adam takes none: "
            "its step does not shrink with the gradient, so a tiny penalty would move the biases of inactive "
            "units a full step",
        ),
        Choice(
            "inverse scaling",
            "scikit-learn's rate is 0.2 / sqrt(1 + rows seen so far), ours 0.2 / sqrt(rows of a step) / "
            "sqrt(1 + steps): the same but for the first step, which is twelve times as long there; and its "
            "momentum remembers steps, each with the rate of its time, ours gradients. A table has what each "
            "of the two makes of the loss",
        ),
        Choice(
            "mini-batches of digits",
            "200 rows in an order of our own, the loss of an epoch as the mean of that of all rows at both "
            "ends, where scikit-learn takes the mean over its batches; the criteria are of the mean over 20 "
            "orders",
        ),
        Choice(
            "perceptron",
            "of ours ten of one digit against the rest, 50 epochs each, where scikit-learn ends by another "
            "rule, and sooner: the two accuracies are not compared, and there is no criterion of them",
        ),
        Choice(
            "many starts",
            "50, Glorot's weights and biases of zero, without the penalty, which is less than a thousandth "
            "of any of these losses. Of the falling rates the plain one is there; those with momentum, and "
            "digits, are from the one start alone",
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
        return {
            "scikit-learn": by_scikit_learn(),
            "ours": by_our_optimizers(),
            "falling-rates": by_ways(),
            "orders": on_digits_by_order(self.quick if quick else ORDERS),
        }

    def ours(self, evidence: Evidence) -> Iterator[Ours]:
        """Yield what our optimizers come to from scikit-learn's starts."""
        found = evidence.measured["ours"].set_index("case")
        for case, quantity in self.printed()[["case", "quantity"]].itertuples(index=False):
            yield Ours(case, quantity, float(found.loc[case, quantity]), 1, math.nan, math.nan)

    def criteria(self, evidence: Evidence) -> Iterator[Criterion]:
        """Yield what has to come out."""
        same, n = self._the_same(evidence)
        yield Criterion("printed numbers that scikit-learn gives to every digit", same, at_least=n, n=n)
        for case, ratio in self._near(evidence).items():
            yield Criterion(f"our loss on iris over that printed, {case}", ratio, *NEAR, n=1)
        orders = evidence.measured["orders"]
        printed = self.printed().set_index(["case", "quantity"])["printed"]
        for case in (f"digits: {case}" for case in DIGITS):
            losses = orders.loc[orders["case"] == case, "loss"].to_numpy(dtype=np.float64)
            mean, ends = mean_of(losses / float(printed[case, "loss"]), least=0.0)
            yield Criterion(
                f"our loss over that printed, mean over orders of the rows, {case}",
                mean, *NEAR, n=len(losses), low=ends[0], high=ends[1],
            )  # fmt: skip
        found = evidence.measured["ours"].set_index("case")["loss"]
        constant = float(found["iris: constant"])
        worst = max(float(found[f"iris: {case}"]) for case in AHEAD)
        yield Criterion(
            "loss of the constant rate over the worst of the three ahead", constant / worst, 1.5, n=4
        )
        best = min(float(found[f"iris: {case}"]) for case in FALLING)
        yield Criterion(
            "the best loss of inverse scaling over that of the constant rate", best / constant, 3, n=4
        )

    def tables(self, evidence: Evidence) -> Mapping[str, pd.DataFrame]:
        """Return scikit-learn's numbers computed again, and what each way of a falling rate comes to."""
        found = evidence.measured["scikit-learn"].set_index("case")
        again = []
        for case, quantity, printed in self._rows():
            digits = _decimals(case)
            ours = f"{float(found[quantity][case]):.{digits}f}"
            same = "yes" if ours == f"{printed:.{digits}f}" else "no"
            again.append(
                {
                    "case": case,
                    "quantity": quantity,
                    "printed": f"{printed:.{digits}f}",
                    "again": ours,
                    "same": same,
                }
            )
        ways = evidence.measured["falling-rates"].pivot(index="case", columns="way", values="loss")
        losses = {case: number for case, quantity, number in self._rows() if quantity == "loss"}
        falling = [
            {
                "case": f"iris: {case}",
                "printed": f"{losses[f'iris: {case}']:.6f}",
                **{way: f"{float(ways[way][f'iris: {case}']):.6f}" for way in WAYS},
            }
            for case in FALLING
        ]
        version = found["version"].iloc[0]
        return {
            f"Computed again by scikit-learn {version}": pd.DataFrame(again),
            "A falling rate in our way and in scikit-learn's": pd.DataFrame(falling),
        }

    def conclusion(self, evidence: Evidence) -> Sequence[str]:
        """Return what to believe."""
        same, n = self._the_same(evidence)
        version = str(evidence.measured["scikit-learn"]["version"].iloc[0])
        other = "" if same == n else f"; {VERSION} gave them all, so that it is the version that matters"
        near = self._near(evidence)
        off = 100 * max(abs(ratio - 1) for case, ratio in near.items() if case not in FALLING)
        plain, *moving = (near[case] for case in FALLING)
        losses, falling = (final_losses(evidence, name) for name in ("curves", "falling-rate"))
        shares = [
            f"{named(name)} {share(losses[name], losses[CONSTANT])}"
            for name in ("momentum", "nesterov", "adam")
        ]
        prices = [
            f"{named(name)} {price(evidence, 'textbook', name)} and {price(evidence, 'today', name)}"
            for name in ("gradient-descent", "momentum", "evolution-strategy", "genetic-algorithm")
        ]
        ways = evidence.measured["falling-rates"].set_index(["case", "way"])["loss"]
        printed = self.printed().set_index(["case", "quantity"])["printed"]
        kept = 100 * max(
            abs(float(ways[f"iris: {case}", "with both"]) / float(printed[f"iris: {case}", "loss"]) - 1)
            for case in FALLING
        )
        return [
            f"scikit-learn {version} gives {same} of {n} printed numbers to every digit{other}.",
            f"From its start our optimizers come to its losses on iris within {off:.2g} %. Where the rate "
            f"falls it is {plain:.3g} times as much, for scikit-learn's first step is longer, and "
            f"{ranged(moving)} times where momentum is added, which scikit-learn keeps with the rates of its "
            "time, that long step included. With both in its way the losses are its own within "
            f"{kept:.1g} %.",
            f"On iris these come lower than a constant rate: {', '.join(shares)} starts; and a constant rate "
            f"comes lower than a falling one {share(losses[CONSTANT], falling[CONSTANT])}. Falling rates "
            "with momentum, and digits, were tried from one start.",
            "Mean forward passes per solved start (failed runs included) to a loss of 0.1, untuned, then "
            f"tuned: {'; '.join(prices)}.{not_helped(evidence)}",
        ]

    def _near(self, evidence: Evidence) -> dict[str, float]:
        """Return our loss on iris over that printed, of each case."""
        found = evidence.measured["ours"].set_index("case")["loss"]
        printed = self.printed().set_index(["case", "quantity"])["printed"]
        return {
            case: float(found[f"iris: {case}"]) / float(printed[f"iris: {case}", "loss"]) for case in CASES
        }

    def _the_same(self, evidence: Evidence) -> tuple[int, int]:
        """Return how many printed numbers scikit-learn gives to the digit, and of how many."""
        found = evidence.measured["scikit-learn"].set_index("case")
        same = [
            round(float(found[quantity][case]), _decimals(case)) == printed
            for case, quantity, printed in self._rows()
        ]
        return sum(same), len(same)

    def _rows(self) -> list[tuple[str, str, float]]:
        """Return case, quantity and number of everything that was printed."""
        return list(self.printed()[["case", "quantity", "printed"]].itertuples(index=False, name=None))


def _decimals(case: str) -> int:
    """Return to how many decimals a number was printed."""
    return 3 if case == PERCEPTRON else 6
