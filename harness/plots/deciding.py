"""What was known of each comparison as its seeds were added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.comparison import declared_pairs
from harness.analysis.sequential_path import (
    Path,
    allowed_of,
    is_of_probability,
    level_of,
    path_of,
    values_of,
)
from harness.plots.figure import Panels, described
from harness.plots.media import Width, medium_of
from harness.plots.style import TARGET, Line, line_looks, logarithmic_ticks, panels
from harness.runs.declaration import DeclaredClaim
from harness.runs.tables import Tables
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError, unknown_name
from optimizers.objective import Array

BAND, EDGE = 0.12, 0.6
"""Opacity of an interval, and of its ends, which show where others lie over it."""
MARGIN = "0.92"
"""Shade of grey within the margin."""


@accepts(results=Tables, problems=Text | list[Text] | tuple[Text, ...] | None)
def deciding(
    results: Tables,
    problems: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw the interval of being ahead against the seeds, for each comparison that was declared.

    A line is the part of the pairs in which an optimizer is ahead of the other, a tie as a half; around it is
    its confidence sequence, which holds at every number of seeds. A mark stands where the comparison was
    decided: the interval had left 1/2, or what the margin is of lay within it. The grey band is the margin
    where that is one of this probability.

    Arguments:
        results: runs of ``harness run --until-decided``.
        problems: the problems to draw; all where left out.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for runs of which nothing was declared, or an unknown problem.
    """
    declaration = results.declaration
    if declaration is None:
        raise InputError("plot 'deciding' needs results of `harness run --until-decided`")
    pairs = [found for found in declared_pairs(results, declaration) if len(found[1].group.runs)]
    asked = _asked(list(dict.fromkeys(claim.problem for claim, _ in pairs)), problems)
    pairs = [found for found in pairs if found[0].problem in asked]
    looks = _looks(results, [claim for claim, _ in pairs], width)
    _, found = panels(
        asked,
        # The legend reads the properties alone.
        {(str(number), ""): look for number, look in enumerate(looks.values())},
        title=results.question or results.name,
        subtitle="band: interval at every number of seeds at once; mark: decided; grey: within the margin",
        xlabel="seeds",
        ylabel="probability of being ahead",
        width=width,
        axes=axes,
    )
    rows = []
    for name, panel in found.items():
        most = 1
        for claim, pair in pairs:
            if claim.problem == name:
                values, solved = values_of(results, pair, claim)
                path = path_of(values, solved, claim, level_of(claim, declaration))
                means = np.cumsum(values.leads)[path.pairs - 1] / path.pairs
                look = looks[claim.line, claim.other]
                _draw(panel, claim, path, means, look)
                numbers = {"pairs": path.pairs, "ahead": means, "low": path.low, "high": path.high}
                rows.append(pd.DataFrame({"problem": name, "comparison": look["label"], **numbers}))
                most = max(most, int(path.pairs[-1]))
        panel.axhline(0.5, **TARGET)
        panel.set_xscale("log")
        panel.set_xlim(1.0, most * 1.2)
        panel.set_ylim(-0.03, 1.03)
        logarithmic_ticks(panel.xaxis, 1.0, most * 1.2, medium_of(width).ticks_across(len(found)))
    return described(
        found.values(),
        reading=(
            "A line is the part of the pairs of runs from one start in which the one that is said to be "
            "better is ahead of the other, a tie as a half. The band is its confidence sequence, which holds "
            "at every number of seeds at once. A mark stands where the comparison was decided: the interval "
            "had left 1/2, or what the margin is of lay within it. A grey band is the margin, where it is "
            "one of this probability."
        ),
        hides="By how much one is ahead, and the seeds that a fixed number of them would have taken.",
        data=pd.concat(rows, ignore_index=True) if rows else None,
    )


def _asked(known: list[str], problems: str | Sequence[str] | None) -> list[str]:
    """Return the problems to draw, in the order they were asked for."""
    asked = known if problems is None else [problems] if isinstance(problems, str) else list(problems)
    for name in asked:
        if name not in known:
            raise unknown_name("problem", name, known)
    if not asked:
        raise InputError("plot 'deciding' needs pairs of runs: there are none")
    return list(dict.fromkeys(asked))


def _looks(
    results: Tables, claims: Sequence[DeclaredClaim], width: Width
) -> dict[tuple[Line, Line], dict[str, Any]]:
    """Return the look of each comparison: that of the one that is said to be better."""
    styles = line_looks(results, width)
    looks = {}
    for claim in claims:
        look = styles[claim.line]
        label = f"{look['label']} against {styles[claim.other]['label']}"
        looks[claim.line, claim.other] = {**look, "label": label}
    return looks


def _draw(panel: Axes, claim: DeclaredClaim, path: Path, means: Array, look: dict[str, Any]) -> None:
    """Draw one comparison, and its margin where that is one of the probability of being ahead."""
    if is_of_probability(claim):
        allowed = allowed_of(claim)
        panel.axhspan(0.5 - allowed, 0.5 + allowed, color=MARGIN, zorder=0.5, linewidth=0)
    edge: dict[str, Any] = {"edgecolor": (look["color"], EDGE), "linewidth": 0.35 * look["linewidth"]}
    panel.fill_between(path.pairs, path.low, path.high, facecolor=(look["color"], BAND), **edge)
    at, _ = path.first()
    marks = [] if at is None else [int(np.searchsorted(path.pairs, at))]
    panel.plot(path.pairs, means, markevery=marks, **look)
