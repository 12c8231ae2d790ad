"""Where results come from: versions, commit, machine, command."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("neural-harness", "numpy", "numba", "scipy", "scikit-learn", "pygad", "pandas", "pyarrow")


def provenance(command: list[str] | None = None, workers: int = 1) -> dict[str, Any]:
    """Return everything a reader needs to make the same results again.

    Arguments:
        command: the command line; this process's own where left out.
        workers: processes that did the runs.
    """
    given = sys.argv if command is None else command
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": [Path(given[0]).name, *given[1:]] if given else [],
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "commit": _commit(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "workers": workers,
    }


def provenance_text(workers: int) -> str:
    """Return the provenance as JSON."""
    return json.dumps(provenance(workers=workers), indent=1) + "\n"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Return the commit of the checkout that this package runs from, marked where files have changed."""
    folder = Path(__file__).parent
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
