"""Lets ``scipy.optimize.minimize`` search an objective, one iteration a call."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from optimizers.evaluations import Evaluations
from optimizers.objective import Array, Objective
from optimizers.optimizer import Observe, Optimizer, Outcome
from optimizers.options import options
from optimizers.watch import StoppedError

UNLIMITED = 2**31 - 1
"""Iterations and evaluations after which SciPy would end: never, for ``observe`` decides. L-BFGS-B counts in
32 bits."""


@options
class ScipyMethod(Optimizer):
    """A method of ``scipy.optimize.minimize``.

    One iteration is one call of the objective: a value (with its gradient, where the method takes one), or a
    product with the Hessian. The answer is the best point evaluated so far.
    """

    pays_for_loss: ClassVar[bool] = True
    method: ClassVar[str]
    """SciPy's name."""

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Return the options in SciPy's names."""

    def multiply_adds(self, n: int) -> float:
        """Return the multiply-adds of the method's own linear algebra for each gradient."""
        return 0.0

    def iteration_cost(self, objective: Objective) -> float:
        """Return the cost of the dearest call, with what linear algebra is charged beside it."""
        costs = [objective.gradient.cost if "gradient" in self.needs else 1.0]
        if "curvature" in self.needs:
            costs.append(objective.curvature.cost)
        own = objective.linear_algebra_cost(self.multiply_adds(objective.size))
        return max(costs) + own

    def run(
        self, objective: Objective, start: Array, rng: np.random.Generator, observe: Observe
    ) -> Outcome | None:
        """Let SciPy search until ``observe`` allows no more or SciPy is done. ``rng`` is not used."""
        # Imported here, so that importing this package stays cheap, and before the first look starts a clock.
        from scipy.optimize import minimize

        # What SciPy computes from numbers that are not finite is no news: the search ends, and says why.
        with suppress(StoppedError), np.errstate(all="ignore"):
            asked = Evaluations(objective, start, observe, self.multiply_adds(objective.size))
            with_gradient = "gradient" in self.needs
            point = start.copy()
            objective.refine(False)
            while True:
                found = minimize(
                    asked.value_and_gradient if with_gradient else _ordered(asked),
                    point,
                    jac=with_gradient or None,
                    hessp=asked.hessian_product if "curvature" in self.needs else None,
                    method=self.method,
                    options=dict(self.settings()),
                )
                if not objective.refine(True):
                    break
                point = asked.best_w.copy()
            asked.finish()
            message = str(found.message).strip().rstrip(".")
            return Outcome(
                "stalled", f"SciPy's {self.method} ended by itself, loss {asked.best_loss:.6g}: {message}"
            )
        return None


def _ordered(asked: Evaluations) -> Any:
    """Return the value with infinity in place of NaN, which a comparison of values puts last."""

    def value(w: ArrayLike) -> float:
        loss = asked.value(w)
        return math.inf if math.isnan(loss) else loss

    return value
