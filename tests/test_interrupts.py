"""What a process makes of the signals that end it."""

from __future__ import annotations

import contextlib
import signal
import threading

import pytest

from harness.sweeps import interrupts
from harness.sweeps.interrupts import Interrupted, came, noticed

pytestmark = pytest.mark.usefixtures("usual_signals")


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """Signals that would end this process, each with whether the system's default stands to do so."""
    found: list[tuple[int, bool]] = []

    def end(number: int) -> None:
        found.append((number, signal.getsignal(number) == signal.SIG_DFL))

    monkeypatch.setattr(signal, "raise_signal", end)
    return found


def arrive(number: int) -> None:
    """Do what Python does when a signal arrives."""
    handler = signal.getsignal(number)
    assert callable(handler)
    handler(number, None)


@pytest.mark.parametrize(
    ("handed_on", "number", "ending"),
    [
        (True, signal.SIGTERM, [(signal.SIGTERM, True)]),
        (False, signal.SIGTERM, []),
        # Python's own handler raises KeyboardInterrupt, which whoever called may still want to catch.
        (True, signal.SIGINT, []),
    ],
    ids=["handed on", "kept", "interrupt"],
)
def test_a_signal_that_ends_a_process_does_so_after_the_block(
    handed_on: bool, number: signal.Signals, ending: list[tuple[int, bool]], ends: list[tuple[int, bool]]
) -> None:
    with pytest.raises(Interrupted, match=number.name), noticed(handed_on=handed_on):
        arrive(number)
    assert ends == ending
    assert came() == 0


def test_the_third_signal_ends_the_process_at_once(ends: list[tuple[int, bool]]) -> None:
    with noticed(handed_on=False):
        with pytest.raises(Interrupted):
            arrive(signal.SIGINT)
        # The second finds things being put in order.
        arrive(signal.SIGINT)
        assert ends == []
        arrive(signal.SIGINT)
        assert ends == [(signal.SIGINT, True)]


class Clock:
    """A clock that stands until the next sleep, which waits for an event and then passes all patience."""

    def __init__(self) -> None:
        self.now, self.may_pass, self.slept = 0.0, threading.Event(), threading.Event()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.set()
        assert self.may_pass.wait(60.0)
        self.now += 2 * interrupts.PATIENCE


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(interrupts, "time", moved)
    return moved


@pytest.mark.parametrize("ended", [False, True])
def test_a_block_that_does_not_end_is_left_and_one_that_has_ended_is_not(ended: bool, clock: Clock) -> None:
    left: list[int] = []
    with contextlib.ExitStack() as block:
        before = set(threading.enumerate())
        block.enter_context(noticed(handed_on=False, at_last=left.append))
        with pytest.raises(Interrupted):
            arrive(signal.SIGINT)
        (patience,) = set(threading.enumerate()) - before
        assert clock.slept.wait(60.0)
        if ended:
            block.close()
        clock.may_pass.set()
        patience.join(60.0)
        assert left == ([] if ended else [signal.SIGINT])
