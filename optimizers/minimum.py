"""Minimise any function with any optimizer: the whole package in one call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizers.errors import InputError
from optimizers.function_objective import FunctionObjective
from optimizers.objective import Array, Objective
from optimizers.observer import Budget, Observer
from optimizers.optimizer import Optimizer, Outcome


@dataclass(frozen=True)
class Minimum:
    """The best point that a search was seen at, and how the search ended."""

    w: Array
    loss: float
    outcome: Outcome
    cost: float
    iterations: int


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
    if target is not None and (isinstance(target, bool) or not isinstance(target, int | float)):
        raise InputError(f"target is {target!r}, expected a number or None")
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise InputError(f"rng is {rng!r}, expected a generator such as numpy.random.default_rng(0)")
    objective = function if isinstance(function, Objective) else FunctionObjective(function, point.size)
    reason = optimizer.refusal(objective)
    if reason is not None:
        raise InputError(f"{optimizer.name()} cannot minimise this: {reason}")
    point = objective.checked(point)
    limits = budget if isinstance(budget, Budget) else Budget(cost=budget)
    observer = Observer(objective, optimizer.iteration_cost(objective), limits, target)
    generator = rng if rng is not None else np.random.default_rng(0)
    ended = optimizer.run(objective, point, generator, observer)
    outcome = observer.outcome or ended
    assert outcome is not None, "an optimizer stopped without a reason"
    return Minimum(observer.best_w, observer.best_loss, outcome, objective.cost, observer.iteration)
