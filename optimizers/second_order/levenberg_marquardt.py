"""The method of Levenberg and Marquardt for sums of squares."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from optimizers.objective import Array, Objective
from optimizers.optimizer import Need, Observe, Optimizer, Outcome
from optimizers.options import Positive, options
from optimizers.second_order.normal_equations import NormalEquations

MOST_PARAMETERS = 3000
"""Parameters up to which steps are solved for: J'J takes 72 MB then, twice, and a step 5e9 multiply-adds."""

EPSILON = float(np.finfo(np.float64).eps)


@options
class LevenbergMarquardt(Optimizer):
    """Solve the linearised least squares with a damping between Gauss-Newton and steepest descent.

    For a loss that is the sum of squares of residuals r(w) with Jacobian J, ``(J'J + damping I) h = -J'r``,
    and ``w := w + h`` where that lowers the loss. With k the part of the promised decrease that a step kept,
    the damping is then multiplied by ``max(1/3, 1 - (2k - 1)^3)``; where the loss did not fall, by 2, the
    next time by 4, 8, ... (Nielsen 1999). Little damping gives the steps of Gauss and Newton, which square a
    small error; much of it short steps against the gradient.

    One iteration is one step tried: a value, and before it the Jacobian where the last step was taken. The
    linear algebra is charged: n^2 / 2 multiply-adds of J'J for each residual, and n^3 / 6 for each step. The
    search ends by itself where no step lowers the loss any more.

    Attributes:
        initial_damping: damping of the first step, as part of the largest entry on the diagonal of J'J: 1e-6
            where the start is close to the minimum, up to 1 where nothing is known of it.

    >>> import harness, optimizers
    >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> sums = harness.Problem.from_arrays(X, [0.0, 1.0, 1.0, 2.0], loss="squared", test_fraction=0)
    >>> best = optimizers.minimize(sums.objective(), sums.start(), LevenbergMarquardt(), budget=200)
    >>> best.loss < 1e-20
    True
    """

    # What else was tried, from six starts each. Factors of 10 in place of Nielsen's rule: 300 steps end at
    # losses 30 times higher in the median of four networks. In place of I the diagonal of J'J (Marquardt), or
    # the largest that it has been (More 1978): xor is solved from one and from four starts in place of five;
    # y = x1 + x2 with six hidden units on three sets of rows comes to 1e-12 of its first loss in 200 to 900
    # steps as it is, in 240 to 1300 by More's, and in five of 18 runs never by the diagonal.
    initial_damping: Positive = 1e-3

    pays_for_loss: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"residuals"})
    source: ClassVar[str] = (
        "Levenberg (1944), A method for the solution of certain non-linear problems in least squares; "
        "Marquardt (1963); for networks Hagan, Menhaj (1994), IEEE Transactions on Neural Networks 5; "
        "damping by Nielsen (1999), Damping parameter in Marquardt's method"
    )

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of a Jacobian and a value, and of the linear algebra of a step."""
        n = objective.size
        products = objective.linear_algebra_cost(_products(n, objective.residual_count))
        return 1.0 + (objective.jacobian_cost or 0.0) + products + objective.linear_algebra_cost(n**3 / 6)

    def refusal(self, objective: Objective) -> str | None:
        """Refuse what is no sum of squares, and more parameters than J'J is made for."""
        reason = super().refusal(objective)
        if reason is None and objective.size > MOST_PARAMETERS:
            return (
                f"{objective.size:,} parameters are more than the {MOST_PARAMETERS:,} for which steps are "
                "solved for: take a smaller network, or lbfgs"
            )
        return reason

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Try steps until ``observe`` allows no more, or none is left. ``rng`` is not used."""
        # Imported here, so that importing this package stays cheap, and before the first look starts a clock.
        import scipy.linalg  # noqa: F401

        search = _Search(objective, start.copy(), self.initial_damping)
        allowance = observe(start.copy())
        while allowance:
            trail: list[float] = []
            reason = ""
            # Numbers beyond all measure end the search, which then says so.
            with np.errstate(all="ignore"):
                while len(trail) < allowance and not reason and not search.loss <= objective.target:
                    search.linearise()
                    trail.append(search.loss)
                    reason = search.try_step()
            allowance = observe(
                search.w.copy(), iterations=len(trail), losses=np.array(trail), loss=search.loss
            )
            if reason and allowance:
                return Outcome("stalled", f"{reason}, loss {search.loss:.6g}")
        return None


def _products(n: int, residuals: int) -> float:
    """Return the multiply-adds of one triangle of J'J and of J'r."""
    return residuals * (n * n / 2.0 + n)


class _Search:
    """The present point, and what is known of it."""

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
        objective.charge(_products(objective.size, objective.residual_count))
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
