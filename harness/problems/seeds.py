"""Seeds of streams of randomness: ``numpy.random.SeedSequence``, at a fraction of the time that it takes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISpawnableSeedSequence
from numpy.typing import NDArray

_BEGIN_POOL, _STEP_POOL = 0x43B0D7E5, 0x931E8875
_BEGIN_STATE, _STEP_STATE = 0x8B51F9DD, 0x58F38DED
_LEFT, _RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
"""Constants of O'Neill's seed_seq_fe, as NumPy has them."""

POOL = 4
SHIFT = np.uint32(16)
STATE = 4
"""Words of 64 bits that PCG64 begins with."""

Words = NDArray[np.uint32]


def seed_sequence(seed: int, words: Sequence[int]) -> np.random.SeedSequence:
    """Return ``numpy.random.SeedSequence([seed, *words])``, at a quarter of the time that it takes.

    Arguments:
        seed: any whole number from 0 on.
        words: numbers of 32 bits.

    >>> seed_sequence(2**40, [7]).generate_state(1) == np.random.SeedSequence([2**40, 7]).generate_state(1)
    array([ True])
    """
    parts = [seed & 0xFFFFFFFF]
    while seed := seed >> 32:
        parts.append(seed & 0xFFFFFFFF)
    return np.random.SeedSequence(np.array([*parts, *words], dtype=np.uint32))


def generators(seeds: Sequence[int], words: Sequence[int]) -> list[np.random.Generator]:
    """Return ``numpy.random.default_rng([seed, *words])`` of each seed.

    The state of all of them is worked out at once: one by one it takes longer than drawing from it.

    >>> one, other = generators([3, 2**40], [7])
    >>> one.random() == np.random.default_rng([3, 7]).random()
    True
    """
    short = [seed < 2**32 for seed in seeds]
    states = iter(_states(np.array(seeds, dtype=np.uint64)[short].astype(np.uint32), words))
    sequences: list[Any] = [
        _Known(seed, words, next(states)) if is_short else seed_sequence(seed, words)
        for seed, is_short in zip(seeds, short, strict=True)
    ]
    return [np.random.default_rng(sequence) for sequence in sequences]


class _Known(ISpawnableSeedSequence):
    """A seed sequence whose first words are known."""

    def __init__(self, seed: int, words: Sequence[int], state: NDArray[np.uint64]) -> None:
        self._seed, self._words, self._state = seed, words, state

    @functools.cached_property
    def _whole(self) -> np.random.SeedSequence:
        return seed_sequence(self._seed, self._words)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """Return words to begin a generator with."""
        if n_words == STATE and dtype == np.uint64:
            return self._state
        return self._whole.generate_state(n_words, dtype)

    def spawn(self, n_children: int) -> list[Any]:
        """Return seed sequences of streams apart from this one."""
        return self._whole.spawn(n_children)


def _states(seeds: Words, words: Sequence[int]) -> NDArray[np.uint64]:
    """Return ``SeedSequence([seed, *words]).generate_state(4, uint64)`` of each seed below 2^32.

    M. E. O'Neill (2015), Developing a seed_seq alternative, pcg-random.org; constants and order are those of
    ``numpy.random.SeedSequence``, which promises to keep them.
    """
    entropy = [seeds, *(np.full(seeds.size, word, dtype=np.uint32) for word in words)]
    entropy += [np.zeros_like(seeds)] * (POOL - len(entropy))
    scramble = _Scramble(_BEGIN_POOL, _STEP_POOL)
    pool = [scramble(part) for part in entropy[:POOL]]
    for source in range(POOL):
        for place in range(POOL):
            if place != source:
                pool[place] = _mixed(pool[place], scramble(pool[source]))
    for part in entropy[POOL:]:
        for place in range(POOL):
            pool[place] = _mixed(pool[place], scramble(part))
    scramble = _Scramble(_BEGIN_STATE, _STEP_STATE)
    halves = [scramble(pool[place % POOL]).astype(np.uint64) for place in range(2 * STATE)]
    return np.array([halves[2 * n] | halves[2 * n + 1] << np.uint64(32) for n in range(STATE)]).T.copy()


class _Scramble:
    """Hash words by constants that change from call to call."""

    def __init__(self, begin: int, step: int) -> None:
        self._constant, self._step = begin, step

    def __call__(self, words: Words) -> Words:
        words = words ^ np.uint32(self._constant)
        self._constant = self._constant * self._step & 0xFFFFFFFF
        scrambled: Words = words * np.uint32(self._constant)
        return scrambled ^ scrambled >> SHIFT


def _mixed(one: Words, other: Words) -> Words:
    mixed: Words = one * _LEFT - other * _RIGHT
    return mixed ^ mixed >> SHIFT
