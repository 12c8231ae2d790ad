"""What every loss in the table has to do; a new entry is found by itself."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from cases import Case, make_case, random_targets

from harness.network.losses import KNOWN, LOSSES, Loss
from harness.network.network import Network

UNITS, ROWS, STRIDE, START = 3, 6, 9, 5
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)


def outputs_and_targets(loss: Loss) -> tuple[Any, Any]:
    """Numbers that the output layer may give and targets that fit, each of shape (units, rows)."""
    rng = np.random.default_rng(0)
    o = rng.normal(0.0, 1.5, (UNITS, ROWS))
    if loss.outputs[0] == "step":
        o = np.sign(o)
    return o, random_targets(loss.targets, ROWS, UNITS, rng).T


def called(loss: Loss, o: Any, t: Any, with_delta: bool = True) -> tuple[Any, Any, Any, Any]:
    """Call the compiled loss on a layer amid its arrays; return losses, deltas and both arrays."""
    outputs = np.full(START + o.size + 3, np.nan)
    outputs[START : START + o.size] = o.ravel()
    targets = np.full(START + UNITS * STRIDE, np.nan)
    for unit in range(UNITS):
        targets[START + unit * STRIDE :][:ROWS] = t[unit]
    scratch = np.full(START + 3 * ROWS + 2, np.nan)
    kept = targets.copy()
    loss.function(outputs, START, targets, START, STRIDE, UNITS, ROWS, scratch, START, with_delta)
    assert targets.tobytes() == kept.tobytes(), "targets are only read"
    deltas = outputs[START : START + o.size].reshape(UNITS, ROWS)
    return scratch[START : START + ROWS].copy(), deltas.copy(), outputs, scratch


@every_loss
def test_the_loss_of_a_row_is_finite_and_not_negative(loss: Loss) -> None:
    losses, _, _, _ = called(loss, *outputs_and_targets(loss))
    assert np.isfinite(losses).all()
    assert (losses >= 0).all()
    assert (losses > 0).any()


@every_loss
def test_the_loss_does_not_depend_on_whether_a_derivative_is_asked_for(loss: Loss) -> None:
    o, t = outputs_and_targets(loss)
    assert called(loss, o, t, True)[0].tobytes() == called(loss, o, t, False)[0].tobytes()


@every_loss
def test_the_loss_of_a_row_depends_on_that_row_alone(loss: Loss) -> None:
    o, t = outputs_and_targets(loss)
    before = called(loss, o, t)[0]
    o[:, 2] += 1.0
    after = called(loss, o, t)[0]
    others = np.delete(np.arange(ROWS), 2)
    assert after[others].tobytes() == before[others].tobytes()


@every_loss
def test_delta_is_the_derivative_of_the_loss_by_the_output(loss: Loss) -> None:
    if not loss.has_gradient:
        pytest.skip("the table says that it has none")
    o, t = outputs_and_targets(loss)
    _, deltas, _, _ = called(loss, o, t)
    step = 1e-6
    for unit in range(UNITS):
        above, below = o.copy(), o.copy()
        above[unit] += step
        below[unit] -= step
        slopes = (called(loss, above, t)[0] - called(loss, below, t)[0]) / (2 * step)
        np.testing.assert_allclose(deltas[unit], slopes, rtol=1e-7, atol=1e-8)


@every_loss
def test_nothing_outside_its_own_numbers_is_touched(loss: Loss) -> None:
    o, t = outputs_and_targets(loss)
    _, _, outputs, scratch = called(loss, o, t)
    assert np.isnan(np.delete(outputs, np.arange(START, START + o.size))).all()
    assert np.isnan(np.delete(scratch, np.arange(START, START + 3 * ROWS))).all()


@every_loss
def test_nan_in_the_output_makes_the_loss_of_its_row_nan(loss: Loss) -> None:
    for unit in range(UNITS):
        o, t = outputs_and_targets(loss)
        o[unit, 2] = np.nan
        losses, _, _, _ = called(loss, o, t)
        assert np.isnan(losses).tolist() == [row == 2 for row in range(ROWS)]


def network_case(loss: Loss) -> Case:
    return make_case(Network(sizes=(4, 3), loss=loss.name), ROWS)


@every_loss
def test_the_loss_of_a_data_set_is_the_mean_over_its_rows(loss: Loss) -> None:
    case = network_case(loss)
    objective = case.objective()
    each = np.array([objective.value(case.w, rows=[row]) for row in range(ROWS)])
    assert objective.value(case.w) == pytest.approx(each.mean(), rel=1e-14)
    chosen = [5, 0, 0, 3]
    assert objective.value(case.w, rows=chosen) == pytest.approx(each[chosen].mean(), rel=1e-14)


@every_loss
def test_a_loss_stands_on_every_output_that_it_names_and_takes_in_the_usual_one_only(loss: Loss) -> None:
    for output in loss.outputs:
        assert Network(sizes=(4, 3), loss=loss.name, output=output).output_activation == output
    assert Network(sizes=(4, 3), loss=loss.name).output_activation == loss.outputs[0]
    assert loss.takes_in is None or loss.outputs == (loss.takes_in,)


@every_loss
def test_a_network_has_no_gradient_exactly_where_the_table_says_so(loss: Loss) -> None:
    assert bool(Network(sizes=(4, 3), loss=loss.name).no_gradient) == (not loss.has_gradient)


def test_names_are_unique_and_in_kebab_case() -> None:
    names = [loss.name for loss in LOSSES]
    assert list(KNOWN) == names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
