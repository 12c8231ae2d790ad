"""Minimise any function with any optimizer: the whole package in one call."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InputError
from optimizers.function_objective import FunctionObjective
from optimizers.objective import Array, Measurable, Objective
from optimizers.observer import Budget
from optimizers.optimizer import Optimizer, Outcome
from optimizers.search import observed, search


@dataclass(frozen=True)
class Minimum:
    """The best point that a search was seen at, and how the search ended; SciPy's names work as well."""

    w: Array
    loss: float
    outcome: Outcome
    cost: float
    iterations: int

    @property
    def x(self) -> Array:
        """The best point."""
        return self.w

    @property
    def fun(self) -> float:
        """Its loss."""
        return self.loss

    @property
    def nfev(self) -> float:
        """The cost: of a function without derivatives of its own, the number of its calls."""
        return self.cost

    @property
    def success(self) -> bool:
        """Whether the search reached its target, or came to an end of its own."""
        return self.outcome.name in ("solved", "stalled")

    @property
    def message(self) -> str:
        """How the search ended, as a sentence."""
        return self.outcome.sentence


def minimize(
    function: Callable[[Array], float] | Objective,
    start: ArrayLike,
    optimizer: Optimizer,
    budget: Budget | float,
    *,
    target: float | None = None,
    rng: np.random.Generator | None = None,
) -> Minimum:
    """Minimise a function, or an objective, from a start.

    Arguments:
        function: any callable of a vector, or an objective. Gradients of a callable are taken by central
            differences and paid for; for your own, hand in a ``FunctionObjective``.
        start: parameters to start from, shape (n,).
        optimizer: the search method.
        budget: a ``Budget``, or a number: the most cost, in evaluations of the function.
        target: loss at which to stop, or None.
        rng: randomness of the search; a generator seeded with 0 where left out.

    Raises:
        InputError: if the optimizer cannot work on this function, with the reason.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float((w[0] - 3) ** 2), [0.0], optimizers.Momentum(), 2_000)
    >>> round(float(best.w[0]), 6), best.outcome.name
    (3.0, 'budget')
    """
    try:
        point = np.array(start, dtype=np.float64)
    except (TypeError, ValueError):
        point = np.empty((0, 0))
    if point.ndim != 1 or not np.isfinite(point).all():
        raise InputError(f"start is {start!r}, expected a flat vector of finite numbers")
    if not isinstance(optimizer, Optimizer):
        raise InputError(f"optimizer is {optimizer!r}, expected an optimizer such as optimizers.Adam()")
    if target is not None and not _is_number(target):
        raise InputError(f"target is {target!r}, expected a finite number or None")
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise InputError(f"rng is {rng!r}, expected a generator such as numpy.random.default_rng(0)")
    if not isinstance(budget, Budget) and not _is_number(budget):
        raise InputError(f"budget is {budget!r}, expected a number of evaluations or a Budget")
    if isinstance(function, Objective) and not isinstance(function, Measurable):
        raise InputError("the objective cannot be measured: make it a subclass of optimizers.Measurable")
    objective = function if isinstance(function, Measurable) else FunctionObjective(function, point.size)
    reason = optimizer.refusal(objective)
    if reason is not None:
        raise InputError(f"{optimizer.name()} cannot minimise this: {reason}")
    point = objective.checked(point)
    limits = budget if isinstance(budget, Budget) else Budget(cost=_plain(budget))
    observer = observed(optimizer, objective, point, limits, None if target is None else float(target))
    generator = rng if rng is not None else np.random.default_rng(0)
    outcome = search(optimizer, point, generator, observer, contain=False)
    return Minimum(observer.best_w, observer.best_loss, outcome, observer.cost, observer.iteration)


def _is_number(given: object) -> bool:
    number = isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)
    return number and math.isfinite(given)  # type: ignore[arg-type]


def _plain(number: float) -> float:
    """Return a number of NumPy's as one of Python's."""
    return number.item() if isinstance(number, np.generic) else number
