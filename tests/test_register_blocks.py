"""Blocks of products: what compiled code does against what their plain forms say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.numerics.products import multiply, weight_products
from harness.numerics.register_blocks import (
    ADD,
    BIAS,
    LANES,
    OUTER_SHAPES,
    PRODUCT_SHAPES,
    ZERO,
    copy_vector,
    outer_block,
    product_block,
    scale_vector,
)
from optimizers.compilation import compiled

OUTER_BLOCKS = sorted(
    {(unit, columns) for columns, units in OUTER_SHAPES for unit in units} | {(3, 8), (3, 2), (1, 4)}
)
SHAPES = sorted({*PRODUCT_SHAPES, (8, 3), (6, 1), (1, 1)})


def called(block: Callable[..., None]) -> Any:
    """Return a block as compiled code calls it."""

    @compiled()
    def call(arguments: Any) -> None:
        block(*arguments)

    return call


@pytest.mark.parametrize("begin", [ADD, ZERO, BIAS])
@pytest.mark.parametrize(("units", "vectors"), SHAPES)
def test_a_product_block_does_what_it_says(units: int, vectors: int, begin: int) -> None:
    rng = np.random.default_rng(0)
    ins, stride, z_stride = 5, LANES * vectors + 3, LANES * vectors + 1
    w, a = rng.normal(size=3 + units * (ins + 1)), rng.normal(size=2 + ins * stride)
    for masked, rows in ((False, 0), (True, 1), (True, 7)):
        if masked and vectors > 1:
            continue
        block = product_block(units, vectors, masked)
        z = rng.normal(size=1 + units * z_stride)
        expected = z.copy()
        arguments = (begin, w, 1, ins, 1, ins, 2 + units * ins, a, 2, stride)
        block(*arguments, expected, 1, z_stride, rows)
        called(block)((*arguments, z, 1, z_stride, rows))
        np.testing.assert_allclose(z, expected, rtol=1e-13, atol=1e-13)
        untouched = np.ones(z.size, dtype=bool)
        for o in range(units):
            untouched[1 + o * z_stride :][: rows if masked else LANES * vectors] = False
        assert (z[untouched] == expected[untouched]).all(), "nothing beside the rows is written"


@pytest.mark.parametrize("begin", [ADD, ZERO])
@pytest.mark.parametrize(("units", "columns"), OUTER_BLOCKS)
def test_an_outer_block_does_what_it_says(units: int, columns: int, begin: int) -> None:
    rng = np.random.default_rng(0)
    block = outer_block(units, columns)
    call = called(block)
    for rows in (1, 8, 21):
        d, a = rng.normal(size=1 + units * rows), rng.normal(size=2 + columns * (rows + 1))
        for count in range(1, columns + 1):
            g = rng.normal(size=units * (columns + 2))
            expected = g.copy()
            arguments = (begin, d, 1, rows, a, 2, rows + 1, count, rows)
            block(*arguments, expected, 1, columns + 1)
            call((*arguments, g, 1, columns + 1))
            np.testing.assert_allclose(g, expected, rtol=1e-12, atol=1e-13)
            assert g[0] == expected[0]
            assert g[1 + count] == expected[1 + count], "nothing beside the columns is written"


@pytest.mark.parametrize("m", [1, 2, 7, 8, 9, 24, 31, 100])
@pytest.mark.parametrize(("outs", "ins"), [(1, 1), (10, 3), (23, 17), (3, 30)])
def test_products_of_any_size_are_those_of_numpy(outs: int, ins: int, m: int) -> None:
    rng = np.random.default_rng(0)
    weights, biases, a = rng.normal(size=(outs, ins)), rng.normal(size=outs), rng.normal(size=(ins, m))
    w = np.concatenate([weights.ravel(), biases])
    for begin, first in ((BIAS, biases[:, None]), (ZERO, 0.0), (ADD, 1.5)):
        z = np.full(outs * m, 1.5)
        multiply(begin, w, 0, ins, 1, outs, ins, outs * ins, a.ravel(), 0, m, z, 0, m, m)
        np.testing.assert_allclose(z.reshape(outs, m), weights @ a + first, rtol=1e-12, atol=1e-12)
    # Turned: the weights of a unit lie apart, those of an input side by side.
    below, delta = np.empty(ins * m), rng.normal(size=(outs, m))
    multiply(ZERO, w, 0, 1, ins, ins, outs, 0, delta.ravel(), 0, m, below, 0, m, m)
    np.testing.assert_allclose(below.reshape(ins, m), weights.T @ delta, rtol=1e-12, atol=1e-12)
    gradient = np.ones(outs * ins)
    weight_products(delta.ravel(), 0, a.ravel(), 0, m, gradient, 0, ins, outs, m)
    np.testing.assert_allclose(gradient.reshape(outs, ins), 1.0 + delta @ a.T, rtol=1e-12, atol=1e-12)


def test_the_sum_of_a_product_has_the_same_bits_in_every_block() -> None:
    """A unit comes to the same numbers whether it stands in a block of eight, of four or by itself."""
    rng = np.random.default_rng(0)
    ins, m = 33, 40
    w, a = rng.normal(size=(17, ins)), rng.normal(size=ins * m)
    together = np.empty(16 * m)
    multiply(ZERO, w[:16].ravel(), 0, ins, 1, 16, ins, 0, a, 0, m, together, 0, m, m)
    for o in range(16):
        alone = np.empty(m)
        multiply(ZERO, w[o].copy(), 0, ins, 1, 1, ins, 0, a, 0, m, alone, 0, m, m)
        assert alone.tobytes() == together[o * m : (o + 1) * m].tobytes()


def test_vectors_are_copied_and_scaled_whole() -> None:
    @compiled()
    def done(source: Any, z: Any, factors: Any, rows: int) -> None:
        copy_vector(source, 1, z, 2)
        scale_vector(z, 2, factors, 1, rows)

    source, factors = np.arange(10.0), np.array([0.0, 2.0])
    for rows in (0, 3, LANES):
        found, expected = np.full(12, -1.0), np.full(12, -1.0)
        done(source, found, factors, rows)
        done.py_func(source, expected, factors, rows)
        assert found.tolist() == expected.tolist()
        assert expected[2 : 2 + rows].tolist() == (2.0 * source[1 : 1 + rows]).tolist()
        assert expected[1] == expected[10] == -1.0
