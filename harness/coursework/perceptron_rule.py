"""Worked example: the perceptron rule, and a promise that it does not keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from harness.coursework import agreement
from harness.coursework.example import Example, Formula
from harness.coursework.perceptron_costs import epochs_apart, mistakes_and_hard_cost
from harness.coursework.report import Report, Table, Verdict
from harness.coursework.sources import Answers, Point, source_gradients
from harness.network.network import Network
from optimizers.objective import Array

TRIALS = 1000
POINTS = 5
NETWORK = Network(sizes=(2, 1), loss="perceptron-soft")


def dot(first: Iterable[Any], second: Iterable[Any]) -> Any:
    """Return the inner product, in whatever numbers are given."""
    return sum(a * b for a, b in zip(first, second, strict=True))


def step(z: Any) -> int:
    """Return +1 where z >= 0, else -1."""
    return 1 if z >= 0 else -1


def updated(w: Iterable[Any], x: Iterable[Any], y: int, eta: Any) -> list[Any]:
    """Return ``w + eta (y - yhat) x``; the last entry of x is 1, for the bias."""
    change = eta * (y - step(dot(w, x)))
    return [weight + change * number for weight, number in zip(w, x, strict=True)]


class Trial(NamedTuple):
    """A misclassified sample before the update, in fractions: nothing is rounded, nothing is nearly zero."""

    w: tuple[Fraction, ...]
    x: tuple[Fraction, ...]
    y: int
    eta: Fraction

    @property
    def z(self) -> Fraction:
        """The sum before the update."""
        return Fraction(dot(self.w, self.x))

    @property
    def z_after(self) -> Fraction:
        """The sum after the update."""
        return Fraction(dot(updated(*self), self.x))

    @property
    def mended(self) -> bool:
        """Whether the sample is classified correctly after the update."""
        return step(self.z_after) == self.y


def draw(rng: np.random.Generator) -> Trial:
    """Draw weights and inputs with one decimal and a learning rate; the label is the one that z misses."""
    w, x = ([Fraction(int(number), 10) for number in rng.integers(-30, 31, size)] for size in (3, 2))
    one = Fraction(1)
    return Trial(tuple(w), (*x, one), -step(dot(w, [*x, one])), Fraction(int(rng.integers(1, 51)), 100))


def always(w: Sequence[Any], x: Sequence[Any], y: int, eta: Any) -> bool:
    """Claim that the sample is classified correctly after the update, whatever it is."""
    return True


def far_enough(w: Sequence[Any], x: Sequence[Any], y: int, eta: Any) -> bool:
    """Tell whether the correction ``2 eta x'x`` carries z across zero."""
    reach, way = 2 * eta * dot(x, x), abs(dot(w, x))
    return bool(reach > way or (y == 1 and reach == way))


_RULE = ("yhat = 1 if z >= 0 else -1,  z = w'x", "w := w + eta (y - yhat) x")
_PRINTED = Formula((*_RULE, "after the update the sample is classified correctly"), always)
_CORRECT = Formula(
    (
        *_RULE,
        "it is then classified correctly if 2 eta x'x > |z|, and only then",
        "(for y = +1 also if both are equal, for z = 0 counts as +1)",
    ),
    far_enough,
)


@dataclass(frozen=True)
class PerceptronRule(Example):
    """The perceptron rule, and what it promises of a sample that it has just corrected.

    Labels y are -1 and +1, the last entry of x is 1 for the bias, and the output is the step of z. The
    correction is 0, or 2 eta x with the sign of y. The hard cost sum max(-y yhat, 0) counts mistakes, the
    soft cost is sum max(-y z, 0).

    What is run of either formula is its claim: given w, x, y, eta of a misclassified sample, whether the
    update mends it.
    """

    printed: Formula = _PRINTED
    correct: Formula = _CORRECT

    def report(self, rng: np.random.Generator) -> Report:
        """Search for a counter-example to the claim, and hold the rule against the soft cost's gradient."""
        trials = [draw(rng) for _ in range(TRIALS)]
        refuted = [
            place for place, trial in enumerate(trials) if self.printed.function(*trial) != trial.mended
        ]
        met = sum(self.correct.function(*trial) == trial.mended for trial in trials)
        answers, rows = _rule_beside_sources(rng)
        rule = max(row.error for row in rows)
        verdict: Verdict = "wrong" if refuted or rule > agreement.TOLERANCE else "right"
        if refuted:
            words = (
                f"wrong: the claim fails for {len(refuted)} of {TRIALS} random mistakes; the first is "
                f"{_in_words(trials[refuted[0]])}."
            )
        else:
            words = f"{verdict}: the claim holds for all {TRIALS} random mistakes."
        lost = sum(not trial.mended for trial in trials)
        return Report(
            name=self.name(),
            title=self.title,
            situation=self.situation,
            printed=self.printed.lines,
            correct=self.correct.lines,
            verdict=verdict,
            sentences=(
                words,
                f"After the update {lost} of the {TRIALS} samples are still misclassified. The condition "
                f"2 eta x'x > |z| tells which, in {met} of {TRIALS} cases.",
                *_costs(rng, rule),
            ),
            measure="The rule's update over -2 eta, beside the gradient of the soft cost of one row: "
            f"relative error, the largest of {POINTS} mistakes",
            agreement=tuple(rows),
            refusals=answers.refusals,
            details=_shown(trials[refuted[0]]) if refuted else None,
        )


def _rule_beside_sources(rng: np.random.Generator) -> tuple[Answers, list[agreement.Agreement]]:
    points: list[Point] = []
    by_rule: list[Array] = []
    by_hand: list[Array] = []
    while len(points) < POINTS:
        w, x, eta = rng.normal(size=3), np.append(rng.normal(size=2), 1.0), rng.uniform(0.1, 1.0)
        if abs(w @ x) < 0.1:
            continue  # next to the kink of the soft cost
        y = -step(w @ x)
        points.append(Point(w, x[:2], np.array([float(y)])))
        by_rule.append((np.array(updated(w, x, y, eta)) - w) / (-2.0 * eta))
        by_hand.append(-y * x)
    answers = source_gradients(NETWORK, points)
    names: dict[str, list[Array]] = {"perceptron rule": by_rule, "-y x, by hand": by_hand}
    rows = agreement.agreements({**names, **answers.gradients}, "-y x, by hand", "perceptron rule")
    return answers, rows


def _costs(rng: np.random.Generator, rule: float) -> list[str]:
    apart, rows, epochs = epochs_apart(rng)
    same = "equals" if max(rule, apart) <= agreement.TOLERANCE else "is not"
    mistakes, hard = mistakes_and_hard_cost(rng)
    return [
        f"The rule {same} subgradient descent on the soft cost, row by row, with twice the step: after "
        f"{epochs} epochs over {rows} rows the two have weights that differ by {apart:.2g}.",
        f"The hard cost counts mistakes: {hard:g} for {mistakes} mistakes.",
    ]


def _written(numbers: Sequence[Fraction]) -> str:
    return f"({', '.join(f'{float(number):g}' for number in numbers)})"


def _in_words(trial: Trial) -> str:
    w, x = _written(trial.w), _written(trial.x)
    return f"w = {w}, x = {x}, y = {trial.y:+d}, eta = {float(trial.eta):g}"


def _shown(trial: Trial) -> Table:
    reach = 2 * trial.eta * dot(trial.x, trial.x)
    sign = ">" if reach > abs(trial.z) else "<" if reach < abs(trial.z) else "="
    rows = (
        ("w", _written(trial.w)),
        ("x", _written(trial.x)),
        ("y, eta", f"{trial.y:+d}, {float(trial.eta):g}"),
        ("z before", f"{float(trial.z):g}, so yhat = {step(trial.z):+d}"),
        ("w after", _written(updated(*trial))),
        ("z after", f"{float(trial.z_after):g}, so yhat = {step(trial.z_after):+d}"),
        ("2 eta x'x, |z|", f"{float(reach):g} {sign} {float(abs(trial.z)):g}"),
    )
    return Table("Counter-example, in exact arithmetic", ("", ""), rows)
