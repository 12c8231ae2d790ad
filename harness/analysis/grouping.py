"""Which runs belong together: those of one optimizer on one problem, and the two of one problem and seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from harness.runs.tables import Tables, gradient_column
from optimizers.errors import InputError, unknown_name

LABELS = ["problem", "optimizer", "gradient"]


class Group(NamedTuple):
    """The runs of one optimizer and gradient source on one problem, in the order of their seeds."""

    problem: str
    optimizer: str
    gradient: str
    runs: pd.DataFrame

    @property
    def unit(self) -> dict[str, Any]:
        """What a row of it is about."""
        return {"problem": self.problem, "optimizer": self.optimizer, "gradient": self.gradient}

    @property
    def line(self) -> tuple[str, str]:
        """Optimizer and gradient source."""
        return self.optimizer, self.gradient


class Pair(NamedTuple):
    """The runs of two optimizers on one problem, row by row of the same seed, so from the same start."""

    group: Group
    other: Group
    unpaired: int
    """Runs of the two whose seed the other does not have."""

    @property
    def unit(self) -> dict[str, Any]:
        """What a row of it is about."""
        return {**self.group.unit, "other": self.other.optimizer, "other_gradient": self.other.gradient}

    @property
    def counts(self) -> dict[str, int]:
        """How many pairs there are, and how many runs without a partner."""
        return {"n": len(self.group.runs), "unpaired": self.unpaired}


def groups(tables: Tables) -> list[Group]:
    """Return the groups of runs, ordered by their names.

    Raises:
        InputError: if an optimizer has two runs of one seed on a problem.
    """
    runs = tables.runs.assign(gradient=gradient_column(tables.runs))
    runs = runs.sort_values([*LABELS, "seed"], kind="stable")
    twice = runs[runs.duplicated([*LABELS, "seed"])]
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            f"{first['optimizer']} has two runs of seed {first['seed']} on {first['problem']}, expected one: "
            "choose runs of one experiment with results.where"
        )
    return [
        Group(str(problem), str(optimizer), str(gradient), group)
        for (problem, optimizer, gradient), group in runs.groupby(LABELS, sort=True)
    ]


def by_problem(tables: Tables) -> dict[str, list[Group]]:
    """Return the groups of each problem, ordered by their names."""
    return {problem: list(found) for problem, found in itertools.groupby(groups(tables), lambda g: g.problem)}


def pairs(tables: Tables, against: str | None = None) -> Iterator[Pair]:
    """Yield every two groups of a problem, the one of the earlier name first.

    Only seeds that both have are compared; the runs that are left are counted.

    Arguments:
        tables: the tables of a comparison.
        against: label or name of an optimizer: every other is compared with it, and with no one else.

    Raises:
        InputError: if no run is of that optimizer.
    """
    names = set(tables.runs["optimizer"]) | set(tables.runs["optimizer_name"])
    if against is not None and against not in names:
        raise unknown_name("optimizer of these runs", against, set(map(str, names)))
    for found in by_problem(tables).values():
        couples: Iterable[tuple[Group, Group]] = itertools.combinations(found, 2)
        if against is not None:
            held = [g for g in found if against in (g.optimizer, *g.runs["optimizer_name"])]
            couples = ((g, other) for g in found for other in held if all(g is not one for one in held))
        for group, other in couples:
            yield paired(group, other)


def paired(group: Group, other: Group) -> Pair:
    """Return two groups of a problem as pairs of runs, of the seeds that both have."""
    common = set(group.runs["seed"]) & set(other.runs["seed"])
    unpaired = len(group.runs) + len(other.runs) - 2 * len(common)
    one, two = (_with_seeds(part, common) for part in (group, other))
    return Pair(one, two, unpaired)


def _with_seeds(group: Group, seeds: set[int]) -> Group:
    if len(seeds) == len(group.runs):
        return group
    return group._replace(runs=group.runs[group.runs["seed"].isin(seeds)])
