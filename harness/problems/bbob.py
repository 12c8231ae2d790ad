"""The functions of COCO's suite bbob, by the package cocoex, which comes with an optional extra."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from harness.fingerprints.origins import version_of
from harness.problems.family import Family
from harness.problems.function_problem import FunctionProblem
from optimizers.errors import MissingExtraError
from optimizers.objective import Array
from optimizers.options import Count, NonNegative, option_values, options
from optimizers.specification import write

SUITE, DISTRIBUTION = "bbob", "coco-experiment"

MISSING = (
    "the functions of bbob need the package coco-experiment, which is not installed: "
    "pip install 'neural-harness[bbob]'"
)


def _cocoex() -> Any:
    """Return the package, which is imported where a function is called and nowhere else.

    Raises:
        MissingExtraError: if the extra is not installed.
    """
    try:
        import cocoex
    except ImportError as missing:
        raise MissingExtraError(MISSING) from missing
    return cocoex


class Difference:
    """A function of the suite less its value at the optimum: what COCO's targets are differences to.

    Arguments:
        function: its number.
        dimension: how many numbers it takes.
        instance: which of its shifted and rotated copies.

    Attributes:
        lowest: the value at the optimum, as cocoex has it.

    Raises:
        MissingExtraError: if the extra is not installed.
    """

    def __init__(self, function: int, dimension: int, instance: int) -> None:
        self._which = function, dimension, instance
        # An object of its own: cocoex marks one whose optimum was asked for.
        self.lowest = float(_cocoex().BareProblem(SUITE, *self._which).best_value())

    @functools.cached_property
    def problem(self) -> Any:
        """The problem of cocoex, which counts its evaluations itself and can be observed by its loggers."""
        function, dimension, instance = self._which
        chosen = f"function_indices:{function} dimensions:{dimension}"
        # A problem points to its suite in memory: who holds the one has to hold the other.
        self._suite = _cocoex().Suite(SUITE, f"instances:{instance}", chosen)
        return self._suite.get_problem(0)

    def __call__(self, w: Array) -> float:
        """Return the difference at w, shape (n,), never below 0 but for rounding."""
        if not isinstance(w, np.ndarray) or w.dtype != np.float64:
            raise TypeError("it is compiled code of cocoex, which takes floats and nothing else")
        return float(self.problem(w) - self.lowest)

    def __reduce__(self) -> tuple[type[Difference], tuple[int, int, int]]:
        """Be built anew in a worker: what cocoex holds is memory of this process."""
        return type(self), self._which


@options
class BBOB(Family):
    """A function of COCO's suite bbob: 24 shifted and rotated ones, searched by values alone (extra bbob).

    The loss is f - f_opt, so that targets mean what they mean to COCO, and a run costs as many evaluations as
    cocoex counts. Starts are drawn from [-5, 5]^n; the minimum lies within, and outside the functions are
    defined as well. No derivative is known: take differences. ``harness export --to coco`` puts such runs in
    the places of function, dimension and instance.

    Functions 1 to 5 are separable (sphere, ellipsoid, Rastrigin, Bueche-Rastrigin, linear slope), 6 to 9 well
    conditioned (attractive sector, step ellipsoid, Rosenbrock, rotated), 10 to 14 ill conditioned (ellipsoid,
    discus, bent cigar, sharp ridge, different powers), 15 to 19 have many minima under a global structure
    (Rastrigin, Weierstrass, Schaffer F7, ill conditioned, Griewank-Rosenbrock), 20 to 24 under a weak one
    (Schwefel, Gallagher with 101 and with 21 peaks, Katsuura, Lunacek).

    Hansen, Finck, Ros, Auger (2009), Real-parameter black-box optimization benchmarking 2009: noiseless
    functions definitions, INRIA RR-6829.

    Attributes:
        function: its number in the suite.
        dimension: how many numbers it takes.
        instance: which of its shifted and rotated copies; COCO's experiments take the first 15, or others.
        target: difference to the optimum at which a run counts as solved, or none.
    """

    function: Annotated[Count, Field(le=24)] = 1
    dimension: Literal[2, 3, 5, 10, 20, 40] = 5
    instance: Annotated[Count, Field(le=10_000)] = 1
    target: NonNegative | None = 1e-8

    box: ClassVar[tuple[float, float]] = (-5.0, 5.0)
    """Starts are drawn from it, uniformly in each coordinate."""

    @classmethod
    def example(cls, folder: Path) -> dict[str, Any]:
        """Return the options of a name in full; nothing goes into the folder."""
        return {"function": 8, "dimension": 5, "instance": 1}

    @property
    def label(self) -> str:
        """The name with function, dimension and instance, by which COCO knows a problem."""
        values = option_values(self)
        if self.target == type(self)().target:
            del values["target"]
        return write(self.name(), values)

    @property
    def key(self) -> str:
        """Text that says everything that defines the problem, the version of cocoex included."""
        parts = {"family": self.name(), **option_values(self), DISTRIBUTION: version_of(DISTRIBUTION)}
        return json.dumps(parts, sort_keys=True)

    def build(self) -> FunctionProblem:
        """Build the problem.

        Raises:
            MissingExtraError: if the extra is not installed.
        """
        low, high = self.box
        problem = FunctionProblem(
            Difference(self.function, self.dimension, self.instance),
            self.dimension,
            name=self.label,
            low=low,
            high=high,
            target=self.target,
            key=self.key,
        )
        # Each function and instance has starts of its own.
        drawn = {"function": [SUITE, self.function, self.dimension, self.instance], "box": list(self.box)}
        problem.data_key = json.dumps(drawn, sort_keys=True)
        return problem
