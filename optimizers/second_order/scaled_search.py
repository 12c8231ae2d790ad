"""Levenberg-Marquardt where each parameter has a size of its own: the scaled trust region of More."""

from __future__ import annotations

import math

import numpy as np

from optimizers.objective import Array, Objective
from optimizers.second_order.orthogonal_equations import EPSILON, OrthogonalEquations

PROMISE_LEFT = 1e-6
"""Part of the loss that the linear model may promise at a minimum: what rounding and differences put
there."""

LEAST_KEPT = 1e-4
"""Part of the promised decrease from which a step is taken (More 1978). On MGH10 of NIST from its first
start, any decrease leads far along a valley in which 2000 steps do not come back."""


class ScaledSearch:
    """Step to the least of the linear model in a ball that is measured in sizes of the parameters.

    ``|D h| <= radius`` with D the length of each column of the Jacobian, the largest that it has been (More
    1978, The Levenberg-Marquardt algorithm: implementation and theory), which makes the search the same in
    whatever units the parameters are. The first radius is the length of the start: with
    MINPACK's own, 100 times that, BoxBOD of NIST is not found from its first start. With k the part of the
    promised decrease that a step kept, the radius becomes twice the step where k >= 3/4, and a half to a
    tenth where k <= 1/4. A step is taken where k >= 1e-4.

    Arguments:
        objective: one with residuals.
        w: the start.
    """

    def __init__(self, objective: Objective, w: Array) -> None:
        self.w, self.loss = w, math.nan
        self._objective = objective
        self._equations: OrthogonalEquations | None = None
        self._damping = 0.0
        self._sizes = np.zeros(w.size)
        self._radius = math.nan
        self._begun = self._tried = False

    def linearise(self) -> None:
        """Ask for the Jacobian where it is not known yet."""
        if self._equations is not None:
            return
        equations = self._equations = OrthogonalEquations(self._objective, self.w)
        if not self._begun:
            self._begun = True
            self.loss = equations.loss
        if equations.finite:
            self._measure(np.maximum(self._sizes, equations.norms))

    def _measure(self, sizes: Array) -> None:
        assert self._equations is not None, "linearise() comes first"
        self._sizes = sizes
        self._equations.scale(self._units())
        if math.isnan(self._radius):
            self._radius = float(np.linalg.norm(self._units() * self.w)) or 1.0

    def _units(self) -> Array:
        return np.where(self._sizes > 0.0, self._sizes, 1.0)

    def try_step(self) -> str:
        """Try one step, and take it where it lowers the loss; return the reason where none is left."""
        equations = self._equations
        assert equations is not None, "linearise() comes first"
        if not equations.finite:
            return "the Jacobian is not finite"
        if not equations.gradient.any():
            return "the gradient is zero"
        damping = equations.damping_for(self._radius, self._damping)
        step, promised = equations.step(damping), equations.promised(damping)
        length = float(np.linalg.norm(step))
        if not self._tried:
            # The first ball may be far larger than the step that it allows.
            self._tried, self._radius = True, min(self._radius, length)
        moved = self.w + step / self._units()
        loss = self._objective.value(moved)
        self._resize(damping, length, promised, loss)
        if self.loss - loss >= LEAST_KEPT * promised and loss < self.loss:
            self.w, self.loss = moved, loss
            self._equations = None
            return ""
        whole = float(np.linalg.norm(self._units() * self.w))
        if promised > EPSILON * self.loss and self._radius > EPSILON * whole:
            return ""
        return self._end(equations)

    def _resize(self, damping: float, length: float, promised: float, loss: float) -> None:
        kept = (self.loss - loss) / promised if promised > 0.0 and math.isfinite(loss) else -math.inf
        if kept > 0.25:
            self._damping = damping
            if damping == 0.0 or kept >= 0.75:
                self._radius, self._damping = 2.0 * length, 0.5 * damping
            return
        part = 0.1
        if kept >= 0.0:
            part = 0.5
        elif math.isfinite(kept) and math.sqrt(loss) < 10.0 * math.sqrt(self.loss):
            # The least of the parabola through both losses and the slope (More 1978, section 4).
            slope = damping * length**2 - promised
            part = min(max(0.5 * slope / (slope + 0.5 * (self.loss - loss)), 0.1), 0.5)
        self._radius, self._damping = part * min(self._radius, 10.0 * length), damping / part

    def _end(self, equations: OrthogonalEquations) -> str:
        if not equations.promise > PROMISE_LEFT * self.loss:
            return "no step lowers the loss any more"
        if not np.array_equal(self._sizes, equations.norms):
            # Slopes from long ago may hide how far a parameter has to go.
            self._radius = math.nan
            self._measure(equations.norms)
            return ""
        return (
            "no step lowers the loss any more, though the Jacobian promises that one does: the Jacobian is "
            "wrong or inaccurate, or the residuals are not smooth here"
        )
