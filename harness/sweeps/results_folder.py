"""A folder of results as an experiment: what was run in it last, by the name that it had."""

from __future__ import annotations

from pathlib import Path

from harness.runs.parts import DamagedError, is_there
from harness.runs.plans import read_plans

DECLARED = "experiment.toml"
"""File of a folder of results that says what was run last."""


def folder_of(name_or_file: str) -> Path | None:
    """Return the folder of results that is named, itself or by its ``experiment.toml``, or None.

    Raises:
        InputError: if the system does not say.
    """
    given = Path(name_or_file)
    folder = given.parent if given.name == DECLARED else given
    if not name_or_file or "\0" in name_or_file:
        return None
    return folder if is_there(folder / "plans") and is_there(folder / DECLARED) else None


def name_in(folder: Path) -> str:
    """Return the name of the last experiment that was run in a folder."""
    try:
        return next(iter(read_plans(folder))).name
    except (DamagedError, StopIteration):
        return folder.resolve().name
