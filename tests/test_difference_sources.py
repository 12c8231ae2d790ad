"""Gradients from values: differences and the complex step, against backpropagation and plain formulas."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from cases import Case, every_network, label, make_case
from oracles import DIGITS, relative_difference

import harness
from harness.gradients import build_source, complex_pass, differences
from harness.network import kernels
from harness.network.activations import find_activation, known_activations
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.numerics.complex_numbers import complex_log_one_plus
from harness.numerics.shared_work import allowed_threads, use_threads
from harness.runs.single_run import Run
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.sweep import sweep
from optimizers import Adam, Budget, GradientDescent, InputError
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.objective import ALL_ROWS
from optimizers.registry import known_optimizers
from optimizers.signatures import Data

EPSILON = np.finfo(float).eps
ROWS = 6
TOLERANCES = {"forward-difference": 1e-4, "central-difference": 1e-6, "complex-step": 1e-12}
SIDES = {"forward-difference": 1, "central-difference": 2}
NETWORKS = [network for network in every_network((4, 3), 2, pairs=False) if not network.no_gradient]
SMALL = Network(sizes=(3, 4, 2), activation="tanh", loss="categorical-cross-entropy")

every_source = pytest.mark.parametrize("source", TOLERANCES)
every_difference = pytest.mark.parametrize("source", SIDES)


def small_case() -> Case:
    return make_case(SMALL, ROWS)


def stated_cost(source: str, network: Network) -> int:
    """Passes of one gradient: of the three, counted by hand."""
    if source in SIDES:
        return SIDES[source] * network.size + 1
    # Multiply-adds of every pass: two for each real weight on a complex number, one for the imaginary part
    # of a weight on a real one.
    weights = sum(ins * outs for ins, outs in itertools.pairwise(network.sizes))
    biases = network.size - weights
    products = biases * 2 * weights + weights * (2 * weights + 1)
    assert products % weights == 0
    return products // weights


def plain_sizes(case: Case) -> list[float]:
    """The sizes of all parameters, one at a time."""
    network, layers = case.network, list(itertools.pairwise(case.network.sizes))

    def scale(column: Any) -> float:
        square = sum(float(number) ** 2 for number in column) / len(column)
        return 2.0 ** round(math.log2(square) / 2) if square else 1.0

    sizes: list[float] = []
    for place, (ins, outs) in enumerate(layers):
        weights, biases = network.layers(case.w)[place]
        below = [scale(case.X[:, j]) if place == 0 else 1.0 for j in range(ins)]
        above = [1.0] * outs
        if place == len(layers) - 1 and network.output_activation == "identity":
            above = [
                max(scale(case.Y[:, k]), abs(biases[k]), *(abs(weights[k] * below))) for k in range(outs)
            ]
        sizes += [above[k] / below[j] for k in range(outs) for j in range(ins)] + above
    return sizes


class TestAgreement:
    @every_source
    @pytest.mark.parametrize("network", NETWORKS, ids=label)
    def test_with_backpropagation_on_every_network(self, network: Network, source: str) -> None:
        if build_source(source).refusal(network) is not None:
            assert source == "complex-step"
            assert any(part.kinks for part in network.parts.values())
            pytest.skip("what compares is not complex differentiable")
        case = make_case(network, ROWS, kinks=False)
        objective, analytic = case.objective(source), case.objective()
        for rows in (None, [4, 1, 1], [2]):
            loss, gradient = objective.value_and_gradient(case.w, rows=rows)
            expected_loss, expected = analytic.value_and_gradient(case.w, rows=rows)
            assert loss == pytest.approx(expected_loss, rel=1e-13)
            assert relative_difference(gradient, expected) < TOLERANCES[source]

    @every_source
    def test_rows_are_the_rows_of_a_smaller_problem(self, source: str) -> None:
        case = small_case()
        chosen = [5, 0, 0, 3]
        smaller = NetworkObjective(SMALL, case.X[chosen], case.Y[chosen], build_source(source))
        loss, gradient = case.objective(source).value_and_gradient(case.w, rows=np.array(chosen))
        other_loss, other = smaller.value_and_gradient(case.w)
        assert loss == pytest.approx(other_loss, rel=1e-14)
        assert relative_difference(gradient, other) < TOLERANCES[source] / 10

    @every_difference
    @pytest.mark.parametrize("step", [None, 1e-3, 0.3])
    @pytest.mark.parametrize("network", [SMALL, Network(sizes=(3, 4, 2)), Network(sizes=(3, 2))], ids=label)
    def test_a_difference_is_its_formula_to_the_last_bit(
        self, network: Network, source: str, step: float | None
    ) -> None:
        case = make_case(network, ROWS)
        name = source if step is None else f"{source}:step={step}"
        loss, gradient = case.objective(name).value_and_gradient(case.w)
        values = case.objective()
        here = values.value(case.w)
        assert loss == here
        sizes = plain_sizes(case)
        for i, number in enumerate(case.w):
            power = 1 / 2 if source == "forward-difference" else 1 / 3
            far = EPSILON**power * max(sizes[i], abs(number)) if step is None else step
            above, below = case.w.copy(), case.w.copy()
            above[i] += far
            if SIDES[source] == 2:
                below[i] -= far
            expected = (values.value(above) - values.value(below)) / (above[i] - below[i])
            assert gradient[i] == expected

    @every_difference
    def test_the_step_grows_with_the_parameter(self, source: str) -> None:
        # A line through the origin at slope 1e9: a step of 1e-8 is lost in the rounding there.
        network = Network(sizes=(1, 1), loss="squared")
        objective = NetworkObjective(network, [[1.0], [-1.0]], [[1e9], [-1e9]], build_source(source))
        w = np.array([1.1e9, 0.0])
        _, gradient = objective.value_and_gradient(w)
        assert gradient[0] == pytest.approx(2 * 1e8, rel=1e-5)
        fixed = f"{source}:step=1e-8"
        lost = NetworkObjective(network, [[1.0], [-1.0]], [[1e9], [-1e9]], build_source(fixed))
        assert np.isnan(lost.value_and_gradient(w)[1][0]), "no distance was gone"

    @every_difference
    @pytest.mark.parametrize("depth", [1, 2])
    @pytest.mark.parametrize("far", [1e-150, 1e-10, 1e-6, 1.0, 1e6, 1e10, 1e150])
    def test_the_step_suits_inputs_in_any_unit(self, source: str, far: float, depth: int) -> None:
        # The same network in other units of one input: weights a million times smaller do the same.
        network = Network(sizes=(3, *(4,) * (depth - 1), 2), loss="categorical-cross-entropy")
        case = make_case(network, ROWS)
        X, w = case.X.copy(), case.w.copy()
        X[:, 1] *= far
        network.layers(w)[0].weights[:, 1] /= far
        changed = Case(network, w, X, case.Y)
        exact = network.layers(changed.objective().value_and_gradient(w)[1])[0].weights
        found = network.layers(changed.objective(source).value_and_gradient(w)[1])[0].weights
        for j in range(3):
            assert relative_difference(found[:, j], exact[:, j]) < TOLERANCES[source]

    @every_difference
    @pytest.mark.parametrize("far", [1e-100, 1e-10, 1.0, 1e10, 1e100])
    def test_the_step_suits_targets_in_any_unit(self, source: str, far: float) -> None:
        network = Network(sizes=(3, 4, 2))
        case = make_case(network, ROWS)
        w = case.w.copy()
        last = network.layers(w)[-1]
        last.weights[:] *= far
        last.biases[:] *= far
        changed = Case(network, w, case.X, case.Y * far)
        exact = changed.objective().value_and_gradient(w)[1]
        found = changed.objective(source).value_and_gradient(w)[1]
        for of_found, of_exact in zip(network.layers(found), network.layers(exact), strict=True):
            largest = np.abs(of_exact.weights).max()
            away = relative_difference(of_found.weights / largest, of_exact.weights / largest)
            assert away < 10 * TOLERANCES[source]

    @pytest.mark.parametrize("loss", ["binary-cross-entropy", "categorical-cross-entropy"])
    @pytest.mark.parametrize("depth", [1, 2])
    def test_the_complex_step_stays_finite_at_logits_of_ten_thousand(self, loss: str, depth: int) -> None:
        network = Network(sizes=(3, *(4,) * (depth - 1), 2), activation="identity", loss=loss)
        case = make_case(network, ROWS)
        w = case.w.copy()
        w[-8 if depth == 1 else -10 :] *= 1e4
        loss_found, gradient = case.objective("complex-step").value_and_gradient(w)
        expected_loss, expected = case.objective().value_and_gradient(w)
        assert 1000 < expected_loss < 1e6
        assert loss_found == pytest.approx(expected_loss, rel=1e-13)
        assert relative_difference(gradient, expected) < 1e-12

    def test_the_complex_step_gives_the_loss_of_a_perfect_fit_as_zero(self) -> None:
        network = Network(sizes=(1, 1), loss="squared")
        objective = NetworkObjective(network, [[1.0], [2.0]], [[1.0], [2.0]], build_source("complex-step"))
        loss, gradient = objective.value_and_gradient([1.0, 0.0])
        assert loss == 0
        assert gradient.tolist() == [0, 0]


ANALYTIC = [name for name, found in known_activations().items() if found.complex_form and found.hidden]


@pytest.mark.parametrize("name", ANALYTIC)
def test_complex_activations_carry_value_and_derivative(name: str) -> None:
    def function(z: Any) -> Any:
        return find_activation(name).exact(mpmath, [z])[0]

    places = np.concatenate([np.linspace(-30, 30, 101), [0.0, 1e-9, -1e-9]])
    z = places + 1j * complex_pass.STEP
    find_activation(name).complex_form(z, 0, z.size)
    with mpmath.workdps(DIGITS):
        for place, number in zip(places, z, strict=True):
            exact = function(mpmath.mpf(place))
            slope = mpmath.diff(function, mpmath.mpf(place))
            assert number.real == pytest.approx(float(exact), rel=4e-15)
            assert number.imag / complex_pass.STEP == pytest.approx(float(slope), rel=4e-15)


@pytest.mark.parametrize(("name", "lowest"), [("sigmoid", 0), ("tanh", -1)])
def test_complex_activations_saturate(name: str, lowest: int) -> None:
    z = np.array([-1e4, -800.0, 800.0, 1e4]) + 1j * complex_pass.STEP
    find_activation(name).complex_form(z, 0, z.size)
    assert z.tolist() == [lowest, lowest, 1, 1]


def test_complex_softmax_carries_value_and_derivative() -> None:
    sums = np.array([1.0, -0.5, 2.0, 7.0])
    outputs = np.exp(sums) / np.exp(sums).sum()
    for j in range(4):
        z = sums.astype(complex)
        z[j] += 1j * complex_pass.STEP
        find_activation("softmax").complex_form(z, 0, 4)
        assert z.real == pytest.approx(outputs, rel=1e-14)
        expected = outputs * ((np.arange(4) == j) - outputs[j])
        assert z.imag / complex_pass.STEP == pytest.approx(expected, rel=1e-13)


def test_the_logarithm_of_one_plus_a_tiny_number_keeps_its_digits() -> None:
    for z in (1e-20 + 0j, 1e-9 + 1e-9j, 0.5 + 0.25j, 1 - 1j):
        with mpmath.workdps(DIGITS):
            expected = complex(mpmath.log(1 + mpmath.mpc(z)))
        assert cmath.isclose(complex_log_one_plus(z), expected, rel_tol=1e-15)


class TestOrder:
    """The error against the step: truncation on the right, round-off on the left."""

    def errors(self, source: str, steps: Any) -> Any:
        case = make_case(Network(sizes=(4, 8, 3), loss="categorical-cross-entropy"), 20)
        exact = case.objective().value_and_gradient(case.w)[1]
        return [
            relative_difference(
                case.objective(f"{source}:step={step!r}").value_and_gradient(case.w)[1], exact
            )
            for step in steps.tolist()
        ]

    @pytest.mark.parametrize(
        ("source", "lowest", "highest", "slope"),
        [
            ("forward-difference", 1e-6, 1e-2, 1),
            ("central-difference", 1e-3, 1e-1, 2),
            ("forward-difference", 1e-14, 1e-10, -1),
            ("central-difference", 1e-14, 1e-8, -1),
        ],
    )
    def test_the_error_has_the_slope_of_theory(
        self, source: str, lowest: float, highest: float, slope: int
    ) -> None:
        steps = np.geomspace(lowest, highest, 33)
        found = np.polyfit(np.log(steps), np.log(self.errors(source, steps)), 1)[0]
        assert abs(found - slope) < 0.15

    @every_difference
    def test_the_step_from_theory_is_near_the_best(self, source: str) -> None:
        case = make_case(Network(sizes=(4, 8, 3), loss="categorical-cross-entropy"), 20)
        exact = case.objective().value_and_gradient(case.w)[1]
        chosen = relative_difference(case.objective(source).value_and_gradient(case.w)[1], exact)
        assert chosen < 20 * min(self.errors(source, np.geomspace(1e-12, 1e-1, 45)))


class TestCounting:
    @every_source
    @pytest.mark.parametrize("sizes", [(2, 1), (2, 2, 1), (5, 4, 3, 2)])
    def test_values_are_counted_exactly_and_gradients_not_at_all(self, source: str, sizes: Any) -> None:
        case = make_case(Network(sizes=sizes), ROWS)
        passes = stated_cost(source, case.network)
        objective = case.objective(source)
        assert build_source(source).cost(case.network) == objective.gradient.cost == passes
        objective.value_and_gradient(case.w)
        assert objective.counters.tolist() == [passes * ROWS, 0]
        assert objective.cost == passes
        objective.value_and_gradient(case.w, rows=[1, 1])
        assert objective.counters.tolist() == [passes * (ROWS + 2), 0]
        objective.value(case.w)
        assert objective.counters.tolist() == [passes * (ROWS + 2) + ROWS, 0]

    @every_source
    def test_a_loss_that_is_not_finite_costs_the_same(self, source: str) -> None:
        case = small_case()
        objective = case.objective(source)
        objective.value_and_gradient(np.full(SMALL.size, np.nan))
        assert objective.cost == stated_cost(source, SMALL)


AWKWARD = [np.nan, -0.0, 5e-324, 1e308, -1e308, np.inf, -np.inf, 1 / 3, 1e16]


class TestParameters:
    @every_source
    @pytest.mark.parametrize("number", AWKWARD)
    def test_they_are_left_as_they_were_to_the_last_bit(self, source: str, number: float) -> None:
        case = small_case()
        for place in (0, SMALL.size // 2, SMALL.size - 1):
            w = case.w.copy()
            w[place] = number
            before = w.tobytes()
            case.objective(source).value_and_gradient(w)
            functions, gradient = case.objective(source).compiled, np.empty(SMALL.size)
            assert functions is not None
            functions.value_and_gradient(w, ALL_ROWS, functions.gradient_data, gradient)
            assert w.tobytes() == before

    @every_source
    @pytest.mark.parametrize("place", [0, 7, -1])
    def test_one_that_is_nan_gives_a_loss_that_is_not_finite(self, source: str, place: int) -> None:
        case = small_case()
        w = case.w.copy()
        w[place] = np.nan
        loss, gradient = case.objective(source).value_and_gradient(w)
        assert not np.isfinite(loss)
        assert not np.isfinite(gradient).all()

    @every_source
    def test_data_are_left_as_they_were(self, source: str) -> None:
        case = small_case()
        objective = case.objective(source)
        functions = objective.compiled
        assert functions is not None
        before = [part.tobytes() for part in functions.gradient_data[:2]]
        objective.value_and_gradient(case.w)
        assert [part.tobytes() for part in functions.gradient_data[:2]] == before
        assert Data(*functions.gradient_data).reals is Data(*functions.data).reals, "the rows are there once"
        assert Data(*functions.gradient_data).counters is Data(*functions.data).counters


@pytest.fixture
def threads() -> Iterator[int]:
    """The threads there are; set back at the end."""
    number = allowed_threads()
    yield number
    use_threads(number)


class TestBlocks:
    @every_difference
    @pytest.mark.parametrize("numbers", [1, 100, 157, 300])
    def test_the_size_of_a_block_changes_no_bit(
        self, source: str, numbers: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case = small_case()
        loss, gradient = case.objective(source).value_and_gradient(case.w)
        monkeypatch.setattr(differences, "BLOCK_NUMBERS", numbers)
        objective = case.objective(source)
        assert objective.compiled is not None
        assert (
            Data(*objective.compiled.gradient_data).integers[differences.CANDIDATES]
            < SIDES[source] * SMALL.size
        )
        other_loss, other = objective.value_and_gradient(case.w)
        assert (loss, gradient.tobytes()) == (other_loss, other.tobytes())

    @every_difference
    def test_memory_is_bounded(self, source: str) -> None:
        network = Network(sizes=(100, 100, 10))
        objective = NetworkObjective(network, np.ones((2, 100)), np.ones((2, 10)), build_source(source))
        assert objective.compiled is not None
        assert Data(*objective.compiled.gradient_data).workspace.nbytes < network.size**2 * 8 / 50

    @every_source
    def test_threads_change_no_bit(self, source: str, threads: int) -> None:
        # Work enough for threads in the blocks of differences, and a gradient of milliseconds.
        network = Network(sizes=(2, 16, 1), loss="binary-cross-entropy")
        case = make_case(network, 2000)
        answers = []
        for number in (1, threads):
            use_threads(number)
            objective = case.objective(source)
            assert objective.compiled is not None
            if source in SIDES:
                board = Data(*objective.compiled.gradient_data).integers[kernels.BOARD]
                assert (board != 0) == (number > 1), "threads are used where there are some"
            loss, gradient = objective.value_and_gradient(case.w)
            answers.append((loss, gradient.tobytes(), objective.counters.tolist()))
        assert answers[0] == answers[1]


DESCENTS = [
    name
    for name, optimizer in known_optimizers().items()
    if "batch" in optimizer.__dataclass_fields__
    and name != "quickprop"
    and optimizer().refusal(harness.problems.load("xor").objective()) is None
]
"""Methods whose iteration is one gradient: a search that ends by itself, or steps as far as a line search
says, need not take the same path with another source; nor need Quickprop, which divides by the change of a
slope, however small."""


class TestSearches:
    @every_source
    @pytest.mark.parametrize("name", DESCENTS)
    def test_every_gradient_method_trains_xor_as_it_does_with_backpropagation(
        self, name: str, source: str
    ) -> None:
        optimizer = known_optimizers()[name]()
        results = harness.run(
            harness.problems.load("xor", target=None),
            optimizer,
            gradients=["analytic", source],
            seeds=2,
            budget=Budget(iterations=50),
        )
        objective = harness.problems.load("xor").objective(source)
        for seed in (0, 1):
            runs = results.runs[results.runs["seed"] == seed].set_index("gradient")
            exact, found = (
                results.trace[results.trace["run_id"] == runs.loc[gradient, "run_id"]]
                .drop_duplicates("iteration")
                .set_index("iteration")["loss"]
                for gradient in ("analytic", source)
            )
            assert exact.iloc[0] == found.iloc[0], "the same start, to the last bit"
            common = exact.index.intersection(found.index)
            assert len(common) > 10
            assert found[common].to_numpy() == pytest.approx(exact[common].to_numpy(), rel=1e-4)
            run = runs.loc[source]
            assert run["iterations"] == 50
            # And one for the loss of the last step.
            assert run["cost"] == pytest.approx(50 * optimizer.iteration_cost(objective) + 1, rel=1e-12)
            assert run["gradient_rows"] == 0

    @every_source
    def test_batches_cost_their_part(self, source: str) -> None:
        results = harness.run(
            harness.problems.load("xor", target=None),
            GradientDescent(batch=2),
            gradients=source,
            seeds=1,
            budget=Budget(iterations=20),
        )
        run = results.runs.iloc[0]
        assert run["cost"] == 20 * stated_cost(source, Network(sizes=(2, 2, 1))) / 2 + 1


FILE = """
question = "Is the way to a gradient worth its price?"
problems = ["xor"]
gradients = ["analytic", "central-difference", "complex-step", "central-difference:step=1e-4"]
seeds = 2
budget = { iterations = 30 }

[[optimizers]]
name = "gradient-descent"

[[optimizers]]
name = "genetic-algorithm"
population_size = 10
"""


class TestOptions:
    def test_an_experiment_takes_sources_as_an_axis(self, tmp_path: Path) -> None:
        (tmp_path / "sources.toml").write_text(FILE)
        declared = read_experiment(str(tmp_path / "sources.toml"))
        results, done = sweep(declared, tmp_path / "kept")
        assert done == 5 * 2
        assert results.runs.groupby(["optimizer_name", "gradient"]).size().to_dict() == {
            ("gradient-descent", "analytic"): 2,
            ("gradient-descent", "central-difference:step=none"): 2,
            ("gradient-descent", "central-difference:step=0.0001"): 2,
            ("gradient-descent", "complex-step"): 2,
            ("genetic-algorithm", "none"): 2,
        }
        again = read_experiment(str(tmp_path / "kept" / "experiment.toml"))
        assert again.gradients == declared.gradients
        assert sweep(again, tmp_path / "kept")[1] == 0

    def test_a_notebook_takes_sources_as_an_axis(self) -> None:
        searches = [Adam(learning_rate=0.1), GeneticAlgorithm(population_size=10)]
        results = harness.run(
            ["xor", "iris"],
            searches,
            gradients=["analytic", "forward-difference", "central-difference:step=none", "complex-step"],
            seeds=1,
            budget=Budget(iterations=20),
        )
        assert results.runs.groupby(["problem", "optimizer_name"]).size().tolist() == [4, 1, 4, 1]
        assert "central-difference" in set(results.runs["gradient"])

    def test_one_source_is_one_run_however_it_is_spelled(self) -> None:
        def run(gradient: str) -> Run:
            return Run(harness.problems.load("xor"), Adam(), gradient, 0, Budget(cost=5))

        same = [
            "central-difference:step=1e-6",
            "central-difference: step = 0.000001",
            "central-difference:step=1E-6",
        ]
        assert len({run(name).run_id for name in same}) == 1
        assert {run(name).gradient for name in same} == {"central-difference:step=1e-06"}
        plain, spelled = run("central-difference"), run("central-difference:step=none")
        assert plain.run_id == spelled.run_id
        assert plain.gradient == spelled.gradient == "central-difference"
        others = ["central-difference", same[0], "forward-difference", "forward-difference:step=1e-6", "none"]
        assert len({run(name).run_id for name in others}) == 5

    def test_one_source_spelled_twice_is_there_twice(self, tmp_path: Path) -> None:
        (tmp_path / "twice.toml").write_text(FILE.replace('"complex-step"', '"central-difference:step=none"'))
        with pytest.raises(InputError, match="gradient source 'central-difference' is there twice"):
            read_experiment(str(tmp_path / "twice.toml"))

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            (
                "central-diference",
                ["gradient source 'central-diference'", "did you mean 'central-difference'"],
            ),
            ("central-difference:stp=1", ["no option 'stp'", "did you mean 'step'"]),
            ("analytic:step=1", ["Analytic has no option 'step'", "options are: none"]),
            ("forward-difference:step=-1", ["'step' is -1", "greater than 0"]),
            ("forward-difference:step=0", ["'step' is 0", "greater than 0"]),
            ("forward-difference:step=inf", ["'step' is inf", "finite"]),
            ("forward-difference:step=small", ["'step' is 'small'", "number"]),
            ("forward-difference:1e-6", ["gradient source", "found '1e-6'", "expected option=value"]),
            ("forward-difference:step=1,step=2", ["'step' is there twice"]),
            ("", ["gradient source ''", "known are"]),
        ],
    )
    def test_what_is_wrong_is_said_in_one_sentence(self, name: str, words: list[str]) -> None:
        for ask in (build_source, harness.problems.load("xor").objective):
            with pytest.raises(InputError) as caught:
                ask(name)
            assert all(word in str(caught.value) for word in words), caught.value
            assert "\n" not in str(caught.value)

    @every_difference
    def test_the_label_is_what_was_given_and_leaves_the_default_out(self, source: str) -> None:
        assert build_source(source).label == source
        assert build_source(f"{source}:step=none").label == source
        labelled = build_source(f"{source}:step=1e-3").label
        assert labelled == f"{source}:step=0.001"
        assert build_source(labelled) == build_source(f"{source}:step=1e-3")


class TestRefusals:
    @pytest.mark.parametrize(
        ("network", "culprit"),
        [
            (Network(sizes=(3, 4, 2), activation="relu"), "activation 'relu'"),
            (Network(sizes=(3, 2), output="relu"), "activation 'relu'"),
            (Network(sizes=(3, 1), loss="perceptron-soft"), "loss 'perceptron-soft'"),
        ],
    )
    def test_the_complex_step_says_why_and_what_to_take(self, network: Network, culprit: str) -> None:
        reason = build_source("complex-step").refusal(network)
        assert reason is not None
        assert reason.startswith(f"{culprit} is not complex differentiable")
        assert reason.endswith(": take central-difference or analytic")
        # The optimizer hands on the remedy of the source, and adds none.
        assert GradientDescent().refusal(make_case(network, ROWS).objective("complex-step")) == reason

    @every_difference
    def test_differences_serve_every_network_with_a_gradient(self, source: str) -> None:
        assert all(build_source(source).refusal(network) is None for network in NETWORKS)

    def test_a_refused_source_is_skipped_and_the_others_run(self) -> None:
        results = harness.run(
            harness.problems.load("xor", activation="relu"),
            Adam(),
            gradients=["complex-step", "central-difference"],
            seeds=1,
            budget=20,
        )
        assert results.runs["gradient"].tolist() == ["central-difference"]
        assert results.skipped[["optimizer", "gradient"]].values.tolist() == [["adam", "complex-step"]]
