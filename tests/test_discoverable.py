"""What there is can be found by tab completion, is known to type checkers, and shows itself briefly."""

from __future__ import annotations

import ast
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import harness
import optimizers
from harness.network.network import Network
from harness.problems import FunctionProblem
from optimizers import Adam, GeneticAlgorithm, MultiStart
from optimizers.registry import OPTIMIZERS

ROOT = Path(optimizers.__file__).parent.parent


def named_for_type_checkers(file: Path) -> set[str]:
    """Return the names that a package imports for type checkers alone."""
    blocks = [node for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.If)]
    chosen = next(node for node in blocks if ast.unparse(node.test) == "TYPE_CHECKING")
    return {
        alias.asname or alias.name
        for node in ast.walk(chosen)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_type_checkers_know_every_optimizer_of_this_package() -> None:
    own = {cls.__name__ for cls in OPTIMIZERS.values() if cls.__module__.startswith("optimizers.")}
    assert named_for_type_checkers(ROOT / "optimizers" / "__init__.py") == own | set(optimizers.__all__)
    assert own < set(dir(optimizers))
    assert all(getattr(optimizers, name) in OPTIMIZERS.values() for name in own)
    assert all(getattr(optimizers, name) is not None for name in optimizers.__all__)


def test_type_checkers_know_every_plot_of_this_package() -> None:
    named = named_for_type_checkers(ROOT / "harness" / "plots" / "__init__.py")
    plots = harness.plots.known_plots()
    assert named == {plot.__name__ for plot in plots.values() if plot.__module__.startswith("harness.plots.")}
    assert named < set(dir(harness.plots))


def test_completion_shows_what_is_public() -> None:
    assert {"run", "load", "Problem", "Results", "Model", "check", "plots", "problems"} <= set(dir(harness))
    assert named_for_type_checkers(ROOT / "harness" / "__init__.py") == set(dir(harness))
    assert all(getattr(harness, name) is not None for name in dir(harness))
    assert (ROOT / "harness" / "py.typed").is_file()
    assert (ROOT / "optimizers" / "py.typed").is_file()


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (Adam(), "Adam()"),
        (Adam(learning_rate=0.01), "Adam(learning_rate=0.01)"),
        (GeneticAlgorithm(engine="pygad", bits=8), "GeneticAlgorithm(bits=8, engine='pygad')"),
        (MultiStart(optimizer=Adam(decay_1=0.5)), "MultiStart(optimizer=Adam(decay_1=0.5))"),
        (harness.gradients.build_source("central-difference:step=0.5"), "CentralDifference(step=0.5)"),
        (harness.problems.load("xor"), "<problem xor: network 2-2-1, binary-cross-entropy, 4 rows>"),
        (harness.coursework.Formula(("E = w^2",), abs), "Formula(lines=('E = w^2',))"),
    ],
    ids=str,
)
def test_a_short_text_says_what_differs_from_the_defaults(shown: object, text: str) -> None:
    assert repr(shown) == text
    if isinstance(shown, optimizers.Optimizer):
        assert eval(
            text, vars(optimizers) | {name: getattr(optimizers, name) for name in dir(optimizers)}
        ) == (shown)


class Balanced(HTMLParser):
    """Sees to it that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (Adam(learning_rate=0.01), ["Adam", "learning_rate", "0.01", "Step along the running mean"]),
        (Network(sizes=(2, 3, 1)), ["Network", "[2, 3, 1]", "half-squared"]),
        (harness.problems.load("iris"), ["iris", "Three species", "4-8-3", "67", "0.05", "150"]),
        (
            harness.Problem.from_arrays(np.eye(4), list("abab"), hidden=(), test_fraction=0, name="<b>&"),
            ["&lt;b&gt;&amp;", "classes", "2"],
        ),
        (FunctionProblem(lambda w: float(w @ w), 2, name="bowl", key="bowl"), ["bowl", "target", "none"]),
        (harness.coursework.load("softmax-2-3-3"), ["softmax", "one label", "-l_n (1 - O_n) O_k"]),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_a_notebook_shows_it_as_a_table(shown: object, words: list[str]) -> None:
    shows_a_table(shown, words)


def test_a_worked_example_does_not_show_its_answer() -> None:
    example = harness.coursework.load("softmax-2-3-3")
    assert not any(line in example._repr_html_() for line in example.correct.lines)


def test_a_notebook_shows_a_report_as_the_terminal_does() -> None:
    report = harness.coursework.load("relu-layer").report(np.random.default_rng(0))
    shows_a_table(report, ["monospace", "Verdict: right", "reverse-autodiff"])
    assert repr(report) == "<report on relu-layer: right>"


def test_a_notebook_shows_a_derivation_as_formulas() -> None:
    found = harness.symbolic.derivation_of_problem(harness.problems.load("xor"))
    assert found._repr_latex_().startswith("\\begin{align*}")
    assert repr(found).startswith("<derivation: How does the loss E")


def test_a_notebook_shows_results_as_a_table() -> None:
    shows_a_table(harness.run("xor", Adam(), seeds=1, budget=20), ["adam", "xor"])


def shows_a_table(shown: object, words: list[str]) -> None:
    page = shown._repr_html_()  # type: ignore[attr-defined]
    assert all(word in page for word in words), page
    reader = Balanced()
    reader.feed(page)
    assert not reader.open
