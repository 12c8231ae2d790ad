"""Python and the command in processes of their own, and packages that are installed beside the others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import forked

ROOT = Path(__file__).parent.parent
COMMAND = ("-c", "from harness.cli.entry import main; main()")
"""Arguments of Python that make it the command."""

SECONDS = 400.0


def python(
    folder: Path, *arguments: str, site: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with this checkout on its path and a folder of packages beside it.

    It is forked off a process that has imported what is installed, unless what it is given is read only where
    Python or a library starts.
    """
    path = str(ROOT) if site is None else f"{ROOT}:{site}"
    given = {**os.environ, "PYTHONPATH": path, **environment}
    if forked.can_be_forked(arguments, given):
        return forked.run(arguments, folder, given, SECONDS)
    return started(folder, *arguments, site=site, **environment)


def started(
    folder: Path, *arguments: str, site: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python likewise, started as a user starts it."""
    path = str(ROOT) if site is None else f"{ROOT}:{site}"
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def install(site: Path, entries: str, files: Mapping[str, str]) -> Path:
    """Write a package "brought" with its files and entry points as an installer leaves it."""
    information = site / "brought-1.0.dist-info"
    information.mkdir()
    metadata = "Metadata-Version: 2.1\nName: brought\nVersion: 1.0\n"
    (information / "METADATA").write_text(metadata, encoding="utf-8")
    (information / "entry_points.txt").write_text(entries, encoding="utf-8")
    for name, content in files.items():
        (site / name).write_text(content, encoding="utf-8")
    return site
