"""How a run can end, in sentences."""

from __future__ import annotations

import math

from optimizers.aim import Aim
from optimizers.clock import Clock
from optimizers.optimizer import Outcome
from optimizers.printable import shown


def solved(target: float, cost: float) -> Outcome:
    """Return the end at the target."""
    return Outcome("solved", f"the loss reached the target {target:g} at cost {cost:.6g}")


def diverged(loss: float, iteration: int, first_loss: float) -> Outcome:
    """Return the end at a loss that is not finite."""
    if iteration == 0 and not math.isfinite(first_loss):
        return Outcome(
            "diverged",
            f"the start is at fault, its loss is {loss}: take another start, or a method that draws its "
            "points, such as random-search",
        )
    return Outcome("diverged", f"the loss became {loss} by iteration {iteration}: try a smaller step")


def budget_spent(limit: str, best: float, spent: float) -> Outcome:
    """Return the end at a limit of the budget, which is named in words.

    >>> print(budget_spent("cost 10", 0.25, 10.0))
    budget: the budget of cost 10 is spent, best loss 0.25
    """
    if math.isfinite(best):
        return Outcome("budget", f"the budget of {limit} is spent, best loss {best:.6g}")
    if spent <= 0.0:
        return Outcome("budget", f"the budget of {limit} does not pay for the loss of the start")
    return Outcome("diverged", f"the budget of {limit} is spent, and no point had a finite loss")


def out_of_time(clock: Clock, best: float) -> Outcome:
    """Return the end at a limit in seconds."""
    if clock.timed_out:
        return Outcome("timeout", f"gave up after {clock.timeout:g} seconds, best loss {best:.6g}")
    return Outcome("budget", f"the budget of {clock.most:g} seconds is spent, best loss {best:.6g}")


def missed_target(aim: Aim) -> Outcome | None:
    """Return the end of a search that took itself for solved, and did not go on; None of any other."""
    if aim.missed is None:
        return None
    told, measured = aim.missed
    return Outcome(
        "stalled",
        f"it ended at a loss of {told:.9g} in single precision, where {measured:.9g} was measured",
    )


def own_end(ended: object, best: float) -> Outcome:
    """Return the reason that a search gave for its end, where it has one that is its own to give.

    Arguments:
        ended: what the search answered.
        best: its lowest loss.
    """
    if ended is None:
        return Outcome("failed", "the optimizer stopped without being told and without a reason")
    if not isinstance(ended, Outcome):
        return Outcome("failed", f"the optimizer answered {shown(ended)}, expected an Outcome or None")
    if ended.name not in ("stalled", "diverged", "failed"):
        return Outcome(
            "failed",
            f"the optimizer answered '{ended.name}', which the harness finds out by itself: "
            "expected stalled, diverged or failed",
        )
    if ended.name == "stalled" and not math.isfinite(best):
        return Outcome("diverged", f"no point had a finite loss: {ended.sentence}")
    return ended
