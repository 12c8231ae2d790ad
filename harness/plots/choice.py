"""What of some results a figure shows: its problems, and the lines that stand out."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.analysis.places import mean_places
from harness.plots.families import COLOURS, family_of
from harness.plots.legend import Line
from harness.plots.media import Medium
from harness.plots.text import inches
from harness.runs.tables import Tables
from optimizers.errors import InputError, unknown_name
from optimizers.printable import listed

MOST_EMPHASISED = 6
"""Lines that can be followed by eye; of more than these, a few stand out of grey ones. Of gradient sources of
one optimizer there may be as many as there are hues: they are what such a figure is about."""
GREY = "0.75"
LONGEST_NAME = 40
"""Letters of the name of a grey line."""


def chosen_problems(results: Tables, problems: str | Sequence[str] | None) -> list[str]:
    """Return the problems to draw, in the order they were asked for.

    Raises:
        InputError: for an unknown problem, none at all, or results without runs.
    """
    known = [str(problem) for problem in results.runs["problem"].unique()]
    if not known:
        raise InputError(f"{results.name} has no runs, so there is nothing to draw")
    asked = known if problems is None else [problems] if isinstance(problems, str) else list(problems)
    for problem in asked:
        if problem not in known:
            raise unknown_name("problem", problem, known)
    if not asked:
        raise InputError(f"problems is empty: name some of {listed(known)}, or leave it out for all")
    return list(dict.fromkeys(asked))


def of_problems(results: Tables, problems: Sequence[str]) -> Tables:
    """Return the results on some problems only, with the lineup of the whole."""
    chosen = results.runs["problem"].isin(list(problems))
    if chosen.all():
        return results
    runs = results.runs[chosen].reset_index(drop=True)
    return replace(results, runs=runs, held_lineup=results.lineup)


def emphasised(
    results: Tables, looks: Mapping[Line, Mapping[str, Any]], asked: str | Sequence[str] | None
) -> list[Line]:
    """Return the lines that stand out, the others being grey.

    Arguments:
        results: the runs that are drawn.
        looks: of all lines.
        asked: labels or names of optimizers, or "all"; None takes all where there are up to six (seven
            sources of one optimizer), otherwise those that the claims are about, and without claims the
            gradient method and the population that are ahead on the mean over problems.

    Raises:
        InputError: for an optimizer that is not there.
    """
    lines = list(looks)
    most = len(COLOURS) if len({optimizer for optimizer, _ in lines}) == 1 else MOST_EMPHASISED
    if asked == "all" or (asked is None and len(lines) <= most):
        return lines
    names = {entry.optimizer: entry.name for entry in results.lineup}
    if asked is not None:
        wanted = [asked] if isinstance(asked, str) else list(asked)
        for name in wanted:
            if not any(name in (line[0], names.get(line[0])) for line in lines):
                known = [*dict.fromkeys(line[0] for line in lines), "all"]
                raise unknown_name("optimizer to emphasise", name, known)
        return [line for line in lines if {line[0], names.get(line[0])} & set(wanted)]
    claimed = Counter(name for claim in results.claims for name in (claim.better, claim.than))
    found = {}
    # What most claims are about first, and as they are declared.
    for name, _ in claimed.most_common():
        for line in lines:
            if name in (line[0], names.get(line[0]), f"{line[0]} by {line[1]}"):
                found[line] = name
    front = list(found)[:MOST_EMPHASISED]
    return [line for line in lines if line in front] or _best_of_kinds(results, lines, names)


def _best_of_kinds(results: Tables, lines: list[Line], names: Mapping[str, str]) -> list[Line]:
    """Return the gradient method and the population that are ahead, and the best of all."""
    order = [line for line in mean_places(results) if line in lines]
    kinds = {line: family_of(names.get(line[0], line[0]), line[1]) for line in order}
    gradient = [line for line in order if kinds[line] in ("first order", "second order")]
    populations = [line for line in order if kinds[line] == "populations"]
    found = {*gradient[:1], *populations[:1], *order[:1]}
    return [line for line in lines if line in found]


def greyed(
    looks: Mapping[Line, Mapping[str, Any]], front: Sequence[Line], medium: Medium
) -> tuple[dict[Line, dict[str, Any]], dict[Line, dict[str, Any]], str, str]:
    """Put all lines but some into the background.

    Arguments:
        looks: of all lines, as ``line_looks`` returns them.
        front: those that stand out.
        medium: where the figure is to stand.

    Returns:
        The looks of all, those that a legend explains, the grey ones as one, what a heading says of these, as
        far as one line holds it, and a caption's sentence on them.
    """
    drawn = {line: dict(look) for line, look in looks.items()}
    behind = [line for line in looks if line not in front]
    for line in behind:
        drawn[line] |= {"color": GREY, "marker": "", "linestyle": "-", "zorder": 1.8}
        drawn[line]["linewidth"] *= 0.6
    explained = {line: drawn[line] for line in looks if line in front}
    if not behind:
        return drawn, explained, "", ""
    names = [textwrap.shorten(str(looks[line]["label"]), LONGEST_NAME, placeholder=" ...") for line in behind]
    if len(behind) == 1:
        return drawn, drawn, "", ""
    explained["grey", ""] = {**drawn[behind[0]], "label": f"{len(behind)} others"}
    grey = f"grey: {', '.join(names)}"
    fits = inches(len(grey), medium.label) < medium.width - 0.3
    return drawn, explained, f"; {grey}" if fits else "", f" Grey: {', '.join(names)}."
