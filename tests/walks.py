"""A search that is known beforehand, shown to an observer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from watching import Measured

from harness.problems.base import Measures
from harness.runs.recorder import Recorder, Trace
from optimizers import Budget
from optimizers.counts import VALUE_ROWS
from optimizers.observer import Observer

UNMEASURED = Measures(math.nan, math.nan, math.nan, math.nan)


def unmeasured(points: Any) -> list[Measures]:
    return [UNMEASURED] * len(points)


def walk(losses: list[float], target: float | None, improvements: bool = False) -> tuple[Observer, Trace]:
    """Show an observer a search of which every iteration costs 1 and has a loss that is known beforehand."""
    objective = Measured(lambda w: losses[int(w[0])], rows=1)
    recorder = Recorder(unmeasured, target, improvements)
    observer = Observer(objective, 1.0, Budget(iterations=len(losses) - 1), target, recorder)
    done = 0
    allowance = observer(np.array([0.0]), loss=losses[0])
    while allowance:
        ahead = np.array(losses[done + 1 : done + 1 + allowance])
        reached = ahead <= observer.view.target
        if reached.any():
            # A loop that is told the target ends there.
            allowance = int(np.argmax(reached)) + 1
        trail = np.array(losses[done : done + allowance])
        done += allowance
        objective.counters[VALUE_ROWS] += allowance
        allowance = observer(np.array([float(done)]), iterations=allowance, losses=trail, loss=losses[done])
    return observer, recorder.trace("walk")
