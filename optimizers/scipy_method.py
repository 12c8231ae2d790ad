"""Serves ``scipy.optimize.minimize``, which takes any optimizer as its method.

>>> import optimizers
>>> from scipy.optimize import minimize, rosen, rosen_der
>>> found = minimize(rosen, [1.3, 0.7, 0.8], jac=rosen_der, method=optimizers.LBFGS())
>>> found.x.round(4).tolist(), found.success, found.nfev == found.njev
([1.0, 1.0, 1.0], True, True)
"""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from optimizers.arguments import Seed, as_kind
from optimizers.budget import Budget
from optimizers.errors import InputError, unknown_name
from optimizers.function_objective import FunctionObjective
from optimizers.look import Look
from optimizers.minimum import watched
from optimizers.objective import Array
from optimizers.optimizer import Optimizer, OutcomeName
from optimizers.printable import shown
from optimizers.watch import StoppedError

BUDGET = 15_000
"""Cost of a search that is given no limit: as many evaluations as SciPy allows its L-BFGS-B."""

OPTIONS = ("budget", "maxiter", "target", "rng", "difference", "disp")

STATUS: Mapping[OutcomeName, int] = {
    "solved": 0,
    "stalled": 0,
    "budget": 1,
    "timeout": 1,
    "diverged": 2,
    "failed": 3,
}
STOPPED = 99
"""The status that SciPy gives where a callback has raised StopIteration."""


def minimize_for_scipy(
    optimizer: Optimizer,
    fun: Callable[..., Any],
    x0: ArrayLike,
    args: tuple[Any, ...] = (),
    jac: Callable[..., ArrayLike] | None = None,
    hess: Callable[..., Any] | None = None,
    hessp: Callable[..., ArrayLike] | None = None,
    bounds: Any = None,
    constraints: Any = (),
    callback: Callable[..., object] | None = None,
    *,
    budget: Budget | float | None = None,
    maxiter: int | None = None,
    target: float | None = None,
    rng: np.random.Generator | int | None = None,
    difference: str | None = None,
    disp: bool = False,
    **others: Any,
) -> Any:
    """Minimise a function as a method of ``scipy.optimize.minimize``; an optimizer that is called does this.

    The search is that of ``optimizers.minimize``, bit for bit. What SciPy cannot hand on to this optimizer is
    refused by its name; derivatives that it does not read are warned of, as SciPy's own methods do.

    Arguments:
        optimizer: the method.
        fun: ``fun(x, *args)``, one number.
        x0: where to start, shape (n,).
        args: further arguments of the function and its derivatives.
        jac: ``jac(x, *args)``, the gradient, shape (n,), or None for differences. SciPy makes it of ``True``.
        hess: ``hess(x, *args)``, the Hessian, of which only products are taken.
        hessp: ``hessp(x, p, *args)``, the Hessian times a vector; as in SciPy, ``hess`` goes before it.
        bounds: refused.
        constraints: refused, where there are any.
        callback: ``callback(x)`` or ``callback(intermediate_result=...)``, called after each iteration;
            ``StopIteration`` from it ends the search.
        budget: a ``Budget``, or a number, the most cost; 15,000 where there is neither this nor ``maxiter``.
        maxiter: the most iterations.
        target: loss at which to stop.
        rng: randomness of the search: a generator, or a seed; 0 where left out.
        difference: how gradients are taken where there is no ``jac``; see ``optimizers.minimize``.
        disp: whether to print how the search ended.
        others: refused: what SciPy, or its other methods, know and this does not.

    Returns:
        A ``scipy.optimize.OptimizeResult``: ``x``, ``fun``, ``success``, ``status``, ``message``, ``nit``,
        the calls ``nfev``, ``njev`` and ``nhev``, and ``cost``.

    Raises:
        InputError: for what is not taken, with its name and the remedy.
    """
    from scipy.optimize import OptimizeResult

    _refuse_limits(optimizer, bounds, constraints)
    _refuse_options(optimizer, others)
    _check_derivatives(optimizer, {"jac": jac, "hess": hess, "hessp": hessp})
    if jac is not None and difference is not None:
        raise InputError(
            f"difference is {shown(difference)}, but jac gives the gradient: leave one of them out"
        )
    given = args if isinstance(args, tuple) else (args,)
    value = _Counted(lambda w: _number(fun(w, *given)))
    slope = None if jac is None else _Counted(lambda w: jac(w, *given))
    bend = None
    if hess is not None:
        bend = _Counted(lambda w, v: hess(w, *given) @ v)
    elif hessp is not None:
        bend = _Counted(lambda w, v: hessp(w, v, *given))
    scheme = "adaptive-difference" if difference is None else difference
    objective = FunctionObjective(value, np.size(x0), slope, hessian_product=bend, difference=scheme)
    keep = None if callback is None else _Callback(callback, OptimizeResult)
    seeded = np.random.default_rng(as_kind("rng", rng, Seed)) if isinstance(rng, int | np.integer) else rng
    found = watched(objective, x0, optimizer, _limits(budget, maxiter), target, seeded, None, keep)
    stopped = keep is not None and keep.stopped
    result = OptimizeResult(
        x=found.x,
        fun=found.fun,
        success=found.success and not stopped,
        status=STOPPED if stopped else STATUS[found.outcome.name],
        message="`callback` raised `StopIteration`." if stopped else found.message,
        nit=found.iterations,
        nfev=value.calls,
        njev=0 if slope is None else slope.calls,
        nhev=0 if bend is None else bend.calls,
        cost=found.cost,
    )
    if disp:
        print(result.message)
    return result


class _Counted:
    """Count the calls of a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self.calls = function, 0

    def __call__(self, *vectors: Array) -> Any:
        self.calls += 1
        return self._function(*vectors)


class _Callback:
    """Show a callback each iteration, by the one of SciPy's two forms that it has."""

    def __init__(self, callback: Callable[..., object], result: Callable[..., Any]) -> None:
        if not callable(callback):
            raise InputError(f"callback is {shown(callback)}, expected something callable with a vector")
        self._callback, self._result = callback, result
        self._named = set(inspect.signature(callback).parameters) == {"intermediate_result"}
        self.stopped = False

    def __call__(self, look: Look) -> None:
        """Show a look at an iteration.

        Raises:
            StoppedError: if the callback wants the search to end.
        """
        if not look.iteration:
            return
        try:
            if self._named:
                self._callback(intermediate_result=self._result(x=look.w.copy(), fun=look.loss))
            else:
                self._callback(look.w.copy())
        except StopIteration:
            self.stopped = True
            raise StoppedError from None


def _number(answer: Any) -> Any:
    """Return one number in an array as a number, which is what SciPy makes of it."""
    return answer.item() if isinstance(answer, np.ndarray) and answer.size == 1 else answer


def _limits(budget: Budget | float | None, maxiter: int | None) -> Budget | float:
    """Return what a search may spend."""
    if maxiter is None:
        return BUDGET if budget is None else budget
    if budget is None:
        return Budget(iterations=maxiter)
    limits = budget if isinstance(budget, Budget) else Budget(cost=budget)
    if limits.iterations is not None:
        raise InputError(
            f"maxiter is {shown(maxiter)}, and budget has {limits.iterations} iterations: leave one out"
        )
    return dataclasses.replace(limits, iterations=maxiter)


def _refuse_limits(optimizer: Optimizer, bounds: Any, constraints: Any) -> None:
    """Refuse what would keep the search in a part of the space."""
    if bounds is not None:
        raise InputError(
            f"bounds is {shown(bounds)}, but {optimizer.name()} searches everywhere: leave it out, or "
            "minimise over parameters that a function maps into the bounds"
        )
    if not (constraints is None or (isinstance(constraints, list | tuple) and not constraints)):
        raise InputError(
            f"constraints is {shown(constraints)}, but {optimizer.name()} searches everywhere: leave it out, "
            "or add a penalty to the function"
        )


def _refuse_options(optimizer: Optimizer, others: Mapping[str, Any]) -> None:
    """Refuse options that this method does not have; None says nothing."""
    asked = {name: value for name, value in others.items() if value is not None}
    if "tol" in asked:
        own = [field.name for field in dataclasses.fields(optimizer) if "tolerance" in field.name]
        remedy = f"give {optimizer.name()} its {' and '.join(own)}, or" if own else "give"
        raise InputError(
            f"tol is {shown(asked['tol'])}, and means another thing for every method: {remedy} options="
            "{'target': loss} to stop at a loss, {'budget': cost} to stop at a cost"
        )
    for name in asked:
        raise unknown_name(f"option of {optimizer.name()} under scipy.optimize.minimize,", name, OPTIONS)


def _check_derivatives(optimizer: Optimizer, given: Mapping[str, Any]) -> None:
    """Refuse derivatives that are no functions, and warn of those that the optimizer does not read."""
    needed = {"jac": "gradient", "hess": "curvature", "hessp": "curvature"}
    for name, derivative in given.items():
        if derivative is None:
            continue
        if not callable(derivative):
            raise InputError(
                f"{name} is {shown(derivative)}, expected something callable, or None: options="
                "{'difference': ...} says how gradients are taken"
            )
        if needed[name] not in optimizer.needs:
            warnings.warn(
                f"Method {optimizer.name()} does not use {needed[name]} information ({name}).",
                RuntimeWarning,
                stacklevel=4,
            )


# SciPy takes something callable as a method. It is entered here, for what it begins needs the class.
Optimizer.__call__ = minimize_for_scipy  # type: ignore[assignment, method-assign]
