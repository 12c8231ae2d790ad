"""The verdicts on the worked examples, each against a computation that shares nothing with the package."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from oracles import exact_row_gradient, layer_parameters, relative_difference

from harness.cli.entry import main
from harness.coursework import agreement, figures, known_examples, load, perceptron_costs
from harness.coursework.backprop_3_3_2_1 import Loop
from harness.coursework.derivation import Derivation
from harness.coursework.example import Formula
from harness.coursework.perceptron_rule import Trial, far_enough, updated
from harness.coursework.points import away_from_target, steep
from harness.coursework.report import Report
from harness.coursework.softmax_2_3_3 import output_weights, softmax_jacobian
from harness.coursework.squared_2_3_1 import derivatives, once, twice
from harness.coursework.steepest_descent import Steepest, along_the_gradient
from harness.network.layout import Layer
from optimizers.errors import InputError

TEN_DIGITS = 5.1e-11
NAMES = [
    "backprop-3-3-2-1",
    "bce-1-1-1",
    "exp-output",
    "perceptron-rule",
    "relu-layer",
    "softmax-2-3-3",
    "softmax-chain",
    "squared-2-3-1",
    "steepest-descent",
]
DERIVATIONS = [name for name in NAMES if isinstance(load(name), Derivation)]


def derivation(name: str) -> Derivation:
    example = load(name)
    assert isinstance(example, Derivation)
    return example


def report(name: str, seed: int = 0, **changes: Any) -> Report:
    return dataclasses.replace(load(name), **changes).report(np.random.default_rng(seed))


def printed_instead(name: str, function: Any) -> Report:
    return report(name, printed=Formula(("handed in",), function))


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def sums(unit_weights: Any, biases: Any, below: Any) -> list[float]:
    return [
        b + sum(w * a for w, a in zip(unit, below, strict=True))
        for unit, b in zip(unit_weights, biases, strict=True)
    ]


def softmax(z: list[float]) -> list[float]:
    powers = [math.exp(number) for number in z]
    return [power / sum(powers) for power in powers]


def points(name: str) -> list[Any]:
    example, rng = derivation(name), np.random.default_rng(17)
    return [*example.printed_points, *(example.draw(rng) for _ in range(2))]


def test_all_nine_are_found() -> None:
    assert sorted(known_examples()) == NAMES


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown example 'softmax-chian': did you mean 'softmax-chain'"):
        load("softmax-chian")


def test_the_verdicts() -> None:
    assert {name: report(name).verdict for name in NAMES} == {
        "backprop-3-3-2-1": "wrong",
        "bce-1-1-1": "right",
        "exp-output": "rounded",
        "perceptron-rule": "wrong",
        "relu-layer": "right",
        "softmax-2-3-3": "wrong",
        "softmax-chain": "wrong",
        "squared-2-3-1": "wrong",
        "steepest-descent": "right",
    }


@pytest.mark.parametrize("name", DERIVATIONS)
def test_the_correct_formula_is_the_derivative_in_fifty_digits(name: str) -> None:
    example = derivation(name)
    for w, x, y in points(name):
        exact = [float(part) for part in exact_row_gradient(example.network, w, x, y)]
        found = example.gradient(example.correct.function, type(points(name)[0])(w, x, y))
        assert relative_difference(found, exact) < 1e-13


@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_formula_given_as_correct_that_is_not_is_told(name: str) -> None:
    right = load(name).correct.function

    def halved(layers: Any, x: Any, y: Any, *keep: Any) -> Any:
        return [Layer(layer.weights / 2, layer.biases / 2) for layer in right(layers, x, y, *keep)]

    found = report(name, correct=Formula(("halved",), halved))
    assert any("given as correct is not" in sentence for sentence in found.sentences)
    assert len(found.groups) > 1
    # What is right is what the sources say: the verdict on the printed formula stays.
    if not found.figures:
        assert found.verdict == report(name).verdict


def test_a_departure_in_one_place_is_found_there_and_called_by_its_factor() -> None:
    right = load("backprop-3-3-2-1").correct.function

    def bent(layers: Any, x: Any, y: Any) -> Any:
        first, second, third = right(layers, x, y)
        return [first, Layer(second.weights * -3.0, second.biases), third]

    found = printed_instead("backprop-3-3-2-1", bent)
    assert found.verdict == "wrong"
    assert (
        "departs in the weights of hidden layer 2, where the printed derivative is -3 times"
        in found.sentences[1]
    )
    assert found.sentences[1].endswith(
        "right are the output biases, the output weights, the biases of hidden layer 2, the biases of hidden "
        "layer 1 and the weights of hidden layer 1."
    )


FIGURES = {
    "exp-output": [
        *(2, 0.5, 0.8807970780, 0.6224593312, 0.2822814757),
        *(-0.2486326989, 0.0701844052, 0.0444566163, -0.0125492793),
    ],
    "relu-layer": [0.49, -0.06, -0.22, 0.49, 0.0, 0.0],
    "bce-1-1-1": [
        *(0.5498339973, 0.6034673606),
        *(-0.2180271262, -0.3965326394, -0.0196296800, -0.0392593600),
        *(0.4218027126, 0.2019629680, 0.2396532639, 0.1039259360),
    ],
}


def test_points_where_the_loss_is_flat_are_drawn_again() -> None:
    network = derivation("backprop-3-3-2-1").network
    rng = np.random.default_rng(0)
    good = away_from_target(network, rng)
    w = good.w.copy()
    w[-1] = 12.0  # far out on the last sigmoid
    drawn = iter([good._replace(w=w, y=np.zeros(1)), good._replace(w=w), good])
    assert steep(network, lambda rng: next(drawn), rng) is good


class TestFigures:
    @pytest.mark.parametrize("name", FIGURES)
    def test_the_exact_ones_to_ten_digits(self, name: str) -> None:
        exact = [figure.exact for figure in report(name).figures]
        assert exact == pytest.approx(FIGURES[name], abs=TEN_DIGITS)

    def test_rounding_to_three_decimals_gives_what_is_printed(self) -> None:
        first, p = 0.881, 0.282
        expected = [-p * first, p * p * first, p * 3 * first * 0.119 * 0.5, -p * p * 3 * first * 0.119 * 0.5]
        found = report("exp-output").figures[-4:]
        assert [float(figure.printed) for figure in found] == pytest.approx(expected, abs=1e-8)
        assert [figure.holds for figure in report("exp-output").figures] == [True] * 5 + [False] * 4
        assert [figure.digits for figure in found] == [3, 2, 2, 2]

    def test_the_sentence_names_the_decimals_that_were_found(self) -> None:
        assert "rounded to 3 decimals before multiplying" in report("exp-output").sentences[0]
        example = derivation("exp-output")
        found = example.values(example.correct.function, figures.rounding(5))
        printed = tuple((name, f"{number:.12f}") for name, number in found.items())
        again = report("exp-output", printed_figures=printed)
        assert again.verdict == "rounded"
        assert "rounded to 5 decimals before multiplying" in again.sentences[0]

    @pytest.mark.parametrize("name", FIGURES)
    def test_a_misprint_is_wrong_and_named(self, name: str) -> None:
        printed = dict(derivation(name).printed_figures)
        first = next(iter(printed))
        found = report(name, printed_figures=tuple({**printed, first: "0.1234"}.items()))
        assert found.verdict == "wrong"
        assert found.sentences[0].startswith(f"wrong in the figures: {first} = 0.1234")

    def test_a_figure_may_be_rounded_or_cut_off_but_no_more(self) -> None:
        assert all(figures.shortens(0.12345678, text) for text in ("0.12346", "0.12345", ".1235", "0.1234"))
        assert not any(
            figures.shortens(0.12345678, text) for text in ("0.12347", "0.12344", "-0.1234", "0.2")
        )


class TestSquared:
    def printed(self, w: Any, x: Any, y: Any) -> list[float]:
        """The printed formulas in plain loops."""
        (first, b1), (second, b2) = layer_parameters([float(number) for number in w], (2, 3, 1))
        hidden = [sigmoid(z) for z in sums(first, b1, x)]
        output = sums(second, b2, hidden)[0]
        outer = 2 * (float(y[0]) - output)
        inner = [outer * second[0][k] * sigmoid(a) * (1 - sigmoid(a)) for k, a in enumerate(hidden)]
        return (
            [d * float(number) for d in inner for number in x] + inner + [outer * a for a in hidden] + [outer]
        )

    def test_the_printed_formula_is_the_one_that_is_judged(self) -> None:
        example = derivation("squared-2-3-1")
        for point in points("squared-2-3-1"):
            found = example.gradient(example.printed.function, point)
            assert found == pytest.approx(self.printed(*point), abs=1e-14)

    def test_it_is_minus_the_derivative_above_and_no_multiple_of_it_below(self) -> None:
        for w, x, y in points("squared-2-3-1"):
            exact = [float(part) for part in exact_row_gradient(derivation("squared-2-3-1").network, w, x, y)]
            ratios = np.array(self.printed(w, x, y)) / exact
            assert ratios[9:] == pytest.approx(-1.0, abs=1e-12)
            assert np.ptp(ratios[:9]) > 1e-3
        found = report("squared-2-3-1")
        assert "the sign is lost, and the sigmoid is applied twice" in found.sentences[0]
        assert (
            "first departs in the output biases, where the printed derivative is -1 times"
            in found.sentences[1]
        )
        assert found.groups[-1] == ("printed formula",)

    def test_a_step_along_it_climbs(self) -> None:
        def loss(w: Any, x: Any, y: Any) -> float:
            (first, b1), (second, b2) = layer_parameters([float(number) for number in w], (2, 3, 1))
            output = sums(second, b2, [sigmoid(z) for z in sums(first, b1, x)])[0]
            return (float(y[0]) - output) ** 2

        for w, x, y in points("squared-2-3-1"):
            assert loss(w - 1e-3 * np.array(self.printed(w, x, y)), x, y) > loss(w, x, y)
        assert (
            "raises the loss at 5 of 5 points; against the right one at 0."
            in report("squared-2-3-1").sentences[2]
        )

    def test_half_a_repair_leaves_the_other_mistake(self) -> None:
        sign_only = printed_instead("squared-2-3-1", derivatives(-1.0, twice))
        assert sign_only.verdict == "wrong"
        assert "sign" not in sign_only.sentences[0]
        assert "the sigmoid is applied twice" in sign_only.sentences[0]
        assert "first departs in the hidden biases" in sign_only.sentences[1]
        assert "raises the loss at 0 of 5" in sign_only.sentences[2]
        slope_only = printed_instead("squared-2-3-1", derivatives(1.0, once))
        assert slope_only.sentences[0] == "wrong: the sign is lost."
        assert printed_instead("squared-2-3-1", derivatives(-1.0, once)).verdict == "right"


class TestSoftmax:
    def test_the_diagonal_alone_is_right_for_the_true_class_and_zero_elsewhere(self) -> None:
        example = derivation("softmax-2-3-3")
        for point in points("softmax-2-3-3"):
            (first, b1), (second, b2) = layer_parameters([float(number) for number in point.w], (2, 3, 3))
            hidden = [sigmoid(z) for z in sums(first, b1, point.x)]
            outputs = softmax(sums(second, b2, hidden))
            exact = [float(part) for part in exact_row_gradient(example.network, *point)]
            found = example.gradient(example.printed.function, point)
            assert np.isnan(found[:9]).all(), "nothing is printed of the hidden layer"
            for n, (output, label) in enumerate(zip(outputs, point.y, strict=True)):
                row = [-label * (1 - output) * below for below in hidden]
                assert found[9 + 3 * n : 12 + 3 * n] == pytest.approx(row, abs=1e-14)
                if label:
                    assert row == pytest.approx(exact[9 + 3 * n : 12 + 3 * n], rel=1e-12)
                else:
                    assert row == [0, 0, 0]
                    assert min(map(abs, exact[9 + 3 * n : 12 + 3 * n])) > 0
        found_report = report("softmax-2-3-3")
        assert "only the diagonal of the softmax Jacobian" in found_report.sentences[0]
        assert "right for the true class alone and zero for all others" in found_report.sentences[0]
        assert (
            "output biases (other classes), where the printed derivative is zero" in found_report.sentences[1]
        )

    def test_the_jacobian_of_softmax_has_more_than_a_diagonal(self) -> None:
        z = [0.3, -1.2, 2.0]
        a = softmax(z)
        expected = [[a[i] * ((i == j) - a[j]) for j in range(3)] for i in range(3)]
        assert softmax_jacobian(np.array(z)) == pytest.approx(np.array(expected), abs=1e-15)

    def test_another_mistake_is_not_taken_for_the_diagonal(self) -> None:
        found = printed_instead("softmax-2-3-3", output_weights(lambda z, a, labels: (a - labels) * (1 - a)))
        assert found.verdict == "wrong"
        assert "diagonal" not in found.sentences[0]
        assert "true class alone" not in found.sentences[0]

    def test_the_missing_learning_rate_is_told_only_where_it_is_missing(self) -> None:
        assert "without the learning rate eta" in report("softmax-2-3-3").sentences[2]
        example = load("softmax-2-3-3")
        lines = ("dE/da_kn = -l_n (1 - O_n) O_k", "a := a - eta dE/da")
        with_rate = report("softmax-2-3-3", printed=Formula(lines, example.printed.function))
        assert not any("learning rate" in sentence for sentence in with_rate.sentences)

    def test_in_the_chain_the_second_step_alone_is_off_by_a_times_one_minus_a(self) -> None:
        example = derivation("softmax-chain")
        for point in points("softmax-chain"):
            ((weights, biases),) = layer_parameters([float(number) for number in point.w], (4, 3))
            a = softmax(sums(weights, biases, point.x))
            exact = [float(part) for part in exact_row_gradient(example.network, *point)]
            found = example.gradient(example.printed.function, point)
            assert found[12:] == pytest.approx(exact[12:], abs=1e-14)
            expected = np.repeat([number * (1 - number) for number in a], 4)
            assert found[:12] / exact[:12] == pytest.approx(expected, rel=1e-11)
        found_report = report("softmax-chain")
        assert "the softmax derivative is multiplied in a second time" in found_report.sentences[0]
        assert "first departs in the output weights (true class)" in found_report.sentences[1]
        assert (
            "right are the output biases (true class) and the output biases (other classes)."
            in found_report.sentences[1]
        )


class TestBackpropagation:
    def test_the_printed_loop_never_sets_the_deltas_of_the_layer_below_the_output(self) -> None:
        example = derivation("backprop-3-3-2-1")
        for point in points("backprop-3-3-2-1"):
            exact = np.array([float(part) for part in exact_row_gradient(example.network, *point)])
            found = example.gradient(example.printed.function, point)
            assert found[20:] == pytest.approx(exact[20:], rel=1e-12)
            assert not found[:20].any()
            assert abs(exact[:20]).min() > 0
        sentences = report("backprop-3-3-2-1").sentences
        assert (
            "the deltas of layer 3 are never set and those of layer 2 are computed from them" in sentences[0]
        )
        assert (
            "is zero and the right one is not; right are the output biases and the output weights"
            in sentences[1]
        )
        assert sentences[2] == "The correct loop: the deltas of all layers from 4 down to 2 are set."
        assert "has moved 3 of 23 parameters, the correct one 23." in sentences[3]

    def test_a_loop_that_starts_lower_still_leaves_more_unset(self) -> None:
        found = printed_instead("backprop-3-3-2-1", Loop(3))
        assert "the deltas of layers 2, 3 are never set" in found.sentences[0]
        assert printed_instead("backprop-3-3-2-1", Loop(1)).verdict == "right"


class TestPerceptron:
    def test_the_counter_example_is_one(self) -> None:
        for seed in range(20):
            sentence = report("perceptron-rule", seed).sentences[0]
            numbers = [
                Fraction(text) for text in re.findall(r"[-+]?\d+\.?\d*", sentence.partition("is w")[2])
            ]
            w, x, y, eta = numbers[:3], numbers[3:6], numbers[6], numbers[7]
            z = sum((a * b for a, b in zip(w, x, strict=True)), Fraction())
            assert (1 if z >= 0 else -1) != y, "it is a mistake"
            after = [a + eta * 2 * y * b for a, b in zip(w, x, strict=True)]
            z_after = sum((a * b for a, b in zip(after, x, strict=True)), Fraction())
            assert (1 if z_after >= 0 else -1) != y, "and still is one"
            assert 2 * eta * sum(b * b for b in x) <= abs(z)

    def test_the_claim_with_its_condition_is_right(self) -> None:
        def condition(w: Any, x: Any, y: int, eta: Any) -> bool:
            z = sum(a * b for a, b in zip(w, x, strict=True))
            moved = z + 2 * y * eta * sum(b * b for b in x)
            return bool(moved >= 0) == (y == 1)

        assert printed_instead("perceptron-rule", condition).verdict == "right"
        never = printed_instead("perceptron-rule", lambda *trial: False)
        assert never.verdict == "wrong"
        assert "1000 of 1000 cases" in never.sentences[1]

    @pytest.mark.parametrize("y", [-1, 1])
    @pytest.mark.parametrize("eta", [Fraction(49, 100), Fraction(1, 2), Fraction(51, 100)])
    def test_the_condition_holds_on_its_boundary_too(self, y: int, eta: Fraction) -> None:
        # z = -y and x'x = 1: at eta = 1/2 the update leads to z = 0, which counts as +1.
        w, x = (Fraction(0), Fraction(-y)), (Fraction(0), Fraction(1))
        z_after = -y + 2 * eta * y
        assert Trial(w, x, y, eta).z_after == z_after
        mended = (z_after >= 0) == (y == 1)
        assert Trial(w, x, y, eta).mended == far_enough(w, x, y, eta) == mended

    def test_a_sum_of_zero_counts_as_plus_one(self) -> None:
        assert updated([0.0, 0.0], [2.0, 1.0], -1, 0.5) == [-2.0, -1.0]
        assert updated([0.0, 0.0], [2.0, 1.0], 1, 0.5) == [0.0, 0.0]

    def test_an_update_is_two_steps_on_the_soft_cost_and_nothing_where_the_row_is_right(self) -> None:
        rng = np.random.default_rng(5)
        for _ in range(50):
            w, x, y, eta = (
                rng.normal(size=3),
                np.append(rng.normal(size=2), 1.0),
                int(rng.choice([-1, 1])),
                0.3,
            )
            soft = [
                max(-y * float((w + move) @ x), 0.0) for move in 1e-7 * np.vstack([np.eye(3), -np.eye(3)])
            ]
            slope = (np.array(soft[:3]) - soft[3:]) / 2e-7
            assert np.array(updated(w, x, y, eta)) == pytest.approx(w - 2 * eta * slope, abs=1e-7)

    def test_the_equality_is_seen_to_fail_with_a_single_step(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "The rule equals" in report("perceptron-rule").sentences[2]
        assert perceptron_costs.epochs_apart(np.random.default_rng(0))[0] == 0.0
        monkeypatch.setattr(perceptron_costs, "STEPS", 1)
        assert perceptron_costs.epochs_apart(np.random.default_rng(0))[0] > 0.1
        assert "The rule is not" in report("perceptron-rule").sentences[2]

    def test_the_hard_cost_counts_mistakes(self) -> None:
        for seed in range(5):
            mistakes, cost = perceptron_costs.mistakes_and_hard_cost(np.random.default_rng(seed))
            assert mistakes == cost > 0


class TestSteepestDescent:
    def test_the_gradient_of_a_quadratic_form_is_its_steepest_direction(self) -> None:
        matrix = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]])
        w = np.array([0.5, -1.0, 2.0])
        slope = 2 * matrix @ w
        angles = np.random.default_rng(1).normal(size=(1000, 3))
        rates = angles / np.linalg.norm(angles, axis=1, keepdims=True) @ slope
        direction, rate = along_the_gradient(slope)
        assert rates.max() <= rate == pytest.approx(math.sqrt(float(slope @ slope)))
        assert direction @ slope == pytest.approx(rate)

    def test_another_direction_is_beaten(self) -> None:
        def by_sign(slope: Any) -> Steepest:
            direction = np.sign(slope) / math.sqrt(slope.size)
            return Steepest(direction, float(direction @ slope))

        found = printed_instead("steepest-descent", by_sign)
        assert found.verdict == "wrong"
        assert "other unit vectors are steeper than the printed one" in found.sentences[0]

    def test_another_rate_is_not_the_rate_there(self) -> None:
        def too_fast(slope: Any) -> Steepest:
            return Steepest(slope / np.linalg.norm(slope), float(np.abs(slope).sum()))

        found = printed_instead("steepest-descent", too_fast)
        assert found.verdict == "wrong"
        assert "the rate there is another one" in found.sentences[0]


class TestAgreement:
    def test_groups_hold_those_that_agree(self) -> None:
        one, two = np.array([1.0, 2.0]), np.array([1.0, 3.0])
        answers = {"p": [two], "c": [one], "x": [one * (1 + 5e-10)], "y": [two * (1 - 1e-9)]}
        rows = agreement.agreements(answers, correct="c", partial="p")
        assert [(row.source, row.group) for row in rows] == [("c", 0), ("x", 0), ("p", 1), ("y", 1)]
        assert [row.digits for row in rows] == [16, 9, 0, 0]

    def test_two_that_disagree_where_nothing_is_stated_are_not_brought_together(self) -> None:
        right, partial, other = np.array([1.0, 2.0]), np.array([1.0, np.nan]), np.array([1.0, 5.0])
        rows = agreement.agreements({"p": [partial], "c": [right], "x": [other]}, correct="c", partial="p")
        assert {row.source: row.group for row in rows} == {"c": 0, "p": 0, "x": 1}

    def test_what_is_not_stated_is_not_compared_and_what_is_lost_is(self) -> None:
        right, partial, lost = np.array([1.0, 2.0]), np.array([1.0, np.nan]), np.array([np.nan, 2.0])
        rows = agreement.agreements({"p": [partial], "c": [right], "x": [lost]}, correct="c", partial="p")
        assert {row.source: row.group for row in rows} == {"c": 0, "p": 0, "x": 1}
        assert rows[-1].error == math.inf


class TestTerminal:
    def called(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    def test_examples_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        status, out, err = self.called(capsys, "list", "examples")
        assert (status, err) == (0, "")
        assert [line.split()[0] for line in out.splitlines()] == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_an_example_is_shown_as_its_report(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        status, out, err = self.called(capsys, "show", "example", name)
        assert (status, err) == (0, "")
        assert out == f"{report(name)}\n"
        assert "\nVerdict: " in out

    def test_a_misspelt_example_is_answered_with_the_nearest(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, out, err = self.called(capsys, "show", "example", "exp-outptu")
        assert (status, out) == (2, "")
        assert "unknown example 'exp-outptu': did you mean 'exp-output'" in err

    def test_to_list_them_imports_nothing_heavy(self) -> None:
        code = (
            "import json, sys\nfrom harness.cli.entry import main\n"
            "try: main(['list', 'examples'])\nexcept SystemExit: pass\n"
            "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        heavy = {
            "pandas",
            "matplotlib",
            "sklearn",
            "pygad",
            "loky",
            "scipy.special",
            "scipy.optimize",
            "sympy",
        }
        assert not set(json.loads(done.stderr)) & heavy
