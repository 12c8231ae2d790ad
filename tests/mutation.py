"""Mutation testing: ``python tests/mutation.py --sample 30 --seed 1 harness/analysis/proportions.py ...``.

Tests are collected once. For each mutant the process forks, the code of the changed function is put in the
place of what it was, and the tests that come through its line are run until one fails. So a mutant costs what
its tests cost, and neither imports nor compilation: a file with compiled functions is tested with
``NUMBA_DISABLE_JIT=1``. Which tests a file has says ``mutation_targets.py``; its own examples are among them.

Mutants that no test can tell from the source stand in ``tests/equivalent_mutants.toml`` with the reason.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import types
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from mutants import Mutant, changed_functions, mutants, place_of
from mutation_targets import TESTS

ROOT = Path(__file__).parent.parent
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.toml"
KILLED, ALIVE, UNCOVERED, EQUAL = "killed", "alive", "not run by any test", "equivalent"
GRACE = 5.0
"""Seconds of the processor that a mutant has beside ten times those of its tests: no loop is endless."""


class Mutation:
    """Plug-in of pytest that has mutants of one file tested in place of its own loop.

    Arguments:
        file: of a module of this project.
        sample: how many mutants are drawn; 0 for all.
        seed: of the drawing.
    """

    def __init__(self, file: Path, sample: int, seed: int) -> None:
        self.file, self.results = file, list[tuple[Mutant, str]]()
        self._source = file.read_text(encoding="utf-8")
        self._code = compile(self._source, str(file), "exec", dont_inherit=True)
        found = list(mutants(self._source))
        self.found = len(found)
        chosen = sorted(random.Random(seed).sample(range(len(found)), min(sample or len(found), len(found))))
        self._mutants = [found[number] for number in chosen]
        self._equivalent = _equivalent(file)
        self._items: dict[str, Any] = {}
        self._lines: dict[int, list[str]] = {}
        self._seconds: dict[str, float] = {}

    def pytest_configure(self) -> None:
        """Have each mutant judged by the same examples, on however busy a machine."""
        from hypothesis import settings

        settings.register_profile("mutation", deadline=None, derandomize=True)
        settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests once as they are, for what each comes through, and then for each mutant."""
        self._items = {item.nodeid: item for item in session.items}
        gc.unfreeze()
        self._functions = defaultdict(list)
        for thing in gc.get_objects():
            if isinstance(thing, types.FunctionType) and thing.__code__.co_filename == str(self.file):
                self._functions[place_of(thing.__code__)].append(thing)
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder) / "lines.json"
            self._forked(lambda: self._trace(said), None)
            traced = json.loads(said.read_text())
        self._seconds = traced["seconds"]
        if traced["failed"]:
            raise pytest.UsageError(f"tests fail without a mutant: {traced['failed']}")
        for test, lines in traced["lines"].items():
            for line in lines:
                self._lines.setdefault(line, []).append(test)
        for mutant in self._mutants:
            verdict = self._judge(mutant)
            self.results.append((mutant, verdict))
            if verdict != KILLED:
                print(f"{verdict}: {self.file.relative_to(ROOT)}:{mutant}", flush=True)
        return True

    def _judge(self, mutant: Mutant) -> str:
        line = self._source.splitlines()[mutant.line - 1].strip()
        if (line, mutant.before, mutant.after) in self._equivalent:
            return EQUAL
        changed = compile(mutant.tree, str(self.file), "exec", dont_inherit=True)
        pairs = list(changed_functions(self._code, changed))
        tests: Sequence[str]
        if pairs:
            tests = sorted(set(self._lines.get(mutant.line, ())), key=self._seconds.__getitem__)
            # What stands on a line of its own within a statement has no line in the trace.
            if not tests:
                inside = [line for line in self._lines if pairs[0][0].co_firstlineno <= line <= mutant.line]
                tests = self._lines[max(inside)] if inside else []
        else:
            tests = sorted(self._seconds, key=self._seconds.__getitem__)
        if not tests:
            return UNCOVERED

        def run() -> int:
            self._put(mutant, pairs)
            return self._failed(tests)

        return KILLED if self._forked(run, 10.0 * sum(self._seconds[test] for test in tests)) else ALIVE

    def _put(self, mutant: Mutant, pairs: list[tuple[types.CodeType, types.CodeType]]) -> None:
        """Put the mutant in the place of the source: another code of its functions, or another constant."""
        for before, after in pairs:
            live = self._functions[place_of(before)]
            assert live, f"no function at {place_of(before)}"
            for function in live:
                function.__code__ = after
        if not pairs:
            loaded = [module for module in sys.modules.values() if module is not None]
            module = next(one for one in loaded if getattr(one, "__file__", "") == str(self.file))
            before = dict(vars(module))
            for statement in mutant.tree.body:
                if statement.lineno <= mutant.line <= (statement.end_lineno or 0):
                    exec(ast_module(statement), vars(module))
            for name, value in vars(module).items():
                if name in before and value is not before[name]:
                    for other in loaded:
                        if vars(other).get(name) is before[name]:
                            setattr(other, name, value)

    def _failed(self, tests: Sequence[str]) -> int:
        """Run tests until one fails; say whether one did."""
        reports = _Reports()
        chosen = [self._items[test] for test in tests]
        if chosen:
            manager = chosen[0].config.pluginmanager
            manager.register(reports)
        for place, item in enumerate(chosen):
            following = chosen[place + 1] if place + 1 < len(chosen) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if reports.failed:
                return 1
        return 0

    def _trace(self, said: Path) -> int:
        """Run each test, and write down which lines of the file it comes through and how long it takes."""
        name = str(self.file)
        lines: set[int] = set()

        def local(frame: types.FrameType, event: str, argument: Any) -> Any:
            lines.add(frame.f_lineno)
            return local

        def trace(frame: types.FrameType, event: str, argument: Any) -> Any:
            if frame.f_code.co_filename != name:
                return None
            lines.add(frame.f_lineno)
            return local

        found: dict[str, list[int]] = {}
        seconds, failed = {}, []
        for test in self._items:
            lines.clear()
            began = time.process_time()
            sys.settrace(trace)
            try:
                if self._failed([test]):
                    failed.append(test)
            finally:
                sys.settrace(None)
            seconds[test] = time.process_time() - began
            if lines:
                found[test] = sorted(lines)
        kept = {test: seconds[test] for test in found}
        said.write_text(json.dumps({"lines": found, "seconds": kept, "failed": failed}))
        return 0

    def _forked(self, action: Callable[[], int], most: float | None) -> int:
        """Do something in a process of its own, without a word, and return what it returns."""
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                quiet = os.open(os.devnull, os.O_WRONLY)
                os.dup2(quiet, 1)
                if most is not None:
                    os.dup2(quiet, 2)
                    limit = int(most + GRACE)
                    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
                    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
                status = action()
            except BaseException as error:
                if most is None:
                    print(f"the tests cannot be run: {error!r}", file=sys.stderr)
            finally:
                os._exit(status)
        # A mutant may sleep, which takes no time of the processor.
        end = time.monotonic() + 60.0 + 20.0 * (most or 60.0)
        while time.monotonic() < end:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
        return os.waitpid(child, 0)[1]


class _Reports:
    def __init__(self) -> None:
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed


def ast_module(statement: Any) -> types.CodeType:
    """Return the code of one statement."""
    import ast

    return compile(ast.Module([statement], []), "<mutant>", "exec", dont_inherit=True)


def _equivalent(file: Path) -> set[tuple[str, str, str]]:
    kept = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.exists() else {}
    return {
        (one["line"], one["before"], one["after"]) for one in kept.get(file.relative_to(ROOT).as_posix(), ())
    }


def test_file(file: Path, sample: int, seed: int) -> None:
    """Test the mutants of a file, and print its row: mutants there are, drawn, killed, equivalent, alive."""
    mutation = Mutation(file, sample, seed)
    # Threads do not outlive a fork.
    os.environ["NUMBA_NUM_THREADS"] = "1"
    if "@compiled(" in file.read_text(encoding="utf-8"):
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    tests = [str(ROOT / "tests" / name) for name in TESTS[file.relative_to(ROOT).as_posix()]]
    options = ["-n0", "-qq", "-s", "--no-summary", "-p", "no:cacheprovider"]
    # By its first four letters alone, ``tested`` of a module would be taken for a test of its own.
    options += ["-o", "python_functions=test_*"]
    status = pytest.main([*options, str(file), *tests], plugins=[mutation])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit(int(status))
    counted = [sum(verdict == kind for _, verdict in mutation.results) for kind in (KILLED, EQUAL)]
    drawn = len(mutation.results)
    row = [mutation.found, drawn, *counted, drawn - sum(counted)]
    print(f"| {file.relative_to(ROOT)} | {' | '.join(map(str, row))} |", flush=True)


def main() -> None:
    """Test each file that is named, by default all of ``TESTS``, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants of a file, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing")
    given = parser.parse_args()
    files = [file.resolve() for file in given.files] or [ROOT / name for name in TESTS]
    if len(files) == 1:
        test_file(files[0], given.sample, given.seed)
    for file in files if len(files) > 1 else ():
        options = [f"--sample={given.sample}", f"--seed={given.seed}"]
        subprocess.run([sys.executable, __file__, str(file), *options], cwd=ROOT, check=False)


if __name__ == "__main__":
    main()
