"""What every loss has to do, by each of its faces; a new file or plug-in is found by itself."""

from __future__ import annotations

import math
import re
from typing import Any

import mpmath
import numpy as np
import pytest
from cases import Case, make_case, random_targets

import harness.autodiff as ad
from harness.autodiff.staleness import Readings
from harness.gradients.complex_pass import STEP
from harness.network.activations import find_activation
from harness.network.loss import Loss
from harness.network.losses import known_losses
from harness.network.network import Network
from harness.network.plain_loss import refusal, summed_loss
from harness.problems.encoding import named_classes
from optimizers.errors import InputError

UNITS, ROWS, STRIDE, START = 3, 6, 9, 5
LOSSES = known_losses().values()
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)


def outputs_and_targets(loss: Loss) -> tuple[Any, Any]:
    """Numbers that the output layer may give and targets that fit, each of shape (units, rows)."""
    rng = np.random.default_rng(0)
    o = rng.normal(0.0, 1.5, (UNITS, ROWS))
    for kink in loss.kinks:
        o = np.where(np.abs(o - kink) < 0.02, kink + 0.05, o)
    if loss.takes_in is None:
        o = outputs_of(loss, o)
    return o, random_targets(loss.targets, ROWS, UNITS, rng).T


def outputs_of(loss: Loss, z: Any) -> Any:
    """Activations of the usual output for sums of shape (units, rows)."""
    flat = z.ravel().copy()
    find_activation(loss.output).forward(flat, 0, *z.shape)
    return flat.reshape(z.shape)


def exact_row(loss: Loss, o: Any, y: Any) -> Any:
    """The loss of one row by the exact form, in the digits of the context, from what the function takes."""
    a = [mpmath.mpf(number) for number in o]
    if loss.takes_in is not None:
        a = find_activation(loss.takes_in).exact(mpmath, a)
    return mpmath.mpf(loss.exact(mpmath, a, [mpmath.mpf(target) for target in y]))


def exact_slopes(loss: Loss, o: Any, y: Any) -> list[float]:
    """Its derivatives by what the function takes."""

    def slope(k: int) -> Any:
        return mpmath.diff(lambda x: exact_row(loss, [*o[:k], x, *o[k + 1 :]], y), mpmath.mpf(o[k]))

    with mpmath.workdps(40):
        return [float(slope(k)) for k in range(len(o))]


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
def test_losses_and_deltas_are_those_of_the_exact_form(loss: Loss) -> None:
    o, t = outputs_and_targets(loss)
    losses, deltas, _, _ = called(loss, o, t)
    for row in range(ROWS):
        with mpmath.workdps(40):
            assert losses[row] == pytest.approx(float(exact_row(loss, o[:, row], t[:, row])), rel=4e-15)
        if loss.has_gradient:
            wanted = exact_slopes(loss, o[:, row], t[:, row])
            np.testing.assert_allclose(deltas[:, row], wanted, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("loss", [one for one in LOSSES if one.takes_in], ids=lambda loss: loss.name)
def test_sums_of_any_size_lose_no_digit_where_a_loss_takes_its_activation_in(loss: Loss) -> None:
    _, t = outputs_and_targets(loss)
    o = np.random.default_rng(1).normal(0.0, 300.0, (UNITS, ROWS))
    o[:, 0] = 800.0, -800.0, 799.0
    o[:, 1] = -800.0, -799.0, 800.0
    losses, _, _, _ = called(loss, o, t)
    for row in range(ROWS):
        with mpmath.workdps(1500):
            wanted = float(exact_row(loss, o[:, row], t[:, row]))
        assert losses[row] == pytest.approx(wanted, rel=4e-15, abs=0)


@every_loss
def test_the_exact_form_in_floats_agrees_to_their_digits(loss: Loss) -> None:
    o, t = outputs_and_targets(loss)
    for row in range(ROWS):
        a = o[:, row].tolist()
        if loss.takes_in is not None:
            a = find_activation(loss.takes_in).exact(math, a)
        with mpmath.workdps(40):
            wanted = float(exact_row(loss, o[:, row], t[:, row]))
        assert loss.exact(math, a, t[:, row].tolist()) == pytest.approx(wanted, rel=1e-13)


@every_loss
def test_the_plain_form_and_its_derivative_are_those_of_the_exact_form(loss: Loss) -> None:
    if loss.plain is None:
        pytest.skip("it has none")
    plain: Any = loss.plain
    o, t = outputs_and_targets(loss)
    with mpmath.workdps(40):
        total = float(sum(exact_row(loss, o[:, row], t[:, row]) for row in range(ROWS)))
    assert float(plain(o, t)) == pytest.approx(total, rel=1e-14)
    found = ad.gradient(lambda w: plain(w, t))(o)
    for row in range(ROWS):
        wanted = exact_slopes(loss, o[:, row], t[:, row])
        np.testing.assert_allclose(found[:, row], wanted, rtol=1e-12, atol=1e-14)


@every_loss
def test_the_complex_form_carries_value_and_derivative(loss: Loss) -> None:
    if loss.complex_form is None:
        pytest.skip("it has none")
    o, t = outputs_and_targets(loss)
    targets = np.full(START + UNITS * STRIDE, np.nan)
    for row in range(ROWS):
        targets[START : START + UNITS * STRIDE : STRIDE] = t[:, row]
        wanted = exact_slopes(loss, o[:, row], t[:, row])
        with mpmath.workdps(40):
            value = float(exact_row(loss, o[:, row], t[:, row]))
        for unit in range(UNITS):
            numbers = np.full(START + UNITS + 2, complex(np.nan, np.nan))
            numbers[START : START + UNITS] = o[:, row]
            numbers[START + unit] += 1j * STEP
            found = loss.complex_form(numbers, START, UNITS, targets, START, STRIDE)
            assert found.real == pytest.approx(value, rel=4e-15)
            assert found.imag / STEP == pytest.approx(wanted[unit], rel=1e-13, abs=1e-14)


@every_loss
def test_the_curvature_and_the_squares_are_those_of_the_exact_form(loss: Loss) -> None:
    o, t = outputs_and_targets(loss)
    a = o if loss.takes_in is None else outputs_of(loss, o)
    for row in range(ROWS):
        errors = a[:, row] - t[:, row]
        if loss.curvature is not None:
            wanted = exact_slopes(loss, o[:, row], t[:, row])
            np.testing.assert_allclose(loss.curvature * errors, wanted, rtol=1e-12, atol=1e-14)
        if loss.squares is not None:
            assert loss.takes_in is None
            with mpmath.workdps(40):
                wanted_loss = float(exact_row(loss, o[:, row], t[:, row]))
            assert loss.squares * errors @ errors == pytest.approx(wanted_loss, rel=1e-14)


@every_loss
@pytest.mark.parametrize("units", [1, UNITS])
def test_misses_are_rows_whose_class_is_named_wrongly(loss: Loss, units: int) -> None:
    if loss.misses is None or (units == 1 and loss.targets == "distribution"):
        pytest.skip("it counts none")
    rng, rows = np.random.default_rng(5), 40
    z = rng.normal(0.0, 1.0, (units, rows))
    targets = random_targets(loss.targets, rows, units, rng).T
    if loss.targets == "numbers":
        targets = np.round(rng.random((units, rows)))
    a = outputs_of(loss, z)
    o = (z if loss.takes_in is not None else a).ravel().copy()
    wrong = np.full(3 * rows, np.nan)
    flat = np.ascontiguousarray(targets).ravel()
    loss.misses(o, 0, flat, 0, rows, units, rows, wrong, 0, False)
    named, true = named_classes(a.T, targets.T, loss)
    assert wrong[:rows].tolist() == (named != true).astype(float).tolist()
    assert 0 < wrong[:rows].sum() < rows


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
def test_one_output_is_refused_exactly_where_targets_are_a_class_each(loss: Loss) -> None:
    for output in loss.outputs:
        if loss.targets == "distribution" or find_activation(output).shares_one:
            with pytest.raises(InputError, match="take two outputs"):
                Network(sizes=(4, 1), loss=loss.name, output=output)
        else:
            assert Network(sizes=(4, 1), loss=loss.name, output=output).sizes == (4, 1)


@every_loss
def test_a_network_has_no_gradient_exactly_where_the_table_says_so(loss: Loss) -> None:
    assert bool(Network(sizes=(4, 3), loss=loss.name).no_gradient) == (not loss.has_gradient)


def test_names_are_unique_and_in_kebab_case() -> None:
    names = [loss.name for loss in LOSSES]
    assert list(known_losses()) == names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


@every_loss
def test_the_plain_loss_of_a_network_is_traced_once(loss: Loss) -> None:
    network = Network(sizes=(2, UNITS), loss=loss.name, output=loss.output)
    if reason := refusal(network):
        pytest.skip(reason)
    # What reads all that an entry leads to is traced at every call.
    assert not Readings(summed_loss(network)).volatile


@every_loss
@pytest.mark.parametrize("with_delta", [False, True])
def test_the_single_function_is_the_function_to_the_digits_of_single_precision(
    loss: Loss, with_delta: bool
) -> None:
    if loss.single is None:
        pytest.skip("it has none")
    o, t = (table.astype(np.float32) for table in outputs_and_targets(loss))
    losses, deltas, _, _ = called(loss, o.astype(np.float64), t.astype(np.float64))
    outputs, scratch = o.ravel().copy(), np.full(3 * ROWS, np.nan, dtype=np.float32)
    loss.single(outputs, 0, t.ravel(), 0, ROWS, UNITS, ROWS, scratch, 0, with_delta)
    unit = float(np.finfo(np.float32).eps)
    # A row is a sum over its outputs of numbers of the size of the largest sum.
    scale = UNITS * max(1.0, abs(o).max() ** 2)
    np.testing.assert_allclose(scratch[:ROWS], losses, rtol=4 * unit, atol=2 * unit * scale)
    if with_delta:
        np.testing.assert_allclose(outputs.reshape(o.shape), deltas, rtol=4 * unit, atol=4 * unit * scale)


@every_loss
def test_nan_makes_the_loss_of_its_row_nan_in_single_precision(loss: Loss) -> None:
    if loss.single is None:
        pytest.skip("it has none")
    o, t = (table.astype(np.float32) for table in outputs_and_targets(loss))
    o[1, 2] = np.nan
    scratch = np.zeros(3 * ROWS, dtype=np.float32)
    loss.single(o.ravel(), 0, t.ravel(), 0, ROWS, UNITS, ROWS, scratch, 0, False)
    assert np.isnan(scratch[:ROWS]).tolist() == [row == 2 for row in range(ROWS)]
