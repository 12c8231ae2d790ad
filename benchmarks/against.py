"""Holds the speed of this checkout against another revision of it, in one run.

    python -m benchmarks.against v0.1.0            about five minutes
    python -m benchmarks.against v0.1.0 --rounds 7 --output table.md

Both do the same work in turn, each in processes of its own; shown are medians over the rounds, with their
quartiles. A ratio above 1 says how many times longer this checkout takes: the median of the ratios of each
round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measurement import Row, compared
from benchmarks.table import with_quartiles

HERE = Path(__file__).parent.parent
LONG_ROUNDS = 3
"""Rounds of what takes most of a minute: a cold start with its compilation."""


def measured(checkout: Path, kind: str) -> dict[str, float]:
    """Return the seconds of each piece of work in one checkout."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    # With the byte code of the first round, as everybody has it from the second start on.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, str(HERE / "benchmarks" / "own_work.py"), kind],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{checkout} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rows(other: Path, rounds: int) -> Iterator[Row]:
    """Yield each piece of work with its seconds in this checkout (ours) and in the other one (theirs)."""
    for kind, times in (("short", rounds), ("long", min(rounds, LONG_ROUNDS))):
        taken: dict[Path, list[dict[str, float]]] = {other: [], HERE: []}
        for _ in range(times):
            for checkout in taken:
                taken[checkout].append(measured(checkout, kind))
        for name in taken[HERE][0]:
            before, now = (
                np.array([seconds[name] for seconds in taken[checkout]]) for checkout in (other, HERE)
            )
            yield compared("against", name, "other", now, before, "s", now / before)


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.against",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("revision", help="a tag, a branch or a commit")
    parser.add_argument("--rounds", type=int, default=5, help="times that each checkout does its work (5)")
    parser.add_argument("--output", type=Path, help="where the table goes as Markdown")
    given = parser.parse_args()
    lines = [f"| work | {given.revision} | this checkout | times as long |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", str(HERE), str(other)], check=True)
        subprocess.run(["git", "checkout", "--quiet", given.revision], cwd=other, check=True)
        for row in rows(other, given.rounds):
            cells = [f"{with_quartiles(row, 'theirs')} s", f"{with_quartiles(row, 'ours')} s"]
            lines.append(f"| {row.work} | {' | '.join(cells)} | {with_quartiles(row, 'ratio')} |")
            print(lines[-1], flush=True)
    if given.output is not None:
        given.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
