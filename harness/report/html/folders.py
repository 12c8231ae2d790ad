"""What a folder says beside its runs: commands that made them, code and machine, gradient check."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path
from typing import Any

from harness.csv_tables import read_csv
from harness.plots import known_plots
from harness.report.artifacts import figure_tables
from harness.runs.parts import files_in, is_there, read_bytes
from harness.runs.plans import figures_of
from harness.runs.tables import Tables
from optimizers.errors import InputError

CHECK = "gradient-check.csv"


def beside_runs(folder: Path, tables: Tables) -> dict[str, Any]:
    """Return what the page says of a folder.

    Arguments:
        folder: as ``harness run`` filled it.
        tables: its runs.

    Returns:
        ``commands`` (when, the line, workers), ``provenance`` (a table of each), ``check`` (a table, or
        nothing), ``answers`` (numbers behind the experiment's figures, by the names of their plots),
        ``figures`` (as the experiment declares them) and ``toml`` (the experiment as run).

    Raises:
        InputError: if a file cannot be read, or a plan is damaged.
    """
    declared = folder / "experiment.toml"
    check = folder / CHECK
    # Plots of a plugin are known where that was loaded: to the command that has done the runs.
    figures = [figure for figure in figures_of(folder) if figure["name"] in known_plots()]
    return {
        "commands": [_command(content) for content in _tables(folder / "commands")],
        "provenance": [dict(_flat(content)) for content in _tables(folder / "provenance")],
        "check": read_csv(io.BytesIO(read_bytes(check))) if is_there(check) else None,
        "answers": figure_tables(tables, figures),
        "figures": figures,
        "toml": read_bytes(declared).decode(errors="replace") if is_there(declared) else "",
    }


def result_folders(folder: Path) -> list[Path]:
    """Return a folder of results as it is, or all that lie in it, however deep.

    Raises:
        InputError: if there are none.
    """
    if not is_there(folder) or not folder.is_dir():
        raise InputError(f"{folder} is no folder: give the one that `harness run` printed at its end")
    if (folder / "plans").is_dir() or (folder / "runs").is_dir():
        return [folder]
    found = sorted({plans.parent for plans in folder.rglob("plans") if plans.is_dir()})
    if not found:
        raise InputError(f"{folder} holds no results, nor does a folder in it: run an experiment first")
    return found


def _tables(folder: Path) -> list[dict[str, Any]]:
    """Return the files of a folder that hold a table of JSON, in the order of their names."""
    found = []
    for file in files_in(folder, ".json"):
        try:
            content = json.loads(read_bytes(file))
        except ValueError:
            continue
        if isinstance(content, dict):
            found.append(content)
    return found


def _command(content: dict[str, Any]) -> dict[str, str]:
    words = content.get("command", [])
    line = shlex.join(map(str, words)) if isinstance(words, list) else str(words)
    return {"time": str(content.get("time", "")), "line": line, "workers": str(content.get("workers", ""))}


def _flat(content: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Return the entries of a table of tables, each with the names on the way to it."""
    found = []
    for name, value in content.items():
        if isinstance(value, dict):
            found += _flat(value, f"{before}{name} ")
        elif value is not None:
            found.append((f"{before}{name}", str(value)))
    return found
