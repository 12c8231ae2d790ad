"""How to search: optimizers behind one contract, for networks and for any function.

Every optimizer is reachable here by its class name, ``optimizers.Adam``, and by its name in kebab-case
through ``build_optimizer``. The classes are found, not listed: a new file in this package is enough.
"""

from __future__ import annotations

from typing import Any

from optimizers.errors import InputError, MissingExtraError
from optimizers.function_objective import FunctionObjective
from optimizers.minimum import Minimum, minimize
from optimizers.objective import Measurable, Objective
from optimizers.observer import Budget
from optimizers.optimizer import Optimizer, Outcome
from optimizers.registry import build_optimizer, known_optimizers
from optimizers.sum_of_squares import SumOfSquares

__all__ = [
    "Budget",
    "FunctionObjective",
    "InputError",
    "Measurable",
    "Minimum",
    "MissingExtraError",
    "Objective",
    "Optimizer",
    "Outcome",
    "SumOfSquares",
    "build_optimizer",
    "known_optimizers",
    "minimize",
]


def __getattr__(name: str) -> Any:
    """Return an optimizer class by its name."""
    if not name.startswith("_"):
        for found in known_optimizers().values():
            if found.__name__ == name:
                return found
    raise AttributeError(f"module 'optimizers' has no attribute {name!r}; see optimizers.known_optimizers()")


def __dir__() -> list[str]:
    return sorted([*__all__, *(found.__name__ for found in known_optimizers().values())])
