"""Draws figures in a process beside the command's, which imports Matplotlib while runs are done.

To import it and to draw one figure takes half of what the rest of a short command takes. Where that process
cannot draw a figure, for whatever reason, the command draws it itself, and says what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.runs.tables import Tables

COMMAND = ("-P", "-c", "from harness.report.drawn_beside import main; main()")

MOST_RUNS = 20_000
"""Runs up to which results are handed over: those of more are large."""

_LENGTH = struct.Struct("<Q")


class Drawer:
    """The other process, and what it has been asked for; without one everything is drawn here.

    Arguments:
        process: the other process, or None.
    """

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process
        self._asked: list[tuple[str, Tables, Mapping[str, Any], Path]] = []
        self._sending: list[threading.Thread] = []

    def write_plot(self, name: str, results: Tables, options: Mapping[str, Any], path: Path) -> None:
        """Have a plot drawn into an image; ``wait`` sees that it is there.

        Arguments:
            name: of the plot.
            results: the runs.
            options: of the plot, by their names.
            path: the image.

        Raises:
            InputError: see ``harness.report.image_files.write_plot``; here or by ``wait``.
        """
        if self._process is None or len(results.runs) > MOST_RUNS:
            _write_here(name, results, options, path)
            return
        asked = (name, results, options, path)
        message = pickle.dumps((name, results, options, path.absolute()))
        # By a thread: the other process may not have come so far that it reads.
        sending = threading.Thread(target=self._send, args=(self._process, message), daemon=True)
        for before in self._sending:
            before.join()
        sending.start()
        self._sending.append(sending)
        self._asked.append(asked)

    @staticmethod
    def _send(process: subprocess.Popen[bytes], message: bytes) -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(_LENGTH.pack(len(message)) + message)
            process.stdin.flush()

    def wait(self) -> None:
        """Wait for what was asked for, and draw here what is not there."""
        asked, self._asked = self._asked, []
        for each in asked:
            said = self._answer()
            if said is None:
                _write_here(*each)
            for category, text in said or ():
                warnings.warn(text, category, stacklevel=2)

    def _answer(self) -> list[tuple[type[Warning], str]] | None:
        """Return the warnings that a figure came with; None where it did not come."""
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            said: list[tuple[type[Warning], str]] | None = pickle.load(self._process.stdout)
        except Exception:
            # It has ended, or has written what is none of its answers.
            return None
        return said

    def end(self) -> None:
        """End the other process."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, AttributeError):
                pipe.close()  # type: ignore[union-attr]


def _write_here(name: str, results: Tables, options: Mapping[str, Any], path: Path) -> None:
    from harness.report.image_files import write_plot

    write_plot(name, results, options, path)


def core_is_free() -> bool:
    """Say whether a core has nothing to do: on a busy machine two processes take longer than one."""
    try:
        return os.getloadavg()[0] < (os.cpu_count() or 1) > 1
    except (AttributeError, OSError):
        # Where the system does not say.
        return (os.cpu_count() or 1) > 1


@contextlib.contextmanager
def drawn_beside(plots: Sequence[str]) -> Iterator[Drawer]:
    """Return a context in which another process is about to draw.

    Arguments:
        plots: names of those that it imports beforehand; without any there is no other process.
    """
    drawer = Drawer(_started(plots) if plots else None)
    try:
        yield drawer
    finally:
        drawer.end()


def _started(plots: Sequence[str]) -> subprocess.Popen[bytes] | None:
    """Start the other process; None where none can be had."""
    try:
        return subprocess.Popen(
            [sys.executable, *COMMAND, *plots],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "MPLBACKEND": "agg",
                "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
            },
            # What the terminal sends to all is the command's affair, which ends this process as well.
            process_group=0,
        )
    except OSError:
        return None


def main() -> None:
    """Draw what standard input asks for, and end with it."""
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints is no answer.
    os.dup2(2, 1)
    asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    with warnings.catch_warnings():
        # Whatever is wrong is said where a figure is drawn.
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):
            from harness.plots import known_plots
            from harness.report.image_files import write_plot

            for name in sys.argv[1:]:
                known_plots().get(name)
            import pyarrow.parquet  # noqa: F401  # with which results come
    while True:
        message = asked.get()
        answer = None
        with contextlib.suppress(Exception), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            write_plot(*pickle.loads(message))
            answer = pickle.dumps([(each.category, str(each.message)) for each in caught])
        answers.write(answer or pickle.dumps(None))
        answers.flush()


def _listen(asked: queue.SimpleQueue[bytes]) -> None:
    """Hand on what is asked for; end the process at once where nobody asks any more."""
    given = sys.stdin.buffer
    while len(length := given.read(_LENGTH.size)) == _LENGTH.size:
        asked.put(given.read(_LENGTH.unpack(length)[0]))
    os._exit(0)
