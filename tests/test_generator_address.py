"""What a compiled loop draws from an address is what the Generator there would have drawn."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from baseline_cases import problem
from numba import types
from numba.core import pythonapi

from optimizers import DifferentialEvolution, EvolutionStrategy, GeneticAlgorithm, ParticleSwarm
from optimizers.compilation import compiled
from optimizers.generator_address import generator_address, generator_at
from optimizers.generator_unboxing import uncounted_generators

KINDS = [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]


@compiled()
def _fill(place: Any, numbers: Any) -> None:
    rng = generator_at(place)
    for i in range(0, numbers.size, 2):
        numbers[i] = rng.random()
        numbers[i + 1] = rng.standard_normal()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_numbers_are_those_of_the_generator_whichever_it_is(kind: Any) -> None:
    rng, same = np.random.Generator(kind(3)), np.random.Generator(kind(3))
    place, drawn = generator_address(rng), np.empty(400)
    for _ in range(2):
        _fill(place, drawn)
        expected = np.array([[same.random(), same.standard_normal()] for _ in range(200)]).ravel()
        np.testing.assert_array_equal(drawn, expected)
    # Both have gone on alike, and with what Python draws from them as well.
    assert rng.integers(10**9) == same.integers(10**9)


@pytest.mark.parametrize(
    "optimizer", [DifferentialEvolution(), ParticleSwarm(), EvolutionStrategy(), GeneticAlgorithm()]
)
def test_a_search_draws_from_the_generator_that_it_is_handed(optimizer: Any) -> None:
    ends = []
    for seed in (1, 1, 2):
        objective, start = problem("xor")
        rng, looks = np.random.default_rng(seed), []

        def observe(w: Any, *, iterations: int = 0, looks: Any = looks, **_: Any) -> int:
            looks.append(w.copy())
            return 7 if len(looks) < 5 else 0

        optimizer.run(objective, start, rng, observe)
        ends.append((np.array(looks), rng.random()))
    (one, after_one), (again, after_again), (other, after_other) = ends
    np.testing.assert_array_equal(one, again)
    assert after_one == after_again != after_other
    assert after_one != np.random.default_rng(1).random()
    assert not np.array_equal(one[-1], other[-1])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("allocates", [False, True])
def test_compiled_code_keeps_no_generator_that_it_was_handed(kind: Any, allocates: bool) -> None:
    @compiled(allocates=allocates)
    def drawn(rng: Any) -> float:
        return rng.random()

    class Watched(kind):  # type: ignore[misc]
        """Can be referred to weakly."""

    rng = np.random.Generator(Watched(1))
    watched = weakref.ref(rng.bit_generator)
    assert [drawn(rng) for _ in range(3)] == np.random.Generator(kind(1)).random(3).tolist()
    del rng
    gc.collect()
    assert watched() is None


def test_what_others_compile_takes_generators_in_numbas_own_way() -> None:
    before = pythonapi._unboxers.functions[types.NumPyRandomGeneratorType]
    with uncounted_generators():
        assert pythonapi._unboxers.functions[types.NumPyRandomGeneratorType] is not before
    assert pythonapi._unboxers.functions[types.NumPyRandomGeneratorType] is before
