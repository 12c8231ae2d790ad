"""The account of a run: what each generation found, and when the search is looked at."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.genetic.coding import CODING, Coding, express
from optimizers.objective import Array, Objective, Rows
from optimizers.optimizer import Observe, Outcome
from optimizers.points import copy_point
from optimizers.several_looks import Passed, SeveralLooks
from optimizers.signatures import INTEGERS, REALS

DONE, TOTAL, STALE, IDLE, STATE, PASSED, BEGUN = range(7)
"""Places in the counts: generations of the account, and in all; of the last ones, those without a new best,
and those that had nothing to pay for; the state; looks that were passed, and generations up to the last."""

ANSWER, LOWEST, BEST = range(3)
"""Places in the losses: of the present answer, the lowest since the last look that was passed, of all."""

RUNNING, LOST, SATURATED, EXHAUSTED, REACHED = range(5)

PATIENCE = 1000
"""Generations in a row of nothing but copies, which cost nothing, after which a search has come to its end:
without mutation a population becomes copies of one member, and no budget of cost would ever be spent."""


class Account(NamedTuple):
    """What compiled loops write down of each generation, with K looks in sight, the last one answered."""

    trail: Array
    """Loss of the answer before each generation; as long as all stretches together."""
    answer: Array
    """Parameters of the best member of the present population."""
    best: Array
    """Parameters of the lowest loss in the trail since the last look that was passed."""
    losses: Array
    counts: Rows
    saturation: int
    """Generations without a new best after which the search ends, or 0."""
    target: float
    """Loss at which the search ends at once."""
    ends: Rows
    """Generations up to each look, shape (K,)."""
    answers: Array
    """The answer at each look that is gone past, shape (K - 1, n)."""
    answer_losses: Array
    """Its loss, shape (K - 1,)."""
    bests: Array
    """The parameters of the lowest loss of each stretch up to one, shape (K - 1, n)."""
    populations: Array
    """Losses of the population at each, shape (K - 1, P)."""
    counters: Rows
    """The objective's counters at each, shape (K - 1, 2)."""


_TABLE = types.float64[:, ::1]
ACCOUNT = types.NamedTuple(
    [
        *(REALS, REALS, REALS, REALS, INTEGERS, types.int64, types.float64),
        *(INTEGERS, _TABLE, REALS, _TABLE, _TABLE, types.int64[:, ::1]),
    ],
    Account,
)
NOTE = types.void(ACCOUNT, CODING, _TABLE, REALS, types.boolean)


@compiled()
def _leave(account: Any) -> None:
    """Write down the answer that a generation began with, and count the generation."""
    found, counts = account.losses, account.counts
    account.trail[counts[DONE]] = found[ANSWER]
    if counts[DONE] == counts[BEGUN] or found[ANSWER] < found[LOWEST]:
        found[LOWEST] = found[ANSWER]
        copy_point(account.answer, account.best)
    counts[DONE] += 1
    counts[TOTAL] += 1


@compiled()
def reach(account: Any, w: Any, loss: float) -> None:
    """Write down a point in the middle of a generation whose loss ends the search."""
    _leave(account)
    copy_point(w, account.answer)
    account.losses[ANSWER] = loss
    account.counts[STATE] = REACHED


@compiled(allocates=True)
def go_past(account: Any, population_losses: Any, counters: Any) -> None:
    """Take along what there is to see where a look is due that is not the last, and the search goes on."""
    counts, look = account.counts, account.counts[PASSED]
    if look + 1 == account.ends.size or counts[DONE] < account.ends[look] or counts[STATE] != RUNNING:
        return
    copy_point(account.answer, account.answers[look])
    copy_point(account.best, account.bests[look])
    copy_point(population_losses, account.populations[look])
    for i in range(counters.size):
        account.counters[look, i] = counters[i]
    account.answer_losses[look] = account.losses[ANSWER]
    counts[PASSED] += 1
    counts[BEGUN] = counts[DONE]


@compiled()
def note(account: Any, coding: Any, population: Any, losses: Any, paid: bool) -> None:
    """Write down a generation whose population has just been paid for.

    Arguments:
        account: what is written to.
        coding: the code of a weight.
        population: chromosomes, shape (P, genes).
        losses: shape (P,), none of them NaN.
        paid: whether there was anything to pay for.
    """
    found, counts, answer = account.losses, account.counts, account.answer
    _leave(account)
    member = 0
    for place in range(1, losses.size):
        if losses[place] < losses[member]:
            member = place
    express(coding, population, member, answer)
    found[ANSWER] = losses[member]
    counts[STALE] += 1
    counts[IDLE] = 0 if paid else counts[IDLE] + 1
    if found[ANSWER] < found[BEST]:
        found[BEST] = found[ANSWER]
        counts[STALE] = 0
    if found[ANSWER] <= account.target:
        counts[STATE] = REACHED
    elif np.isinf(found[ANSWER]):
        counts[STATE] = LOST
    elif account.saturation and counts[STALE] >= account.saturation:
        counts[STATE] = SATURATED
    elif counts[IDLE] >= PATIENCE:
        counts[STATE] = EXHAUSTED


class Generations:
    """Look at a search whenever its allowance is used up, and say how it ended by itself.

    An iteration is one population paid for: the first population, then one a generation.

    Arguments:
        start: the start, which has been looked at.
        observe: called whenever the allowance is used up.
        allowance: what the first look allowed.
        coding: the code of a weight.
        saturation: generations without a new best after which the search ends, or 0.
        objective: what is searched; at its target the search ends at once.

    Attributes:
        account: what is written down of each generation.
        outcome: why the search ended by itself, or None.
        goes_past: whether a loop writes down what looks would see, and goes past them.
    """

    def __init__(
        self,
        start: Array,
        observe: Observe,
        allowance: int,
        coding: Coding,
        saturation: int,
        objective: Objective,
    ) -> None:
        self.outcome: Outcome | None = None
        self.goes_past = False
        self.account = Account(
            answer=start.copy(),
            best=start.copy(),
            losses=np.full(3, np.inf),
            counts=np.zeros(7, dtype=np.int64),
            saturation=saturation,
            target=objective.target,
            **_pages(np.array([allowance]), start.size, 0, objective.counters.size),
        )
        self._observe, self._objective = observe, objective
        self._coding = coding

    def begin(self, loss: float) -> None:
        """Write down the loss of the start, which has been paid for."""
        self.account.losses[ANSWER] = loss if math.isfinite(loss) else np.inf

    def completed(self, population: Array, losses: Array, paid: bool) -> bool:
        """Write down a generation, and whether there was anything to pay for; say if the search goes on."""
        note(self.account, self._coding, population, losses, paid)
        return self.goes_on(losses)

    def reached(self, w: Array, loss: float, losses: Array) -> bool:
        """Write down a point at the target in the middle of a generation; say if the search goes on."""
        reach(self.account, w, loss)
        return self.goes_on(losses)

    def goes_on(self, losses: Array) -> bool:
        """Look if the allowance is used up or the search has ended; say whether it goes on."""
        account = self.account
        done, total, stale, idle, state, passed, begun = account.counts.tolist()
        if done < account.trail.size and state == RUNNING:
            return True
        answer_loss, _, best_loss = account.losses.tolist()
        if passed and not self._has_passed(passed, done):
            return False
        allowance = self._observe(
            account.answer.copy(),
            iterations=done - begun,
            losses=account.trail[begun:done],
            best=account.best.copy(),
            loss=answer_loss,
            population_losses=losses.copy(),
        )
        if not allowance:
            return False
        account.counts[DONE] = account.counts[PASSED] = account.counts[BEGUN] = 0
        widths = account.answer.size, losses.size, account.counters.shape[1]
        pages = _pages(self._stretches(allowance), *widths)
        self.account = account._replace(target=self._objective.target, **pages)
        if state == REACHED:
            # It was told so in single precision, and is not there yet.
            account.counts[STATE] = state = RUNNING
        if state == LOST:
            self.outcome = Outcome(
                "diverged",
                f"no member of the population has a finite loss at iteration {total}: "
                "narrow the range from init_range_low to init_range_high, or the mutation",
            )
        elif state == SATURATED:
            self.outcome = Outcome(
                "stalled", f"{stale} generations in a row found nothing better than loss {best_loss:.6g}"
            )
        elif state == EXHAUSTED:
            self.outcome = Outcome(
                "stalled", f"{idle} generations in a row brought forth nothing but copies of their parents"
            )
        return bool(state == RUNNING)

    def _stretches(self, allowance: int) -> Rows:
        """Return how many generations the next looks are apart."""
        if self.goes_past and isinstance(self._observe, SeveralLooks):
            return self._observe.ahead()
        return np.array([allowance])

    def _has_passed(self, looks: int, done: int) -> bool:
        """Have the looks seen that a loop went past; say whether the search may go on."""
        account = self.account
        ends = account.ends[:looks]
        assert isinstance(self._observe, SeveralLooks)
        return self._observe.past(
            Passed(
                np.diff(ends, prepend=0),
                ends,
                account.answers[:looks],
                account.bests[:looks],
                account.trail[: ends[-1]],
                account.counters[:looks],
                done,
                account.answer_losses[:looks],
                account.populations[:looks],
            )
        )


def _pages(stretches: Rows, n: int, members: int, counters: int) -> dict[str, Any]:
    """Return the empty arrays of an account, for looks so many generations apart."""
    ends = stretches.cumsum()
    # Of the last look nothing is taken along.
    looks = ends.size - 1
    return {
        "trail": np.empty(ends[-1]),
        "ends": ends,
        "answers": np.empty((looks, n)),
        "answer_losses": np.empty(looks),
        "bests": np.empty((looks, n)),
        "populations": np.empty((looks, members)),
        "counters": np.empty((looks, counters), dtype=np.int64),
    }
