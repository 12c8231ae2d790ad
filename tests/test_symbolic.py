"""Formulas: they are the right ones, they read well, and compiled they are the gradient."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from cases import HIDDEN, every_network, every_output, label, make_case
from matplotlib.mathtext import MathTextParser
from oracles import exact_gradients, relative_difference
from traceable import CASES
from watching import watch

import harness
from harness.cli.entry import main
from harness.gradients import build_source
from harness.gradients import symbolic as symbolic_source
from harness.network.network import Network
from harness.symbolic import derivation, derivation_of, derivation_of_problem, kernels
from harness.symbolic.functions import LogSumExp, Sigmoid, written_out
from harness.symbolic.interpreter import VALUES
from harness.symbolic.size_limits import PARAMETERS, PATHS, too_large
from harness.symbolic.source_code import row_loss, source_code
from harness.symbolic.statements import Writer
from optimizers.errors import InputError
from optimizers.objective import ALL_ROWS
from optimizers.registry import known_optimizers
from optimizers.signatures import Data

ROWS = 6
TOLERANCE = 1e-12
"""Of the difference from the analytic gradient, relative to that one's norm."""
XOR = Network(sizes=(2, 2, 1), loss="binary-cross-entropy")
IRIS = Network(sizes=(4, 8, 3), loss="categorical-cross-entropy")


def some_networks() -> list[Network]:
    """Every loss with every output, at one to three layers, hidden activations taking turns."""
    turns, found = itertools.cycle(HIDDEN), []
    for loss, output in every_output():
        units = 2 if output == "softmax" or loss.targets == "distribution" else 1
        if output == "step":
            continue
        for hidden in ((), (3,), (3, 2)):
            names = tuple(next(turns) for _ in hidden) or ("tanh",)
            found.append(Network(sizes=(3, *hidden, units), activation=names, loss=loss.name, output=output))
    return found


def of_files(network: Network) -> Any:
    return symbolic_source._generated(network)


LONG = ("matrix-product-chain", "softmax-regression")
"""Functions whose derivatives as formulas take SymPy a third of a minute and more."""


class TestTheGradient:
    @pytest.mark.parametrize("network", some_networks(), ids=label)
    def test_the_formulas_agree_with_backpropagation(self, network: Network) -> None:
        case = make_case(network, ROWS, kinks=False)
        data = Data(*case.objective().compiled.data)  # type: ignore[union-attr]
        loss, slopes = case.objective().value_and_gradient(case.w)
        found = np.empty(network.size)
        # The formulas themselves, uncompiled: the machine code of every network would take minutes.
        assert of_files(network).value_and_gradient.py_func(case.w, ALL_ROWS, data, found) == pytest.approx(
            loss, rel=TOLERANCE, abs=1e-15
        )
        assert relative_difference(found, slopes) < TOLERANCE

    @pytest.mark.slow
    @pytest.mark.parametrize("network", [*every_network((3, 2), 2, pairs=False)], ids=label)
    def test_every_network_agrees_when_compiled(self, network: Network) -> None:
        if network.no_gradient:
            pytest.skip(network.no_gradient)
        case = make_case(network, ROWS, kinks=False)
        expected = case.objective().value_and_gradient(case.w)[1]
        found = case.objective("symbolic").value_and_gradient(case.w)[1]
        assert relative_difference(found, expected) < TOLERANCE

    @pytest.mark.parametrize("network", [XOR, Network(sizes=(3, 4, 2), loss="squared", output="softmax")])
    def test_it_agrees_with_fifty_digits(self, network: Network) -> None:
        case = make_case(network, ROWS)
        found = case.objective("symbolic").value_and_gradient(case.w)[1]
        exact = exact_gradients(network, case.w, case.X, case.Y).mean(axis=0)
        assert relative_difference(found, exact) < 1e-14

    @pytest.mark.parametrize("network", [XOR, IRIS], ids=label)
    @pytest.mark.parametrize("size", [1e3, 1e4, 1e200])
    def test_logits_of_any_size_stay_finite(self, network: Network, size: float) -> None:
        case = make_case(network, ROWS)
        loss, slopes = case.objective("symbolic").value_and_gradient(case.w * size)
        same_loss, same_slopes = case.objective().value_and_gradient(case.w * size)
        assert np.isfinite(loss)
        assert loss == pytest.approx(same_loss, rel=1e-12)
        assert np.abs(slopes - same_slopes).max() <= 1e-9 * np.abs(same_slopes).max()

    @pytest.mark.parametrize(
        "name", [name for name, found in known_optimizers().items() if "gradient" in found.needs]
    )
    def test_every_optimizer_takes_the_same_path_with_it(self, name: str) -> None:
        problem = harness.problems.load("xor")
        trails = []
        # Near a minimum curvature is a quotient of rounding errors: what learns it goes two ways from there.
        looks = [5, 1] if name == "memetic-algorithm" else [40, 1]
        for source in ("analytic", "symbolic"):
            watcher = watch(known_optimizers()[name](), problem.objective(source), problem.start(1), looks)
            trails.append([*watcher.trail, *watcher.path.ravel()])
        np.testing.assert_allclose(trails[1], trails[0], rtol=1e-7, atol=1e-9)

    def test_the_stable_functions_are_the_functions_that_they_stand_for(self) -> None:
        z = sympy.Symbol("z", real=True)
        for number in (-30.0, -0.4, 0.0, 2.5, 30.0):
            exact = float(written_out(LogSumExp(0, z)).evalf(30, subs={z: number}))
            assert kernels.softplus(number) == pytest.approx(exact, rel=1e-15)
        assert kernels.log_sum_exp((0.3, -1.2, 2.0)) == pytest.approx(np.logaddexp.reduce([0.3, -1.2, 2.0]))
        assert [kernels.maximum(*pair) for pair in ((1.0, 2.0), (2.0, 1.0), (1.0, 1.0))] == [2.0, 2.0, 1.0]
        assert np.isnan([kernels.maximum(np.nan, 1.0), kernels.maximum(1.0, np.nan)]).all()
        assert [kernels.heaviside(x) for x in (-1.0, 0.0, 1.0)] == [0.0, 0.5, 1.0]


class TestCost:
    @pytest.mark.parametrize("network", [XOR, IRIS, Network(sizes=(3, 4, 2), output="softmax")], ids=label)
    def test_it_is_the_multiplications_of_the_code_that_runs(self, network: Network) -> None:
        loop = next(
            node
            for node in ast.walk(ast.parse(inspect.getsource(of_files(network).value_and_gradient.py_func)))
            if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and node.target.id == "place"
        )
        indices = {
            id(part)
            for node in ast.walk(loop)
            if isinstance(node, ast.Subscript)
            for part in ast.walk(node.slice)
        }
        counted = sum(
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Mult | ast.Div | ast.Pow)
            and id(node) not in indices
            for node in ast.walk(loop)
        )
        forward = sum(ins * outs for ins, outs in itertools.pairwise(network.sizes))
        assert build_source("symbolic").cost(network) == counted / forward

    def test_xor_by_hand(self) -> None:
        # Forward 6; loss 1; two deltas of hidden units 3 each; weights 4 + 2.
        assert build_source("symbolic").cost(XOR) == 19 / 6


def in_many_digits(formulas: Sequence[Any], values: Mapping[Any, Any]) -> Any:
    """Numbers of formulas, by mpmath."""
    names = list(values)
    evaluate = sympy.lambdify(names, [written_out(formula) for formula in formulas], "mpmath", cse=True)
    with mpmath.workdps(40):
        return evaluate(*(mpmath.mpf(float(values[name])) for name in names))


@functools.cache
def assert_can_be_set(line: str) -> None:
    """Hold a formula against Matplotlib's parser, once: networks share most of theirs."""
    MathTextParser("path").parse(f"${line}$")


class TestDerivation:
    def test_one_unit_a_layer_is_the_formula_of_the_textbook(self) -> None:
        found = derivation(
            Network(sizes=(1, 1, 1), activation="sigmoid", loss="half-squared", output="sigmoid")
        )
        w1, b1, w2, b2 = found.parameters
        x, y = sympy.Symbol("x[1]", real=True), sympy.Symbol("y[1]", real=True)
        a1 = Sigmoid(w1 * x + b1)
        a2 = Sigmoid(w2 * a1 + b2)
        delta2 = (a2 - y) * a2 * (1 - a2)
        delta1 = delta2 * w2 * a1 * (1 - a1)
        by_hand = [delta1 * x, delta1, delta2 * a1, delta2]
        assert found.expanded(found.value) == (a2 - y) ** 2 / 2
        for formula, expected in zip(found.gradient, by_hand, strict=True):
            assert sympy.expand(found.expanded(formula) - expected) == 0

    @pytest.mark.parametrize(
        "network",
        [
            XOR,
            Network(sizes=(2, 3, 2), activation="relu", loss="categorical-cross-entropy"),
            Network(sizes=(2, 2, 2, 1), activation=("exponential", "sigmoid"), loss="squared", output="tanh"),
            Network(sizes=(2, 2), loss="squared", output="softmax"),
            Network(sizes=(2, 2), loss="perceptron-soft"),
        ],
        ids=label,
    )
    def test_the_chain_rule_gives_what_sympy_gives_for_the_whole_loss(self, network: Network) -> None:
        found, (loss, names) = derivation(network), row_loss(network)
        assert list(found.parameters) == names
        rng = np.random.default_rng(3)
        point = {name: rng.normal() for name in loss.free_symbols}  # type: ignore[attr-defined]
        by_layers = [found.expanded(formula) for formula in (found.value, *found.gradient)]
        whole = [loss, *(sympy.diff(loss, name) for name in names)]
        for one, other in zip(in_many_digits(by_layers, point), in_many_digits(whole, point), strict=True):
            assert abs(one - other) < 1e-30

    def test_the_hidden_gradient_of_xor_reads_as_in_a_textbook(self) -> None:
        found = derivation(XOR)
        assert found.lines("backward") == [
            "delta2[1] = a2[1] - y[1]",
            "delta1[1] = delta2[1]*w2[1,1]*(1 - a1[1]**2)",
            "delta1[2] = delta2[1]*w2[1,2]*(1 - a1[2]**2)",
        ]
        assert found.latex_lines("backward")[1] == (
            r"\delta^{(1)}_{1} = \delta^{(2)}_{1} w^{(2)}_{11} \left(1 - \left(a^{(1)}_{1}\right)^{2}\right)"
        )
        assert found.lines("value") == ["E = log(1 + exp(z2[1])) - y[1]*z2[1]"]

    @pytest.mark.parametrize("network", some_networks(), ids=label)
    def test_latex_can_be_set_and_lines_fit_the_terminal(self, network: Network) -> None:
        found = derivation(network)
        for part in ("forward", "value", "backward", "gradient"):
            for line in found.latex_lines(part):
                assert_can_be_set(line)
        whole = found._repr_latex_()
        assert whole.count("{") == whole.count("}")
        assert whole.count(r"\left") == whole.count(r"\right")
        assert whole.startswith("\\begin{align*}")
        assert max(map(len, str(found).splitlines())) <= 100

    @pytest.mark.parametrize(
        "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in CASES]
    )
    def test_a_plain_function_has_the_derivatives_of_automatic_differentiation(self, name: str) -> None:
        function, point = CASES[name]
        if name == "recurrent-net":
            with pytest.raises(InputError, match=r"93,\d{3} parts"):
                derivation_of(lambda w: function(np, w), point.size)
            return
        found = derivation_of(lambda w: function(np, w), point.size)
        assert max(map(len, str(found).splitlines())) <= 100
        values = dict(zip(found.parameters, point, strict=True))
        slopes = [float(slope) for slope in in_many_digits(found.gradient, values)]
        expected = harness.autodiff.gradient(lambda w: function(np, w))(point)
        assert relative_difference(slopes, expected) < 1e-11

    def test_a_problem_is_derived_from_its_network_or_its_function(self) -> None:
        rosenbrock, xor = harness.problems.load("rosenbrock"), harness.problems.load("xor")
        assert str(derivation_of_problem(rosenbrock)) == str(derivation_of(rosenbrock.function, rosenbrock.n))
        assert str(derivation_of_problem(xor)) == str(derivation(xor.network))
        with pytest.raises(InputError, match="3 has no network and no function to derive: take xor or"):
            derivation_of_problem(3)

    def test_one_term_of_a_sum_of_exponentials_is_the_sum(self) -> None:
        z = sympy.Symbol("z", real=True)
        assert LogSumExp(z) is z

    @pytest.mark.parametrize(
        "text",
        [
            "a/b",
            "-a/b",
            "(a + b)/(a - b)",
            "a**-1",
            "b**-3",
            "a**2.5",
            "(a + b)**0.5",
            "(a + b)**3",
            "a/3 - b",
        ],
    )
    def test_an_expression_is_written_in_floats(self, text: str) -> None:
        a, b = sympy.symbols("a b", real=True)
        expression = sympy.sympify(text, {"a": a, "b": b})
        writer = Writer({b: "second"})
        names: dict[str, Any] = {"a": 1.7, "second": 0.6}
        written = writer.text(expression)
        exec("\n".join([*writer.lines, f"found = {written}"]), {}, names)
        assert names["found"] == pytest.approx(float(expression.subs({a: 1.7, b: 0.6})), rel=1e-14)
        # Integers would be converted at each call, and powers of them are no multiplications.
        numbers = [node.value for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Constant)]
        assert all(isinstance(number, float) for number in numbers)

    def test_rosenbrock_as_it_is_printed(self) -> None:
        found = derivation_of(lambda w: (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2, 2)
        a, b = found.parameters
        assert sympy.expand(found.gradient[0] - (-2 * (1 - a) - 400 * a * (b - a**2))) == 0
        assert sympy.expand(found.gradient[1] - 200 * (b - a**2)) == 0
        assert found.lines("value") == ["f = (1 - w[1])**2 + 100*(w[2] - w[1]**2)**2"]

    def test_every_primitive_has_a_symbolic_form(self) -> None:
        from harness.autodiff.primitive import PRIMITIVES

        assert set(VALUES) == set(PRIMITIVES)

    def test_a_primitive_without_one_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(VALUES, "tanh")
        with pytest.raises(
            InputError, match=r"primitive 'tanh' .* VALUES in harness/symbolic/interpreter.py"
        ):
            derivation(XOR)


class TestRefusals:
    def test_too_many_parameters(self) -> None:
        network = Network(sizes=(30, 40, 1), loss="binary-cross-entropy")
        reason = build_source("symbolic").refusal(network)
        assert reason is not None
        assert f"1,281 parameters, and formulas serve up to {PARAMETERS}" in reason
        assert reason.endswith(": take reverse-autodiff or analytic")
        with pytest.raises(InputError, match="take fewer units"):
            derivation(network)

    def test_the_limit_itself_is_served(self) -> None:
        assert too_large((1, PARAMETERS // 2)) is None
        assert too_large((1, PARAMETERS // 2 + 1))
        assert too_large((4, 6, 6, 6, 3)) is None
        assert f"{PATHS:,}" in str(too_large((6, 7, 7, 7, 7, 3)))

    @pytest.mark.parametrize(("n", "match"), [(0, "n is 0"), (10_000, "10,000 parameters")])
    def test_a_wrong_number_of_parameters(self, n: int, match: str) -> None:
        with pytest.raises(InputError, match=match):
            derivation_of(lambda w: w @ w, n)

    def test_no_number_and_no_gradient(self) -> None:
        with pytest.raises(InputError, match="expected one number"):
            derivation_of(lambda w: w * w, 2)
        with pytest.raises(InputError, match="counts mistakes"):
            derivation(Network(sizes=(2, 1), loss="perceptron-hard"))


PROGRAM = """
import sys, numpy as np
from cases import make_case
from harness.network.network import Network
case = make_case(Network(sizes=(2, 3, 1), activation="exponential", output="sigmoid"), 4)
objective = case.objective("symbolic")
print(objective.value_and_gradient(case.w)[1].tobytes().hex())
misses = objective.compiled.value_and_gradient.stats.cache_misses
print("sympy" in sys.modules, sum(misses.values()))
"""


class TestTheCache:
    network = Network(sizes=(2, 3, 1), activation="exponential", output="sigmoid")

    def started(self, seed: int) -> subprocess.Popen[str]:
        import os

        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent), "PYTHONHASHSEED": str(seed)}
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=environment
        )

    def file(self) -> Path:
        return Path(of_files(self.network).__file__)

    def test_a_second_process_neither_derives_nor_compiles(self) -> None:
        self.file().unlink()
        first, _ = self.started(1).communicate()
        # And this process has derived the same, whose order of hashes is another.
        assert self.file().read_text(encoding="utf-8") == source_code(self.network)
        second, _ = self.started(2).communicate()
        assert first.split()[1] == "True"
        assert second.split() == [first.split()[0], "False", "0"]

    def test_processes_that_write_at_once_leave_one_whole_file(self) -> None:
        file = self.file()
        file.unlink()
        # Each is two seconds of CPU.
        answers = {process.communicate()[0].split()[0] for process in [self.started(1), self.started(2)]}
        assert len(answers) == 1
        assert file.read_text(encoding="utf-8") == source_code(self.network)
        assert not list(file.parent.glob("*.aside"))


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def called(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return called


class TestTheTerminal:
    def test_it_shows_the_derivation_of_a_problem(self, call: Call) -> None:
        status, out, err = call("show", "derivation", "xor")
        assert (status, err) == (0, "")
        assert out.startswith("How does the loss E of one row depend on each of the 9 parameters?\n")
        assert "  dE/dw1[1,1] = delta1[1]*x[1]\n" in out
        assert call("show", "derivation", "xor:hidden=[]")[1].count("dE/d") == 4

    def test_latex_on_request(self, call: Call) -> None:
        status, out, _ = call("show", "derivation", "xor", "--latex")
        assert (status, out) == (0, derivation(XOR).latex() + "\n")

    @pytest.mark.parametrize(
        ("arguments", "parts"),
        [
            (["derivation", "xro"], ["unknown problem 'xro'", "did you mean 'xor'"]),
            (["derivation", "xor:hiden=[2]"], ["no option 'hiden'", "did you mean 'hidden'"]),
            (["derivation", "iris:hidden=[900]"], ["7,203 parameters", "take fewer units"]),
            (["derivtion", "xor"], ["unknown kind", "did you mean 'derivation'"]),
            (["problem", "xor", "--latex"], ["--latex goes with", "leave it out"]),
        ],
    )
    def test_errors_are_one_sentence(self, call: Call, arguments: list[str], parts: list[str]) -> None:
        status, out, err = call("show", *arguments)
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert all(part in err for part in parts), err
