"""Where results come from: code, versions, commits, machine, command."""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
import os
import platform
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from optimizers.compilation import UNCOMPILED

PROJECT = "neural-harness"
"""Name of the distribution."""

PACKAGES = (PROJECT, "numpy", "numba", "scipy", "scikit-learn", "pygad", "pandas", "pyarrow")

CHANGES_NO_NUMBER = {
    "harness": {
        "analysis", "api.py", "cli", "coursework", "deciding", "gradient_check.py", "landscape", "plots",
        "report", "results.py",
        "runs/csv_cells.py", "runs/declaration.py", "runs/folder_lock.py", "runs/merging.py", "runs/plans.py",
        "runs/provenance.py", "runs/replay.py", "runs/settings.py", "runs/status.py", "runs/store.py",
        "runs/tables.py", "studies",
        "sweeps/progress.py", "tuning",
    },
    "optimizers": set(),
}  # fmt: skip
"""What of each package has no part in a run's numbers: it keeps, judges or draws them. All other files have
one, so that a new one counts unless it or its folder is named here."""

CODE = (*CHANGES_NO_NUMBER, "pyproject.toml")
"""What of a checkout is code: a commit is marked where it has changed."""


def top() -> Path:
    """Return the folder that holds the packages."""
    return Path(__file__).resolve().parent.parent.parent


@functools.cache
def package_fingerprint() -> str:
    """Return a digest of this project's own sources that can change a number of a run, 16 digits.

    Sources that run as Python are others than those that are compiled: they come to other last bits.
    """
    digest = hashlib.sha256(b"uncompiled" if UNCOMPILED else b"")
    for package, left_out in CHANGES_NO_NUMBER.items():
        for path in sorted((top() / package).rglob("*.py")):
            place = path.relative_to(top())
            if place.parts[1] not in left_out and "/".join(place.parts[1:]) not in left_out:
                # A checkout may turn the ends of lines.
                content = path.read_bytes().replace(b"\r\n", b"\n")
                digest.update(f"{place.as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def provenance() -> dict[str, Any]:
    """Return what a reader needs to make the same results again: all of it that no command decides.

    ``commit`` is that of this project's checkout, None where it is installed; ``directory_commit`` that of
    the repository in which the command is given, where that is another one.
    """
    own = project_commit()
    given_in = _commit(Path.cwd())
    return {
        "fingerprint": package_fingerprint(),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "commit": own,
        "directory_commit": None if given_in == own else given_in,
        "host": platform.node(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def found_beside() -> Callable[[], dict[str, Any]]:
    """Begin to find the provenance, and return what waits for it: git takes 10 ms for an answer."""
    found: Future[dict[str, Any]] = Future()

    def find() -> None:
        try:
            found.set_result(provenance())
        except BaseException as error:
            found.set_exception(error)

    # No pool: where an interrupt comes between the start of its thread and the note of it, the end of Python
    # waits for that thread for ever. It came so in one of seven hundred interrupted commands.
    threading.Thread(target=find, daemon=True).start()
    return found.result


def digest_of_provenance(entry: dict[str, Any]) -> str:
    """Return the name under which a folder keeps a provenance."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:16]


def columns_of(entry: dict[str, Any]) -> dict[str, str]:
    """Return what every run's row says of a provenance."""
    return {
        "fingerprint": entry["fingerprint"],
        "version": entry["versions"][PROJECT] or "",
        "commit": entry["commit"] or "",
        "host": entry["host"],
        "provenance": digest_of_provenance(entry),
    }


def command_text(entry: dict[str, Any], workers: int, command: list[str] | None = None) -> str:
    """Return what is kept of one command that did runs, as JSON.

    Arguments:
        entry: the provenance.
        workers: processes that did the runs.
        command: the command line; this process's own where left out.
    """
    given = sys.argv if command is None else command
    said = {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
        "command": [Path(given[0]).name, *given[1:]] if given else [],
        "workers": workers,
        "provenance": digest_of_provenance(entry),
    }
    return json.dumps(said, indent=1) + "\n"


@functools.cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@functools.cache
def project_commit() -> str | None:
    """Return the commit of the checkout of this project that this package runs from, marked where changed.

    What changes a number is in the packages: results that are written beside them change no code.

    A virtual environment may lie in anybody's repository. So the repository must have this very file at the
    place that this project has it, beside the project's own ``pyproject.toml``.
    """
    file = Path(__file__).resolve()
    folder = file.parent
    if _git(folder, "rev-parse", "--show-prefix") != f"{folder.relative_to(top()).as_posix()}/":
        return None
    if _git(folder, "ls-files", file.name) != file.name:
        return None
    try:
        declared = tomllib.loads((top() / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    project = declared.get("project")
    named = isinstance(project, dict) and project.get("name") == PROJECT
    if not named:
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(top(), "status", "--porcelain", "--", *CODE)
    return f"{commit}-dirty" if commit and changed else commit


def _commit(folder: Path) -> str | None:
    """Return the commit of the repository that a folder is in, marked where files have changed."""
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            # Within a hook of another repository git would be told to look there.
            env={name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


@functools.cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
