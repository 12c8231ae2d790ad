"""Does a run again from its row, and keeps what the first time was not kept: the parameters at each look.

The same seed gives the same bits, so a run need not be stored in full to be seen in full. That it is the
same run is not taken for granted: its identity and every row of its trace have to agree with what was kept.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from harness.problems.base import BaseProblem, Measures, MeasuresTable
from harness.runs.described import RowsKept
from harness.runs.identity import digest_of_key
from harness.runs.recorder import Recorder
from harness.runs.shared import Shared
from harness.runs.single_run import Run
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.look import Look
from optimizers.objective import Array, Measurable, Rows
from optimizers.registry import build_optimizer
from optimizers.several_looks import Looks

COMPARED = ("iteration", "cost", "loss", "best_loss")
"""Columns of the trace that both times have to agree in, to the bit."""

MOST_NUMBERS = 50_000_000
"""Numbers in what is kept of one run at the most: 400 megabytes."""


class Replay(NamedTuple):
    """A run with its parameters at each of K looks."""

    label: str
    points: Array
    """Shape (K, n), the start first."""
    loss: Array
    """Shape (K,)."""
    iteration: Rows
    cost: Array
    populations: tuple[Array, ...]
    """Of each look the candidates that were evaluated last before it, shape (P, n); no rows at the start, and
    where the search has no population."""
    population_losses: tuple[Array, ...]
    """Of each look the losses of the present population, where the search says them."""


class _KeepingRecorder(Recorder):
    """Keep each look as it is, beside the rows that are made of it."""

    def __init__(self, target: float | None, improvements: bool) -> None:
        super().__init__(_unmeasured, target, improvements)
        self.looks: list[Look] = []
        self.populations: list[Array] = []
        self.evaluated: Array | None = None
        self.held = 0

    def __call__(self, look: Look) -> None:
        """Keep one look."""
        super().__call__(look)
        nothing = np.empty((0, look.w.size))
        evaluated, self.evaluated = self.evaluated, None
        population = nothing if evaluated is None else evaluated
        self.held += look.w.size + population.size
        if self.held > MOST_NUMBERS:
            return
        # Losses between looks belong to the search, which goes on with the array.
        self.looks.append(look._replace(losses=None))
        self.populations.append(population)

    def several(self, looks: Looks) -> None:
        """Keep several looks one by one, which makes the same rows."""
        for look in looks:
            self(look)


class _Overheard(Shared):
    """Shared parts of one run whose looks are kept, and whose populations are overheard where it has them."""

    def __init__(self, run: Run) -> None:
        vars(self).update(vars(run.shared()))
        self.kept = _KeepingRecorder(run.problem.target, run.trace == "improvements")
        self._has_population = "population" in run.optimizer.needs

    def objective(self, seed: int) -> Measurable:
        """Return the objective, which hands populations on where the search is a population's.

        Compiled loops keep their populations to themselves, and come to the same bits as Python's.
        """
        objective = super().objective(seed)
        if self._has_population:
            values, kept = objective.values, self.kept

            def overheard(population: ArrayLike, rows: Rows | None = None) -> Array:
                kept.evaluated = np.array(population, dtype=np.float64)
                return values(population, rows)

            vars(objective).update(compiled=None, values=overheard)
        return objective

    def recorder(self, seed: int, improvements: bool) -> Recorder:
        """Return the one that keeps all."""
        return self.kept


def replay(row: pd.Series[Any], trace: pd.DataFrame, problem: BaseProblem) -> Replay:
    """Do a run again; return its parameters at each look.

    Arguments:
        row: the run's row.
        trace: rows of a trace, those of this run among them.
        problem: what it searched.

    Raises:
        InputError: if the run cannot be done again from its row, or comes to other numbers than were kept.
    """
    what = f"run of {row['optimizer']} on {row['problem']}, seed {row['seed']},"
    kept = trace.loc[trace["run_id"] == row["run_id"], list(COMPARED)].to_numpy(dtype=np.float64)
    if not len(kept):
        raise InputError(f"the {what} kept no trace, so nothing can be said of its way: take another run")
    run = run_of(row, problem)
    overheard = _Overheard(run)
    searched = run.search(overheard)
    recorder = overheard.kept
    if recorder.held > MOST_NUMBERS:
        raise InputError(
            f"the {what} has {recorder.held:.1e} numbers in its parameters and populations at its looks, "
            f"expected up to {MOST_NUMBERS:.0e}: take a smaller network or population"
        )
    again = recorder.trace(run.run_id)
    found = np.column_stack([again[name] for name in COMPARED]).astype(np.float64)
    if not _agree(kept, found) or not _same_end(row, searched.observer.best.w, recorder.last_w):
        said = f" ({searched.outcome.sentence})" if searched.outcome.name == "failed" else ""
        raise InputError(
            f"the {what} comes to other losses than were kept when it is done again{said}: it was limited by "
            "seconds, or is of other code or another machine, so run the experiment again"
        )
    looks = recorder.looks
    return Replay(
        str(row["optimizer"]),
        np.array([look.w for look in looks]),
        np.array([look.loss for look in looks]),
        np.array([look.iteration for look in looks], dtype=np.int64),
        np.array([look.cost for look in looks]),
        tuple(recorder.populations),
        tuple(
            np.empty(0) if look.population_losses is None else np.array(look.population_losses)
            for look in looks
        ),
    )


def run_of(row: pd.Series[Any], problem: BaseProblem) -> Run:
    """Return the run that a row is of.

    Arguments:
        row: the run's row.
        problem: what it searched.

    Raises:
        InputError: if the row does not say all that defines the run, or the problem is another one.

    >>> import harness
    >>> results = harness.run("xor", "adam:learning_rate=0.1", seeds=1, budget=50)
    >>> run_of(results.runs.iloc[0], harness.problems.load("xor")).optimizer.label
    'adam(learning_rate=0.1)'
    """
    what = f"run of {row['optimizer']} on {row['problem']}, seed {row['seed']},"
    if row["problem_key"] and row["problem_key"] != digest_of_key(problem.key):
        raise InputError(
            f"the {what} was done on other data or another network than problem '{problem.name}' has now: "
            "hand in the problem itself as it was"
        )
    try:
        optimizer = build_optimizer({**json.loads(row["options"]), "name": row["optimizer_name"]})
        budget, timeout, reference, rows = read_setting(row["setting"])
        seed = int(row["seed"])
        run = Run(problem, optimizer, row["gradient"], seed, budget, timeout, reference, None, rows)
        same = run.run_id == row["run_id"]
    except (InputError, TypeError, ValueError):
        same = False
    if not same:
        raise InputError(
            f"the {what} cannot be done again from its row, which says too little of it: take a run of "
            "optimizers and gradient sources that are known by name, done by this version"
        )
    return run


def read_setting(text: str) -> tuple[Budget, float | None, str | None, RowsKept]:
    """Return budget, timeout, gradient reference and kept rows, as ``setting`` has written them.

    Raises:
        InputError: if there is no budget in it.

    >>> read_setting("cost=10000, timeout=5, trace=improvements")
    (Budget(cost=10000.0, iterations=None, seconds=None), 5.0, None, 'improvements')
    """
    said = dict(part.partition("=")[::2] for part in text.split(", "))
    limits: dict[str, Any] = {name: float(said[name]) for name in ("cost", "seconds") if name in said}
    if "iterations" in said:
        limits["iterations"] = int(said["iterations"])
    timeout = float(said["timeout"]) if "timeout" in said else None
    rows: Any = said.get("trace", "looks")
    return Budget(**limits), timeout, said.get("gradient_reference"), rows


def _unmeasured(points: Array) -> MeasuresTable:
    """Measure nothing: what the run is like is known."""
    return MeasuresTable(np.full((len(points), len(Measures._fields)), np.nan))


def _agree(kept: Array, found: Array) -> bool:
    """Say whether a trace is that of a run, of which a reference copy may have left rows out."""
    there = {row.tobytes() for row in _plain(found)}
    ends = _plain(kept[[-1]]).tobytes() == _plain(found[[-1]]).tobytes() if len(found) else False
    return ends and all(row.tobytes() in there for row in _plain(kept))


def _plain(table: Array) -> Array:
    """Return numbers of which all that are none have the same bits."""
    return np.where(np.isnan(table), np.nan, table)


def _same_end(row: pd.Series[Any], best: Array, last: Array | None) -> bool:
    """Say whether the parameters that a row has, if it has any, are those of the end of a run."""
    pairs = ((row["best_w"], best), (row["last_w"], np.empty(0) if last is None else last))
    return all(np.size(kept) == 0 or np.array_equal(kept, found, equal_nan=True) for kept, found in pairs)
