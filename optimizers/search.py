"""One search from its start to its outcome, as everyone does it who has an optimizer run."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from optimizers.budget import Budget
from optimizers.courses import Course
from optimizers.look import Look
from optimizers.objective import Array, Measurable
from optimizers.observer import Observer
from optimizers.optimizer import Optimizer, Outcome
from optimizers.printable import shown
from optimizers.several_looks import Looks
from optimizers.watch import StoppedError


def observed(
    optimizer: Optimizer,
    objective: Measurable,
    start: Array,
    budget: Budget,
    target: float | None = None,
    keep: Callable[[Look], None] | None = None,
    timeout: float | None = None,
    keep_several: Callable[[Looks], None] | None = None,
    each: bool = False,
) -> Observer:
    """Return the observer of a search that is about to begin; the arguments are those of ``Observer``."""
    price = optimizer.iteration_cost(objective)
    if not (math.isfinite(price) and price > 0.0):
        raise ValueError(
            f"{optimizer.name()}.iteration_cost returned {shown(price)}, expected a cost above 0"
        )
    reserve = 0.0 if optimizer.pays_for_loss else 1.0
    return Observer(
        objective,
        price,
        budget,
        target,
        keep,
        timeout,
        reserve=reserve,
        draws=optimizer.draws,
        start=start,
        needs=optimizer.needs,
        keep_several=keep_several,
        each=each,
    )


def search(
    optimizer: Optimizer | Course, start: Array, rng: np.random.Generator, observer: Observer, contain: bool
) -> Outcome:
    """Let an optimizer search under an observer, and return how it ended.

    Arguments:
        optimizer: the method, or what it has gone through already.
        start: where it begins, shape (n,); it is handed a copy.
        rng: its randomness.
        observer: answers its looks, and hands out the view.
        contain: whether an exception of the search makes a failed run, or is passed on.
    """
    handed, ended, broken = start.copy(), None, None
    try:
        ended = optimizer.run(observer.view, handed, rng, observer)
    except StoppedError:
        pass
    except (Exception, SystemExit) as raised:
        # After the end of the run, what a search makes of its last answer is no matter any more.
        if not contain and not observer.over:
            raise
        broken = Outcome.of_error(raised)
    outcome = observer.close(ended, broken)
    if handed.tobytes() != start.tobytes() and outcome.name != "failed":
        return observer.fail("it changed the start that it was handed: take a copy of it in the optimizer")
    return outcome
