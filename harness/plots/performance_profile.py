"""On which part of the problems an optimizer comes within a factor of the best, for every factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from harness.analysis.performance_profile import PerformanceProfile
from harness.plots.choice import chosen_problems, of_problems
from harness.plots.figure import Panels
from harness.plots.media import Width
from harness.plots.profile_lines import draw_profiles
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts

FACTORS = tuple(float(factor) for factor in np.geomspace(1.0, 1e6, 481))
"""Where the profile is known, 80 factors a decade."""
SOME = Text | list[Text] | tuple[Text, ...] | None


@accepts(results=Tables, problems=SOME, emphasis=SOME)
def performance_profile(
    results: Tables,
    axis: Literal["cost", "iterations", "seconds"] = "cost",
    problems: str | Sequence[str] | None = None,
    emphasis: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the part of the problems on which an optimizer comes within a factor of the best one.

    The performance profile of Dolan and More (the statistic ``performance-profile``): at the left, where the
    factor is 1, stands the part of the problems on which an optimizer is the best, at the right the part
    that it solves at all.

    Arguments:
        results: the tables of a comparison.
        axis: what was spent: "cost", "iterations" or "seconds".
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
        PerformanceProfile(axis=axis, factors=FACTORS).compute(part),
        "factor",
        emphasis,
        width,
        axes,
        name="performance-profile",
        xlabel=f"{axis}, as a multiple of the best optimizer's on the problem",
        ylabel="part of the problems",
        reading=(
            "A line is the part of the problems on which an optimizer's expected running time to the target "
            "is within a factor of the best one's. Higher is better; its start is how often the optimizer is "
            "the best, its end how often it solves a problem at all. Where it was not run it has not solved."
        ),
        hides=(
            "On which problems an optimizer is good, what the best one spends, and how far the profile would "
            "be another with other problems. It depends on who is compared: with the best one left out, the "
            "order of the others may be another (Gould and Scott 2016)."
        ),
    )
