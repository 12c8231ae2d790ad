"""Measures this project side by side with its peers, on this machine.

    python -m benchmarks                          everything, half an hour
    python -m benchmarks gradient-step --repeats 5
    python -m benchmarks --list

Each piece of work is done by each party in turn, several times over; the medians are compared. All in
float64, with the threads that each takes by itself, and checked to come to the same numbers. A peer that is
not installed is named and left out. The tables ``table.csv`` and ``table.md``, ``machine.json`` and
``ratios.png`` go into the folder.
"""

from __future__ import annotations

import argparse
import importlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from benchmarks.figure import draw
from benchmarks.measurement import Measure, Row, machine
from benchmarks.table import markdown, print_row, print_title, write_table

NAMES = {
    "gradient-step": "one full-batch gradient step inside the compiled loop",
    "epoch": "one epoch of gradient descent, pattern by pattern and in mini-batches",
    "population": "the losses of a population of 100",
    "generation": "one generation of a genetic algorithm, against PyGAD and evosax",
    "comparison": "a whole comparison, against PyTorch with PyGAD and JAX with evosax",
    "overhead": "what the harness takes for a run beside the search itself",
    "growth": "time and memory against rows, iterations and runs",
    "workers": "a sweep by two workers, and by two of Dask, against one process",
    "drawing": "all verdicts and figures of 10,000 runs, against 30 seconds and 2 GB",
    "command-line": "harness list, and quickstart and the main job with a warm and an empty cache",
}


def measure_of(name: str) -> tuple[Measure, str]:
    module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
    return module.measure, module.__doc__ or ""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"from {', '.join(NAMES)}; all by default")
    parser.add_argument("--repeats", type=int, default=9, help="times that each party does its work (9)")
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/output"), help="where tables go")
    parser.add_argument("--list", action="store_true", help="say what there is, and measure nothing")
    given = parser.parse_args()
    if given.list:
        for name, line in NAMES.items():
            print(f"{name:16} {line}")
        return
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}: take one of {', '.join(NAMES)}")
    if given.repeats < 1:
        parser.error(f"--repeats is {given.repeats}, expected 1 or more")
    described = {**machine(), "date": datetime.now(UTC).date().isoformat()}
    print(", ".join(f"{key} {value}" for key, value in described.items()))
    rows: list[Row] = []
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.names or NAMES:
        measure, text = measure_of(name)
        print_title(name, text)
        for row in measure(given.repeats):
            rows.append(row)
            print_row(row)
            write_table(rows, given.folder)
    (given.folder / "machine.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    # From the file, so that whoever reads it again comes to the same last digit.
    table = pd.read_csv(given.folder / "table.csv")
    (given.folder / "table.md").write_text(markdown(table), encoding="utf-8")
    figure = draw(table, given.folder, described)
    print(f"\n{given.folder / 'table.csv'}" + (f"\n{figure}" if figure else ""))


if __name__ == "__main__":
    main()
