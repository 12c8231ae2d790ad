"""Shares of work on a board that nobody helps with, or somebody slow: compiled or not, each is done once."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
from cases import make_case

from harness.gradients import build_source
from harness.network import data, kernels
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.numerics.atomic import add, load
from harness.numerics.shared_work import (
    DONE,
    OWNED,
    REST_UNTIL,
    SHARE,
    SIZE,
    TICKET,
    integers_at,
    share_out,
)
from optimizers.compilation import compiled
from optimizers.function_addresses import address

SHARES = 8


@compiled()
def _mark(context: int, number: int, room: int) -> None:
    integers_at(context, SHARES)[number] += 1 + room


@compiled()
def _mark_and_give_one_away(context: int, number: int, room: int) -> None:
    """Count a share, and with the first one have the second taken by somebody who is slow."""
    words = integers_at(context, SHARES + 1)
    words[number] += 1 + room
    if number == 0:
        add(integers_at(int(words[SHARES]), SIZE), TICKET, 1)


@pytest.fixture
def board() -> Any:
    """A board at the beginning of a cache line, without helpers."""
    room = np.zeros(SIZE + 8, dtype=np.int64)
    first = -room.ctypes.data // 8 % 8
    return room[first : first + SIZE]


def test_who_owns_the_board_does_all_shares_where_nobody_helps(board: Any) -> None:
    marks = np.zeros(SHARES, dtype=np.int64)
    where = address(_mark, SHARE)
    for times in range(1, 4):
        share_out(board.ctypes.data, where, marks.ctypes.data, SHARES, 2)
        assert marks.tolist() == [times] * SHARES
        assert board[OWNED] == 0


def test_without_a_board_or_with_one_that_is_taken_or_rests_each_does_its_own(board: Any) -> None:
    marks = np.zeros(SHARES, dtype=np.int64)
    where = address(_mark, SHARE)
    share_out(0, where, marks.ctypes.data, SHARES, 2)
    board[OWNED] = 1
    share_out(board.ctypes.data, where, marks.ctypes.data, SHARES, 2)
    assert board[OWNED] == 1
    board[OWNED], board[REST_UNTIL] = 0, np.iinfo(np.int64).max
    share_out(board.ctypes.data, where, marks.ctypes.data, SHARES, 2)
    assert marks.tolist() == [3] * SHARES
    assert (board[OWNED], board[TICKET]) == (0, 0), "nothing was put on it"


def test_who_is_slow_is_waited_for_and_then_left_alone_for_a_while(board: Any) -> None:
    words = np.zeros(SHARES + 1, dtype=np.int64)
    words[SHARES] = board.ctypes.data
    where = address(_mark_and_give_one_away, SHARE)

    def finish() -> None:
        # Not before the work is on the board, however long it took to be compiled.
        while not words[0]:
            time.sleep(0.001)
        time.sleep(0.5)
        add(board, DONE, 1)

    slow = threading.Thread(target=finish, daemon=True)
    slow.start()
    share_out(board.ctypes.data, where, words.ctypes.data, SHARES, 2)
    slow.join()
    assert words[:SHARES].tolist() == [1, 0, *[1] * (SHARES - 2)]
    assert load(board, DONE) == 1
    assert board[REST_UNTIL] > 0


SMALL = Network(sizes=(3, 4, 2), loss="categorical-cross-entropy")


@pytest.fixture
def shared(board: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The board, on which even small networks put their work."""
    data._layout_of.cache_clear()
    monkeypatch.setattr(data, "board_of", lambda threads: board.ctypes.data)
    monkeypatch.setattr(data, "allowed_threads", lambda: 2)
    monkeypatch.setattr(data, "GROUP_ROWS", 8)
    monkeypatch.setattr(kernels, "GROUP_WORK", 60)
    # Machine code keeps its own.
    monkeypatch.setattr(kernels, "PARALLEL_WORK", 1)
    yield board
    data._layout_of.cache_clear()


@pytest.mark.parametrize(
    ("source", "precision"),
    [("analytic", "float64"), ("analytic", "float32"), ("reverse-autodiff", "float64")],
)
def test_kernels_come_to_the_same_bits_by_shares(
    source: str, precision: Any, shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make_case(SMALL, 60)
    # More candidates than parameters, and than shares.
    population = np.linspace(-1.0, 1.0, 40)[:, None] * case.w

    def found() -> tuple[Any, ...]:
        objective = NetworkObjective(SMALL, case.X, case.Y, build_source(source), precision=precision)
        loss, gradient = objective.value_and_gradient(case.w)
        losses = objective.values(population).tolist()
        counted = (objective.value_rows, objective.gradient_rows)
        return loss, gradient.tolist(), losses, counted

    by_shares = found()
    assert load(shared, TICKET) > 0, "a gradient of two groups was put on the board"
    assert (shared[OWNED], by_shares[3]) == (0, (2400, 60))
    # One after the other, as where nobody helps by now.
    shared[OWNED] = 1
    assert found() == by_shares
    monkeypatch.setattr(data, "board_of", lambda threads: 0)
    assert found() == by_shares, "and without shares"
    assert by_shares[0] == pytest.approx(case.objective("analytic").value(case.w), rel=1e-5)
