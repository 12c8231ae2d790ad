"""Where every run ended, an optimizer a row, a run a dot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from harness.analysis.ahead import final_losses
from harness.analysis.final_accuracy import FinalAccuracy
from harness.analysis.final_loss import FinalLoss
from harness.analysis.places import mean_places
from harness.plots.choice import chosen_problems, of_problems
from harness.plots.figure import Panels, described
from harness.plots.media import Medium, Width, medium_of
from harness.plots.rows import count_rows, name_beyond, place_beyond, row_panels
from harness.plots.scales import scale_losses
from harness.plots.style import TARGET, Line, line_looks
from harness.runs.tables import Tables, gradient_column
from optimizers.arguments import Text, accepts
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import Level

CLOUD = 0.3
"""How far dots are spread around their row."""
NAMES = {"loss": "training loss at the end", "accuracy": "accuracy on test rows at the end"}


@accepts(
    results=Tables,
    of=Literal["loss", "accuracy"],
    level=Level,
    problems=Text | list[Text] | tuple[Text, ...] | None,
)
def finals(
    results: Tables,
    of: Literal["loss", "accuracy"] = "loss",
    level: float = 0.95,
    problems: str | Sequence[str] | None = None,
    width: Width = "page",
    axes: Axes | Sequence[Axes] | None = None,
) -> Axes | Panels:
    """Draw where every run ended, an optimizer a row, a panel a problem, a run a dot.

    Beside the dots stand the median and its interval (the statistics ``final-loss`` and ``final-accuracy``).
    A run that diverged or failed stands at infinity, at the right. Rows are in the order of the mean place
    over the problems drawn.

    Arguments:
        results: the tables of a comparison.
        of: what of the end: "loss", of the training rows, or "accuracy", of the test rows.
        level: probability of the intervals.
        problems: the problems to draw; all, where left out.
        width: where the figure is to stand: a journal's column, its page, or a slide.
        axes: draw into these, one a panel, instead of a figure of its own.

    Returns:
        The Axes, an array of them where there are several.

    Raises:
        InputError: for an unknown problem, or where no run has a test accuracy.
    """
    chosen = chosen_problems(results, problems)
    part = of_problems(results, chosen)
    data = _ends(part, of)
    if of == "accuracy":
        chosen = [name for name in chosen if data.loc[data["problem"] == name, "end"].notna().any()]
        if not chosen:
            raise InputError("plot 'finals' needs runs with a test accuracy: take of=loss instead")
    table = (FinalLoss(level=level) if of == "loss" else FinalAccuracy(level=level)).compute(part)
    looks = line_looks(results, width)
    lines = [line for line in mean_places(of_problems(results, chosen)) if line in looks]
    found = row_panels(
        chosen,
        lines,
        looks,
        title=results.question or results.name,
        subtitle=_subtitle(table, data, of, level),
        xlabel=NAMES[of],
        width=width,
        axes=axes,
    )
    for problem, panel in found.items():
        rows = {
            (row["optimizer"], row["gradient"]): {str(name): value for name, value in row.items()}
            for row in table[table["problem"] == problem].to_dict("records")
        }
        _draw(panel, data[data["problem"] == problem], rows, lines, looks, of, medium_of(width))
    return described(
        found.values(),
        reading=(
            "An optimizer is a row, the order of rows being that of its mean place over the problems drawn. "
            f"A dot is the {NAMES[of]} of one run, spread up and down for sight alone. A vertical stroke is "
            f"the median, a bar its interval of order statistics at {100 * level:g} %, without ends where "
            "there are too few runs for one. At infinity: runs that diverged or failed. Dashed: the target. "
            "At the right the number of runs."
        ),
        hides=(
            "What the runs have spent: those that reached their target ended there, just below it, whoever "
            "was first. Which dots are of one seed."
        ),
        data=data,
    )


def _ends(tables: Tables, of: str) -> pd.DataFrame:
    """Return where every run ended: +inf for a loss, NaN for an accuracy that there is none of."""
    runs = tables.runs
    named = runs[["run_id", "problem", "optimizer", "seed", "outcome"]].assign(gradient=gradient_column(runs))
    end = final_losses(runs) if of == "loss" else runs["test_accuracy"].to_numpy(dtype=np.float64)
    return named.assign(end=end, target=runs["target"])


def _subtitle(table: pd.DataFrame, data: pd.DataFrame, of: str, level: float) -> str:
    """Say what dots, strokes and bars are."""
    known = np.isfinite(table[f"{of}_low"].to_numpy(dtype=np.float64)).any()
    bar = f"bar: interval at {100 * level:g} %" if known else "too few runs for intervals"
    beyond = "; \N{INFINITY}: diverged or failed" if of == "loss" and np.isinf(data["end"]).any() else ""
    return f"dot: a run; stroke: median; {bar}{beyond}"


def _draw(
    panel: Axes,
    data: pd.DataFrame,
    rows: dict[Line, dict[str, Any]],
    lines: list[Line],
    looks: dict[Line, dict[str, Any]],
    of: str,
    medium: Medium,
) -> None:
    """Draw one problem."""
    ends: Array = data["end"].to_numpy(dtype=np.float64)
    targets = [float(target) for target in data["target"].dropna().unique()] if of == "loss" else []
    finite = np.append(ends[np.isfinite(ends)], targets)
    panel.locator_params(axis="x", nbins=medium.ticks)
    if of == "loss":
        scale_losses(panel, finite, "x", medium.ticks - 1)
    if panel.get_xscale() == "linear":
        # A panel of its own dots sets its ends when it is drawn, and a place beyond them is due before.
        panel.set_xlim(*_linear_ends(finite))
        panel.set_xticks(panel.get_xticks()[1:-1])
        panel.set_xlim(*_linear_ends(finite))
    never = place_beyond(panel, ends)
    for height, line in enumerate(lines):
        own = data[(data["optimizer"] == line[0]) & (data["gradient"] == line[1])].sort_values("seed")
        if not len(own):
            continue
        # Spread in an order that has nothing to do with the numbers, and is the same each time.
        spread = np.random.default_rng(0).uniform(-CLOUD, CLOUD, len(own))
        look = looks[line]
        dots: dict[str, Any] = {"color": look["color"], "marker": "o", "linestyle": "", "alpha": 0.6}
        places = np.where(np.isinf(own["end"]), never, own["end"].to_numpy(dtype=np.float64))
        size = 0.6 * look["markersize"] * min(1.0, (40 / len(own)) ** 0.25)
        panel.plot(places, height + spread, markersize=size, markeredgewidth=0, clip_on=False, **dots)
        _draw_median(panel, rows[line], of, height, look, never)
    for target in targets:
        panel.axvline(target, **TARGET)
    name_beyond(panel, never)
    counts = data.groupby(["optimizer", "gradient"], sort=False).size()
    count_rows(panel, [str(counts.get(line, "not run")) for line in lines], "runs", medium)


def _linear_ends(numbers: Array) -> tuple[float, float]:
    if not numbers.size:
        return 0.0, 1.0
    low, high = float(numbers.min()), float(numbers.max())
    margin = 0.05 * (high - low) or 0.05 * max(abs(high), 1.0)
    return low - margin, high + margin


def _draw_median(
    panel: Axes, row: dict[str, Any], of: str, height: int, look: dict[str, Any], never: float
) -> None:
    """Draw a median as a stroke across its row, and its interval where it has one."""
    middle, low, high = (row[f"{of}{end}"] for end in ("", "_low", "_high"))
    if np.isnan(middle):
        return
    ink: dict[str, Any] = {"color": "0.1", "linewidth": look["linewidth"], "zorder": 4}
    panel.plot([min(middle, never)] * 2, [height - 0.38, height + 0.38], **ink)
    if np.isfinite(low):
        panel.plot([low, min(high, never)], [height, height], **{**ink, "linewidth": 0.6 * look["linewidth"]})
