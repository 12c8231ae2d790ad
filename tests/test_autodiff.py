"""Automatic differentiation of functions outside networks, held against JAX and against differences."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from traceable import CASES, Case

from harness.autodiff import (
    TraceError,
    directional_derivative,
    gradient,
    hessian,
    hessian_vector_product,
    jacobian,
    jvp,
    value_and_gradient,
    vjp,
)
from optimizers.errors import InputError

RECORDED = Path(__file__).parent / "recorded" / "autodiff.json"
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
W = np.array([0.7, -1.2, 2.1])


def plain(case: Case) -> Any:
    return lambda w: case.function(np, w)


def direction_of(case: Case) -> Any:
    return np.random.default_rng(1).normal(size=case.point.shape)


def close(found: Any, wanted: Any, tolerance: float = 1e-12) -> bool:
    wanted = np.asarray(wanted)
    return bool(
        np.linalg.norm(np.asarray(found) - wanted) <= tolerance * max(1.0, float(np.linalg.norm(wanted)))
    )


def by_jax(case: Case) -> dict[str, Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def function(w: Any) -> Any:
        return case.function(jnp, w)

    direction = direction_of(case)
    return {
        "gradient": np.asarray(jax.grad(function)(case.point)).tolist(),
        "hessian": np.asarray(jax.hessian(function)(case.point)).tolist(),
        "jvp": float(jax.jvp(function, (case.point,), (direction,))[1]),
    }


def check(case: Case, wanted: dict[str, Any]) -> None:
    assert close(gradient(plain(case))(case.point), wanted["gradient"])
    assert close(hessian(plain(case))(case.point), wanted["hessian"], 1e-11)
    assert close(jvp(plain(case), [case.point], [direction_of(case)])[1], wanted["jvp"])


@pytest.mark.slow
@every_case
def test_derivatives_equal_those_of_jax(case: Case) -> None:
    """Compare with JAX itself, a second or two a case: ``python -m pytest -m slow tests/test_autodiff.py``.

    What JAX has said of the same cases is recorded, and the test below holds the default run against it.
    """
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed; the recorded values stand in for it")
    check(case, by_jax(case))


@pytest.mark.parametrize("name", CASES)
def test_derivatives_equal_those_that_were_recorded(name: str) -> None:
    """Recorded with JAX 0.10.2 in float64; ``python tests/test_autodiff.py`` writes them anew."""
    check(CASES[name], json.loads(RECORDED.read_text())[name])


@every_case
def test_the_value_is_that_of_numpy(case: Case) -> None:
    value, _ = value_and_gradient(plain(case))(case.point)
    assert value == pytest.approx(float(plain(case)(case.point)), rel=1e-13)


@every_case
def test_hessians_are_symmetric_and_equal_differences_of_gradients(case: Case) -> None:
    table = hessian(plain(case))(case.point)
    scale = max(1.0, float(np.abs(table).max()))
    assert np.abs(table - table.T).max() <= 1e-12 * scale
    slope, step = gradient(plain(case)), 1e-5
    moves = step * np.eye(case.point.size)
    differences = [(slope(case.point + move) - slope(case.point - move)) / (2 * step) for move in moves]
    assert np.abs(table - differences).max() <= 1e-5 * scale


@every_case
def test_forward_and_reverse_mode_agree(case: Case) -> None:
    direction = direction_of(case)
    slope = gradient(plain(case))(case.point)
    assert close(directional_derivative(plain(case))(case.point, direction), slope @ direction)
    product = hessian_vector_product(plain(case))(case.point, direction)
    assert close(product, hessian(plain(case))(case.point) @ direction, 1e-11)


@every_case
def test_third_derivatives_come_from_composing_once_more(case: Case) -> None:
    direction = direction_of(case)
    product = hessian_vector_product(plain(case))

    def curvature(w: Any) -> Any:
        return (product(w, direction) * direction).sum()

    step = 1e-4
    third = gradient(curvature)(case.point)
    moves = step * np.eye(case.point.size)
    differences = np.array(
        [(curvature(case.point + move) - curvature(case.point - move)) / (2 * step) for move in moves]
    )
    assert np.abs(third - differences).max() <= 1e-4 * max(1.0, float(np.abs(third).max()))


class TestJacobians:
    @staticmethod
    def spread(w: Any) -> Any:
        return np.stack([w[0] * w[1], np.sin(w[2]), w[1] ** 3, np.exp(w[0] - w[2])])

    wanted = np.array(
        [
            [W[1], W[0], 0],
            [0, 0, np.cos(W[2])],
            [0, 3 * W[1] ** 2, 0],
            [np.exp(W[0] - W[2]), 0, -np.exp(W[0] - W[2])],
        ]
    )

    def test_of_more_outputs_than_inputs(self) -> None:
        assert jacobian(self.spread)(W) == pytest.approx(self.wanted, rel=1e-13)

    def test_of_more_inputs_than_outputs(self) -> None:
        assert jacobian(lambda w: self.spread(w)[:2])(W) == pytest.approx(self.wanted[:2], rel=1e-13)

    def test_of_tables(self) -> None:
        table = np.arange(6.0).reshape(2, 3)
        found = jacobian(lambda x: x.T @ x)(table)
        assert found.shape == (3, 3, 2, 3)
        for i in range(3):
            for j in range(3):
                wanted = np.zeros((2, 3))
                wanted[:, i] += table[:, j]
                wanted[:, j] += table[:, i]
                assert found[i, j] == pytest.approx(wanted, rel=1e-13)

    def test_of_a_constant_is_zero(self) -> None:
        assert jacobian(lambda w: np.ones(2))(W).tolist() == [[0, 0, 0], [0, 0, 0]]

    def test_a_row_at_a_time_by_vjp(self) -> None:
        value, back = vjp(self.spread, W)
        assert value == pytest.approx(self.spread(W))
        assert back(np.array([0.0, 0.0, 1.0, 2.0]))[0] == pytest.approx(self.wanted[2] + 2 * self.wanted[3])


class TestArguments:
    def test_any_argument_can_be_differentiated_by(self) -> None:
        def loss(w: Any, x: Any, y: Any) -> Any:
            return ((x @ w - y) ** 2).sum()

        x, y = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0])
        assert gradient(loss, argument=2)(W, x, y) == pytest.approx(-2 * (x @ W - y))
        assert gradient(loss)(W, x, y) == pytest.approx(2 * x.T @ (x @ W - y))
        by_w, by_x = jvp_parts(loss, W, x, y)
        assert by_w + by_x == pytest.approx(jvp(loss, [W, x, y], [W, x, np.zeros(2)])[1])

    def test_another_shape_is_traced_anew(self) -> None:
        slope = gradient(lambda w: (w**3).sum())
        assert slope(np.ones(2)).tolist() == [3, 3]
        assert slope(np.ones((2, 2))).tolist() == [[3, 3], [3, 3]]
        assert slope(2.0).item() == 12

    def test_lists_are_taken_for_arrays_and_inputs_stay_as_they_are(self) -> None:
        point = W.copy()
        gradient(lambda w: (w * w).sum())(point)
        assert point.tolist() == W.tolist()
        assert gradient(lambda w: (w * w).sum())([1, 2]).tolist() == [2, 4]

    def test_calls_do_not_see_each_other(self) -> None:
        slope = gradient(lambda w: np.exp(w).sum())
        first = slope(W)
        slope(W + 1)
        assert first == pytest.approx(np.exp(W))

    def test_more_than_one_number_has_no_gradient(self) -> None:
        with pytest.raises(InputError, match="expected one number: take jacobian"):
            gradient(lambda w: w * 2)(W)


def jvp_parts(loss: Any, w: Any, x: Any, y: Any) -> tuple[float, float]:
    by_w = float(jvp(loss, [w, x, y], [w, np.zeros_like(x), np.zeros_like(y)])[1])
    by_x = float(jvp(loss, [w, x, y], [np.zeros_like(w), x, np.zeros_like(y)])[1])
    return by_w, by_x


class TestKinks:
    def test_the_absolute_value_has_slope_0_where_it_turns(self) -> None:
        assert gradient(lambda w: np.abs(w).sum())(np.zeros(2)).tolist() == [0, 0]

    def test_equal_maxima_share(self) -> None:
        assert gradient(lambda w: np.max(w))(np.array([1.0, 1.0, 0.0])).tolist() == [0.5, 0.5, 0]
        assert gradient(lambda w: np.maximum(w[0], w[1]))(np.ones(2)).tolist() == [0.5, 0.5]

    def test_log_add_exp_is_exact_where_its_arguments_meet_and_far_apart(self) -> None:
        assert hessian(lambda w: np.logaddexp(w[0], w[1]))(np.zeros(2)) == pytest.approx(
            np.array([[0.25, -0.25], [-0.25, 0.25]])
        )
        assert gradient(lambda w: np.logaddexp(w[0], w[1]))(np.array([1e4, -1e4])).tolist() == [1, 0]


def branch(w: Any) -> Any:
    return w[0] if w[0] > 0 else w[1]


def write(w: Any) -> Any:
    w[0] = 1.0
    return w.sum()


def add_in_place(w: Any) -> Any:
    w += 1.0
    return w.sum()


def python_number(w: Any) -> Any:
    return math.exp(w[0])


def unknown(w: Any) -> Any:
    return np.fft.fft(w).sum()


def unknown_ufunc(w: Any) -> Any:
    return np.sum(np.nextafter(w, 1.0))


def loop(w: Any) -> Any:
    total = 0.0
    while w[0] > total:
        total += 1
    return w[0] * total


def data_index(w: Any) -> Any:
    return np.arange(3.0)[w.sum()]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (branch, ["branch", "np.where"]),
        (loop, ["branch or a loop"]),
        (write, ["write into an array"]),
        (add_in_place, ["write into an array"]),
        (python_number, ["Python number", "math.exp"]),
        (unknown, ["np.fft"]),
        (unknown_ufunc, ["nextafter"]),
        (data_index, ["cannot be traced"]),
    ],
)
def test_what_cannot_be_traced_is_refused_with_its_line_and_a_remedy(function: Any, said: list[str]) -> None:
    with pytest.raises(TraceError) as caught:
        gradient(function)(W)
    sentence = str(caught.value)
    first = function.__code__.co_firstlineno
    lines = {line for _, _, line in function.__code__.co_lines() if line is not None} - {first}
    assert any(f"test_autodiff.py, line {line}:" in sentence for line in lines), sentence
    assert all(words in sentence for words in said), sentence


def test_what_a_constant_is_made_of_is_worked_out_once() -> None:
    """A program that is evaluated holds no step that depends on constants alone."""
    from harness.autodiff.derivatives import traced
    from harness.autodiff.evaluator import lay_out

    program = traced(lambda w: (w * np.tanh(np.exp(np.arange(3.0)))).sum() + 0 * w[0], [(3,)])
    names = [step.primitive for step in program.instructions]
    assert "tanh" not in names
    assert lay_out(program).steps <= len(names)


def test_a_program_can_be_read() -> None:
    from harness.autodiff.derivatives import traced

    assert str(traced(lambda w: 2.0 * w @ np.ones((3, 2)) + 1.0, [(3,)])).splitlines() == [
        "inputs v0[3]",
        "v1[3] = affine(v0, 2.0, 0.0)",
        "v3[1x3] = reshape(v1, (1, 3))",
        "v4[1x2] = product(v3, v2, False, False)",
        "v5[2] = reshape(v4, (2,))",
        "v6[2] = affine(v5, 1.0, 1.0)",
        "outputs v6",
    ]


if __name__ == "__main__":
    RECORDED.write_text(json.dumps({name: by_jax(case) for name, case in CASES.items()}, indent=0) + "\n")
