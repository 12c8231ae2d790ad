"""Parquet files that say themselves whether they are what was written.

The name of a part is its stem and a digest of its bytes, ``STEM.DIGEST.parquet``, so a flipped bit, a file
cut short and one under another's name are seen before anything is read from them. (Parquet's own checksums of
pages, which are written and verified too, leave what is between the pages unseen: 8 of 600 flipped bits.)
Parts of earlier versions have no digest in their names.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import platform
import secrets
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness.regular_file import refuse_endless
from optimizers.errors import InputError
from optimizers.printable import shown

PARTIAL = ".partial"

NUMBER = pa.float64()

NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Opens no file through a link, and waits for nobody at the other end of a pipe: a folder of results may come
from somebody else, and what is written in it stays in it."""

LONGEST_PART = 255
"""Bytes of a name in a path."""

REMEDY = "run the experiment again: the file is put aside, and what it held is done again"


class DamagedError(InputError):
    """Report a file that does not hold what was written.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(f"{path} {sentence}: {REMEDY}")
        self.path = path


def own_process() -> str:
    """Return a name of this process that no living one on any machine has."""
    return f"{os.getpid()}-{_node()}"


def _node() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def is_alive(process: str) -> bool:
    """Say whether a process of ``own_process`` may be alive: one of another machine always may be."""
    number, _, node = process.partition("-")
    if node != _node():
        return True
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except OSError:
        return True
    return True


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside and rename it, so that a reader never sees half of it.

    Raises:
        InputError: if the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{own_process()}.{secrets.token_hex(6)}{PARTIAL}")
        # A new file, through no link that stands there; who may read it the user's umask says.
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            aside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise
    except OSError as error:
        raise unwritable(path, error.strerror) from None
    except ValueError as error:
        # A name with a NUL.
        raise unwritable(path, error) from None


def unwritable(path: Path, reason: object) -> InputError:
    """Build the error for a file or folder that cannot be written."""
    return InputError(f"{path} cannot be written: {reason}; choose another folder with --output")


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        InputError: with the system's reason, which is no damage, and for a pipe or a device.
    """
    refuse_endless(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> InputError:
    """Build the error for a file or folder that the system does not hand out."""
    return InputError(
        f"{path} cannot be read: {error.strerror}; nothing in it is lost, mend that and try again"
    )


def path_of(folder: object) -> Path:
    """Return the path that an argument names.

    Raises:
        InputError: if it names none.
    """
    text = os.fspath(folder) if isinstance(folder, os.PathLike) else folder
    if not isinstance(text, str):
        raise InputError(f"folder is {shown(folder)}, expected the path of a folder")
    too_long = any(len(os.fsencode(part)) > LONGEST_PART for part in Path(text).parts)
    if not text or "\0" in text or too_long:
        raise InputError(f"folder is {shown(folder)}, which no folder can be called: give another path")
    return Path(text)


def is_there(path: Path) -> bool:
    """Say whether there is such a file or folder.

    Raises:
        InputError: if the system does not say, as of what lies in a folder without the right to search it.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise unreadable(path, error) from None
    return True


def files_in(folder: Path, suffix: str) -> list[Path]:
    """Return the files of a folder with an ending, sorted; none where there is no such folder.

    Raises:
        InputError: if the folder is there and cannot be read.
    """
    if not is_there(folder):
        return []
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == suffix)
    except OSError as error:
        raise unreadable(folder, error) from None


def stem_of(path: Path) -> str:
    """Return the name of a part without its digest."""
    return path.stem.partition(".")[0]


def is_sealed(path: Path) -> bool:
    """Say whether a part carries a digest of its bytes; those of earlier versions do not."""
    return "." in path.stem


def write_part(folder: Path, stem: str, table: pa.Table) -> Path:
    """Write a table as a part, and return its file."""
    buffer = io.BytesIO()
    numbers = [name for name, of in zip(table.schema.names, table.schema.types, strict=True) if of == NUMBER]
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        write_page_checksum=True,
        # Numbers hardly come twice. Split into their bytes they take a quarter less than in a dictionary, and
        # the looks of a run on xor are written and read in 18 us in place of 29.
        use_dictionary=[name for name in table.schema.names if name not in numbers],
        use_byte_stream_split=numbers,
    )
    content = buffer.getvalue()
    path = folder / f"{stem}.{digest(content)}.parquet"
    write_whole(path, content)
    return path


def digest(content: bytes) -> str:
    """Return the digest of a part's bytes."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
