"""Makes an objective of any Python function."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from optimizers.arguments import Size, Text, accepts
from optimizers.arrays import parameters, real_array
from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.gradient import Gradient
from optimizers.capabilities.residuals import Residuals
from optimizers.counts import GRADIENT_ROWS, VALUE_ROWS, Counts
from optimizers.differences import Differences
from optimizers.errors import InputError
from optimizers.evaluated import Evaluated
from optimizers.named import is_function
from optimizers.objective import Array, Measurable, Rows
from optimizers.options import Positive
from optimizers.printable import shown

NO_PRODUCTS = "the function comes without products with its Hessian: take lbfgs, or hand in hessian_product"
NO_SUM = "the function is not given as a sum of squares: take lbfgs, or hand in a SumOfSquares"


class FunctionObjective(Measurable):
    """Make an objective of any Python callable, so that every optimizer also serves plain functions.

    Without a gradient of your own it is taken by differences, with steps in proportion to each parameter; see
    ``optimizers.differences``. Central differences take 2n + 1 values and leave six to ten digits right,
    forward differences n + 1 values and three to seven; adaptive ones are forward far from a minimum and
    central near to it. The first gradient of a search takes a few values more, to find out the sizes of
    parameters near 0.

    Cost is the number of calls of the function, exactly, those for the log included: a look calls it where
    the search has not, and the search is then given that value when it asks for it, so that no point is paid
    for twice. A gradient of your own costs ``gradient_cost`` with its value, whatever it really takes; so
    does a product with the Hessian.

    Arguments:
        function: maps a vector of shape (n,) to a number.
        n: number of parameters.
        gradient: maps the same vector to an array of shape (n,), or None.
        gradient_cost: cost of one value with such a gradient, in function evaluations, 1 or more. The
            default, 3, is what the reverse mode takes for a chain of products: one pass forward, two back.
        start: draws a point to start from with the generator that it is handed, for methods that start
            more than once; None draws standard normal numbers.
        hessian_product: maps a point and a vector, both of shape (n,), to the Hessian there times the vector,
            or None.
        hessian_cost: cost of one such product, in function evaluations. The default, 6, is the derivative of
            such a gradient along a vector: each of its products becomes two.
        difference: "adaptive-difference", "central-difference" or "forward-difference", where there is no
            gradient.
        sizes: typical sizes of the parameters, shape (n,), by which the steps of differences are measured
            where a parameter is small by chance. None takes those of the first point at which a search asks
            for a gradient, and 1 for a parameter that is 0 there: where that is far too large, say so here.

    >>> objective = FunctionObjective(lambda w: float(w @ w), 3)
    >>> loss, gradient = objective.value_and_gradient([1.0, 2.0, 3.0])
    >>> loss, gradient.round(6).tolist(), objective.cost
    (14.0, [2.0, 4.0, 6.0], 7.0)
    """

    @accepts(n=Size, gradient_cost=Positive, hessian_cost=Positive, difference=Text)
    def __init__(
        self,
        function: Callable[[Array], float],
        n: int,
        gradient: Callable[[Array], ArrayLike] | None = None,
        gradient_cost: float = 3.0,
        start: Callable[[np.random.Generator], ArrayLike] | None = None,
        hessian_product: Callable[[Array, Array], ArrayLike] | None = None,
        hessian_cost: float = 6.0,
        difference: str = "adaptive-difference",
        sizes: ArrayLike | None = None,
    ) -> None:
        if not is_function(function):
            raise InputError(f"function is {shown(function)}, expected something callable with a vector")
        if gradient is not None and not is_function(gradient):
            raise InputError(
                f"gradient is {shown(gradient)}, expected something callable with a vector, or None"
            )
        if not gradient_cost >= 1:
            raise InputError(
                f"gradient_cost is {shown(gradient_cost)}, expected 1 evaluation or more: "
                "the value belongs to it"
            )
        if hessian_product is not None and not is_function(hessian_product):
            raise InputError(
                f"hessian_product is {shown(hessian_product)}, expected something callable with two vectors"
            )
        self.size = n
        self.counters = np.zeros(2, dtype=np.int64)
        self._differences = Differences(difference, sizes)
        if self._differences.sizes is not None and self._differences.sizes.shape != (n,):
            raise InputError(f"sizes is {shown(sizes)}, expected {n} numbers, one for each parameter")
        self.gradient = Gradient(gradient_cost if gradient is not None else self._differences.values(n))
        self._function = function
        self._slope_of = gradient
        self._start = start
        self._hessian_product = hessian_product
        self._hessian_cost = hessian_cost
        self._evaluated = Evaluated(n)
        self._prepaid: bytes | None = None

    residuals = Residuals.refused(NO_SUM)

    @functools.cached_property
    def curvature(self) -> Curvature:  # type: ignore[override]
        """Products with the Hessian, where a callable gives them."""
        if self._hessian_product is None:
            return Curvature.refused(NO_PRODUCTS)
        return FunctionCurvature(self._hessian_product, self._hessian_cost, self.size, self.counts)

    def draw_start(self, rng: np.random.Generator) -> Array:
        """Return a point to start from, shape (n,)."""
        return (
            super().draw_start(rng) if self._start is None else _shaped(self._start(rng), "start", self.size)
        )

    looks_are_free = False
    slope_by_calls = True

    def begin(self) -> None:
        """Forget what earlier searches have evaluated."""
        super().begin()
        self._evaluated, self._prepaid = Evaluated(self.size), None
        self._differences.begin()

    def refine(self, fine: bool) -> bool:
        """Take central differences for all parameters from here on, or such as the scheme says."""
        return self._slope_of is None and self._differences.refine(fine)

    def peek(self, w: Array) -> float:
        """Return the value at ``w`` for the log: a call that counts, but where it is known already.

        The next question of the search at ``w`` is answered with it.
        """
        point = w.tobytes()
        known = self._evaluated.loss(point)
        if known is None:
            known = self._call(w)
            self._evaluated.keep(point, known)
            self._evaluated.loss(point)
            self._prepaid = point
        return known

    def known(self, w: Array) -> tuple[float, ...]:
        """Return what the function has answered at ``w`` of late."""
        return self._evaluated.answers(w.tobytes())

    def prepaid(self, points: Array) -> bool:
        """Say whether a look has paid for one of the points."""
        return self._prepaid is not None and any(w.tobytes() == self._prepaid for w in points)

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the value at ``w``."""
        vector = self.checked(w)
        point = vector.tobytes()
        known = self._evaluated.loss(point) if point == self._prepaid else None
        if known is not None:
            self._prepaid = None
            return known
        loss = self._call(vector)
        self._evaluated.keep(point, loss)
        return loss

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the value of each row of a population of shape (P, n)."""
        return np.array([self.value(candidate) for candidate in self.checked_population(population)])

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the value and the gradient at ``w``."""
        vector = self.checked(w)
        loss = self.value(vector)
        if self._slope_of is None:
            return loss, self._differences(self._call, vector, loss)
        # The value belongs to such a gradient, and to its price.
        self.counters[VALUE_ROWS] -= 1
        self.counters[GRADIENT_ROWS] += 1
        return loss, _shaped(self._slope_of(vector.copy()), "gradient", self.size)

    def _call(self, w: Array) -> float:
        """Call the function and count it."""
        if self.guard is not None:
            self.guard()
        self.counters[VALUE_ROWS] += 1
        try:
            answer = self._function(w.copy())
        except StopIteration as error:
            # A loop of a library that asks for values would take it for its own end.
            raise RuntimeError("the function raised StopIteration") from error
        # What nearly every function returns, without the checks.
        if isinstance(answer, float):
            return float(answer)
        number = real_array("what the function returns", answer)
        if number.ndim:
            raise InputError(f"the function returned {shown(answer)}, expected one number")
        return float(number)


class FunctionCurvature(Curvature):
    """Products with the Hessian by a user's callable, at a stated price.

    Arguments:
        function: maps a point and a vector, both of shape (n,), to the product.
        cost: of one product, in evaluations.
        n: number of parameters.
        counts: those of the objective.
    """

    def __init__(
        self, function: Callable[[Array, Array], ArrayLike], cost: float, n: int, counts: Counts
    ) -> None:
        self._function, self._cost, self._size, self._counts = function, cost, n, counts

    @property
    def cost(self) -> float:
        """Cost of one product, in evaluations."""
        return self._cost

    def product(self, w: ArrayLike, v: ArrayLike) -> Array:
        """Return the Hessian at ``w`` times ``v``, shape (n,)."""
        point, vector = parameters(w, self._size), parameters(v, self._size)
        self._counts.hessian_rows += 1
        answer = self._function(point.copy(), vector.copy())
        return _shaped(answer, "product with the Hessian", self._size)


def _shaped(answer: ArrayLike, what: str, n: int) -> Array:
    """Return what a user's function answered as a vector of shape (n,)."""
    vector = real_array(f"the {what}", answer)
    if vector.shape != (n,):
        raise InputError(
            f"the {what} has shape {vector.shape}, expected ({n},): return one number for each parameter"
        )
    return vector
