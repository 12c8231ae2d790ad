"""Closed-form functions with known minima."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from harness.network.network import MOST_PARAMETERS
from harness.problems.family import Family
from harness.problems.function_problem import FunctionProblem
from optimizers.objective import Array
from optimizers.options import Count, NonNegative, options


@options
class FunctionFamily(Family):
    """A function with its derivative by hand.

    Attributes:
        n: how many numbers it takes.
        target: value at which a run counts as solved, or none.
    """

    n: Annotated[Count, Field(le=MOST_PARAMETERS)] = 2
    target: NonNegative | None = 1e-6

    box: ClassVar[tuple[float, float]]
    """Starts are drawn from it, uniformly in each coordinate."""

    @abstractmethod
    def value(self, w: Any) -> Any:
        """Return the function at w, shape (n,), in code that can be traced."""

    @abstractmethod
    def derivative(self, w: Any) -> Any:
        """Return the gradient at w, derived by hand."""

    @abstractmethod
    def minimum(self) -> Array:
        """Return the minimum that is known, shape (n,)."""

    def build(self) -> FunctionProblem:
        """Build the problem."""
        low, high = self.box
        return FunctionProblem(
            self.value,
            self.n,
            name=self.label,
            low=low,
            high=high,
            target=self.target,
            derivative=self.derivative,
            key=self.key,
        )


@options
class Sphere(FunctionFamily):
    """Sum of squares: one round bowl, the easiest function there is.

    ``f(w) = sum_i w_i^2``, with its minimum 0 at w = 0; starts in [-5.12, 5.12]^n.
    De Jong (1975), An analysis of the behavior of a class of genetic adaptive systems, function F1.

    Attributes:
        n: how many numbers it takes.
        target: value at which a run counts as solved, or none.
    """

    n: Annotated[Count, Field(le=MOST_PARAMETERS)] = 10

    box: ClassVar[tuple[float, float]] = (-5.12, 5.12)

    def value(self, w: Any) -> Any:
        """Return the sum of squares."""
        return np.sum(w * w)

    def derivative(self, w: Any) -> Any:
        """Return ``2 w``."""
        return 2.0 * w

    def minimum(self) -> Array:
        """Return the origin."""
        return np.zeros(self.n)


@options
class Rosenbrock(FunctionFamily):
    """The banana valley: easy to get into, and long, curved and nearly flat on the way to its minimum.

    ``f(w) = sum_i 100 (w_(i+1) - w_i^2)^2 + (1 - w_i)^2`` over i from 1 to n - 1, with its minimum 0 at
    w = (1, ..., 1); from n = 4 on there is one more local minimum. Starts in [-2.048, 2.048]^n.
    Rosenbrock (1960), An automatic method for finding the greatest or least value of a function, The Computer
    Journal 3, for n = 2; box by De Jong (1975), function F2.

    Attributes:
        n: how many numbers it takes.
        target: value at which a run counts as solved, or none.
    """

    n: Annotated[Count, Field(ge=2, le=MOST_PARAMETERS)] = 2

    box: ClassVar[tuple[float, float]] = (-2.048, 2.048)

    def value(self, w: Any) -> Any:
        """Return the sum over neighbours."""
        off, short = w[1:] - w[:-1] * w[:-1], 1.0 - w[:-1]
        return np.sum(100.0 * off * off + short * short)

    def derivative(self, w: Any) -> Any:
        """Return ``-400 w_i (w_(i+1) - w_i^2) - 2 (1 - w_i)``, plus 200 times the bracket one to the left."""
        off = w[1:] - w[:-1] * w[:-1]
        left, right = -400.0 * w[:-1] * off - 2.0 * (1.0 - w[:-1]), 200.0 * off
        none = np.zeros(1)
        return np.concatenate([left, none]) + np.concatenate([none, right])

    def minimum(self) -> Array:
        """Return ones."""
        return np.ones(self.n)


@options
class Rastrigin(FunctionFamily):
    """A bowl with a local minimum near every point of whole numbers: 11^n of them where starts are drawn.

    ``f(w) = 10 n + sum_i w_i^2 - 10 cos(2 pi w_i)``, with its minimum 0 at w = 0; starts in [-5.12, 5.12]^n.
    Rastrigin (1974), Systems of extremal control; for any n by Muehlenbein, Schomisch, Born (1991), The
    parallel genetic algorithm as function optimizer, Parallel Computing 17.

    Attributes:
        n: how many numbers it takes.
        target: value at which a run counts as solved, or none.
    """

    box: ClassVar[tuple[float, float]] = (-5.12, 5.12)

    def value(self, w: Any) -> Any:
        """Return the bowl with its ripples."""
        return np.sum(w * w + 10.0 * (1.0 - np.cos(2.0 * np.pi * w)))

    def derivative(self, w: Any) -> Any:
        """Return ``2 w_i + 20 pi sin(2 pi w_i)``."""
        return 2.0 * w + 20.0 * np.pi * np.sin(2.0 * np.pi * w)

    def minimum(self) -> Array:
        """Return the origin."""
        return np.zeros(self.n)


@options
class LogisticMap(FunctionFamily):
    """The logistic map ``l -> 4 l (1 - l)`` applied three times: small code with a long derivative.

    ``f(x) = 64 x (1 - x) (1 - 2x)^2 (1 - 8x + 8x^2)^2``, always from x = 0.2, where it is 0.28901376 and its
    derivative 9.0660864. On [0, 1] its minimum is 0, at 0, 1/2 - sqrt(2)/4, 1/2, 1/2 + sqrt(2)/4 and 1; the
    second is downhill from the start. Outside of [0, 1] it has no lower bound.
    Baydin, Pearlmutter, Radul, Siskind (2018), Automatic differentiation in machine learning: a survey,
    Journal of Machine Learning Research 18, fig. 2.

    Attributes:
        n: one.
        target: value at which a run counts as solved, or none.
    """

    n: Annotated[Count, Field(le=1)] = 1

    box: ClassVar[tuple[float, float]] = (0.2, 0.2)

    def value(self, w: Any) -> Any:
        """Return the product."""
        x = w[0]
        middle, outer = 1.0 - 2.0 * x, 1.0 - 8.0 * x + 8.0 * x * x
        return 64.0 * x * (1.0 - x) * middle * middle * outer * outer

    def derivative(self, w: Any) -> Any:
        """Return the product of ``4 (1 - 2 l)`` over the three steps of the map: the chain rule."""
        second = 4.0 * w * (1.0 - w)
        third = 4.0 * second * (1.0 - second)
        return 64.0 * (1.0 - 2.0 * w) * (1.0 - 2.0 * second) * (1.0 - 2.0 * third)

    def minimum(self) -> Array:
        """Return the one that is downhill from the start."""
        return np.array([0.5 - 2**0.5 / 4])
