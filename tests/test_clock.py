"""The clock of a run, by a time that stands still: what counts to the search, and when it is over."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optimizers import clock as clocks
from optimizers.clock import TIMED_STRETCH, Clock


class Time:
    """A time that passes when it is told to; it does not begin at nought."""

    def __init__(self) -> None:
        self.now = 1000.0

    def perf_counter(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    own = Time()
    monkeypatch.setattr(clocks, "time", own)
    return own


def looked(clock: Clock, time: Time, search: float, look: float, counts: bool = True) -> None:
    """Let a search go on for some seconds, and be looked at for others."""
    time.passes(search)
    arrived = clock.stop(counts)
    time.passes(look)
    clock.resume(arrived)


def test_a_new_clock_has_counted_nothing_and_has_not_begun(time: Time) -> None:
    clock = Clock(None, None)
    assert (clock.seconds, clock.observation_seconds, clock.most) == (0.0, 0.0, math.inf)
    assert not clock.begun
    looked(clock, time, 5.0, 2.0)
    # What comes before the first look is none of the search's, and the look itself is one.
    assert (clock.seconds, clock.observation_seconds) == (0.0, 2.0)
    assert clock.begun
    clock.end()
    assert not clock.begun


def test_search_and_looks_are_counted_apart(time: Time) -> None:
    clock = Clock(None, None)
    looked(clock, time, 0.0, 0.25)
    looked(clock, time, 3.0, 0.5)
    looked(clock, time, 4.0, 1.0)
    assert (clock.seconds, clock.observation_seconds) == (7.0, 1.75)
    looked(clock, time, 8.0, 0.0, counts=False)
    assert clock.seconds == 7.0


def test_looks_that_were_passed_share_the_stretch_by_iterations(time: Time) -> None:
    clock = Clock(None, None)
    looked(clock, time, 0.0, 0.0)
    looked(clock, time, 10.0, 0.0)
    time.passes(8.0)
    clock.stop(counts=True)
    assert clock.passed(np.array([1, 2, 4]), 4).tolist() == [12.0, 14.0, 18.0]


def test_what_a_search_took_before_it_is_told_of_counts(time: Time) -> None:
    clock = Clock(None, None)
    clock.count(3.0)
    looked(clock, time, 0.0, 0.0)
    clock.count(3.0)
    looked(clock, time, 1.0, 0.0)
    assert clock.seconds == 4.0
    began = clock.now()
    time.passes(0.5)
    clock.count_since(began)
    assert clock.seconds == 4.5


@pytest.mark.parametrize(
    ("budget", "timeout", "most", "timed_out"),
    [(None, None, math.inf, False), (2.0, None, 2.0, False), (None, 3.0, 3.0, True), (2.0, 3.0, 2.0, False)],
)
def test_the_smaller_limit_is_the_one_that_ends_it(
    budget: float | None, timeout: float | None, most: float, timed_out: bool
) -> None:
    clock = Clock(budget, timeout)
    assert clock.most == most
    assert clock.timed_out is timed_out


def test_it_is_over_in_the_middle_of_a_stretch_at_its_limit(time: Time) -> None:
    clock = Clock(2.0, None)
    time.passes(5.0)
    assert not clock.is_over()
    looked(clock, time, 0.0, 0.0)
    looked(clock, time, 1.5, 30.0)
    assert not clock.is_over()
    time.passes(0.25)
    assert not clock.is_over()
    time.passes(0.25)
    assert clock.is_over()


def test_a_stretch_is_as_long_as_the_pace_allows_and_twice_the_last_at_most(time: Time) -> None:
    assert TIMED_STRETCH == 0.2
    clock = Clock(100.0, None)
    looked(clock, time, 0.0, 0.0)
    # Nothing timed yet: one, whatever the pace.
    assert (clock.stretch(1), clock.stretch(10)) == (1, 1)
    looked(clock, time, 0.5, 0.0)
    # 10 iterations in half a second: 0.2 seconds are 4 of them.
    assert clock.stretch(10) == 4
    # Of a long pace one at the least, of a short one twice the last.
    assert clock.stretch(1) == 1
    assert clock.stretch(1000) == 400
    looked(clock, time, 0.001, 0.0)
    assert clock.stretch(3) == 6
    looked(clock, time, 99.449, 0.0)
    # 0.05 seconds are left of 100: a thousand iterations took 99.449.
    assert clock.stretch(100_000) == 50
