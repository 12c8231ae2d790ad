"""Worked example: the direction in which a function changes fastest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from harness.coursework import agreement
from harness.coursework.example import Example, Formula
from harness.coursework.points import away_from_target
from harness.coursework.report import Report, Table, Verdict
from harness.coursework.sources import source_gradients
from harness.network.network import Network
from optimizers.objective import Array

POINTS = 3
DIRECTIONS = 100
NETWORK = Network(sizes=(2, 3, 1), activation=("tanh",), loss="half-squared")
_MATRIX = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]])

FUNCTIONS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "quadratic form": (3, lambda w: w @ (_MATRIX @ w)),
    "Rosenbrock": (4, lambda w: np.sum(100.0 * (w[1:] - w[:-1] ** 2) ** 2 + (1.0 - w[:-1]) ** 2)),
    "log-sum-exp": (5, lambda w: np.log(np.sum(np.exp(w)))),
    "waves": (6, lambda w: np.sum(np.sin(w)) + w[0] * w[1]),
}


class Steepest(NamedTuple):
    """The unit vector along which a function rises fastest, and the rate there."""

    direction: Array
    rate: float


def along_the_gradient(gradient: Array) -> Steepest:
    """Return ``grad f / |grad f|``, and ``|grad f|``."""
    norm = float(np.linalg.norm(gradient))
    return Steepest(gradient / norm, norm)


class _Look(NamedTuple):
    """What was seen of one function, in parts of the norm of its gradient."""

    name: str
    rate: float
    promised: float
    others: float
    steeper: int
    apart: float


_LINES = (
    "D_v f = v . grad f",
    "largest over |v| = 1 at v = grad f / |grad f|, where D_v f = |grad f|",
)
_FORMULA = Formula(_LINES, along_the_gradient)


@dataclass(frozen=True)
class SteepestDescent(Example):
    """The direction in which a function rises fastest, and so falls fastest the other way.

    D_v f is the rate of change of f along a unit vector v. Forward mode of automatic differentiation gives
    it without any gradient, so it can judge what is said of the gradient.
    """

    printed: Formula = _FORMULA
    correct: Formula = _FORMULA

    def report(self, rng: np.random.Generator) -> Report:
        """Look along the printed direction and many others, on several functions."""
        looks = [self._look(name, *entry, rng) for name, entry in FUNCTIONS.items()]
        tried = len(looks) * POINTS * 2 * DIRECTIONS
        steeper = sum(look.steeper for look in looks)
        off = max(abs(look.rate - look.promised) for look in looks)
        dots = max(look.apart for look in looks)
        verdict: Verdict = "wrong" if steeper or max(off, dots) > agreement.TOLERANCE else "right"
        where = f"{len(looks)} functions, {POINTS} points each"
        if verdict == "right":
            first = (
                f"right: along the printed direction the rate is the printed one, to {agreement.digits(off)} "
                f"digits, and none of {tried} other unit vectors is steeper ({where})."
            )
        elif steeper:
            ahead = max(look.others - look.rate for look in looks)
            first = (
                f"wrong: {steeper} of {tried} other unit vectors are steeper than the printed one, by up to "
                f"{ahead:.1%} of |grad f| ({where})."
            )
        else:
            first = f"wrong: the rate there is another one, off by up to {off:.1%} of |grad f| ({where})."
        rows, refusals = self._network(rng)
        return Report(
            name=self.name(),
            title=self.title,
            situation=self.situation,
            printed=self.printed.lines,
            correct=self.correct.lines,
            verdict=verdict,
            sentences=(
                first,
                f"v . grad f is the rate along v for all of them, to {agreement.digits(dots)} digits.",
            ),
            measure=f"v . grad f along {2 * DIRECTIONS} unit vectors, for the loss of a 2-3-1 network: "
            f"relative error to forward mode, the largest of {POINTS} points",
            agreement=tuple(rows),
            refusals=refusals,
            details=_looks_table(looks),
        )

    def _look(self, name: str, size: int, function: Callable[[Any], Any], rng: np.random.Generator) -> _Look:
        from harness.autodiff import directional_derivative, gradient

        slope, rate = gradient(function), directional_derivative(function)
        seen = []
        for _ in range(POINTS):
            w = rng.normal(size=size)
            g = np.array(slope(w))
            norm = float(np.linalg.norm(g))
            claimed = self.printed.function(g)
            directions = unit_vectors(g, rng)
            rates = np.array([float(rate(w, v)) for v in directions])
            along = float(rate(w, claimed.direction))
            steeper = int(np.count_nonzero(rates > along + agreement.TOLERANCE * norm))
            apart = agreement.relative_error(directions @ g, rates)
            seen.append((along / norm, claimed.rate / norm, rates.max() / norm, steeper, apart))
        worst = max(range(POINTS), key=lambda place: abs(seen[place][0] - seen[place][1]))
        return _Look(
            name,
            *seen[worst][:2],
            max(look[2] for look in seen),
            sum(look[3] for look in seen),
            max(look[4] for look in seen),
        )

    def _network(self, rng: np.random.Generator) -> tuple[list[agreement.Agreement], dict[str, str]]:
        from harness.autodiff import directional_derivative
        from harness.network.plain_loss import summed_loss

        points = [away_from_target(NETWORK, rng) for _ in range(POINTS)]
        answers = source_gradients(NETWORK, points)
        directions = [unit_vectors(rng.normal(size=NETWORK.size), rng) for _ in points]
        # One function of all points, so that it is traced once.
        rate = directional_derivative(summed_loss(NETWORK))
        forward = [
            np.array([float(rate(point.w, v, point.x[:, None], point.y[:, None])) for v in several])
            for point, several in zip(points, directions, strict=True)
        ]
        by_source = {
            name: [several @ found for several, found in zip(directions, gradients, strict=True)]
            for name, gradients in answers.gradients.items()
        }
        rows = agreement.agreements({"forward mode": forward, **by_source}, "forward mode")
        return rows, answers.refusals


def unit_vectors(near: Array, rng: np.random.Generator) -> Array:
    """Draw unit vectors, half of them anywhere, half of them around a given direction."""
    anywhere = rng.normal(size=(DIRECTIONS, near.size))
    spread = 10.0 ** rng.uniform(-3.0, 0.0, (DIRECTIONS, 1))
    around = near / np.linalg.norm(near) + spread * rng.normal(size=(DIRECTIONS, near.size))
    drawn = np.concatenate([anywhere, around])
    return np.array(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def _looks_table(looks: list[_Look]) -> Table:
    rows = tuple(
        (look.name, f"{look.promised:.10f}", f"{look.rate:.10f}", f"{look.others:.10f}", str(look.steeper))
        for look in looks
    )
    columns = ("", "printed rate", "rate there", "best of others", "steeper")
    return Table("Rates in parts of |grad f|", columns, rows)
