"""Chooses the runs whose networks are drawn: of one problem, by their seeds, those that found something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import InstanceOf

from harness.plots.media import Width
from harness.plots.style import Line, line_looks
from harness.problems import load
from harness.problems.base import BaseProblem
from harness.problems.problem import Problem
from harness.runs.identity import digest_of_key, shown_problem
from harness.runs.replay import Replay, replay
from harness.runs.settings import unmarked
from harness.runs.tables import Tables, gradient_column
from optimizers.errors import InputError, unknown_name
from optimizers.printable import listed, shown

ChosenProblem = str | InstanceOf[BaseProblem] | None
"""A problem by its name, or itself where it is your own; None where there is one."""
ChosenSeeds = int | list[int] | None
"""A seed, or several; None for the first there is."""

MOST_PANELS = 12
"""Runs of one figure at the most."""

WITHOUT = ("failed", "diverged")
"""Outcomes of runs that have trained no network."""


class Trained(NamedTuple):
    """A run that is drawn."""

    title: str
    line: Line
    look: dict[str, Any]
    """Of its line, as in every other figure of these results."""
    row: pd.Series[Any]

    @property
    def named(self) -> dict[str, Any]:
        """What says in a table of numbers of which run they are."""
        return {name: self.row[name] for name in ("problem", "optimizer", "gradient", "seed")}


class Choice(NamedTuple):
    """The runs that are drawn, and what has to be said of them."""

    name: str
    """The problem's, in tables."""
    problem: BaseProblem
    runs: list[Trained]
    notes: list[str]

    @property
    def network_problem(self) -> Problem:
        """The problem, whose network is drawn.

        Raises:
            InputError: if it has none.
        """
        if not isinstance(self.problem, Problem):
            raise InputError(f"problem '{self.name}' is a function and has no network: take another problem")
        return self.problem

    @property
    def seeds(self) -> list[int]:
        """The seeds of the runs, in their order."""
        return list(dict.fromkeys(int(run.row["seed"]) for run in self.runs))

    def reading(self, *said: str) -> str:
        """Return a line below the title: the problem, the seed where there is one, and more."""
        seeds = [f"seed {self.seeds[0]}"] if len(self.seeds) == 1 else []
        return "; ".join([", ".join([self.name, *seeds]), *said, *self.notes])

    def replays(self, results: Tables) -> list[Replay]:
        """Do the runs again, with their parameters at each look."""
        return [replay(run.row, results.trace, self.problem) for run in self.runs]


def choose(
    plot: str,
    results: Tables,
    problem: ChosenProblem,
    seeds: ChosenSeeds,
    width: Width,
    most: int = MOST_PANELS,
) -> Choice:
    """Choose the runs of one problem that have trained a network.

    Arguments:
        plot: name of the plot, for sentences.
        results: the runs.
        problem: see ``ChosenProblem``.
        seeds: see ``ChosenSeeds``.
        width: where the figure is to stand.
        most: runs at the most.

    Raises:
        InputError: if there are none, or more; for an unknown problem or seed.
    """
    if not len(results.runs):
        raise InputError(f"plot '{plot}' needs runs, and {results.name} has none: run the experiment first")
    names, loaded = _problem(plot, results, problem)
    looks = line_looks(results, width)
    rows = results.runs[results.runs["problem"].isin(names)]
    rows = rows[rows["seed"].isin(_seeds(rows, seeds))]
    lost = rows["outcome"].isin(WITHOUT) | ~rows["best_w"].map(lambda w: bool(np.isfinite(w).all()))
    found = rows[~lost]
    if not len(found):
        ends = ", ".join(f"{number} {outcome}" for outcome, number in rows["outcome"].value_counts().items())
        raise InputError(
            f"plot '{plot}' needs runs that have trained something, and there is none ({ends}): take another "
            "seed or optimizer"
        )
    if len(found) > most:
        raise InputError(
            f"plot '{plot}' would draw {len(found)} runs, expected up to {most}: choose some by seeds, or "
            "with where(optimizer=...), at the terminal --optimizer"
        )
    several = found["seed"].nunique() > 1
    runs = []
    for (_, row), gradient in zip(found.iterrows(), gradient_column(found), strict=True):
        line = str(row["optimizer"]), gradient
        title = str(looks[line]["label"])
        if len(names) > 1:
            title += str(row["problem"]).removeprefix(unmarked(str(row["problem"])))
        runs.append(Trained(f"{title}, seed {row['seed']}" if several else title, line, looks[line], row))
    notes = [f"left out: {row['optimizer']} ({row['outcome']})" for _, row in rows[lost].iterrows()]
    return Choice(unmarked(names[0]), loaded, runs, list(dict.fromkeys(notes)))


def _problem(plot: str, results: Tables, problem: ChosenProblem) -> tuple[list[str], BaseProblem]:
    """Return the names that a problem has in the tables, and the problem."""
    known = list(dict.fromkeys(results.runs["problem"].astype(str)))
    if isinstance(problem, BaseProblem):
        same = results.runs["problem_key"] == digest_of_key(problem.key)
        names = list(results.runs.loc[same, "problem"].unique()) or [shown_problem(problem)]
        if names[0] not in known:
            raise unknown_name("problem", names[0], known)
        return names, problem
    if problem is None and len({unmarked(name) for name in known}) > 1:
        raise InputError(
            f"plot '{plot}' needs one problem: name it with the option problem (there are: {listed(known)})"
        )
    names = known if problem is None else [name for name in known if problem in (name, unmarked(name))]
    if not names:
        raise unknown_name("problem", str(problem), known)
    try:
        return names, load(unmarked(names[0]))
    except InputError:
        raise InputError(
            f"problem {shown(names[0])} is none that its name alone builds: hand in the problem itself, as "
            f"in results.plot.{plot.replace('-', '_')}(problem=problem)"
        ) from None


def _seeds(rows: pd.DataFrame, seeds: ChosenSeeds) -> Sequence[int]:
    """Return the seeds that are drawn."""
    known = [int(seed) for seed in dict.fromkeys(rows["seed"])]
    if seeds is None:
        return known[:1]
    asked = [seeds] if isinstance(seeds, int) else list(seeds)
    for seed in asked:
        if seed not in known:
            raise unknown_name("seed of these runs", str(seed), map(str, known))
    if not asked:
        raise InputError("seeds is empty: name some, or leave it out for the first")
    return asked
