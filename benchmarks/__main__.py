"""Measures this project side by side with its peers, on this machine.

    python -m benchmarks                          everything, an hour
    python -m benchmarks gradient-step --repeats 5
    python -m benchmarks --reference              everything, into results/benchmarks and README.md
    python -m benchmarks drawing --reference      that anew, where all else is of the same machine and day
    python -m benchmarks --list

Each piece of work is done by each party in turn, several times over; medians and quartiles are shown, of
ratios those of each round. All but ``precision`` in float64, with the threads that each takes by itself, and
checked to come to the same numbers. A peer that is not installed is named and left out. The tables
``table.csv`` and ``table.md``, ``machine.json``, ``ratios.png``, ``roofline.png`` and ``roofline.md`` go into
the folder.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

import pandas as pd

from benchmarks.figure import draw
from benchmarks.measurement import Measure, Row, machine
from benchmarks.readme import write_tables
from benchmarks.table import in_short, markdown, print_row, print_title, write_table
from harness.csv_tables import read_csv

ROOT = Path(__file__).parent.parent

NAMES = {
    "gradient-step": "one full-batch gradient step inside the compiled loop",
    "epoch": "one epoch of gradient descent, pattern by pattern and in mini-batches",
    "population": "the losses of a population of 100",
    "precision": "a gradient step and a population in single precision, and how far off they are",
    "generation": "one generation of a genetic algorithm, against PyGAD and evosax",
    "sweep": "one descent from 100 starts, against JAX with all starts side by side",
    "roofline": "how far every kernel is from what the machine can do, on one thread and on all",
    "busy": "a descent beside two other processes that never rest",
    "population-methods": "a generation of DE, PSO, CMA-ES and ES, against pygmo, pycma, evosax, Nevergrad",
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


def show(folder: Path) -> list[Path]:
    """Write tables and figures of what was measured into a folder; return the paths of all that is in it."""
    # Not at the top: it imports all of the harness, which a list need not wait for.
    from benchmarks import roofline_figure

    # From the files, so that whoever reads them again comes to the same last digit.
    table = read_csv(folder / "table.csv")
    described = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    (folder / "table.md").write_text(markdown(table, described), encoding="utf-8")
    figure = draw(table, folder, described)
    drawn = [*([figure] if figure else []), *roofline_figure.draw(table, folder, described)]
    return [folder / "table.csv", folder / "table.md", *drawn]


def _measured_before(
    folder: Path, described: dict[str, str], parser: argparse.ArgumentParser
) -> pd.DataFrame:
    """Return the table of a folder, of which some is measured anew: all of it is of one machine and day."""
    machine_of = folder / "machine.json"
    there = json.loads(machine_of.read_text(encoding="utf-8")) if machine_of.exists() else {}
    changed = [key for key in {**there, **described} if there.get(key) != described.get(key)]
    if changed:
        parser.error(
            f"{folder} was measured with another {changed[0]} ({there.get(changed[0])}, now "
            f"{described.get(changed[0])}): leave out the names, and measure everything"
        )
    return read_csv(folder / "table.csv")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"from {', '.join(NAMES)}; all by default")
    parser.add_argument("--repeats", type=int, default=10, help="times that each party does its work (10)")
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/output"), help="where tables go")
    parser.add_argument(
        "--reference", action="store_true", help="measure for results/benchmarks and README.md"
    )
    parser.add_argument("--list", action="store_true", help="say what there is, and measure nothing")
    given = parser.parse_args()
    if given.list:
        for name, line in NAMES.items():
            print(f"{name:18} {line}")
        return
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}: take one of {', '.join(NAMES)}")
    if given.repeats < 1:
        parser.error(f"--repeats is {given.repeats}, expected 1 or more")
    folder = ROOT / "results" / "benchmarks" if given.reference else given.folder
    described = machine()
    print(", ".join(f"{key} {value}" for key, value in described.items()))
    rows: list[Row] = []
    folder.mkdir(parents=True, exist_ok=True)
    before = _measured_before(folder, described, parser) if given.reference and given.names else None
    (folder / "machine.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    for name in given.names or NAMES:
        measure, text = measure_of(name)
        print_title(name, text)
        table = name
        for row in measure(given.repeats):
            if row.benchmark != table:
                table = row.benchmark
                print(f"\n{table}")
            rows.append(row)
            print_row(row)
            write_table(rows, folder, before)
    written = show(folder)
    if given.reference:
        write_tables(ROOT / "README.md", in_short(read_csv(folder / "table.csv"), described))
        written.append(ROOT / "README.md")
    print("\n" + "\n".join(map(str, written)))


if __name__ == "__main__":
    main()
