"""The method of Levenberg and Marquardt for sums of squares."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from optimizers.objective import Array, Need, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import Positive, options
from optimizers.search_space import Logarithmic, SearchSpace
from optimizers.second_order.damped_search import DampedSearch, products_of_normal_equations
from optimizers.second_order.scaled_search import ScaledSearch

MOST_PARAMETERS = 3000
"""Parameters up to which steps are solved for: J'J takes 72 MB then, twice, and a step 5e9 multiply-adds."""

INITIAL_DAMPING = 1e-3


@options
class LevenbergMarquardt(Optimizer):
    """Solve the linearised least squares with a damping between Gauss-Newton and steepest descent.

    For a loss that is the sum of squares of residuals r(w) with Jacobian J, ``(J'J + damping D^2) h =
    -J'r``, and ``w := w + h`` where that lowers the loss. Little damping gives the steps of Gauss and
    Newton, which square a small error; much of it short steps against the gradient.

    The parameters of a plain function may differ in size by any factor. There D holds the largest length so
    far of each column of J, and the damping is the one whose step ends on a ball that follows how well the
    linear model foretells the loss (More 1978, as in MINPACK), with J in orthogonal factors. The parameters
    of a network are alike; there ``D = I``, J'J is added up block by block, and the damping follows the loss
    (Nielsen 1999).

    One iteration is one step tried: a value, and before it the Jacobian where the last step was taken. The
    linear algebra is charged where a pass has a number of multiply-adds, as with a network: n^2 / 2 of J'J
    for each residual, and n^3 / 6 for each step. The search ends by itself where no step lowers the loss any
    more.

    Attributes:
        initial_damping: damping of the first step of a network, as part of the largest entry on the diagonal
            of J'J: 1e-6 where the start is close to the minimum, up to 1 where nothing is known of it. A
            plain function begins with a ball as large as its start instead, and takes no other value than
            the default.

    >>> import harness, optimizers
    >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> sums = harness.Problem.from_arrays(X, [0.0, 1.0, 1.0, 2.0], loss="squared", test_fraction=0)
    >>> best = optimizers.minimize(sums.objective(), sums.start(), LevenbergMarquardt(), budget=5_000)
    >>> best.loss < 1e-20
    True
    """

    # What else was tried for networks, from six starts each. Factors of 10 in place of Nielsen's rule: 300
    # steps end at losses 30 times higher in the median of four networks. In place of I the diagonal of J'J
    # (Marquardt), or the largest that it has been (More): xor is solved from one and from four starts in
    # place of five; y = x1 + x2 with six hidden units on three sets of rows comes to 1e-12 of its first loss
    # in 200 to 900 steps as it is, in 240 to 1300 by More's, and in five of 18 runs never by the diagonal.
    # More's ball there takes more than 1000 steps in ten of twelve runs. On the 54 starts of NIST's 27
    # regressions it is the other way: More's ball finds all 54, Nielsen's rule with the same D 52.
    initial_damping: Positive = INITIAL_DAMPING

    search_space: ClassVar[SearchSpace] = {"initial_damping": Logarithmic(1e-8, 1.0)}
    pays_for_loss: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"value", "residuals"})
    source: ClassVar[str] = (
        "Levenberg (1944), A method for the solution of certain non-linear problems in least squares; "
        "Marquardt (1963); More (1978), The Levenberg-Marquardt algorithm: implementation and theory; for "
        "networks Hagan, Menhaj (1994), IEEE Transactions on Neural Networks 5; damping by Nielsen (1999), "
        "Damping parameter in Marquardt's method"
    )

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of a Jacobian and a value, and of the linear algebra of a step."""
        n = objective.size
        products = objective.linear_algebra_cost(products_of_normal_equations(n, objective.residuals.count))
        return 1.0 + objective.residuals.cost + products + objective.linear_algebra_cost(n**3 / 6)

    def refusal(self, objective: Objective) -> str | None:
        """Refuse what is no sum of squares, and more parameters than J'J is made for."""
        reason = super().refusal(objective)
        if reason is None and objective.size > MOST_PARAMETERS:
            return (
                f"{objective.size:,} parameters are more than the {MOST_PARAMETERS:,} for which steps are "
                "solved for: take a smaller network, or lbfgs"
            )
        if reason is None and not objective.parameters_alike and self.initial_damping != INITIAL_DAMPING:
            return (
                f"initial_damping is {self.initial_damping:g}, and the search of a plain function begins "
                "with a ball as large as its start: leave it out"
            )
        return reason

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Try steps until ``observe`` allows no more, or none is left. ``rng`` is not used."""
        # Imported here, so that importing this package stays cheap, and before the first look starts a clock.
        import scipy.linalg  # noqa: F401

        search: DampedSearch | ScaledSearch = ScaledSearch(objective, start.copy())
        if objective.parameters_alike:
            search = DampedSearch(objective, start.copy(), self.initial_damping)
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
