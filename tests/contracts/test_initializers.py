"""What every initializer has to do; a new file or plug-in is found by itself."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network.initializer import Initializer
from harness.network.initializers import INITIALIZERS, find_initializer
from harness.network.layout import layer_views, parameter_count
from harness.network.network import Network
from optimizers.errors import InputError

every_initializer = pytest.mark.parametrize("name", INITIALIZERS)
LAYERS = [(200, 100, 50), (3, 2000, 6), (1000, 3)]

PRINTED: dict[str, Any] = {
    # b^2 / 3 of U(-b, b), with b as the papers print it.
    "uniform": lambda ins, outs: 0.5**2 / 3,
    "glorot": lambda ins, outs: np.sqrt(6 / (ins + outs)) ** 2 / 3,
    "he": lambda ins, outs: np.sqrt(2 / ins) ** 2,
    "zeros": lambda ins, outs: 0,
}


def drawn(name: str, sizes: tuple[int, ...], seed: int = 0) -> Any:
    return Network(sizes=sizes, initializer=name).start(np.random.default_rng(seed))


def assert_moments(numbers: Any, variance: float) -> None:
    """Mean 0 and a variance, each within five standard errors."""
    count = numbers.size
    assert abs(numbers.mean()) <= 5 * np.sqrt(variance / count)
    # The variance of a sample variance is at most that of a normal sample, 2 sigma^4 / n.
    assert abs(numbers.var() - variance) <= 5 * variance * np.sqrt(2 / count)


@every_initializer
@given(sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple), seed=st.integers(0, 2**32))
def test_a_start_is_as_many_finite_numbers_as_there_are_parameters(
    name: str, sizes: tuple[int, ...], seed: int
) -> None:
    w = drawn(name, sizes, seed)
    assert w.shape == (parameter_count(sizes),)
    assert w.dtype == np.float64
    assert w.flags.c_contiguous
    assert w.flags.writeable
    assert np.isfinite(w).all()


@every_initializer
def test_it_repeats_with_its_seed_and_with_nothing_else(name: str) -> None:
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    one = drawn(name, (7, 5, 3), 1)
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    assert drawn(name, (7, 5, 3), 1).tobytes() == one.tobytes()
    constant = not any(INITIALIZERS[name].variance(ins, outs) for ins, outs in ((7, 5), (5, 3)))
    assert np.array_equal(drawn(name, (7, 5, 3), 2), one) == constant


@every_initializer
def test_two_starts_of_one_generator_are_two(name: str) -> None:
    rng, network = np.random.default_rng(0), Network(sizes=(7, 5, 3), initializer=name)
    first, second = network.start(rng), network.start(rng)
    assert not np.shares_memory(first, second)
    assert np.array_equal(first, second) == (not first.any())


@every_initializer
@pytest.mark.parametrize("sizes", LAYERS, ids=str)
def test_weights_and_biases_have_the_spread_that_it_states(name: str, sizes: tuple[int, ...]) -> None:
    initializer = INITIALIZERS[name]
    layers = layer_views(drawn(name, sizes), sizes)
    for (ins, outs), (weights, biases) in zip(itertools.pairwise(sizes), layers, strict=True):
        assert_moments(weights, initializer.variance(ins, outs))
        assert_moments(biases, initializer.bias_variance)
        if initializer.bound is not None:
            bound = initializer.bound(ins, outs)
            assert 0.99 * bound <= np.abs(weights).max() <= bound


@every_initializer
def test_units_and_layers_are_drawn_for_themselves(name: str) -> None:
    first, *others = [weights for weights, _ in layer_views(drawn(name, (40, 40, 40, 40)), (40, 40, 40, 40))]
    tables = [first, first[::-1], first.T, *others]
    for table in tables[1:]:
        correlation = (first * table).mean() / max(first.var(), 1e-300)
        # Of 1600 products, or 800 twice, or with 40 squares on the diagonal among them.
        assert abs(correlation) < 0.2


@pytest.mark.parametrize("name", PRINTED)
@pytest.mark.parametrize("layer", [(1, 1), (2, 3), (200, 100)])
def test_what_it_states_is_what_its_paper_prints(name: str, layer: tuple[int, int]) -> None:
    assert INITIALIZERS[name].variance(*layer) == pytest.approx(PRINTED[name](*layer), rel=1e-14)


@every_initializer
def test_it_says_where_it_comes_from(name: str) -> None:
    initializer = INITIALIZERS[name]
    assert initializer.name == name
    assert "weights" in initializer.equation
    assert len(initializer.source) > 10


HE = INITIALIZERS["he"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "He 2"}, "initializer: name is 'He 2', expected kebab-case"),
        ({"draw": None}, "initializer 'he': draw is None, expected a function"),
        ({"variance": 0.5}, "initializer 'he': variance is 0.5, expected a function"),
        ({"bound": 0.5}, "initializer 'he': bound is 0.5, expected a function"),
    ],
)
def test_what_is_no_initializer_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(HE, **changes)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (np.zeros(8), r"draws float64 of shape \(8,\), expected float64 of shape \(9,\)"),
        (np.zeros(9, dtype=np.float32), r"draws float32 of shape \(9,\)"),
        ([0.0], r"draws float64 of shape \(1,\)"),
    ],
)
def test_a_draw_of_other_numbers_is_one_sentence(found: Any, said: str) -> None:
    wrong: Initializer = replace(HE, draw=lambda sizes, rng: found)
    with pytest.raises(InputError, match=said):
        wrong.start((2, 2, 1), np.random.default_rng(0))


@every_initializer
def test_a_scale_multiplies_what_is_drawn(name: str) -> None:
    sizes = (4, 3, 2)
    assert drawn(f"{name}:scale=2.5", sizes).tobytes() == (2.5 * drawn(name, sizes)).tobytes()
    assert drawn(f"{name}:scale=1", sizes).tobytes() == drawn(name, sizes).tobytes()
    one, other = INITIALIZERS[name], find_initializer(f"{name}:scale=3")
    assert other.variance(4, 3) == pytest.approx(9 * one.variance(4, 3))
    assert other.bias_variance == pytest.approx(9 * one.bias_variance)
    assert (other.bound is None) == (one.bound is None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("uniform:scale=0", "scale' is 0"),
        ("uniform:scale=-1", "scale' is -1"),
        ("uniform:scale=inf", "scale' is inf"),
        ("uniform:scale=nan", "scale' is nan"),
        ("uniform:scale=true", "scale' is True"),
        ("uniform:scale=wide", "scale' is 'wide'"),
        ("uniform:range=1", "range"),
        ("uniforn:scale=1", "uniform"),
    ],
)
def test_a_scale_that_is_none_is_refused(given: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Network(sizes=(2, 1), initializer=given)
