"""The methods of ``scipy.optimize.minimize`` that are of use here, with SciPy's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from optimizers.objective import Need
from optimizers.options import Count, NonNegative, options
from optimizers.scipy.adapter import UNLIMITED, ScipyMethod
from optimizers.search_space import Choice, SearchSpace, Whole


@options
class LBFGS(ScipyMethod):
    """Step along a quasi-Newton direction made of the last few gradients (L-BFGS-B of SciPy).

    ``w := w - a H g`` with H built by the BFGS formula from the last ``memory`` pairs of changes in w and g,
    at a cost of 4 memory n; ``a`` by a line search that ends at the strong Wolfe conditions. The usual
    choice for a smooth loss and gradients over all rows. One iteration is one gradient, in the line search
    as well.

    Attributes:
        memory: pairs that H is built from (SciPy's ``maxcor``).
        function_tolerance: the search ends where a step lowers the loss by less than this part of it, or of 1
            where the loss is below 1 (``ftol``).
        gradient_tolerance: the search ends where no derivative is larger (``gtol``).

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), LBFGS(), budget=100)
    >>> best.loss < 1e-10, best.outcome.name
    (True, 'stalled')
    """

    memory: Count = 10
    function_tolerance: NonNegative = 1e7 * 2.0**-52
    gradient_tolerance: NonNegative = 1e-5

    # Tolerances say when to end, not how to search.
    search_space: ClassVar[SearchSpace] = {"memory": Whole(3, 50, logarithmic=True)}
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = (
        "Liu, Nocedal (1989), On the limited memory BFGS method for large scale optimization, Mathematical "
        "Programming 45; code of Zhu, Byrd, Lu, Nocedal (1997), Algorithm 778, ACM TOMS 23"
    )
    method: ClassVar[str] = "L-BFGS-B"

    def multiply_adds(self, n: int) -> float:
        """Return those of the two loops over the memory: ``4 memory n``."""
        return 4.0 * self.memory * n

    def settings(self) -> Mapping[str, Any]:
        """Return memory and tolerances in SciPy's names."""
        return {
            "maxcor": self.memory,
            "ftol": self.function_tolerance,
            "gtol": self.gradient_tolerance,
            "maxiter": UNLIMITED,
            "maxfun": UNLIMITED,
        }


@options
class BFGS(ScipyMethod):
    """Step along a quasi-Newton direction made of all gradients so far (BFGS of SciPy).

    ``w := w - a H g``, where after each step ``H := (I - r s y') H (I - r y s') + r s s'`` with s the change
    in w, y that in g, and ``r = 1 / (y' s)``; ``a`` by a line search to the strong Wolfe conditions. H has
    n^2 numbers. One iteration is one gradient, in the line search as well; to each but the first belong the
    4 n^2 multiply-adds of an update, which are charged.

    Attributes:
        gradient_tolerance: the search ends where no derivative is larger (SciPy's ``gtol``).

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), BFGS(), budget=100)
    >>> best.loss < 1e-10, best.outcome.name
    (True, 'stalled')
    """

    gradient_tolerance: NonNegative = 1e-5

    search_space: ClassVar[SearchSpace] = {}  # a tolerance says when to end, not how to search
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = (
        "Broyden; Fletcher; Goldfarb; Shanno (1970); in the form of Nocedal, Wright (2006), Numerical "
        "Optimization, 2nd ed., algorithm 6.1"
    )
    method: ClassVar[str] = "BFGS"

    def numbers_held(self, n: int) -> int:
        """Return those of H, of its update and of what that is multiplied out of."""
        return 4 * n * n

    def multiply_adds(self, n: int) -> float:
        """Return those of the formula: ``H g``, ``H y`` and two updates of rank one, ``4 n^2``.

        SciPy multiplies n x n matrices out, which takes longer than the method has to.
        """
        return 4.0 * n * n

    def settings(self) -> Mapping[str, Any]:
        """Return the tolerance in SciPy's name."""
        return {"gtol": self.gradient_tolerance, "maxiter": UNLIMITED}


@options
class ConjugateGradient(ScipyMethod):
    """Step along the gradient made conjugate to the last direction (Polak and Ribiere; CG of SciPy).

    ``p := -g + max(0, g' (g - g_last) / g_last' g_last) p``, ``w := w + a p``; ``a`` by a line search to the
    strong Wolfe conditions. It remembers one direction only. One iteration is one gradient, in the line
    search as well.

    Attributes:
        gradient_tolerance: the search ends where no derivative is larger (SciPy's ``gtol``).

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), ConjugateGradient(), budget=100)
    >>> best.loss < 1e-10, best.outcome.name
    (True, 'stalled')
    """

    gradient_tolerance: NonNegative = 1e-5

    search_space: ClassVar[SearchSpace] = {}  # a tolerance says when to end, not how to search
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient"})
    source: ClassVar[str] = (
        "Polak, Ribiere (1969), Note sur la convergence de methodes de directions conjuguees; in the form of "
        "Nocedal, Wright (2006), Numerical Optimization, 2nd ed., pp. 120 to 122"
    )
    method: ClassVar[str] = "CG"

    def settings(self) -> Mapping[str, Any]:
        """Return the tolerance in SciPy's name."""
        return {"gtol": self.gradient_tolerance, "maxiter": UNLIMITED}


@options
class NewtonConjugateGradient(ScipyMethod):
    """Step along Newton's direction, found by conjugate gradients (Newton-CG of SciPy).

    ``H p = -g`` with the exact Hessian H is solved up to ``|g + H p| < min(1/2, |g|^(1/2)) |g|``, or to the
    first direction of negative curvature; then ``w := w + a p`` with ``a`` by a line search to the strong
    Wolfe conditions. ``newton-trust-region`` makes more of negative curvature. One iteration is one gradient,
    in the line search as well, or one product with the Hessian.

    Attributes:
        parameter_tolerance: the search ends where a step changes the parameters by less than this in the mean
            (SciPy's ``xtol``).

    >>> import harness, optimizers
    >>> valley = harness.problems.load("rosenbrock")
    >>> search = NewtonConjugateGradient()
    >>> best = optimizers.minimize(valley.objective(), valley.start(), search, budget=2000)
    >>> best.loss < 1e-12, best.outcome.name
    (True, 'stalled')
    """

    # Not SciPy's trust-krylov, which reads memory that it has not written (1.17.1): on parity:bits=3 from the
    # start of seed 1 it goes one way from the 121st call on where fresh arrays are filled with 0, and another
    # where they hold 1 or NaN.
    parameter_tolerance: NonNegative = 1e-5

    search_space: ClassVar[SearchSpace] = {}  # a tolerance says when to end, not how to search
    needs: ClassVar[frozenset[Need]] = frozenset({"gradient", "curvature"})
    source: ClassVar[str] = (
        "Dembo, Steihaug (1983), Truncated-Newton algorithms for large-scale unconstrained optimization, "
        "Mathematical Programming 26; in the form of Nocedal, Wright (2006), Numerical Optimization, "
        "2nd ed., algorithm 7.1"
    )
    method: ClassVar[str] = "Newton-CG"

    def settings(self) -> Mapping[str, Any]:
        """Return the tolerance in SciPy's name."""
        return {"xtol": self.parameter_tolerance, "maxiter": UNLIMITED}


@options
class NelderMead(ScipyMethod):
    """Move the worst corner of a simplex through the middle of the others (Nelder and Mead; by values alone).

    The n + 1 corners are the start, and the start with one number each made 5 % larger (0.00025 where it is
    0). The worst corner is reflected, expanded or contracted; where none of these helps, the simplex shrinks
    towards the best. For a few parameters, ten at the most. One iteration is one value.

    Attributes:
        adaptive: make the moves depend on n, which is better for more than a few (Gao and Han 2012).
        parameter_tolerance: the search ends where all corners are this close to the best, in each number, and
            the losses are close too (SciPy's ``xatol``).
        function_tolerance: the same for the losses of the corners (``fatol``).

    >>> import numpy as np, optimizers
    >>> best = optimizers.minimize(lambda w: float(abs(w).sum()), np.ones(2), NelderMead(), budget=500)
    >>> best.loss < 1e-3, best.outcome.name
    (True, 'stalled')
    """

    adaptive: bool = False
    parameter_tolerance: NonNegative = 1e-4
    function_tolerance: NonNegative = 1e-4

    search_space: ClassVar[SearchSpace] = {"adaptive": Choice((False, True))}
    needs: ClassVar[frozenset[Need]] = frozenset({"value"})
    source: ClassVar[str] = (
        "Nelder, Mead (1965), A simplex method for function minimization, The Computer Journal 7; Gao, Han "
        "(2012), Implementing the Nelder-Mead simplex algorithm with adaptive parameters"
    )
    method: ClassVar[str] = "Nelder-Mead"

    def numbers_held(self, n: int) -> int:
        """Return those of the simplex, and of its copy in another order."""
        return 2 * n * (n + 1)

    def settings(self) -> Mapping[str, Any]:
        """Return the options in SciPy's names."""
        return {
            "adaptive": self.adaptive,
            "xatol": self.parameter_tolerance,
            "fatol": self.function_tolerance,
            "maxiter": UNLIMITED,
            "maxfev": UNLIMITED,
        }
