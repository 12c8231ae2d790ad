"""Compare ways of training a small neural network, and tell the truth about them.

>>> import harness, optimizers
>>> problem = harness.problems.load("xor")
>>> results = harness.run(problem, optimizers.Adam(learning_rate=0.1), seeds=1, budget=500)
>>> results.runs["outcome"].isin(["solved", "budget"]).all()
np.True_
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness import autodiff, coursework, estimators, plots, problems
    from harness.api import import_results, load, run, tune
    from harness.gradient_check import check
    from harness.models import Model, load_model
    from harness.problems.problem import Problem
    from harness.results import Results
    from harness.studies.notebook import study
    from optimizers.budget import Budget

__all__ = [
    "Budget",
    "Model",
    "Problem",
    "Results",
    "autodiff",
    "check",
    "coursework",
    "estimators",
    "import_results",
    "load",
    "load_model",
    "plots",
    "problems",
    "run",
    "study",
    "tune",
]

_PLACES = {
    "Budget": "optimizers.budget",
    "Model": "harness.models",
    "check": "harness.gradient_check",
    "Problem": "harness.problems.problem",
    "Results": "harness.results",
    "import_results": "harness.api",
    "load": "harness.api",
    "load_model": "harness.models",
    "run": "harness.api",
    "study": "harness.studies.notebook",
    "tune": "harness.api",
}


if not TYPE_CHECKING:  # which knows the names from above, and would take any other for right

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used: `harness list` needs neither pandas nor matplotlib."""
        if name not in __all__:
            raise AttributeError(f"module 'harness' has no attribute {name!r}")
        try:
            module = importlib.import_module(_PLACES.get(name, f"harness.{name}"))
        except ImportError as error:
            from harness.foreign import foreign_packages

            if found := foreign_packages():
                raise ImportError(found) from error
            raise
        return getattr(module, name) if name in _PLACES else module


def __dir__() -> list[str]:
    return sorted(__all__)
