"""Processes that are forked off one which has imported what is installed, and nothing of this project.

Each is as if Python had been started for it, but for the second that NumPy, numba, pandas and their like take
to be imported. Its exit status, output and traceback are its own, and it imports this project anew, from the
path and in the environment that it is given.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

IMPORTED = (
    "click",
    "llvmlite.binding",
    "numba",
    "numba.core.caching",
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "pydantic",
    "rich.console",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.datasets",
    "sympy",
)
"""What most commands import sooner or later; not Matplotlib, which reads settings where it is imported."""

ONE_AT_A_TIME = threading.Lock()

READ_LATER = frozenset({"NUMBA_CACHE_DIR", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PWD"})
"""Variables that may differ from those of the tests: a forked process reads them again."""


def can_be_forked(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Return whether nothing is asked for that Python or a library reads once, at its start."""
    changed = {name for name, _ in {*environment.items()} ^ {*os.environ.items()}}
    return changed <= READ_LATER and (arguments[0] in ("-c", "-m") or not arguments[0].startswith("-"))


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in a folder, to its end; what threads ask for runs in turn."""
    with ONE_AT_A_TIME, tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept, "out"), Path(kept, "err")
        request = [list(arguments), str(folder), dict(environment), str(out), str(err)]
        server = _server()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(request).encode() + b"\n")
        server.stdin.flush()
        child = int(server.stdout.readline())
        in_time = bool(select.select([server.stdout], [], [], seconds)[0])
        if not in_time:
            os.killpg(child, signal.SIGKILL)
        status = int(server.stdout.readline())
        if not in_time:
            raise subprocess.TimeoutExpired(list(arguments), seconds)
        texts = (path.read_text(encoding="utf-8") for path in (out, err))
        return subprocess.CompletedProcess([sys.executable, *arguments], status, *texts)


@functools.cache
def _server() -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # -P: no folder of the tests on the path of what is forked.
    server = subprocess.Popen(
        [sys.executable, "-P", __file__],
        bufsize=0,  # what a stream had read ahead, select would not see
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen[bytes]) -> None:
    """Say that no more will come."""
    server.communicate(timeout=10)


def _next_process() -> list[Any] | None:
    """Fork a process for each request; return the request there, and None here when no more will come."""
    line = b""
    while not line.endswith(b"\n"):
        # Read by its number: a stream would keep what it has read ahead for the forked process.
        read = os.read(0, 65536)
        if not read:
            return None
        line += read
        if line.endswith(b"\n"):
            child = os.fork()
            # A group of its own, to be ended with what it has started; whoever comes first says so.
            with contextlib.suppress(OSError):
                os.setpgid(child, child)
            if child == 0:
                return list(json.loads(line))
            os.write(1, f"{child}\n".encode())
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            os.write(1, f"{status}\n".encode())
            line = b""
    raise AssertionError("a request is one line")


def _become(arguments: list[str], folder: str, environment: dict[str, str], out: str, err: str) -> None:
    """Go on as Python does that has been started with these arguments."""
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, out, os.O_WRONLY | os.O_CREAT),
        (2, err, os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = bool(environment.get("PYTHONDONTWRITEBYTECODE"))
    import numba.core.config

    numba.core.config.reload_config()
    kind, *rest = arguments
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    ahead = [str(Path(kind).parent) if kind not in ("-c", "-m") else "", *paths]
    # An editable install has put the same folder on the path, which stands there once.
    sys.path[:] = dict.fromkeys([*ahead, *sys.path])
    importlib.invalidate_caches()
    if kind == "-c":
        main = types.ModuleType("__main__")
        sys.modules["__main__"], sys.argv = main, ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)
    elif kind == "-m":
        sys.path[0], sys.argv = str(Path.cwd()), rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(kind, run_name="__main__")


if __name__ == "__main__":
    for _name in IMPORTED:
        importlib.import_module(_name)
    from numba.core.registry import cpu_target

    # What numba knows of types and of its own functions; each process would put it together, 0.4 s, where it
    # compiles or loads its first one.
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()
    # No forked process looks for garbage in what it was born with: at its end alone that took a second.
    gc.collect()
    gc.freeze()
    if (_request := _next_process()) is not None:
        _become(*_request)
