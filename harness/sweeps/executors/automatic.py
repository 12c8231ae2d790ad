"""Begins in this process, and hands on to workers what would take long."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence

from harness.problems.function_problem import FunctionProblem
from harness.runs.compiled_beside import at_work
from harness.runs.finished import Finished, FinishedRuns
from harness.runs.single_run import Run
from harness.sweeps.executors.executor import Executor, cores
from harness.sweeps.executors.serial import Serial
from optimizers.options import options

WORTH = 5.0
"""Seconds of work that are worth worker processes: two of them take two seconds to start and import."""

MANY = 10_000
"""Runs that are worth them whatever each of them takes."""


@options
class Automatic(Executor):
    """Do few runs in this process, and many in worker processes, one a core.

    How long the rest will take is estimated from what has been done, compilation left out: kinds of runs
    share most of what they compile, so that `quickstart` took 34 s in an empty cache with two workers from
    the beginning, and 26 s here. Ten thousand runs and more go there at once, but where the cache is empty.
    Own functions stay in this process: what they do beside their answer, such as counting their calls, would
    be lost.
    """

    def processes(self) -> int:
        """Return the number of cores."""
        return cores()

    def do(self, runs: Sequence[Run]) -> Generator[Sequence[Finished]]:
        """Do runs in their order, as far as they are done here."""
        if cores() == 1 or any(isinstance(run.problem, FunctionProblem) for run in runs):
            yield from Serial().do(runs)
            return
        if len(runs) >= MANY and not at_work():
            # Nothing is to be found out here while the other cores wait. In an empty cache they do not: this
            # process compiles what all share, and the other one the rest.
            yield from _in_workers(runs)
            return
        spent, compiled, done = 0.0, 0.0, 0
        here = Serial().do(runs)
        began = time.perf_counter()
        for block in here:
            done += len(block)
            compiled += sum(FinishedRuns.of(block).rows["compile_seconds"])
            yield block
            spent = time.perf_counter() - began - compiled
            if spent / done * (len(runs) - done) > WORTH and spent > 0.2 * WORTH:
                break
        here.close()
        if done < len(runs):
            yield from _in_workers(runs[done:])


def _in_workers(runs: Sequence[Run]) -> Generator[Sequence[Finished]]:
    # Imported here: a sweep that stays in this process does without.
    from harness.sweeps.executors.processes import Processes

    yield from Processes(workers=cores()).do(runs)
