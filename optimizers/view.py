"""What an optimizer is handed: every door of an objective that counts, watched over, and no other."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike

from optimizers.aim import Aim
from optimizers.capabilities.capability import Capability
from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.gradient import Gradient
from optimizers.capabilities.output_layer import OutputLayer
from optimizers.capabilities.residuals import Residuals
from optimizers.capabilities.single_layer import SingleLayer
from optimizers.counts import VALUE_ROWS
from optimizers.errors import InputError
from optimizers.objective import Array, Measurable, Need, Objective, Rows
from optimizers.watch import Watch
from optimizers.watched import WatchedCurvature, WatchedOutputLayer, WatchedResiduals

EVERYTHING: frozenset[Need] = frozenset(get_args(Need))

Offered = TypeVar("Offered", bound=Capability)

UNNAMED = "it is not among the optimizer's needs: take it up into them"


class View(Objective):
    """Show an objective to a search: the contract, each call of which is checked, counted and noted.

    A call beyond the budget or a limit in seconds is refused by ``StoppedError``, and so is every call after
    it. The answer that reaches the target is given, and is the last: its slope is not worked out (NaN), and
    what would have been a gradient costs a value. The compiled functions count into the same counters; a loop
    that calls them ends by itself at ``target`` and when its allowance is used up. What an optimizer has not
    named among its needs is refused by ``InputError``, so that its ``refusal`` can be relied on.

    Arguments:
        objective: what is shown.
        watch: sees every evaluation.
        target: loss at which the run is solved, or None.
        needs: what the optimizer has named.

    Attributes:
        aim: what holds losses in single precision against the target.
    """

    def __init__(
        self,
        objective: Measurable,
        watch: Watch,
        target: float | None,
        needs: frozenset[Need] = EVERYTHING,
    ) -> None:
        self.size, self.rows = objective.size, objective.rows
        self.counters, self.counts = objective.counters, objective.counts
        self.compiled = objective.compiled
        if "gradient" not in needs and self.compiled is not None:
            self.compiled = self.compiled._replace(value_and_gradient=None)
        self.parameters_alike = objective.parameters_alike
        self.aim = Aim(objective, math.nan if target is None else target)
        self._shown = objective
        self._watch = watch
        self._needs = needs

    @property
    def target(self) -> float:  # type: ignore[override]
        """Loss at which the search has to end, as it is told losses; NaN where there is none."""
        return self.aim.told

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``, over all rows or over the given ones, and count it."""
        self._named("value", rows)
        point = self.checked(w)
        self._watch.before(self._part(rows) - self._shown.prepaid(point[np.newaxis]))
        loss = self._shown.value(point, rows)
        if self._part(rows) == 1.0:
            self._watch.found(point, self.aim.measured(point, loss))
        return loss

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the loss of each row of a population of shape (P, n), and count them."""
        self._named("population", rows)
        candidates = self.checked_population(population)
        self._watch.before(len(candidates) * self._part(rows) - self._shown.prepaid(candidates))
        losses = self._shown.values(candidates, rows)
        if self._part(rows) == 1.0 and losses.size:
            best = int(np.where(np.isnan(losses), np.inf, losses).argmin())
            found = self.aim.measured(candidates[best], float(losses[best]))
            self._watch.found(candidates[best], found)
        return losses

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the loss at ``w`` and its gradient of shape (n,), and count both."""
        self._named("gradient", rows)
        point, part = self.checked(w), self._part(rows)
        price = self.gradient.cost * part
        self._watch.before(price - self._shown.prepaid(point[np.newaxis]))
        if self._shown.slope_by_calls and part == 1.0 and not math.isnan(self.target):
            loss = self._shown.peek(point)
            if loss <= self.target:
                self._watch.found(point, loss)
                return loss, np.full(self.size, np.nan)
        before = self.counters.copy()
        loss, gradient = self._shown.value_and_gradient(point, rows)
        if part == 1.0:
            found = self.aim.measured(point, loss)
            if found <= self.aim.target:
                self.counters[:] = before
                self.counters[VALUE_ROWS] += self.rows
                gradient = np.full(self.size, np.nan)
            self._watch.found(point, found)
        return loss, gradient

    def row_order(self) -> np.random.Generator:
        """Return a fresh generator of row orders, the same whichever optimizer asks."""
        return self._shown.row_order()

    def draw_start(self, rng: np.random.Generator) -> Array:
        """Return another point to start from, shape (n,)."""
        return self._shown.draw_start(rng)

    @functools.cached_property
    def gradient(self) -> Gradient:  # type: ignore[override]
        """What ``value_and_gradient`` costs."""
        return self._offered("gradient", Gradient.refused)

    @functools.cached_property
    def curvature(self) -> Curvature:  # type: ignore[override]
        """Products with the Hessian, watched over."""
        offered = self._offered("curvature", Curvature.refused)
        return WatchedCurvature(offered, self._watch) if offered else offered

    @functools.cached_property
    def residuals(self) -> Residuals:  # type: ignore[override]
        """The parts of a sum of squares, watched over."""
        offered = self._offered("residuals", Residuals.refused)
        return WatchedResiduals(offered, self._watch, self._shown, self.target) if offered else offered

    @functools.cached_property
    def output_layer(self) -> OutputLayer:  # type: ignore[override]
        """Output weights that can be solved for, watched over."""
        offered = self._offered("output-layer", OutputLayer.refused)
        return WatchedOutputLayer(offered, self._watch, self._shown) if offered else offered

    @functools.cached_property
    def single_layer(self) -> SingleLayer:  # type: ignore[override]
        """The training rows of a single layer, which are gone through without the objective."""
        return self._offered("single-layer", SingleLayer.refused)

    def refine(self, fine: bool) -> bool:
        """Take slopes by more evaluations, or by fewer; return whether they will be others."""
        return self._shown.refine(fine)

    def linear_algebra_cost(self, multiply_adds: float, evaluations: float = 1.0) -> float:
        """Return what linear algebra costs in FPE, beyond what goes with its evaluations."""
        return self._shown.linear_algebra_cost(multiply_adds, evaluations)

    def charge(self, multiply_adds: float, evaluations: float = 1.0) -> None:
        """Count linear algebra of the optimizer's own; refuse what the budget does not pay for."""
        self._watch.before(self.linear_algebra_cost(multiply_adds, evaluations))
        self._shown.charge(multiply_adds, evaluations)

    @property
    def spent(self) -> tuple[float, int, int]:
        """Cost, value rows and gradient rows so far of what is shown."""
        return self._shown.spent

    def _offered(self, need: Need, refused: Callable[[str], Offered]) -> Offered:
        """Return a capability where the optimizer has named it, and a refusal where it has not."""
        if need not in self._needs:
            return refused(UNNAMED)
        shown: Offered = getattr(self._shown, need.replace("-", "_"))
        return shown

    def _named(self, need: Need, rows: Rows | None) -> None:
        """Refuse what the optimizer has not named."""
        if need not in self._needs:
            raise InputError(f"no '{need}': {UNNAMED}")
        if rows is not None and "rows" not in self._needs and len(rows):
            raise InputError(f"no 'rows': {UNNAMED}")

    def _part(self, rows: Rows | None) -> float:
        """Return the part of the rows that a call goes through."""
        return 1.0 if rows is None or len(rows) == 0 else len(rows) / self.rows
