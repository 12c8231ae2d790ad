"""A problem that is a plain function in a box."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from harness.autodiff.evaluator import Evaluator
from harness.fingerprints.fingerprint import fingerprint
from harness.gradients import build_source
from harness.gradients.traced_functions import (
    Current,
    gradient_program,
    hessian_program,
    operations,
    program_of,
    trace_refusal,
)
from harness.network.source import Function, GradientSource
from harness.problems.base import START, BaseProblem, Measures, gradient_quality, plain_number
from optimizers.arguments import Name, Size, Text, accepts
from optimizers.arrays import parameters, real_array
from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.gradient import Gradient
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS, Counts
from optimizers.errors import InputError
from optimizers.function_objective import FunctionObjective
from optimizers.named import is_function
from optimizers.objective import Array, Rows
from optimizers.options import Real
from optimizers.printable import shown

NOTHING = float("nan")


@dataclass(frozen=True)
class WithDerivative:
    """A function that brings its derivative by hand."""

    function: Function
    derivative: Callable[[Array], ArrayLike]

    def __call__(self, w: Array) -> Any:
        """Return the function's value."""
        return self.function(w)


class Known:
    """A function that is not called again at the one point where its value is known.

    Arguments:
        function: the function; its derivative by hand is handed on.

    Attributes:
        point: the point, as bytes.
        value: the value there.
        call: calls the function at numbers and counts it; what is traced, and what a source tries out while
            it is built, goes to the function itself.
    """

    def __init__(self, function: Function) -> None:
        self.point, self.value = b"", NOTHING
        # What is traced is the function; a gradient that was traced looks through here to see it change.
        self.call = self.__wrapped__ = self.stands_for = function
        derivative = getattr(function, "derivative", None)
        if derivative is not None:
            self.derivative = derivative

    def __call__(self, w: Array) -> Any:
        """Return the function's value."""
        if not isinstance(w, np.ndarray) or w.dtype != np.float64:
            return self.__wrapped__(w)
        return self.value if w.tobytes() == self.point else self.call(w)


class SourcedObjective(FunctionObjective):
    """A plain function whose gradient comes from a gradient source.

    A source that works by values has each of them counted; any other counts a pass of its cost.
    """

    @accepts(n=Size, name=Name, target=Real | None, key=Text | None)
    def __init__(
        self,
        function: Function,
        n: int,
        source: GradientSource,
        start: Callable[[np.random.Generator], Array],
    ) -> None:
        super().__init__(function, n, start=start)
        self._by_values = self.slope_by_calls = source.by_values
        self._traces = source.traces
        refusal = source.function_refusal(function, n)
        if refusal is not None:
            self.gradient = Gradient.refused(refusal)
            return
        self._known = Known(function)
        self._sourced, price = source.build_function(self._known, n)
        self.gradient = Gradient(price)
        self._known.call = self._call

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the value and the gradient at ``w``."""
        if not self.gradient:
            raise InputError(f"no gradient: {self.gradient.reason}")
        vector = self.checked(w)
        self._known.point, self._known.value = vector.tobytes(), self.value(vector)
        if not self._by_values:
            # The value belongs to the price of such a gradient.
            self.counters[VALUE_ROWS] -= 1
            self.counters[GRADIENT_ROWS] += 1
        return self._value_and_slope(vector.copy())

    def _value_and_slope(self, w: Array) -> tuple[float, Array]:
        """Return what the source makes of the function at ``w``."""
        return self._sourced(w)

    @functools.cached_property
    def curvature(self) -> Curvature:  # type: ignore[override]
        """Products with the Hessian by automatic differentiation, where the function can be traced."""
        refusal = trace_refusal(self._function, self.size, "take lbfgs")
        if refusal:
            return Curvature.refused(refusal)
        return TracedCurvature(self._function, self.size, self.counts)


class TracedCurvature(Curvature):
    """Products with the Hessian of a function that can be traced.

    Arguments:
        function: NumPy-like code.
        n: how many numbers it takes.
        counts: those of the objective.
    """

    def __init__(self, function: Function, n: int, counts: Counts) -> None:
        self._function, self._size, self._counts = function, n, counts

    @functools.cached_property
    def cost(self) -> float:
        """Cost of one product: its operations, the function's own being 1."""
        own = operations(program_of(self._function, self._size, shape_only=True))
        return operations(hessian_program(self._function, self._size)) / max(1, own)

    def product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian at ``w`` times ``v``, shape (n,), by automatic differentiation."""
        point, vector = parameters(w, self._size), parameters(v, self._size)
        self._counts.hessian_rows += 1
        return self._evaluator.get()([point, vector])[0]

    @functools.cached_property
    def _evaluator(self) -> Current[Evaluator]:
        return Current(self._function, lambda: Evaluator(hessian_program(self._function, self._size)))


class Rehearsal(SourcedObjective):
    """The same, with a bowl in place of the function and of derivatives that call what a user wrote.

    Derivatives that were traced are programs of their own, and stay. So a search compiles what it needs, and
    nobody waits for a function that takes a second, or finds more calls of it than a run has paid for.
    """

    def _value_and_slope(self, w: Array) -> tuple[float, Array]:
        if self._by_values or self._traces:
            return super()._value_and_slope(w)
        return float(w @ w), 2.0 * w

    def _call(self, w: Array) -> float:
        self.counters[VALUE_ROWS] += 1
        return float(w @ w)


class FunctionProblem(BaseProblem):
    """A function of n numbers, searched from a point in a box.

    Arguments:
        function: NumPy-like code that maps a vector of shape (n,) to a number.
        n: how many numbers it takes.
        name: the name in tables and legends.
        low: lower corner of the box that starts are drawn from, one number or n.
        high: upper corner; the same as the lower one for a fixed start.
        target: value at which a run counts as solved, or None.
        derivative: the derivative by hand, maps the vector to n numbers; source ``analytic`` takes it.
        key: text that says everything that defines the problem. Where left out it is made of the arguments
            and of the fingerprint of function and derivative, with all helpers, closure values, defaults and
            constants that they use. A key of your own stands for the code in its place: it is for you to
            change it whenever the code changes, or runs of the old code pass for runs of the new.

    >>> import numpy as np
    >>> problem = FunctionProblem(lambda w: np.sum(w**4), 2, name="quartic", target=1e-9)
    >>> problem.objective("reverse-autodiff").value_and_gradient([1.0, 2.0])
    (17.0, array([ 4., 32.]))
    """

    @accepts(n=Size, name=Name, target=Real | None, key=Text | None)
    def __init__(
        self,
        function: Function,
        n: int,
        *,
        name: str = "function",
        low: ArrayLike = -1.0,
        high: ArrayLike = 1.0,
        target: float | None = None,
        derivative: Callable[[Array], ArrayLike] | None = None,
        key: str | None = None,
    ) -> None:
        self._plain = FunctionObjective(function, n)
        try:
            self._low, self._high = (
                np.broadcast_to(real_array(corner, side), (n,))
                for corner, side in (("low", low), ("high", high))
            )
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"the box from {shown(low)} to {shown(high)} is not one of {n} numbers"
            ) from None
        if not (np.isfinite([self._low, self._high]).all() and (self._low <= self._high).all()):
            raise InputError(
                f"the box goes from {shown(low)} to {shown(high)}, expected finite numbers, low to high"
            )
        if derivative is not None and not is_function(derivative):
            raise InputError(f"derivative is {shown(derivative)}, expected something callable with a vector")
        self.n, self.name, self.target = n, name, plain_number(target, "target")
        self.function = function if derivative is None else WithDerivative(function, derivative)
        box = [self._low.tolist(), self._high.tolist()]
        self.key = key if key is not None else self._own_key(box)
        self.data_key = json.dumps({"function": name.partition(":")[0], "n": n, "box": box}, sort_keys=True)

    def _own_key(self, box: list[Any]) -> str:
        """Say what defines the problem, the code by its fingerprint."""
        parts: dict[str, Any] = {"name": self.name, "n": self.n, "box": box, "target": self.target}
        parts["code"] = fingerprint(self.function, what=f"problem '{self.name}'")
        return json.dumps(parts, sort_keys=True)

    def __repr__(self) -> str:
        return f"<problem {self.name}: function of {self.n} {'numbers' if self.n > 1 else 'number'}>"

    def objective(self, gradient: str = "analytic", seed: int = 0) -> SourcedObjective:
        """Build the function with its gradient by a source, with counters of its own.

        Where the source refuses the function there is no gradient, and ``gradient`` says why.
        """
        return SourcedObjective(self.function, self.n, build_source(gradient), self._draw_start)

    def rehearsal(self, gradient: str = "analytic", seed: int = 0) -> Rehearsal:
        """Build an objective that compiles what this one does, and calls the function nowhere."""
        return Rehearsal(self.function, self.n, build_source(gradient), self._draw_start)

    def start(self, seed: int = 0) -> Array:
        """Return a point drawn uniformly from the box, shape (n,)."""
        return self._draw_start(np.random.default_rng(self.seed_sequence(seed, START)))

    def _draw_start(self, rng: np.random.Generator) -> Array:
        return rng.uniform(self._low, self._high)

    def measures(
        self, seed: int = 0, gradient: str | None = None, reference: str | None = None
    ) -> Callable[[Array], list[Measures]]:
        """Return a function that measures the gradient, by reverse autodiff or else by hand.

        Neither calls the function: tracing does so once with stand-ins for numbers, which is no evaluation.
        A comparison with a reference, which is asked for, calls what its sources call.
        """
        slope: Callable[[Array], ArrayLike] | None
        if trace_refusal(self.function, self.n) is None:
            program = Current(self.function, lambda: Evaluator(gradient_program(self.function, self.n)))

            def slope(w: Array) -> ArrayLike:
                return program.get()([w])[0]
        elif isinstance(self.function, WithDerivative):
            slope = self.function.derivative
        else:
            slope = None
        measure_quality = None
        if gradient is not None and reference is not None:
            measure_quality = gradient_quality(self.objective(gradient), self.objective(reference))

        def measure_one(w: Array) -> Measures:
            norm = NOTHING
            if slope is not None:
                norm = float(np.linalg.norm(real_array("what the derivative returns", slope(w.copy()))))
            quality = measure_quality(w) if measure_quality is not None else ()
            return Measures(NOTHING, NOTHING, NOTHING, norm, *quality)

        return lambda points: [measure_one(w) for w in points]
