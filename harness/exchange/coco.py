"""The data of COCO: an index for each algorithm and function, a table of improvements and one of all rows."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from harness.exchange.coco_logs import RUNS_FILE, read_export, read_logs
from harness.exchange.csv import text_of
from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.frames import told_by_gradient
from harness.exchange.whole_counts import AXES, counted
from harness.problems import PROBLEMS
from harness.problems.bbob import BBOB
from harness.runs.columns import COLUMNS, RUNS
from harness.runs.parts import is_there, write_whole
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.options import options
from optimizers.printable import shown

PRECISION = 1e-8
"""Difference to the optimum at which COCO counts a function as solved."""

IMPORTED = re.compile(r"bbob f(\d+) \(dimension \d+(?:, instance (\d+))?\)")
"""A function of the suite by the name that it has in what was imported."""

LARGEST = sys.float_info.max
"""Stands for a loss that is no number: readers of COCO's go by its logarithm."""


@options
class COCO(ExchangeFormat):
    """COCO: data as its loggers write them, for cocopp.

    An optimizer is an algorithm. Functions of the suite bbob (the problem ``bbob``, and what was imported of
    it) stand where COCO has them: function, dimension and instance are their own, and seeds are repetitions.
    Of other results a problem is a function by its number, and a seed an instance; the two kinds do not go
    into one export. The optimum is taken to be 0.

    A table ``.dat`` has the rows that improve, a table ``.tdat`` all rows. Of several rows that come to one
    count the lowest is kept. A loss that is no number stands as the largest float. The file runs.csv beside
    them says which run each block is of, with all columns of the runs.

    Of data that others have written, losses are differences to the optimum, an evaluation counts as a cost
    of 1, and a run is solved where it came to the precision of its index.

    Attributes:
        axis: what counts as evaluations: the cost or the iterations.
        instances: of data by others: instances are repetitions of one problem, or problems of their own.
    """

    axis: Literal["cost", "iteration"] = "cost"
    instances: Literal["repetitions", "problems"] = "repetitions"

    source: ClassVar[str] = (
        "https://coco-platform.org; Hansen, Auger, Finck, Ros (2009), Real-parameter black-box optimization "
        "benchmarking: experimental setup, INRIA RR-6828, sec. 5"
    )
    holds: ClassVar[frozenset[str]] = frozenset(
        {name for name in COLUMNS if name.startswith("runs.")} | {"trace.run_id", "trace.loss"}
    )

    def remarks(self, tables: Tables) -> list[str]:
        """Say where targets stand, and which function a problem is."""
        places = places_of(tables.runs)
        numbers = ", ".join(f"f{place.function} is {problem}" for problem, place in places.items())
        if any(map(_of_suite, places)):
            numbers = "with dimensions and instances those of the suite bbob"
        return [*AXES[self.axis], *([f"functions: {numbers}"] if places else [])]

    def write(self, tables: Tables, folder: Path) -> list[Path]:
        """Write a folder for each algorithm."""
        if not len(tables.runs):
            raise InputError("there are no runs, and data of COCO have one at the least: export csv")
        trace = counted(tables.trace, self.axis)
        rows_of = dict(iter(trace.groupby("run_id", sort=False)))
        indices: dict[Path, list[str]] = {}
        data = []
        for block in blocks_of(tables.runs):
            listed = [rows_of.get(run_id, trace.iloc[:0]) for run_id in block.runs["run_id"]]
            lines = [_lines(rows, number) for number, rows in enumerate(listed, start=1)]
            for ending, place in ((".dat", 0), (".tdat", 1)):
                data.append(folder / block.folder / f"{block.path}{ending}")
                write_whole(data[-1], "".join(pair[place] for pair in lines).encode())
            ends = [pair[1].rstrip("\n").rpartition("\n")[2].split() for pair in lines]
            entries = [
                f"{instance}:{end[0]}|{float(end[2]):.1e}"
                for instance, end in zip(block.instances, ends, strict=True)
            ]
            indices.setdefault(folder / block.folder / f"bbobexp_f{block.function}.info", []).append(
                f"suite = 'bbob', funcId = {block.function}, DIM = {block.dimension}, "
                f"Precision = {PRECISION:.3e}, algId = '{block.algorithm}', coco_version = '2.8.2', "
                f"logger = 'bbob', data_format = 'bbob-new2'\n% f{block.function}: see {RUNS_FILE}\n"
                f"{block.path}.dat, {', '.join(entries)}"
            )
        for file, parts in indices.items():
            write_whole(file, ("\n".join(parts) + "\n").encode())
        table = folder / RUNS_FILE
        write_whole(table, text_of(tables.runs, RUNS).encode("utf-8", "backslashreplace"))
        return [table, *indices, *data]

    def read(self, folder: Path) -> Tables:
        """Read all data below a folder."""
        if not is_there(folder / RUNS_FILE):
            return read_logs(folder, self.instances == "problems")

        def layout(runs: pd.DataFrame) -> list[tuple[Path, pd.DataFrame]]:
            return [(block.folder / f"{block.path}.tdat", block.runs) for block in blocks_of(runs)]

        return read_export(folder, layout)


class Block(NamedTuple):
    """The runs of one algorithm on one function in one dimension: one pair of files."""

    algorithm: str
    function: int
    dimension: int
    folder: Path
    path: str
    instances: list[int]
    """One for each run."""
    runs: pd.DataFrame


class Place(NamedTuple):
    """Where a problem stands among COCO's."""

    function: int
    instance: int | None = None
    """None where seeds are the instances."""


def places_of(runs: pd.DataFrame) -> dict[str, Place]:
    """Return the place of each problem: its own in the suite bbob, or the next number.

    Raises:
        InputError: for functions of the suite and other problems together.
    """
    problems = list(map(str, runs["problem"].unique()))
    own = {problem: place for problem in problems if (place := _of_suite(problem)) is not None}
    if not own:
        return {problem: Place(number) for number, problem in enumerate(problems, start=1)}
    other = next((problem for problem in problems if problem not in own), None)
    if other is not None:
        raise InputError(
            f"{shown(other)} is no function of the suite bbob, and would stand in the place of one: export "
            "it apart, with results.where(problem=...)"
        )
    return own


def _of_suite(problem: str) -> Place | None:
    """Return the place of a function of the suite bbob, by the name of the problem; None for any other.

    >>> _of_suite("bbob:function=8,dimension=5,instance=3"), _of_suite("bbob f8 (dimension 5)")
    (Place(function=8, instance=3), Place(function=8, instance=None))
    """
    imported = IMPORTED.fullmatch(problem)
    if imported is not None:
        return Place(int(imported[1]), None if imported[2] is None else int(imported[2]))
    try:
        family = PROBLEMS.build(problem)
    except InputError:
        # The name of somebody's own data may be anything.
        return None
    return Place(family.function, family.instance) if isinstance(family, BBOB) else None


def blocks_of(runs: pd.DataFrame) -> Iterator[Block]:
    """Part runs into blocks, the same for the same runs."""
    places = places_of(runs)
    seeds = {int(seed): number for number, seed in enumerate(sorted(runs["seed"].unique()), start=1)}
    names = told_by_gradient(runs)
    functions = runs["problem"].map({problem: place.function for problem, place in places.items()})
    for number, (name, of_one) in enumerate(runs.groupby(names, sort=False), start=1):
        # What a reader takes for the end of a name.
        plain = re.sub(r"[^A-Za-z0-9_.=()+-]+", " ", str(name)).strip() or "x"
        folder = Path(f"{number}-{re.sub(r'[^A-Za-z0-9_]+', '-', plain).strip('-')[:50]}")
        for (function, dimension), listed in of_one.groupby([functions, "parameters"], sort=False):
            path = f"data_f{function}/bbobexp_f{function}_DIM{dimension}"
            instances = [
                seeds[int(seed)] if (instance := places[str(problem)].instance) is None else instance
                for problem, seed in zip(listed["problem"], listed["seed"], strict=True)
            ]
            yield Block(plain, int(str(function)), int(str(dimension)), folder, path, instances, listed)


def _lines(rows: pd.DataFrame, number: int) -> tuple[str, str]:
    """Return the first row of a run, those that improve and the last, and all of them, as text."""
    heading = (
        "% f evaluations | g evaluations | best noise-free fitness - Fopt (0.000000000000e+00) + sum g_i+ | "
        f"measured fitness | best measured fitness or single-digit g-values, run {number}\n"
    )
    losses = rows["loss"].to_numpy(dtype=np.float64)
    known = np.where(np.isfinite(losses), np.clip(losses, -LARGEST, LARGEST), LARGEST)
    if not losses.size:
        return (f"{heading}1 0 {LARGEST!r} nan {LARGEST!r}\n",) * 2
    best = np.minimum.accumulate(known)
    counts = rows["evaluations"].astype(np.int64)
    lines = [
        f"{count} 0 {low!r} {loss!r} {low!r}\n"
        for count, low, loss in zip(counts.tolist(), best.tolist(), losses.tolist(), strict=True)
    ]
    shown = np.append(True, best[1:] < best[:-1])
    shown[-1] = True
    return heading + "".join(np.array(lines, dtype=object)[shown]), heading + "".join(lines)
