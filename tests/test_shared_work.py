"""Work that threads share: every share done once, whoever does it, and nobody waits for long."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import numpy as np
import pytest

from harness.numerics import shared_work
from harness.numerics.shared_work import (
    DONE,
    OWNED,
    REST_UNTIL,
    SHARE,
    SIZE,
    address_of,
    board_of,
    integers_at,
    share_out,
)
from optimizers.compilation import compiled
from optimizers.compiled_clock import IS_THERE
from optimizers.function_addresses import address

pytestmark = pytest.mark.skipif(not IS_THERE, reason="the system has no clock for compiled code")

NUMBERS = 64


@compiled()
def _count(context: int, number: int, room: int) -> None:
    """Count who did a share, and take the time that the first number says."""
    told = integers_at(context, 2 + 4 * NUMBERS)
    for _ in range(told[0]):
        told[1] += 1
    told[2 + 4 * number + room] += 1


def done(place: int, shares: int, steps: int = 0, rooms: int = 4) -> np.ndarray:
    """Return how often each thread did each share."""
    told = np.zeros(2 + 4 * NUMBERS, dtype=np.int64)
    told[0] = steps
    share_out(place, address(_count, SHARE), told.ctypes.data, shares, rooms)
    return told[2:].reshape(NUMBERS, 4)[:shares]


def board(place: int) -> Any:
    return integers_at(place, SIZE)


def test_an_address_leads_back_to_the_numbers() -> None:
    @compiled()
    def second(numbers: Any) -> int:
        return integers_at(address_of(numbers, 1), 2)[0]

    numbers = np.array([3, 5, 7])
    assert second(numbers) == second.py_func(numbers) == 5


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("shares", [1, 2, 5, 64])
def test_every_share_is_done_once(threads: int, shares: int) -> None:
    place = board_of(threads)
    assert (place == 0) == (threads == 1)
    for _ in range(50):
        assert (done(place, shares).sum(axis=1) == 1).all()


def test_helpers_without_room_leave_the_work_alone() -> None:
    """Other objectives had more helpers; the workspace of this one has room for two threads."""
    place = board_of(4)
    for _ in range(300):
        each = done(place, 16, steps=500, rooms=2)
        assert (each.sum(axis=1) == 1).all()
        assert not each[:, 2:].any()


def test_helpers_take_part_also_after_they_slept() -> None:
    place = board_of(2)
    for _ in range(2):
        board(place)[REST_UNTIL] = 0
        deadline = time.monotonic() + 20
        while not done(place, 16, steps=200_000)[:, 1:].any():
            board(place)[REST_UNTIL] = 0
            assert time.monotonic() < deadline, "no helper has come"
        time.sleep(0.05)


def test_who_waited_long_for_a_helper_goes_on_alone() -> None:
    place = board_of(2)
    board(place)[REST_UNTIL] = int(1e9 * (time.perf_counter() + 60))
    try:
        assert (done(place, 16, steps=1000)[:, 0] == 1).all()
        assert board(place)[OWNED] == 0
    finally:
        board(place)[REST_UNTIL] = 0


def test_who_finds_the_board_taken_goes_alone() -> None:
    place = board_of(2)
    board(place)[OWNED] = 1
    before = board(place)[DONE]
    try:
        assert (done(place, 16)[:, 0] == 1).all()
        assert board(place)[DONE] == before
    finally:
        board(place)[OWNED] = 0


def test_two_owners_at_once_keep_their_work_apart() -> None:
    place = board_of(3)
    wrong: list[np.ndarray] = []

    def work() -> None:
        for _ in range(200):
            each = done(place, 7, steps=200)
            if not (each.sum(axis=1) == 1).all():
                wrong.append(each)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_the_helpers_of_its_parent() -> None:
    place = board_of(2)
    done(place, 4)
    child = os.fork()
    if child == 0:
        right = (done(place, 9).sum(axis=1) == 1).all() and (done(board_of(2), 9).sum(axis=1) == 1).all()
        os._exit(0 if right and board_of(2) != place else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_rest_is_as_long_as_fifty_times_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper that is put aside in a share: its owner waits for it once, and not again for a while."""
    place = board_of(2)
    board(place)[REST_UNTIL] = 0

    @compiled()
    def slow(context: int, number: int, room: int) -> None:
        # Whoever is not the owner takes much longer, as if the system had put it aside.
        told = integers_at(context, 2 + 4 * NUMBERS)
        for _ in range(told[0] if room else 2000):
            told[1] += number

    told = np.zeros(2 + 4 * NUMBERS, dtype=np.int64)
    told[0] = 20_000_000
    function = address(slow, SHARE)
    deadline = time.monotonic() + 30
    while board(place)[REST_UNTIL] == 0 and time.monotonic() < deadline:
        began = time.perf_counter()
        share_out(place, function, told.ctypes.data, 64, 4)
        waited = time.perf_counter() - began
    rest = board(place)[REST_UNTIL] / 1e9 - began
    board(place)[REST_UNTIL] = 0
    assert shared_work.REST * waited * 0.5 < rest < (shared_work.REST + 2) * waited
