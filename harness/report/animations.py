"""Which plots can be drawn as they come about."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.plots import known_plots
from optimizers.errors import unknown_name

if TYPE_CHECKING:
    from harness.plots.animation import Animation


def animated(name: str) -> Callable[..., Animation]:
    """Return what animates a plot, a function of results and of the plot's own options.

    A plot has one where its file has a function ``animation`` beside it.

    Raises:
        InputError: for a plot that has none.

    >>> animated("loss-landscape").__module__
    'harness.plots.loss_landscape'
    """
    there: dict[str, Any] = {}
    for known, plot in known_plots().items():
        function = getattr(sys.modules[plot.__module__], "animation", None)
        if callable(function):
            there[known] = function
    if name not in there:
        raise unknown_name("animated plot", name, there)
    found: Callable[..., Animation] = there[name]
    return found
