"""Minimise any function with any optimizer: the whole package in one call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from optimizers.arrays import real_array
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.function_objective import FunctionObjective
from optimizers.linear_algebra_threads import one_thread
from optimizers.look import Look
from optimizers.objective import Array, Measurable, Objective
from optimizers.optimizer import Optimizer, Outcome
from optimizers.printable import shown
from optimizers.registry import as_optimizer
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
    optimizer: Optimizer | str | Mapping[str, Any],
    budget: Budget | float,
    *,
    target: float | None = None,
    rng: np.random.Generator | None = None,
    difference: str | None = None,
) -> Minimum:
    """Minimise a function, or an objective, from a start.

    Arguments:
        function: any callable of a vector, or an objective. Gradients of a callable are taken by
            differences and paid for; for your own, hand in a ``FunctionObjective``.
        start: parameters to start from, shape (n,).
        optimizer: the search method, or its name with options such as ``"adam:learning_rate=0.1"``.
        budget: a ``Budget``, or a number: the most cost, in evaluations of the function.
        target: loss at which to stop, or None.
        rng: randomness of the search; a generator seeded with 0 where left out.
        difference: how gradients of a callable are taken: "adaptive-difference" (what None means: n + 1
            evaluations far from a minimum, up to 2n + 1 near to it), "central-difference" (2n + 1) or
            "forward-difference" (n + 1, half the digits).

    Raises:
        InputError: if the optimizer cannot work on this function, with the reason.

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float((w[0] - 3) ** 2), [0.0], optimizers.Momentum(), 2_000)
    >>> round(float(best.w[0]), 6), best.outcome.name
    (3.0, 'budget')
    """
    return watched(function, start, optimizer, budget, target, rng, difference)


def watched(
    function: Callable[[Array], float] | Objective,
    start: ArrayLike,
    optimizer: Optimizer | str | Mapping[str, Any],
    budget: Budget | float,
    target: float | None,
    rng: np.random.Generator | None,
    difference: str | None,
    keep: Callable[[Look], None] | None = None,
) -> Minimum:
    """Minimise as ``minimize`` does, and have each iteration seen.

    Arguments:
        function: as the other arguments but the last, see ``minimize``.
        start: see ``minimize``.
        optimizer: see ``minimize``.
        budget: see ``minimize``.
        target: see ``minimize``.
        rng: see ``minimize``.
        difference: see ``minimize``.
        keep: called with a look at the start, and at each iteration; it may raise ``StoppedError``.
    """
    point = real_array("start", start)
    if point.ndim != 1 or not np.isfinite(point).all():
        raise InputError(f"start is {shown(start)}, expected a flat vector of finite numbers")
    optimizer = as_optimizer(optimizer)
    if target is not None and not _is_number(target):
        raise InputError(f"target is {shown(target)}, expected a finite number or None")
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise InputError(f"rng is {shown(rng)}, expected a generator such as numpy.random.default_rng(0)")
    if not isinstance(budget, Budget) and not _is_number(budget):
        raise InputError(f"budget is {shown(budget)}, expected a number of evaluations or a Budget")
    objective = _objective(function, point.size, difference)
    reason = optimizer.refusal(objective)
    if reason is not None:
        raise InputError(f"{optimizer.name()} cannot minimise this: {reason}")
    point = objective.checked(point)
    limits = budget if isinstance(budget, Budget) else Budget(cost=_plain(budget))
    loss = None if target is None else float(target)
    observer = observed(optimizer, objective, point, limits, loss, keep, each=keep is not None)
    generator = rng if rng is not None else np.random.default_rng(0)
    # As in a sweep, so that both come to the same bits. It takes 30 to 60 us.
    with one_thread():
        outcome = search(optimizer, point, generator, observer, contain=False)
    return Minimum(observer.best.w, observer.best.loss, outcome, observer.meter.cost, observer.iteration)


def _objective(function: Callable[[Array], float] | Objective, n: int, difference: str | None) -> Measurable:
    """Return an objective as it is, and make one of a plain function."""
    if not isinstance(function, Objective):
        scheme = "adaptive-difference" if difference is None else difference
        return FunctionObjective(function, n, difference=scheme)
    if difference is not None:
        raise InputError(
            f"difference is {shown(difference)}, but the objective brings its own gradient: "
            "leave it out here, and hand it in where the objective is made"
        )
    if not isinstance(function, Measurable):
        raise InputError("the objective cannot be measured: make it a subclass of optimizers.Measurable")
    return function


def _is_number(given: object) -> bool:
    number = isinstance(given, int | float | np.integer | np.floating)
    # NumPy takes a length of time for a whole number; ten to the 400 is beyond a float.
    number = number and not isinstance(given, bool | np.timedelta64)
    try:
        return number and math.isfinite(given)  # type: ignore[arg-type]
    except OverflowError:
        return False


def _plain(number: float) -> float:
    """Return a number of NumPy's as one of Python's."""
    return number.item() if isinstance(number, np.generic) else number
