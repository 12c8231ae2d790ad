"""Writes the page of a folder again and again while runs are done in it, by a process of its own.

That process has the lowest priority, one thread, and long pauses, so that a sweep hardly notices; all that it
needs to know it reads in the folder, so that it does not matter who does the runs. It ends with the sweep:
told to, or where the pipe to it is closed, which the system does for a command that is killed.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from harness.report.html.page import write_page
from harness.report.html.running import SHORTEST, Running, pause
from harness.runs.parts import write_whole
from harness.runs.plans import plan_files
from harness.runs.status import STATES, status_of
from harness.runs.store import Store
from harness.runs.tables import RUN_COLUMNS, SKIPPED_COLUMNS, TRACE_COLUMNS, Tables
from harness.sweeps.executors.processes import ONE_THREAD
from optimizers.errors import InputError
from optimizers.printable import said_by

COMMAND = ("-P", "-c", "from harness.report.html.watching import main; main()")

PATIENCE = 5.0
"""Seconds that the process has to end when it is told to."""


@dataclass(frozen=True)
class Watch:
    """A page, and what it is about.

    Attributes:
        folder: of the results.
        page: the file.
        name: what is being run, as long as no run is there.
        question: likewise.
    """

    folder: Path
    page: Path
    name: str
    question: str

    def write(self, seconds: float) -> None:
        """Write the page as of now.

        Arguments:
            seconds: after which it is written again; 0 where it is not.

        Raises:
            InputError: if the folder cannot be read, or the page cannot be written.
        """
        there = bool(plan_files(self.folder))
        counts = status_of(self.folder).totals if there else dict.fromkeys(("planned", *STATES), 0)
        done, planned = counts["done"] + counts["failed"], counts["planned"]
        # Of other code are those that are done again: they are shown until then, which the page says.
        shown = done + counts["other code"] > 0
        tables = Store(self.folder).load() if shown else self._nothing()
        declared = tables.declaration is not None
        ended = not seconds and 0 < planned == done
        running = None if ended else Running(done, planned, seconds, time.time(), declared)
        if running is not None:
            # It says itself how many are missing, and that somebody does them.
            notes = tuple(note for note in tables.notes if "planned runs found" not in note)
            tables = replace(tables, notes=notes)
        page = write_page(tables, self.folder if shown else None, running=running)
        write_whole(self.page, page.encode())

    def _nothing(self) -> Tables:
        runs, trace, skipped = (
            pd.DataFrame(columns=list(names)) for names in (RUN_COLUMNS, TRACE_COLUMNS, SKIPPED_COLUMNS)
        )
        return Tables(self.name, self.question, runs, trace, skipped)


@contextlib.contextmanager
def watched(watch: Watch) -> Iterator[subprocess.Popen[bytes] | None]:
    """Have a page written again and again within the context, and once more at its end.

    Where the context is left by an exception, such as an interrupt, the other process writes the last page,
    which says so; nobody waits for that.

    Arguments:
        watch: the page.
    """
    before, process = _stamp(watch.page), _started(watch)
    try:
        yield process
    except BaseException:
        if process is not None and process.stdin is not None:
            if _stamp(watch.page) == before:
                # There is no page yet that would have to say so: a command that was refused at once.
                _end(process)
            process.stdin.close()
        raise
    if process is not None:
        _end(process)
    watch.write(0.0)


def _stamp(page: Path) -> int | None:
    """Return when a page was written; None where there is none."""
    with contextlib.suppress(OSError):
        return page.stat().st_mtime_ns
    return None


def _started(watch: Watch) -> subprocess.Popen[bytes] | None:
    """Start the other process; None where none can be had, which is no reason to do no runs."""
    asked = {
        "folder": str(watch.folder),
        "page": str(watch.page),
        "name": watch.name,
        "question": watch.question,
    }
    try:
        process = subprocess.Popen(
            [sys.executable, *COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                # The cores are the sweep's.
                **ONE_THREAD,
                "MPLBACKEND": "agg",
                "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
            },
            # What the terminal sends to all is not for it: it has a last page to write.
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps(asked)}\n".encode())
        process.stdin.flush()
    except OSError:
        return None
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the other process before it writes one page more."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def main() -> None:
    """Write the page that standard input names, until that is closed."""
    with contextlib.suppress(AttributeError, OSError):
        os.nice(19)
    # A page that is half written is taken away on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    # Without a buffer, whose lock a thread that waits for ever would keep.
    given = io.FileIO(0, closefd=False)
    asked = json.loads(given.readline())
    gone = threading.Event()

    def listen() -> None:
        given.readall()
        gone.set()

    threading.Thread(target=listen, daemon=True).start()
    keep_writing(
        Watch(Path(asked["folder"]), Path(asked["page"]), asked["name"], asked["question"]),
        gone,
        SHORTEST / 5,
    )


def keep_writing(watch: Watch, gone: threading.Event, first: float) -> None:
    """Write a page until there is nobody any more who does runs.

    Arguments:
        watch: the page.
        gone: set when that is so. Where no page has been written by then, none is: the command was refused.
        first: seconds before the first page.
    """
    wait, written, ended = first, False, False
    while not ended:
        ended = gone.wait(wait)
        if ended and not written:
            return
        # Of the processor: with the lowest priority it may wait for it long.
        began = time.process_time()
        try:
            # Until the next one: what a page takes and the pause after it, as it was with this one.
            watch.write(0.0 if ended else wait + SHORTEST)
            written = True
        except InputError:
            # Such as a folder that is not there yet. What is wrong with it the sweep itself says.
            pass
        except Exception as error:
            Store(watch.folder).log(f"{watch.page} was not written: {said_by(error)}")
        wait = pause(time.process_time() - began)
