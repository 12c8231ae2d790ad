"""What a command would do: its runs, what of them is done already, and how long the rest takes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.runs.provenance import package_fingerprint
from harness.runs.store import Store
from harness.sweeps.experiment import Experiment
from harness.sweeps.measured_times import MeasuredTimes
from harness.sweeps.pending import asked_of, kept_aside, outcomes_to_retry, pending_of
from harness.sweeps.planning import plan
from harness.sweeps.progress import duration
from harness.sweeps.selection import AXES
from harness.sweeps.shards import shard_of
from optimizers.printable import how_many


@dataclass(frozen=True)
class Forecast:
    """What a command would do.

    Attributes:
        axes: how many members each axis has, in words.
        table: one row a problem, optimizer and gradient source: how many runs there are, how many of them are
            done, how many are left, and the seconds of one process that these take, NaN where nothing like
            them was measured.
        skipped: combinations that are refused, with their reasons.
        unmeasured: runs that are left and of which no time is known.
        notes: what a command would say before anything runs, and which files are damaged.
    """

    axes: str
    table: pd.DataFrame
    skipped: pd.DataFrame
    unmeasured: int
    notes: tuple[str, ...]

    def sentence(self) -> str:
        """Say what is left, and how long it takes."""
        left, runs = int(self.table["left"].sum()), int(self.table["runs"].sum())
        if not left:
            return f"nothing is left to do of {how_many(runs, 'run')}"
        known = left - self.unmeasured
        time = duration(float(self.table["seconds"].sum()))
        said = f"{left} of {how_many(runs, 'run')} left to do, "
        if not known:
            return f"{said}time unknown: nothing like them was measured in the folder"
        if not self.unmeasured:
            return f"{said}about {time} of one process"
        return f"{said}about {time} of one process for {known} of them, unknown for {self.unmeasured}"


def forecast(
    experiment: Experiment,
    folder: Path,
    retry: str | Collection[str] = (),
    reuse: str | None = None,
    shard: str | None = None,
) -> Forecast:
    """Say what ``sweep`` would do with these arguments; nothing is run and nothing is written.

    The time of a run is the mean of those that the folder has of the same problem, optimizer, gradient source
    and limits: seconds of search and of observation, scaled where it has them of other budgets alone.
    Compilation is left out.

    Raises:
        InputError: as ``sweep`` does.
    """
    again, part = outcomes_to_retry(retry), shard_of(shard)
    runs, skipped = plan(experiment)
    asked = asked_of(experiment, runs, skipped, package_fingerprint(), reuse)
    rows, damaged = Store(folder).undamaged()
    times = MeasuredTimes(rows)
    done = asked.chosen(rows)
    pending = {run.run_id for run in pending_of(runs, done, again, part)}
    table, unmeasured, ends = [], 0, itertools.accumulate(kind["runs"] for kind in asked.kinds)
    for kind, end in zip(asked.kinds, ends, strict=True):
        whole = runs[end - kind["runs"] : end]
        group = [run for run in whole if part is None or part.holds(run.run_id)]
        todo = [run for run in group if run.run_id in pending]
        seconds = [times.of(run) for run in todo]
        unmeasured += sum(map(math.isnan, seconds))
        table.append(
            {
                **{name: kind[name] for name in ("problem", "optimizer", "gradient")},
                "runs": len(group),
                "done": len(group) - len(todo),
                "left": len(todo),
                "seconds": math.fsum(seconds) if todo else 0.0,
            }
        )
    counted = pd.DataFrame(table).groupby(["problem", "optimizer", "gradient"], sort=False, as_index=False)
    sums = counted.agg(
        runs=("runs", "sum"),
        done=("done", "sum"),
        left=("left", "sum"),
        seconds=("seconds", lambda column: column.sum(skipna=False)),
    )
    number, kinds = int(sums["runs"].sum()), int((sums["runs"] > 0).sum())
    words = f"{_axes(experiment)}: {how_many(number, 'run')} of {how_many(kinds, 'kind')}"
    broken = [f"{error.path} is damaged and would be put aside" for error in damaged]
    return Forecast(words, sums, skipped, unmeasured, (*broken, *kept_aside(asked, rows, done)))


def _axes(experiment: Experiment) -> str:
    """Say how many members the axes have.

    What ``zip``, ``exclude`` and refusals leave of their product is said by the number of runs.
    """
    words = {axis: axis for axis in AXES} | {"gradient": "gradient source"}
    counts = {axis: len(members) for axis, members in experiment.members.items()}
    return " x ".join(
        how_many(counts[axis], word) for axis, word in words.items() if axis != "budget" or counts[axis] > 1
    )
