"""Figures of results, each one file in this package with one public function of the same name.

``harness.plots.convergence(results)`` imports the file when it is first asked for, and Matplotlib with it;
importing this package costs nothing. A figure of another package joins through the entry-point group
``harness.plots``.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from optimizers.errors import InputError
from optimizers.package_files import texts
from optimizers.registry import Registry

if TYPE_CHECKING:
    from harness.plots.confusion import confusion as confusion
    from harness.plots.convergence import convergence as convergence
    from harness.plots.cost_to_target import cost_to_target as cost_to_target
    from harness.plots.critical_differences import critical_differences as critical_differences
    from harness.plots.crossover import crossover as crossover
    from harness.plots.data_profile import data_profile as data_profile
    from harness.plots.deciding import deciding as deciding
    from harness.plots.decision_boundary import decision_boundary as decision_boundary
    from harness.plots.finals import finals as finals
    from harness.plots.gradient_cost import gradient_cost as gradient_cost
    from harness.plots.gradient_error import gradient_error as gradient_error
    from harness.plots.kaplan_meier import kaplan_meier as kaplan_meier
    from harness.plots.loss_landscape import loss_landscape as loss_landscape
    from harness.plots.network_diagram import network_diagram as network_diagram
    from harness.plots.perceptron_bound import perceptron_bound as perceptron_bound
    from harness.plots.performance_profile import performance_profile as performance_profile
    from harness.plots.population_spread import population_spread as population_spread
    from harness.plots.runtime_ecdf import runtime_ecdf as runtime_ecdf
    from harness.plots.specification_curve import specification_curve as specification_curve
    from harness.plots.sweep_heatmap import sweep_heatmap as sweep_heatmap
    from harness.plots.tuning_curve import tuning_curve as tuning_curve
    from harness.plots.weights_over_time import weights_over_time as weights_over_time

Plot = Callable[..., Any]


def _own() -> dict[str, Plot]:
    found: dict[str, Plot] = {}
    for module in pkgutil.iter_modules(__path__):
        for plot in _named_like(module.name):
            found[module.name.replace("_", "-")] = plot
    return found


def _named_like(file: str) -> Iterator[Plot]:
    """Yield the function that is named like its file, where there is one."""
    _import_matplotlib()
    plot = getattr(importlib.import_module(f"{__name__}.{file}"), file, None)
    if callable(plot):
        yield plot


def _likely(name: str) -> Iterator[Plot]:
    for module in pkgutil.iter_modules(__path__):
        if module.name.replace("_", "-") == name:
            yield from _named_like(module.name)


def _is_plot(candidate: Any) -> bool:
    return inspect.isfunction(candidate) and [*inspect.signature(candidate).parameters][:1] == ["results"]


PLOTS: Registry[Plot] = Registry(
    "plot",
    __name__,
    _own,
    _is_plot,
    lambda plot, name: (name or plot.__name__).replace("_", "-"),
    "a function of results",
    _likely,
)
"""Every plot by its name in kebab-case, as files and the terminal write it."""


def known_plots() -> Mapping[str, Plot]:
    """Return every plot by its name in kebab-case, as files and the terminal write it.

    >>> "convergence" in known_plots()
    True
    """
    return PLOTS


_TABLE = re.compile(r"^(?:(?:def )?table\b|(?:from|import) .*\btable\b|    table,$)", re.MULTILINE)


def has_no_table(name: str) -> bool:
    """Say whether a plot of this project has no function ``table`` beside it, as its file has it.

    >>> has_no_table("convergence"), has_no_table("gradient-cost")
    (True, False)
    """
    text = texts(__name__).get(f"{__name__}.{name.replace('-', '_')}")
    return text is not None and _TABLE.search(text) is None


def _import_matplotlib() -> None:
    """Import Matplotlib, which reads its settings and ends where they are no text.

    Raises:
        InputError: naming the file.
    """
    try:
        import matplotlib  # noqa: F401  # only so that its error is met here
    except UnicodeDecodeError as error:
        raise InputError(
            f"a file 'matplotlibrc', here or among your own settings, is no text in UTF-8 "
            f"({error.reason}): save it as such"
        ) from None


class _Plots(ModuleType):
    """The package itself, in which a plot's name means its function, not the file of the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Python binds a file's name to its module whenever anybody imports it, which would hide the plot.
        super().__setattr__(name, getattr(value, name, value) if isinstance(value, ModuleType) else value)


sys.modules[__name__].__class__ = _Plots


if not TYPE_CHECKING:  # which knows the names from above, and would take any other for right

    def __getattr__(name: str) -> Any:
        """Return a plot, or a helper module of this package, by its name."""
        if any(module.name == name for module in pkgutil.iter_modules(__path__)):
            importlib.import_module(f"{__name__}.{name}")
            return globals()[name]
        if not name.startswith("_") and name.replace("_", "-") in PLOTS:
            return PLOTS[name.replace("_", "-")]
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}; see harness.plots.known_plots()"
        )


def __dir__() -> list[str]:
    return sorted(["known_plots", *(name.replace("-", "_") for name in known_plots())])
