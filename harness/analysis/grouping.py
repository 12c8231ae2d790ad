"""Which runs belong together: those of one optimizer on one problem, and the two of one problem and seed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.runs.tables import Tables, gradient_column
from optimizers.errors import InputError, unknown_name

LABELS = ["problem", "optimizer", "gradient"]


COMPARED = (
    "run_id", "seed", "outcome", "target", "cost", "iterations", "seconds", "cost_to_target", "best_loss",
    "final_loss", "test_accuracy",
)  # fmt: skip
"""Columns that comparisons of pairs read."""

Ends = Mapping[str, NDArray[Any]]
"""How runs ended, by column: the text ones as objects, seeds as they are, all others as float64."""


def ends_of(runs: pd.DataFrame) -> Ends:
    """Return the columns that comparisons of pairs read, as arrays.

    A pair reads thirty columns; to take one out of a frame costs 20 us, and of 770 runs there are 385 pairs.
    """
    found: dict[str, NDArray[Any]] = {}
    for name in COMPARED:
        kind: Any = object if name in ("run_id", "outcome") else None if name == "seed" else np.float64
        found[name] = runs[name].to_numpy(dtype=kind)
    return found


class Group:
    """The runs of one optimizer and gradient source on one problem, in the order of their seeds.

    Arguments:
        problem: its name.
        optimizer: label of the optimizer.
        gradient: its source; empty where it asks for none.
        runs: rows of the table of runs.
        ends: what comparisons read of them.
        places: which of these rows and ends the group has, where it is not all of them.
    """

    def __init__(
        self,
        problem: str,
        optimizer: str,
        gradient: str,
        runs: pd.DataFrame,
        ends: Ends,
        places: NDArray[np.int64] | None = None,
    ) -> None:
        self.problem, self.optimizer, self.gradient = problem, optimizer, gradient
        self._runs, self._places = runs, places
        self.ends = ends if places is None else {name: column[places] for name, column in ends.items()}

    @functools.cached_property
    def runs(self) -> pd.DataFrame:
        """Its rows of the table of runs."""
        # A frame of some of them takes 0.3 ms a pair, and verdicts do without it.
        return self._runs if self._places is None else self._runs.iloc[self._places]

    @property
    def unit(self) -> dict[str, Any]:
        """What a row of it is about."""
        return {"problem": self.problem, "optimizer": self.optimizer, "gradient": self.gradient}

    @property
    def line(self) -> tuple[str, str]:
        """Optimizer and gradient source."""
        return self.optimizer, self.gradient

    @functools.cached_property
    def has_target(self) -> bool:
        """Whether every run has a target."""
        return not bool(np.isnan(self.ends["target"]).any())

    @functools.cached_property
    def solved(self) -> NDArray[np.bool_]:
        """Whether each run reached the target that it has."""
        reached = self.ends["outcome"] == "solved"
        return np.asarray(reached & ~np.isnan(self.ends["target"]), dtype=np.bool_)

    def taking(self, places: NDArray[np.int64]) -> Group:
        """Return the group of some of its runs, by their places."""
        return Group(self.problem, self.optimizer, self.gradient, self.runs, self.ends, places)


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
        return {"n": len(self.group.ends["seed"]), "unpaired": self.unpaired}


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
    # Columns are read once, of all runs: to read those of each part takes longer than all of its verdicts.
    ends, grouped = ends_of(runs), runs.groupby(LABELS, sort=True)
    places, found = grouped.indices, []
    for key, part in grouped:
        problem, optimizer, gradient = map(str, key)
        own = {name: column[places[key]] for name, column in ends.items()}
        found.append(Group(problem, optimizer, gradient, part, own))
    return found


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
    seeds, others = group.ends["seed"], other.ends["seed"]
    if np.array_equal(seeds, others):
        return Pair(group, other, 0)
    common = np.intersect1d(seeds, others)
    one, two = (part.taking(np.flatnonzero(np.isin(part.ends["seed"], common))) for part in (group, other))
    return Pair(one, two, len(seeds) + len(others) - 2 * len(common))
