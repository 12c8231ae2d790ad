"""Networks in single precision: how far from double, the same bits by every door, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest
from cases import Case, make_case

import harness
from harness.gradients import build_source, known_sources
from harness.network.activations import find_activation
from harness.network.data import pack
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.numerics import shared_work
from harness.numerics.products import multiply, weight_products
from harness.numerics.register_blocks import ADD, BIAS, ZERO
from optimizers import InputError, LevenbergMarquardt
from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller
from optimizers.signatures import REALS, in_single

F = np.float32
U = 2.0**-24
"""Unit round-off of float32."""

NETWORKS = [
    Network(sizes=(2, 2, 1), loss="binary-cross-entropy"),
    Network(sizes=(4, 8, 3), loss="categorical-cross-entropy"),
    Network(sizes=(5, 17, 6, 2), activation=("sigmoid", "relu"), loss="squared", output="tanh"),
    Network(sizes=(3, 9, 4), activation=("leaky-relu",), loss="half-squared"),
    Network(sizes=(3, 5, 4), loss="squared", output="softmax"),
    Network(sizes=(3, 5, 4), loss="brier"),
    Network(sizes=(7, 1), loss="half-squared", output="sigmoid"),
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)
ROWS = [1, 2, 15, 16, 33, 600, 1300]


def objective_of(case: Case, precision: Any = "float32", source: str = "analytic") -> NetworkObjective:
    return NetworkObjective(case.network, case.X, case.Y, build_source(source), precision=precision)


def bounds(case: Case) -> tuple[float, Any]:
    """How far loss and gradient may be off, to first order in the unit round-off.

    Forward: a sum of k products is off by at most (k + 1) u of the sum of their sizes, beside what its inputs
    are off by; an activation by 3 units in the last place, beside at most what its sum is. Backward: the same
    with sizes in the place of numbers, all slopes taken as 1, for each of the operations on the longest way.
    """
    network = case.network
    layers = network.layers(case.w)
    a, off = abs(case.X.T), U * abs(case.X.T)
    below = [a]
    for (weights, biases), name in zip(layers, network.layer_activations, strict=True):
        size = abs(weights) @ a + abs(biases)[:, None]
        off = abs(weights) @ off + (weights.shape[1] + 2) * U * size
        a = size if name in ("identity", "relu", "leaky-relu") else np.minimum(size, 1.0)
        off = off + 6 * U * a
        below.append(a)
    # Every loss here has slopes by its outputs, or sums, of at most 2 (a + y), and rounds a few times.
    slopes = 2 * (a + abs(case.Y.T))
    loss = float((slopes * off + 16 * U * (a + abs(case.Y.T) + 1) ** 2).sum(axis=0).mean())
    longest = sum(2 * size + 16 for size in network.sizes) + len(case.X) / 16
    delta = slopes + 1
    parts = []
    for (weights, _), inputs in zip(reversed(layers), reversed(below[:-1]), strict=True):
        parts += [delta.sum(axis=1), (delta @ inputs.T).ravel()]
        delta = abs(weights).T @ delta
    return loss, longest * U * np.concatenate(parts[::-1]) / len(case.X)


@every_network
@pytest.mark.parametrize("rows", ROWS)
def test_losses_and_gradients_are_within_their_rounding_of_double_precision(
    network: Network, rows: int
) -> None:
    case = make_case(network, rows)
    single, double = objective_of(case), objective_of(case, "float64")
    off, gradient_off = bounds(case)
    assert off < 1e-3, "a bound that says something"
    loss, gradient = single.value_and_gradient(case.w)
    wanted, wanted_gradient = double.value_and_gradient(case.w)
    assert loss != wanted, "it is single precision"
    assert abs(loss - wanted) <= off
    assert (abs(gradient - wanted_gradient) <= gradient_off).all()
    assert np.linalg.norm(gradient - wanted_gradient) <= 2e-6 * max(np.linalg.norm(wanted_gradient), 0.1)
    chosen = np.random.default_rng(1).integers(0, rows, 19)
    for some in (chosen, chosen[:1]):
        found, expected = single.value_and_gradient(case.w, some), double.value_and_gradient(case.w, some)
        assert found[0] == pytest.approx(expected[0], rel=1e-4, abs=1e-5)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-4, atol=1e-5)


@every_network
@pytest.mark.parametrize("rows", ROWS)
def test_every_door_tells_the_same_bits(network: Network, rows: int) -> None:
    case = make_case(network, rows)
    objective = objective_of(case)
    population = np.array([case.w, -case.w, 0.5 * case.w, np.zeros(network.size)])
    losses = objective.values(population)
    each = [objective.value(w) for w in population]
    assert losses.tolist() == each
    assert [objective.value_and_gradient(w)[0] for w in population] == each
    assert [objective.peek_rounded(w) for w in population] == each
    chosen = np.random.default_rng(1).integers(0, rows, 40)
    some = [objective.value(w, chosen) for w in population]
    assert objective.values(population, chosen).tolist() == some
    assert [objective.value_and_gradient(w, chosen)[0] for w in population] == some


@every_network
def test_what_the_harness_measures_is_double_precision_and_counts_nothing(network: Network) -> None:
    case = make_case(network, 33)
    single, double = objective_of(case), objective_of(case, "float64")
    assert single.peek(case.w) == double.peek(case.w) == double.value(case.w)
    points = np.array([case.w, -case.w])
    assert single.peeks(points).tolist() == double.peeks(points).tolist()
    assert single.cost == 0.0
    single.value(case.w)
    single.values(points)
    single.value_and_gradient(case.w)
    double.values(points)
    double.value_and_gradient(case.w)
    assert single.counters.tolist() == double.counters.tolist()


@pytest.mark.parametrize("network", [replace(NETWORKS[1], sizes=(20, 40, 3)), NETWORKS[2]], ids=str)
def test_threads_change_no_bit(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(network, 5000)
    population = np.random.default_rng(0).normal(size=(50, network.size))

    def found() -> Any:
        objective = objective_of(case)
        loss, gradient = objective.value_and_gradient(case.w)
        return loss, gradient.tobytes(), objective.values(population).tobytes()

    several = found()
    monkeypatch.setattr(shared_work, "_threads", 1)
    assert found() == several


def test_parameters_that_single_precision_cannot_hold_make_a_loss_that_is_not_finite() -> None:
    objective = objective_of(make_case(NETWORKS[3], 16))
    w = np.full(objective.size, 1e39)
    assert not np.isfinite(objective.value(w))
    assert np.isfinite(objective.peek(w))


@pytest.mark.parametrize("m", [1, 2, 15, 16, 17, 48, 61, 100])
@pytest.mark.parametrize(("outs", "ins"), [(1, 1), (10, 3), (23, 17), (3, 30)])
def test_products_of_single_precision_are_those_of_numpy(outs: int, ins: int, m: int) -> None:
    rng = np.random.default_rng(0)
    weights, biases, a, delta = (
        rng.normal(size=shape).astype(F) for shape in ((outs, ins), (outs,), (ins, m), (outs, m))
    )
    w = np.concatenate([weights.ravel(), biases])
    for begin, first in ((BIAS, biases[:, None]), (ZERO, 0.0), (ADD, 1.5)):
        z = np.full(outs * m, 1.5, dtype=F)
        multiply(begin, w, 0, ins, 1, outs, ins, outs * ins, a.ravel(), 0, m, z, 0, m, m)
        most = (ins + 2) * U * (abs(weights) @ abs(a) + abs(biases)[:, None] + 1.5)
        assert (abs(z.reshape(outs, m) - (weights.astype(float) @ a + first)) <= most).all()
    below, gradient = np.empty(ins * m, dtype=F), np.ones(outs * ins, dtype=F)
    multiply(ZERO, w, 0, 1, ins, ins, outs, 0, delta.ravel(), 0, m, below, 0, m, m)
    most = (outs + 2) * U * (abs(weights).T @ abs(delta))
    assert (abs(below.reshape(ins, m) - weights.T.astype(float) @ delta) <= most).all()
    weight_products(delta.ravel(), 0, a.ravel(), 0, m, gradient, 0, ins, outs, m)
    most = (m + 2) * U * (abs(delta) @ abs(a).T + 1.0)
    assert (abs(gradient.reshape(outs, ins) - (1.0 + delta.astype(float) @ a.T)) <= most).all()


def test_a_call_by_address_goes_to_the_function_of_its_arrays() -> None:
    signature = numba.types.float64(REALS)
    call = caller(signature, in_single(signature))

    @compiled()
    def first(numbers: Any) -> float:
        return numbers[0]

    @compiled()
    def at(function: Any, numbers: Any) -> float:
        return call(function, numbers)

    for signed, numbers in ((signature, np.array([0.1])), (in_single(signature), np.array([0.1], dtype=F))):
        assert at(address(first, signed), numbers) == float(numbers[0])


@pytest.mark.parametrize("network", [NETWORKS[1], NETWORKS[3]], ids=str)
def test_pytorch_in_single_precision_comes_to_no_better(network: Network) -> None:
    torch = pytest.importorskip("torch")
    case = make_case(network, 600)
    w = torch.tensor(case.w, dtype=torch.float32, requires_grad=True)
    a, y = (torch.tensor(table, dtype=torch.float32) for table in (case.X, case.Y))
    place, last = 0, len(network.sizes) - 2
    hidden = {"tanh": torch.tanh, "leaky-relu": torch.nn.LeakyReLU(0.01)}[network.activation[0]]
    for layer, (ins, outs) in enumerate(zip(network.sizes[:-1], network.sizes[1:], strict=True)):
        weights = w[place : place + ins * outs].reshape(outs, ins)
        a = a @ weights.T + w[place + ins * outs : place + (ins + 1) * outs]
        a = a if layer == last else hidden(a)
        place += (ins + 1) * outs
    if network.loss == "categorical-cross-entropy":
        loss = -(y * torch.log_softmax(a, dim=1)).sum(dim=1).mean()
    else:
        loss = ((a - y) ** 2).sum(dim=1).mean() / 2
    loss.backward()
    wanted_loss, wanted = objective_of(case, "float64").value_and_gradient(case.w)
    found_loss, found = objective_of(case).value_and_gradient(case.w)
    assert abs(found_loss - wanted_loss) <= 4 * abs(float(loss.detach()) - wanted_loss) + 4 * U * wanted_loss
    theirs = float(np.linalg.norm(w.grad.numpy() - wanted))
    assert np.linalg.norm(found - wanted) <= 2 * theirs


class TestRefusals:
    X, Y = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0], [1.0]])

    def refused(self, call: Any, *arguments: Any, **options: Any) -> str:
        with pytest.raises(InputError) as caught:
            call(*arguments, **options)
        message = str(caught.value)
        assert "\n" not in message
        return message

    def test_a_part_without_that_face_is_named_with_a_remedy(self) -> None:
        assert find_activation("exponential").single is None
        said = self.refused(
            harness.Problem.from_arrays,
            *(self.X, [0, 1]),
            activation="exponential",
            precision="float32",
            loss="binary-cross-entropy",
        )
        assert said == "activation 'exponential' is not there in single precision: take precision='float64'"
        said = self.refused(harness.problems.load, "setosa:loss=perceptron-soft,precision=float32")
        assert "perceptron-soft" in said
        assert "take precision='float64'" in said

    def test_an_unknown_precision_is_told_the_known_ones(self) -> None:
        for call, arguments, options in (
            (harness.problems.load, ["xor:precision=float16"], {}),
            (harness.Problem.from_arrays, [self.X, [0, 1]], {"precision": "float16"}),
        ):
            said = self.refused(call, *arguments, **options)
            assert "precision" in said
            assert "'float64' or 'float32'" in said

    @pytest.mark.parametrize("source", sorted(set(known_sources()) - {"analytic"}))
    def test_every_other_gradient_source_is_refused_by_name(self, source: str) -> None:
        objective = objective_of(make_case(NETWORKS[0], 4), source=source)
        assert not objective.gradient
        assert objective.gradient.reason.startswith(f"source '{source}' is not there in single precision")
        assert "analytic" in objective.gradient.reason
        assert np.isfinite(objective.value(np.zeros(objective.size)))

    def test_what_serves_more_than_losses_and_gradients_is_refused(self) -> None:
        rows = make_case(Network(sizes=(3, 4, 2), loss="squared"), 20)
        objective = objective_of(rows)
        for offered in (objective.curvature, objective.residuals, objective.output_layer):
            assert not offered
            assert offered.reason == (
                "single precision has losses and gradients alone: take precision='float64'"
            )
        assert "single precision" in (LevenbergMarquardt().refusal(objective) or "")
        layer = make_case(Network(sizes=(3, 1), loss="binary-cross-entropy"), 20)
        layer.Y[:] = np.round(layer.Y)
        assert "single precision" in objective_of(layer).single_layer.reason

    def test_what_a_network_does_not_have_at_all_keeps_its_own_reason(self) -> None:
        objective = objective_of(make_case(NETWORKS[0], 4))
        assert "is no sum of squares" in objective.residuals.reason

    def test_numbers_beyond_its_range_are_refused(self) -> None:
        network = Network(sizes=(2, 1))
        said = self.refused(
            NetworkObjective, network, 1e39 * self.X, self.Y, build_source("analytic"), precision="float32"
        )
        assert said.startswith("X holds a number of size 1e+39, where single precision ends at 3.4e+38")


def test_data_of_either_precision_say_the_same_numbers() -> None:
    case = make_case(NETWORKS[2], 40)
    double, single = (
        pack(case.network, case.X, case.Y, np.zeros(2, dtype=np.int64), precision)
        for precision in ("float64", "float32")
    )
    size = case.X.size + case.Y.size
    assert single.reals.view(F)[:size].tolist() == double.reals[:size].astype(F).tolist()
    assert single.workspace.ctypes.data % 64 == single.reals.ctypes.data % 64 == 0
