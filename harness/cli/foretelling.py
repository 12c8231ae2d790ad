"""What ``harness run --dry-run`` says: what would be done, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.terminal import console, echo

if TYPE_CHECKING:
    from harness.sweeps.experiment import Experiment


def foretell(
    parts: Sequence[Experiment],
    limit: int | None,
    folder: Path,
    retry: tuple[str, ...],
    reuse: str | None,
    shard: str | None,
) -> None:
    """Say what would be done; the arguments are what the command was given, and of it made."""
    if limit is not None:
        _declaration(parts[0], limit, folder)
        return
    for part in parts:
        _runs(part, folder, retry, reuse, shard)


def _runs(
    declared: Experiment, folder: Path, retry: tuple[str, ...], reuse: str | None, shard: str | None
) -> None:
    """Say what would be done."""
    from harness.report.counts import render_counts
    from harness.report.table import skipped_lines
    from harness.sweeps.forecast import forecast
    from harness.sweeps.progress import duration

    found = forecast(declared, folder, retry, reuse, shard)
    table = found.table.rename(columns={"seconds": "time"})
    table["time"] = [
        ("unknown" if seconds != seconds else duration(seconds)) if left else ""
        for seconds, left in zip(table["time"], table["left"], strict=True)
    ]
    echo(f"{found.axes}\n")
    render_counts(table, ("runs", "done", "left", "time"), console())
    echo()
    for line in skipped_lines(found.table, found.skipped):
        echo(f"skipped {line}")
    for note in found.notes:
        echo(note)
    echo(f"{folder}: {found.sentence()}. Nothing was run, nothing was written.")


def _declaration(declared: Experiment, limit: int, folder: Path) -> None:
    """Say what would be declared, and how many runs it would take."""
    from harness.deciding.blocks import first_block
    from harness.deciding.declaring import declare

    declaration = declare(declared, limit)
    for line in declaration.sentences():
        echo(line)
    first = first_block(declaration)
    echo(
        f"{folder}: {sum(first.values())} runs first, {limit * len(first)} at the most. Nothing was "
        f"run, nothing "
        "was written."
    )
