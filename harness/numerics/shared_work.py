"""Shares of one piece of work for several threads, where that wins on a busy machine too.

Who has work puts it on a board and begins with it; helpers take what shares are left. Which thread does which
share is left open, so a share must come to the same bits whoever does it. A helper waits awake for the tenth
of a millisecond in which the next step of a loop comes, then asleep, for a byte in a pipe.

On a busy machine the system puts a helper aside in the middle of a share for some milliseconds, and its
owner, who needs that share, waits: 40 steps of 0.3 ms took up to 13 ms each. So an owner that has waited for
longer than the work of a whole step would have taken it alone goes on alone for 50 times as long.

numba's own ``prange`` waits however long it takes, is not made for two callers at once on every system, and
took 1.7 s to compile where this takes half a second.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.np.arrayobj import populate_array

from harness.numerics.atomic import add, load, relax, replace, store
from optimizers.compilation import compiled
from optimizers.compiled_clock import IS_THERE, now
from optimizers.function_addresses import address, caller
from optimizers.lowered import lowered
from optimizers.signatures import INTEGERS, REALS, SINGLES

# numba's own annotations do not know its settings.
_config: Any = numba.config

SHARE = types.void(types.int64, types.int64, types.int64)
"""``share(context, number, room)``: does one share of the work that stands at an address. ``room`` tells the
threads apart that may be at it at once, from 0 on."""

OWNED, TICKET, LIMIT, DONE, ASLEEP = range(0, 40, 8)
FUNCTION, CONTEXT, PIPE, REST_UNTIL, CLOCK, BYTES = 40, 41, 42, 48, 49, 51
SIZE = 56
"""Places of a board; what threads wait for has a cache line of its own. ``TICKET`` holds the number of the
work and, in its last 20 bits, the next share; ``LIMIT`` the number of the work, 8 bits for the rooms that
there are and 12 for the shares."""

WORK, ROOMS = 20, 12
"""Bits behind the number of the work, and behind the rooms."""

MOST_SHARES, MOST_ROOMS = (1 << ROOMS) - 1, (1 << WORK - ROOMS) - 1

AWAKE = 2000
"""How often a helper looks for work before it sleeps: for about 0.1 ms."""

PATIENCE = 200e-6
"""Seconds that an owner may have waited for a helper without being put off by it."""

REST = 50
"""How many times longer than it waited in vain an owner goes on alone."""

_share = caller(SHARE)
_word = types.CPointer(types.uint8)
_read: Any = types.ExternalFunction("read", types.int64(types.int32, _word, types.uint64))
_write: Any = types.ExternalFunction("write", types.int64(types.int32, _word, types.uint64))
_give_way: Any = types.ExternalFunction("sched_yield", types.int32())


def _address(target: Any, builder: Any, data: Any, place: Any) -> Any:
    return builder.ptrtoint(builder.gep(data, [place]), ir.IntType(64))


@lowered(_address, types.int64)
def address_of(numbers: Any, place: int) -> int:
    """Return the address of a number of an array."""
    return int(numbers.ctypes.data + place * numbers.itemsize)


def _array(kind: Any) -> Any:
    def generate(target: Any, builder: Any, place: Any, size: Any) -> Any:
        array = target.make_array(kind)(target, builder)
        width = ir.Constant(ir.IntType(64), kind.dtype.bitwidth // 8)
        data = builder.inttoptr(place, target.get_data_type(kind.dtype).as_pointer())
        populate_array(array, data, [size], [width], width, None)
        return array._getvalue()

    return generate


@lowered(_array(REALS), REALS)
def reals_at(place: int, size: int) -> Any:
    """Return the float64 array that stands at an address."""
    return np.ctypeslib.as_array((ctypes.c_double * size).from_address(int(place)))


@lowered(_array(SINGLES), SINGLES)
def singles_at(place: int, size: int) -> Any:
    """Return the float32 array that stands at an address."""
    return np.ctypeslib.as_array((ctypes.c_float * size).from_address(int(place)))


@lowered(_array(INTEGERS), INTEGERS)
def integers_at(place: int, size: int) -> Any:
    """Return the int64 array that stands at an address."""
    return np.ctypeslib.as_array((ctypes.c_int64 * size).from_address(int(place)))


@lowered(lambda target, builder, place: builder.inttoptr(place, ir.IntType(8).as_pointer()), _word)
def _bytes_at(place: int) -> Any:
    return ctypes.c_char_p(place)


@compiled()
def _open_share(board: Any, room: int) -> int:
    """Return the ticket of a share that a thread may take, or -1 where none is left, or no room for it."""
    limit, ticket = load(board, LIMIT), load(board, TICKET)
    left = ticket >> WORK == limit >> WORK and ticket & ((1 << WORK) - 1) < limit & MOST_SHARES
    return ticket if left and room < limit >> ROOMS & MOST_ROOMS else -1


@compiled()
def _next_share(board: Any, room: int) -> int:
    """Return the number of a share that is this thread's from now on, or -1 where none is left."""
    while True:
        ticket = _open_share(board, room)
        if ticket < 0:
            return -1
        # Taken only where it is still the same: what was said of this work's rooms may not hold of the next.
        if replace(board, TICKET, ticket, ticket + 1):
            return ticket & ((1 << WORK) - 1)


@compiled()
def _help(board: Any, room: int, pipe: int) -> None:
    """Take shares for ever."""
    looks = 0
    while True:
        number = _next_share(board, room)
        if number >= 0:
            _share(board[FUNCTION], board[CONTEXT], number, room)
            add(board, DONE, 1)
            looks = 0
        elif looks < AWAKE:
            looks += 1
            relax()
        else:
            add(board, ASLEEP, 1)
            # Whoever puts work on the board after this sees a sleeper.
            if _open_share(board, room) < 0:
                _read(pipe, _bytes_at(address_of(board, BYTES)), 1)
            add(board, ASLEEP, -1)
            looks = 0


@compiled()
def _all_alone(function: int, context: int, shares: int) -> None:
    for number in range(shares):
        _share(function, context, number, 0)


@compiled()
def share_out(place: int, function: int, context: int, shares: int, rooms: int) -> None:
    """Have all shares of a piece of work done, with the helpers of the board at an address, 0 for no board.

    Arguments:
        place: address of the board.
        function: address of what does a share, see ``SHARE``.
        context: what it is told.
        shares: number of shares, 4095 at the most.
        rooms: threads that there is room for: helpers of a higher number leave it alone.
    """
    if place == 0:
        _all_alone(function, context, shares)
        return
    board = integers_at(place, SIZE)
    if replace(board, OWNED, 0, 1) == 0:
        _all_alone(function, context, shares)
        return
    moment = board[CLOCK : CLOCK + 2]
    began = now(moment)
    if 1e9 * began < board[REST_UNTIL]:
        store(board, OWNED, 0)
        _all_alone(function, context, shares)
        return
    board[FUNCTION], board[CONTEXT] = function, context
    store(board, DONE, 0)
    work = (load(board, TICKET) >> WORK) + 1
    store(board, LIMIT, (work << WORK) + (rooms << ROOMS) + shares)
    store(board, TICKET, work << WORK)
    asleep = load(board, ASLEEP)
    if asleep > 0:
        _write(board[PIPE], _bytes_at(address_of(board, BYTES + 1)), min(asleep, 8))
    mine = 0
    number = _next_share(board, 0)
    while number >= 0:
        _share(function, context, number, 0)
        mine += 1
        number = _next_share(board, 0)
    waiting = now(moment)
    looks = 0
    while load(board, DONE) + mine < shares:
        looks += 1
        if looks > AWAKE:
            _give_way()
        relax()
    waited = now(moment) - waiting
    if waited > PATIENCE and waited > waiting - began:
        board[REST_UNTIL] = 1e9 * (waiting + (1 + REST) * waited)
    store(board, OWNED, 0)


class _Crew:
    """The helpers of this process, one for each thread that it may have beside its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._helpers = 0
        room = np.zeros(SIZE + 8, dtype=np.int64)
        first = -room.ctypes.data // 8 % 8
        self._board = room[first : first + SIZE]
        self._read_end = -1

    def board(self, helpers: int) -> int:
        """Return the address of the board, with so many helpers at least waiting for work."""
        with self._lock:
            if self._helpers == 0 and helpers > 0:
                self._read_end, write_end = os.pipe()
                os.set_blocking(write_end, False)
                self._board[PIPE] = write_end
            while self._helpers < helpers:
                self._helpers += 1
                arguments = (self._board, self._helpers, self._read_end)
                address(_help, _HELP)
                threading.Thread(target=_help, args=arguments, daemon=True, name="harness shares").start()
        return int(self._board.ctypes.data)


_HELP = types.void(INTEGERS, types.int64, types.int64)
_crew = _Crew()


def _begin_anew() -> None:
    """Forget the helpers, which a forked process does not have."""
    global _crew
    _crew._board[OWNED] = 1
    _crew = _Crew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


_threads: int = _config.NUMBA_NUM_THREADS


def allowed_threads() -> int:
    """Return how many threads share work: one for each processor, or as ``NUMBA_NUM_THREADS`` says."""
    return _threads


def use_threads(count: int) -> None:
    """Let so many threads share the work of objectives that are made from now on.

    Arguments:
        count: 1 or more; a worker process takes 1.
    """
    global _threads
    _threads = count


def board_of(threads: int) -> int:
    """Return the address of a board where so many threads share work, 0 where there is one alone."""
    # Uncompiled, helpers would take turns with their owner.
    able = IS_THERE and not _config.DISABLE_JIT
    return _crew.board(threads - 1) if threads > 1 and able else 0
