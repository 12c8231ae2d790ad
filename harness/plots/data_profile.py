"""Which part of the problems an optimizer solves for so many simplex gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from harness.analysis.data_profile import DataProfile
from harness.plots.choice import chosen_problems, of_problems
from harness.plots.figure import Panels
from harness.plots.media import Width
from harness.plots.profile_lines import draw_profiles
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts

GRADIENTS = tuple(float(number) for number in np.geomspace(1e-4, 1e8, 721))
"""Where the profile is known, 60 numbers a decade."""
SOME = Text | list[Text] | tuple[Text, ...] | None


@accepts(results=Tables, problems=SOME, emphasis=SOME)
def data_profile(
    results: Tables,
    problems: str | Sequence[str] | None = None,
    emphasis: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the part of the problems that an optimizer solves for a cost in proportion to their parameters.

    The data profile of More and Wild (the statistic ``data-profile``): what was spent is counted in simplex
    gradients, n + 1 evaluations of a problem of n parameters, which makes problems of different size one.

    Arguments:
        results: the tables of a comparison.
        problems: the problems that count; all that have a target, where left out.
        emphasis: the optimizers that stand out, or "all"; see ``convergence``.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into this one instead of a figure of its own.

    Returns:
        The Axes.

    Raises:
        InputError: for an unknown problem or optimizer, or where no problem has a target.
    """
    part = of_problems(results, chosen_problems(results, problems))
    return draw_profiles(
        part,
        DataProfile(gradients=GRADIENTS).compute(part),
        "gradients",
        emphasis,
        width,
        axes,
        name="data-profile",
        xlabel="cost in simplex gradients (n + 1 forward-pass equivalents)",
        ylabel="part of the problems",
        reading=(
            "A line is the part of the problems that an optimizer solves, by its expected running time, for "
            "so many simplex gradients: n + 1 evaluations of a problem of n parameters, what one gradient by "
            "differences costs. Higher is better, and further to the left cheaper. Where an optimizer was "
            "not run it has not solved."
        ),
        hides=(
            "On which problems an optimizer is good, and how far the profile would be another with other "
            "problems. A gradient by backpropagation costs less than one such unit, whatever n is."
        ),
    )
