"""Levenberg-Marquardt where all parameters are alike in size: damping by a multiple of the identity."""

from __future__ import annotations

import math

import numpy as np

from optimizers.objective import Array, Objective
from optimizers.second_order.normal_equations import NormalEquations

EPSILON = float(np.finfo(np.float64).eps)


def products_of_normal_equations(n: int, residuals: int) -> float:
    """Return the multiply-adds of one triangle of J'J and of J'r.

    >>> products_of_normal_equations(2, 10)
    40.0
    """
    return residuals * (n * n / 2.0 + n)


class DampedSearch:
    """Solve ``(J'J + damping I) h = -J'r``, with the damping of Nielsen (1999).

    With k the part of the promised decrease that a step kept, the damping is multiplied by
    ``max(1/3, 1 - (2k - 1)^3)``; where the loss did not fall, by 2, the next time by 4, 8, ... .

    Arguments:
        objective: one with residuals.
        w: the start.
        initial_damping: damping of the first step, as part of the largest entry on the diagonal of J'J.
    """

    def __init__(self, objective: Objective, w: Array, initial_damping: float) -> None:
        self.w, self.loss = w, math.nan
        self._objective = objective
        self._equations: NormalEquations | None = None
        self._damping, self._factor = initial_damping, 2.0
        self._begun = False

    def linearise(self) -> None:
        """Ask for the Jacobian where it is not known yet."""
        if self._equations is not None:
            return
        objective = self._objective
        self._equations = NormalEquations(objective, self.w)
        objective.charge(products_of_normal_equations(objective.size, objective.residuals.count))
        if not self._begun:
            self._begun = True
            self.loss = self._equations.loss
            self._damping *= self._equations.largest

    def try_step(self) -> str:
        """Try one step, and take it where it lowers the loss; return the reason where none is left."""
        equations = self._equations
        assert equations is not None, "linearise() comes first"
        if not math.isfinite(equations.largest) or not np.isfinite(equations.gradient).all():
            return "the Jacobian is not finite"
        if not equations.largest > 0.0 or not equations.gradient.any():
            return "the gradient is zero"
        self._objective.charge(self._objective.size**3 / 6)
        step = equations.step(self._damping)
        while step is None:
            self._tighten(equations)
            step = equations.step(self._damping)
        # NumPy's number: a decrease where none was promised is infinitely many times as much, and no error.
        promised = step @ (self._damping * step - equations.gradient)
        moved = self.w + step
        loss = self._objective.value(moved)
        if loss < self.loss:
            kept = min(1.0, float((self.loss - loss) / promised))
            self._damping *= max(1.0 / 3.0, 1.0 - (2.0 * kept - 1.0) ** 3)
            self._factor = 2.0
            self.w, self.loss = moved, loss
            self._equations = None
            return ""
        self._tighten(equations)
        length = float(np.linalg.norm(step))
        if not promised > EPSILON * self.loss or not length > EPSILON * float(np.linalg.norm(self.w)):
            return "no step lowers the loss any more"
        return ""

    def _tighten(self, equations: NormalEquations) -> None:
        # The least that makes a difference, should the damping have fallen below.
        self._damping = max(self._damping * self._factor, EPSILON * equations.largest)
        self._factor *= 2.0
