"""Begins in this process, and hands on to workers what would take long."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence

from harness.problems.function_problem import FunctionProblem
from harness.runs.execution import kind_of
from harness.runs.shared import Finished
from harness.runs.single_run import Run
from harness.sweeps.executors.executor import Executor, cores
from harness.sweeps.executors.serial import Serial
from optimizers.compilation import has_machine_code
from optimizers.options import options

WORTH = 5.0
"""Seconds of work that are worth worker processes: two of them take two seconds to start and import."""


@options
class Automatic(Executor):
    """Do few runs in this process, and many in worker processes, one a core.

    How long the rest will take is estimated from what has been done, compilation included. Where nothing was
    compiled before, workers compile from the beginning, each another kind. Own functions stay in this
    process: what they do beside their answer, such as counting their calls, would be lost.
    """

    def processes(self) -> int:
        """Return the number of cores."""
        return cores()

    def do(self, runs: Sequence[Run]) -> Generator[list[Finished]]:
        """Do runs in their order, as far as they are done here."""
        if cores() == 1 or any(isinstance(run.problem, FunctionProblem) for run in runs):
            yield from Serial().do(runs)
            return
        spent, compiled, done = 0.0, 0.0, 0
        left = [kind_of(run) for run in runs]
        kinds_left, kinds_done = len(set(left)), 0
        if kinds_left > 1 and not has_machine_code("harness"):
            yield from _in_workers(runs)
            return
        here = Serial().do(runs)
        began, kind = time.perf_counter(), None
        for block in here:
            done += len(block)
            # A block is of one kind.
            if left[done - 1] != kind:
                kind, kinds_left, kinds_done = left[done - 1], kinds_left - 1, kinds_done + 1
            compiled += sum(row["compile_seconds"] for row, _ in block)
            yield block
            spent = time.perf_counter() - began
            rest = (spent - compiled) / done * (len(runs) - done) + compiled / kinds_done * max(kinds_left, 0)
            if rest > WORTH and spent > 0.2 * WORTH:
                break
        here.close()
        if done < len(runs):
            del left
            yield from _in_workers(runs[done:])


def _in_workers(runs: Sequence[Run]) -> Generator[list[Finished]]:
    # Imported here: a sweep that stays in this process does without.
    from harness.sweeps.executors.processes import Processes

    yield from Processes(workers=cores()).do(runs)
