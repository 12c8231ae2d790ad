"""Tells files from pipes and devices, whose end may never come."""

from __future__ import annotations

import stat
from pathlib import Path

from optimizers.errors import InputError


def refuse_endless(path: Path) -> None:
    """Refuse what stands in a file's place and is read without end, or until somebody writes to it.

    Whatever else is wrong with a path, such as a folder, says whoever opens it.

    Raises:
        InputError: for a pipe, a socket or a device, links to them included.

    >>> refuse_endless(Path("/dev/zero"))
    Traceback (most recent call last):
    optimizers.errors.InputError: /dev/zero is a pipe or a device, whose end may never come: give a file
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError(f"{path} is a pipe or a device, whose end may never come: give a file")
