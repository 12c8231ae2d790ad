"""Lets another process compile what the optimizers are made of, while this one compiles the network."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from optimizers.compilation import cache_directory
from optimizers.optimizer import Optimizer

COMMAND = ("-P", "-c", "from optimizers.compile_ahead import main; main()")
"""What the other process does; modules are those of this one, and no file of the folder it is started in."""

PATIENCE = 5.0
"""Seconds that a helper has to end when it is told to: LLVM does not hear of it before a function is done."""


class _Helper:
    """The other process, and how many of the optimizers it has done."""

    def __init__(self, optimizers: Sequence[Optimizer], message: bytes) -> None:
        self._optimizers, self._done = optimizers, 0
        self._process = subprocess.Popen(
            [sys.executable, *COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)},
        )
        # One that has ended already is waited for in vain, which costs nothing.
        with contextlib.suppress(OSError):
            self._pipe("stdin").write(message)
            self._pipe("stdin").flush()

    def _pipe(self, name: str) -> Any:
        return getattr(self._process, name)

    def wait_for(self, optimizer: Optimizer) -> None:
        """Wait until an optimizer has been compiled, or the process has ended."""
        if optimizer in self._optimizers:
            place = self._optimizers.index(optimizer)
            while self._done <= place and self._pipe("stdout").readline():
                self._done += 1

    def end(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(OSError):
            self._pipe("stdin").close()
        self._pipe("stdout").close()


_helper: _Helper | None = None
"""The one that is at work: the work has two halves, so there is never a second."""


@contextlib.contextmanager
def compiled_beside(optimizers: Sequence[Optimizer]) -> Iterator[None]:
    """Have optimizers compiled by another process within the context, where nothing is kept yet.

    Network and optimizers share no compiled function, so neither process does again what the other has done.
    (Kinds of runs share most: beginning each in a worker of its own took longer than one process does.)

    Arguments:
        optimizers: in the order in which they are going to be run.
    """
    global _helper
    known = [each for each in optimizers if type(each).__module__.startswith("optimizers.")]
    alone = _helper is not None or not known or not sys.executable
    if alone or not _is_empty(cache_directory("optimizers")):
        yield
        return
    try:
        _helper = _Helper(known, pickle.dumps(known))
    except OSError:
        # No process can be had; this one does it all.
        yield
        return
    try:
        yield
    finally:
        helper, _helper = _helper, None
        helper.end()


def _is_empty(folder: Path) -> bool:
    """Say whether nothing is kept, and something can be: otherwise a helper would work for itself alone."""
    # Declaring a compiled function has made the folder.
    return os.access(folder, os.W_OK) and not any(folder.rglob("*.nbc"))


def at_work() -> bool:
    """Say whether another process compiles."""
    return _helper is not None


def wait_for(optimizer: Optimizer) -> None:
    """Wait until the other process has compiled an optimizer, where there is one that does."""
    if _helper is not None:
        _helper.wait_for(optimizer)
