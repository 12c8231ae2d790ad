"""A folder into which nobody else can put code: what lies in it is run."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotPrivateError(OSError):
    """Report a folder of code that somebody else can write."""


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone can write, or see that one is so.

    Machine code is loaded from it and formulas are imported: whoever writes into it runs code as this user.
    Its owner has to be this user, or the superuser, who may do so anyway. Whether others may rename the
    folder itself makes no difference: what they could put in its place is theirs.

    Arguments:
        folder: made with all above it where it is not there.

    Raises:
        NotPrivateError: if somebody else can write it; the sentence says who, and what mends it.
        OSError: if it cannot be made.
    """
    try:
        found = folder.stat()
    except FileNotFoundError:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat()
    if not hasattr(os, "geteuid"):  # where the system is no Unix
        return
    if found.st_uid not in (0, os.geteuid()):
        raise NotPrivateError(
            errno.EPERM, f"{folder} belongs to user {found.st_uid}, who could put code of his own there"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise NotPrivateError(
            errno.EPERM,
            f"{folder} can be written by others, who could put code of their own there (`chmod go-w` "
            "takes that from them, and what is in it should be deleted)",
        )
