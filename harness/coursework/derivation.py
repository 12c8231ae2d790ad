"""Examples that derive the gradient of a network by hand: how their verdict is computed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from harness.coursework import agreement, figures, first_difference, sources
from harness.coursework.example import Example
from harness.coursework.figures import Figure, Keep
from harness.coursework.first_difference import Departure, flat
from harness.coursework.points import steep
from harness.coursework.report import Report, Table, Verdict
from harness.coursework.sources import Point
from harness.network.layout import Layer
from harness.network.network import Network
from optimizers.objective import Array

PRINTED, CORRECT = "printed formula", "correct formula"
DRAWS = 5

Gradient = Callable[..., list[Layer]]
"""From the layers' parameters, a row of inputs and its targets to the derivatives, layer by layer.

Where figures are printed it also takes what keeps the values on the way, ``exactly`` where left out.
"""


class Suspect(NamedTuple):
    """A mistake that may have been made: in words, and the gradient that it alone would give."""

    words: str
    function: Gradient


class Finding(NamedTuple):
    """What a verdict rests on: the points, the printed gradients there, and the right ones."""

    points: list[Point]
    printed: list[Array]
    right: list[Array]
    departures: list[Departure]


@dataclass(frozen=True)
class Derivation(Example):
    """A gradient by hand, of a network with one row of data.

    The printed gradient, the correct one and those of all gradient sources are compared at the printed
    points and at some that are drawn. What is right is the median of the sources; the correct formula has to
    agree with it like any other.

    Attributes:
        printed_figures: figures as printed, by their names, or none.
    """

    printed_figures: tuple[tuple[str, str], ...] = ()

    network: ClassVar[Network]
    suspects: ClassVar[tuple[Suspect, ...]] = ()
    printed_points: ClassVar[tuple[Point, ...]] = ()

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Point:
        """Draw a point that is not next to a kink."""

    def values(self, formula: Gradient, keep: Keep) -> Mapping[str, float]:
        """Return the figures by name, with values on the way kept as ``keep`` has it."""
        return {}

    def causes(self, finding: Finding) -> list[str]:
        """Return what else was found that makes the printed formula wrong, in words."""
        return []

    def remarks(self, finding: Finding) -> list[str]:
        """Return sentences on what else was computed."""
        return []

    def gradient(self, formula: Gradient, point: Point) -> Array:
        """Return the gradient that a formula gives at a point, shape (n,)."""
        return flat(formula(self.network.layers(point.w), point.x, point.y))

    def report(self, rng: np.random.Generator) -> Report:
        """Compare the printed formula with the correct one and with every gradient source."""
        drawn = [steep(self.network, self.draw, rng) for _ in range(DRAWS)]
        points = [*self.printed_points, *drawn]
        answers = sources.source_gradients(self.network, points)
        right = sources.consensus(answers)
        printed = [self.gradient(self.printed.function, point) for point in points]
        correct = [self.gradient(self.correct.function, point) for point in points]
        rows = agreement.agreements(
            {PRINTED: printed, CORRECT: correct, **answers.gradients}, correct=CORRECT, partial=PRINTED
        )
        found = first_difference.departures(self.network, points, printed, right)
        finding = Finding(points, printed, right, found)
        held = self._figures()
        verdict, sentences = self._verdict(finding, held)
        apart = max(map(agreement.relative_error, correct, right))
        if apart > agreement.TOLERANCE:
            sentences.append(
                f"The formula given as correct is not: the sources differ from it by {apart:.1e}."
            )
        return Report(
            name=self.name(),
            title=self.title,
            situation=self.situation,
            printed=self.printed.lines,
            correct=self.correct.lines,
            verdict=verdict,
            sentences=(*sentences, *self.remarks(finding)),
            measure=f"Relative error to the correct formula, the largest of {len(points)} points",
            agreement=tuple(rows),
            figures=held,
            refusals=answers.refusals,
            details=_parts_table(found) if verdict == "wrong" else None,
        )

    def _figures(self) -> tuple[Figure, ...]:
        exact = self.values(self.correct.function, figures.exactly)
        return figures.figures(dict(self.printed_figures), exact)

    def _verdict(self, finding: Finding, held: tuple[Figure, ...]) -> tuple[Verdict, list[str]]:
        if any(part.departs for part in finding.departures):
            return "wrong", self._wrong(finding)
        apart = max(
            agreement.relative_error(found, expected, ~np.isnan(found))
            for found, expected in zip(finding.printed, finding.right, strict=True)
        )
        known = f"right, to {agreement.digits(apart)} digits at {len(finding.points)} points"
        off = [figure for figure in held if not figure.holds]
        if not off:
            all_figures = f"; all {len(held)} printed figures are the exact ones, shortened" if held else ""
            return "right", [f"{known}{all_figures}."]
        decimals = figures.rounded_on_the_way(
            dict(self.printed_figures), lambda keep: self.values(self.printed.function, keep)
        )
        good = min(figure.digits for figure in off)
        if decimals is None:
            names = ", ".join(f"{figure.name} = {figure.printed}" for figure in off)
            return "wrong", [f"wrong in the figures: {names}; the formula is {known}."]
        return "rounded", [
            f"right, but rounded to {decimals} decimals before multiplying, which leaves {good} to "
            f"{max(figure.digits for figure in off)} digits in {len(off)} of {len(held)} figures.",
            f"With every value on the way rounded to {decimals} decimals the formula gives all {len(held)} "
            f"printed figures to their last digit; unrounded it is {known}.",
        ]

    def _wrong(self, finding: Finding) -> list[str]:
        first = next(part for part in finding.departures if part.departs)
        held = [part.part for part in finding.departures if not part.departs]
        causes = []
        factor = first.factor if first.factor not in (None, 0.0) else 1.0
        assert factor is not None
        if factor != 1.0:
            causes.append(
                "the sign is lost" if abs(factor + 1) < agreement.TOLERANCE else f"times {factor:.4g}"
            )
        causes += [*self._proved(finding, factor), *self.causes(finding)]
        if first.factor == 0.0:
            how = "is zero and the right one is not"
        elif first.factor is not None:
            how = f"is {first.factor:.4g} times the right one"
        else:
            how = f"is between {first.lowest:.2g} and {first.highest:.2g} times the right one"
        if not causes:
            causes.append(f"the derivative by the {first.part} {how}")
        return [
            f"wrong: {', and '.join(causes)}.",
            f"From the output back it first departs in the {first.part}, where the printed derivative {how}"
            + (f"; right are the {_joined(held)}." if held else "; no part is right."),
        ]

    def _proved(self, finding: Finding, factor: float) -> list[str]:
        """Return the words of the suspects that give the printed gradient, up to the factor found."""
        proved = []
        for suspect in self.suspects:
            pairs = [
                (printed, factor * self.gradient(suspect.function, point), ~np.isnan(printed))
                for printed, point in zip(finding.printed, finding.points, strict=True)
            ]
            apart = max(agreement.relative_error(*pair) for pair in pairs)
            if apart <= agreement.TOLERANCE:
                proved.append(
                    f"{suspect.words} (that gives what is printed, to {agreement.digits(apart)} digits)"
                )
        return proved


def raised(
    network: Network, points: Sequence[Point], gradients: Sequence[Array], learning_rate: float
) -> int:
    """Return at how many points a step against a gradient raises the loss instead of lowering it."""
    return sum(
        sources.plain_loss(network, point, point.w - learning_rate * np.nan_to_num(gradient))
        > sources.plain_loss(network, point, point.w)
        for point, gradient in zip(points, gradients, strict=True)
    )


def _joined(names: Sequence[str]) -> str:
    return " and the ".join(filter(None, [", the ".join(names[:-1]), names[-1]]))


def _parts_table(found: Sequence[Departure]) -> Table:
    rows = tuple((part.part, f"{part.error:.1e}" if part.error else "0", part.words) for part in found)
    title = "Part by part, from the output back"
    return Table(title, ("", "relative error", "printed / right"), rows)
