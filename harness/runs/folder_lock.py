"""One command at a time does the runs of a folder: a lock that ends with the process that holds it."""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.runs.parts import NO_LINK, is_there, unwritable
from optimizers.errors import InputError

try:
    import fcntl
except ImportError:  # where the system is no Unix
    fcntl = None  # type: ignore[assignment]

NAME = "lock"
"""File in the folder. Its content says who holds it; that it is held the system knows."""

POLL_SECONDS = 0.2
"""How often it is tried again."""

GRACE_SECONDS = 0.3
"""A lock that is free by then is not worth a word: somebody has only looked at it."""

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
"""What a file system answers that has none."""


@contextlib.contextmanager
def locked(folder: Path, wait: bool = True, announce: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold a folder's lock, so that no other command does the same runs at the same time.

    The system lets go of it when this process ends in whatever way. A file system without locks is said to
    have none, and the folder is used all the same: no part of another command's is ever lost, only time.

    Arguments:
        folder: made where it is not there.
        wait: whether to wait for another process that holds it.
        announce: called with a sentence before it waits; a warning where left out.

    Raises:
        InputError: if another process holds it and this one is not to wait, or the folder cannot be written.
    """
    say = announce or warnings.warn
    handle = _taken(folder, say, wait=wait)
    try:
        yield
    finally:
        if handle is not None:
            # In this order: who has it open and takes it next sees that it is gone, and makes another.
            with contextlib.suppress(OSError):
                (folder / NAME).unlink()
            os.close(handle)
        with contextlib.suppress(OSError):
            # Only an empty folder can be removed, in which nothing was done.
            folder.rmdir()


def holder(folder: Path) -> str:
    """Say which process holds a folder's lock, such as "process 4711 on host"; nothing where none does."""
    if fcntl is None:
        return ""
    try:
        handle = os.open(folder / NAME, os.O_RDONLY | NO_LINK)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return "" if error.errno in NO_LOCKS else _said(handle)
    finally:
        os.close(handle)
    return ""


def _taken(folder: Path, say: Callable[[str], None], *, wait: bool) -> int | None:
    """Return the open file whose lock this process holds; None where there are no locks."""
    if is_there(folder) and not folder.is_dir():
        raise unwritable(folder, "it is a file")
    began, told = time.monotonic(), False
    while True:
        handle = _open(folder)
        try:
            if fcntl is None:
                raise OSError(errno.ENOSYS, "no locks")
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            by = _said(handle)
            os.close(handle)
            if error.errno in NO_LOCKS:
                with contextlib.suppress(OSError):
                    (folder / NAME).unlink()
                say(
                    f"{folder} is on a file system without locks: two commands at once do the same runs twice"
                )
                return None
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise unwritable(folder / NAME, error.strerror) from None
        else:
            if _is_in_place(handle, folder / NAME):
                os.ftruncate(handle, 0)
                os.write(handle, _own().encode())
                return handle
            os.close(handle)
            continue
        if time.monotonic() - began > GRACE_SECONDS and not told:
            if not wait:
                raise InputError(
                    f"{folder} is in use by {by}: try again when that has ended, or without --no-wait"
                )
            say(f"{folder} is in use by {by}: waiting for it to end; --no-wait ends instead")
            told = True
        time.sleep(POLL_SECONDS if told else GRACE_SECONDS / 6)


def _open(folder: Path) -> int:
    place = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / NAME
        return os.open(place, os.O_RDWR | os.O_CREAT | NO_LINK, 0o644)
    except OSError as error:
        reason = "it is a link, to what is no lock" if error.errno == errno.ELOOP else error.strerror
        raise unwritable(place, reason) from None
    except ValueError as error:
        # A name with a NUL.
        raise unwritable(place, error) from None


def _is_in_place(handle: int, path: Path) -> bool:
    """Say whether an open file is still the one of its name: who held it before has removed it."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _own() -> str:
    began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return json.dumps({"process": os.getpid(), "host": platform.node(), "began": began})


def _said(handle: int) -> str:
    """Return what a lock's file says of its holder."""
    try:
        found = json.loads(os.pread(handle, 1000, 0))
        return f"process {found['process']} on {found['host']} since {found['began']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
