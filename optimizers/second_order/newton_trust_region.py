"""Newton's method in a trust region, by conjugate gradients on exact products with the Hessian."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, NamedTuple

import numpy as np

from optimizers.evaluations import Evaluations
from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import NonNegative, Positive, options
from optimizers.search_space import Logarithmic, SearchSpace
from optimizers.watch import StoppedError

ACCEPTED = 0.15
"""Part of the promised decrease from which a step is taken (eta of algorithm 4.1, which is below 1/4)."""

PRODUCTS_A_PARAMETER, MOST_PRODUCTS = 10, 1000
"""Products of one step, at the most. In exact arithmetic n of them lead to the minimum of the model; ended
there, three of six searches on 3-4-2 took 800 steps and more where they take 63 to 85 with ten times as many.
Each product leaves two vectors of n numbers behind, so there is a limit for large n as well."""

EPSILON = float(np.finfo(np.float64).eps)


class Piece(NamedTuple):
    """A stretch of the path of conjugate gradients: from ``z`` along ``direction``."""

    z: Array
    direction: Array
    model: np.float64
    """The model at ``z``, 0 at the origin."""
    slope: np.float64
    """Its derivative along the direction, at ``z``."""
    curvature: np.float64
    """Its second derivative along the direction."""


class Path:
    """The points that conjugate gradients go through on their way to the minimum of a quadratic model.

    The model is ``m(p) = g' p + p' H p / 2``. The path does not depend on the radius, which only cuts it off
    (Steihaug 1983). So after a step that failed, the next one in a smaller ball asks for no product again.

    Arguments:
        product: multiplies a vector by H.
        gradient: g.
    """

    def __init__(self, product: Callable[[Array], Array], gradient: Array) -> None:
        norm = float(np.linalg.norm(gradient))
        self._product = product
        self._enough = min(0.5, math.sqrt(norm)) * norm
        self._pieces: list[Piece] = []
        self._z, self._model = np.zeros(gradient.size), np.float64(0.0)
        self._residual, self._direction = gradient, -gradient
        self._ended = False

    def within(self, radius: float) -> tuple[Array, float]:
        """Return the step where the path leaves a ball, or ends in it, and the decrease that it promises."""
        number = 0
        while number < len(self._pieces) or not self._ended:
            if number == len(self._pieces):
                self._extend()
            piece = self._pieces[number]
            length = -piece.slope / piece.curvature if piece.curvature > 0.0 else math.inf
            leaving = _distance(piece, radius)
            if not length < leaving:
                change = leaving * (piece.slope + 0.5 * leaving * piece.curvature)
                return piece.z + leaving * piece.direction, -(piece.model + change)
            number += 1
        return self._z, -self._model

    def _extend(self) -> None:
        """Ask for one more product, and go on to where the model is least along the present direction."""
        turned = self._product(self._direction)
        square, curvature = _dot(self._residual, self._residual), _dot(self._direction, turned)
        self._pieces.append(Piece(self._z, self._direction, self._model, -square, curvature))
        if not curvature > 0.0:
            # Down for ever: no ball is so large that the path would end in it.
            self._ended = True
            return
        length = square / curvature
        self._z = self._z + length * self._direction
        self._model -= 0.5 * length * square
        self._residual = self._residual + length * turned
        left = _dot(self._residual, self._residual)
        self._direction = left / square * self._direction - self._residual
        most = min(PRODUCTS_A_PARAMETER * self._z.size, MOST_PRODUCTS)
        self._ended = math.sqrt(left) < self._enough or len(self._pieces) == most


def _distance(piece: Piece, radius: float) -> np.float64:
    """Return how many times its direction it is from the beginning of a piece to the surface of a ball."""
    along, square = _dot(piece.z, piece.direction), _dot(piece.direction, piece.direction)
    inside = radius * radius - _dot(piece.z, piece.z)
    return (math.sqrt(max(0.0, along * along + square * inside)) - along) / square


def _dot(a: Array, b: Array) -> np.float64:
    # NumPy's number, which overflows to infinity where Python's would be an error.
    return np.float64(a @ b)


@options
class NewtonTrustRegion(Optimizer):
    """Minimise the quadratic model in a ball whose radius follows how well the model foretells the loss.

    ``m(p) = g' p + p' H p / 2`` with the exact Hessian H is lowered by conjugate gradients from p = 0 up to
    ``|g + H p| < min(1/2, |g|^(1/2)) |g|``, to the surface of the ball, or along a direction of negative
    curvature (algorithm 7.2). With r the decrease of the loss over that of m, the radius becomes ``|p| / 4``
    where r < 1/4, and doubles where r > 3/4 and p reached the surface; the step is taken where r > 0.15
    (algorithm 4.1). H is never formed. A step that is not taken costs one gradient and no product.

    One iteration is one gradient or one product with the Hessian. The answer is the best point so far. The
    search ends by itself where the gradient vanishes, or the step and what it promises are lost in rounding.

    Attributes:
        initial_radius: radius of the first ball, in the units of the parameters.
        largest_radius: the most that it grows to.
        gradient_tolerance: the search ends where the gradient is no longer than this.

    >>> import harness, optimizers
    >>> valley = harness.problems.load("rosenbrock")
    >>> best = optimizers.minimize(valley.objective(), valley.start(), NewtonTrustRegion(), budget=2000)
    >>> best.loss < 1e-15, best.outcome.name
    (True, 'stalled')
    """

    initial_radius: Positive = 1.0
    largest_radius: Positive = 1000.0
    gradient_tolerance: NonNegative = 1e-8

    search_space: ClassVar[SearchSpace] = {"initial_radius": Logarithmic(0.01, 100.0)}
    pays_for_loss: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "curvature"})
    source: ClassVar[str] = (
        "Steihaug (1983), The conjugate gradient method and trust regions in large scale optimization, SIAM "
        "Journal on Numerical Analysis 20; Nocedal, Wright (2006), Numerical Optimization, 2nd ed., "
        "algorithms 4.1 and 7.2"
    )

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of a gradient or of a product with the Hessian, whichever is dearer."""
        return max(objective.gradient.cost, objective.curvature.cost)

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Step until ``observe`` allows no more, or no step is left. ``rng`` is not used."""
        # A model of numbers beyond all measure ends the search, which then says so.
        with suppress(StoppedError), np.errstate(all="ignore"):
            asked = Evaluations(objective, start, observe)
            sentence = self._search(asked, start.copy())
            asked.finish()
            return Outcome("stalled", f"{sentence}, loss {asked.best_loss:.6g}")
        return None

    def _search(self, asked: Evaluations, w: Array) -> str:
        """Step until there is a reason to end, and return it."""
        loss, gradient = asked.value_and_gradient(w)
        radius = min(self.initial_radius, self.largest_radius)
        path = self._path(asked, w, gradient)
        while True:
            norm = float(np.linalg.norm(gradient))
            if not math.isfinite(norm):
                return "the gradient is not finite"
            if norm <= self.gradient_tolerance:
                return f"the gradient has vanished to {norm:.3g}"
            step, promised = path.within(radius)
            length = float(np.linalg.norm(step))
            if not promised > EPSILON * abs(loss) or not length > EPSILON * float(np.linalg.norm(w)):
                return "what another step promises is lost in rounding"
            moved = w + step
            moved_loss, moved_gradient = asked.value_and_gradient(moved)
            kept = (loss - moved_loss) / promised
            # From the step, not from the radius: a step inside the ball would be tried again as it is.
            if not kept >= 0.25:
                radius = 0.25 * length
            elif kept > 0.75 and length > 0.999 * radius:
                radius = min(2.0 * radius, self.largest_radius)
            if kept > ACCEPTED:
                w, loss, gradient = moved, moved_loss, moved_gradient
                path = self._path(asked, w, gradient)

    @staticmethod
    def _path(asked: Evaluations, w: Array, gradient: Array) -> Path:
        return Path(lambda v: asked.hessian_product(w, v), gradient)
