"""One file adds a member to a family: it is found, it runs, and the family's suite takes it untold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from processes import COMMAND, ROOT, install, python

import harness

FILES = {
    "own_rule.py": '''
"""An update rule of one's own."""

from typing import Any, ClassVar, NamedTuple

from optimizers.compilation import compiled
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.options import Positive, options
from optimizers.records import numbers_of


class Settings(NamedTuple):
    """What the rule reads."""

    learning_rate: float


@compiled()
def _step(w, gradient, state, settings, step):
    rule = numbers_of(Settings, settings)
    for i in range(w.size):
        w[i] -= rule.learning_rate * gradient[i]


@options
class OwnDescent(ScheduledDescent):
    """Step against the gradient by another name.

    Attributes:
        learning_rate: step as a multiple of the gradient.
    """

    learning_rate: Positive = 0.1
    source: ClassVar[str] = "Cauchy (1847), Methode generale pour la resolution des systemes"
    update: ClassVar[Any] = _step
    reads: ClassVar[Any] = Settings

    def plain(self, w, gradient, rates):
        """Cauchy's step."""
        for rate in rates:
            w = w - rate * gradient(w)
            yield w
''',
    "own_schedule.py": '''
"""A schedule of one's own."""

from typing import NamedTuple

from optimizers.compilation import compiled
from optimizers.descent.schedule import Schedule
from optimizers.records import numbers_of


class Halving(NamedTuple):
    learning_rate: float
    period: float


@compiled()
def _halving(steps, settings, rates):
    given = numbers_of(Halving, settings)
    for place in range(steps.size):
        rates[place] = given.learning_rate * 0.5 ** (steps[place] // given.period)


HALVING = Schedule("halving", "learning_rate / 2^floor(t / period)", Halving, _halving)
''',
    "own_search.py": '''
"""A search of one's own, which is no descent."""

import math
from typing import ClassVar

from optimizers.optimizer import Optimizer
from optimizers.options import Positive, options


@options
class OwnSearch(Optimizer):
    """Draw candidates around the best point so far, and keep the best.

    Attributes:
        spread: standard deviation of a draw.
    """

    spread: Positive = 0.1
    needs: ClassVar = frozenset({"value"})
    source: ClassVar[str] = "Brooks (1958), A discussion of random methods, Operations Research 6"
    pays_for_loss: ClassVar[bool] = True
    draws: ClassVar[bool] = True
    variants: ClassVar = ("spread=0.2",)

    def iteration_cost(self, objective):
        """Return the cost of one value."""
        return 1.0

    def run(self, objective, start, rng, observe):
        """Draw until no more is allowed; the first value is that of the start."""
        best, best_loss, first = start.copy(), math.inf, True
        allowance = observe(best)
        while allowance:
            for _ in range(allowance):
                drawn = best if first else best + rng.normal(0.0, self.spread, start.size)
                first, loss = False, objective.value(drawn)
                if loss < best_loss:
                    best, best_loss = drawn, loss
            allowance = observe(best, iterations=allowance, loss=best_loss)
        return None
''',
    "own_source.py": '''
"""A gradient source of one's own."""

from harness.gradients.central_difference import CentralDifference
from optimizers.options import options


@options
class OwnDifference(CentralDifference):
    """Central differences by another name."""
''',
    "own_initializer.py": '''
"""An initializer of one's own."""

import numpy as np

from harness.network.initializer import Initializer
from harness.network.layout import layer_views, parameter_count


def _draw(sizes, rng):
    w = np.zeros(parameter_count(sizes))
    for weights, _ in layer_views(w, sizes):
        weights[:] = rng.normal(0.0, weights.shape[1] ** -0.5, weights.shape)
    return w


LECUN = Initializer(
    name="lecun",
    equation="weights from N(0, 1 / ins)",
    source="LeCun, Bottou, Orr, Mueller (1998), Efficient backprop, section 4.6",
    draw=_draw,
    variance=lambda ins, outs: 1.0 / ins,
)
''',
    "own_problem.py": '''
"""A problem of one's own."""

import numpy as np

from harness.problems.family import ProblemFamily
from optimizers.options import Count, options


@options
class Stripes(ProblemFamily):
    """Two classes in stripes, which a hidden layer tells apart."""

    rows: Count = 40
    stripes: Count = 4

    def data(self):
        """Return points on a line, and the stripe that each is in."""
        X = np.linspace(0.0, 1.0, self.rows)[:, None]
        return X, (X[:, 0] * self.stripes).astype(int) % 2
''',
    "own_plot.py": '''
"""A plot of one's own."""

from harness.plots.style import line_looks, panels


def final_losses(results):
    """Draw the final losses of all runs."""
    runs = results.runs
    looks = line_looks(runs)
    words = {"title": results.question, "subtitle": "a point: one run"}
    problems = list(runs["problem"].unique())
    figure, axes = panels(problems, looks, **words, xlabel="run", ylabel="final loss")
    for problem, panel in axes.items():
        for (optimizer, _), look in looks.items():
            part = runs[(runs["problem"] == problem) & (runs["optimizer"] == optimizer)]
            panel.plot(range(len(part)), part["final_loss"], **{**look, "linestyle": ""})
    return figure
''',
    "own_executor.py": '''
"""An executor of one's own."""

from harness.sweeps.executors.executor import Executor
from optimizers.options import options


@options
class Backwards(Executor):
    """Do runs one after the other, the last one first."""

    def processes(self):
        """Return 1."""
        return 1

    def do(self, runs):
        """Do runs from the last to the first."""
        for run in reversed(runs):
            yield [run.execute()]
''',
    "own_statistic.py": '''
"""A statistic of one's own."""

from harness.analysis.grouping import groups
from harness.analysis.medians import median_interval
from harness.analysis.statistic import RUNS, Statistic, estimate, estimated
from optimizers.options import Positive, options


@options
class MedianIterations(Statistic):
    """Median number of iterations of a run, however it ended."""

    unit_of_time: Positive = 1.0

    source = "David, Nagaraja (2003), Order statistics, section 7.1"
    columns = {**RUNS, **estimate("iterations", "median number of iterations")}

    def rows(self, tables):
        """Yield a row a group."""
        for group in groups(tables):
            found = median_interval(group.runs["iterations"] / self.unit_of_time, self.level)
            yield {**group.unit, "n": len(group.runs), **estimated("iterations", *found)}
''',
    "own_format.py": '''
"""An exchange format of one's own."""

import json
from typing import ClassVar

from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.frames import tables_of
from harness.runs.parts import write_whole
from optimizers.errors import InputError
from optimizers.options import CountOrZero, options


@options
class JsonLines(ExchangeFormat):
    """One line of JSON for each run, with its losses.

    Attributes:
        indent: blanks before each line.
    """

    indent: CountOrZero = 0

    source: ClassVar[str] = "https://jsonlines.org"
    holds: ClassVar[frozenset[str]] = frozenset(
        {"runs." + name for name in ("run_id", "problem", "optimizer", "seed")}
        | {"trace.run_id", "trace.cost", "trace.loss"}
    )
    every_row: ClassVar[bool] = True

    def write(self, tables, folder):
        """Write one file."""
        lines = []
        for row in tables.runs.to_dict("records"):
            trace = tables.trace[tables.trace["run_id"] == row["run_id"]]
            line = {name: row[name] for name in ("run_id", "problem", "optimizer", "seed")}
            line |= {name: trace[name].astype(float).tolist() for name in ("cost", "loss")}
            lines.append(" " * self.indent + json.dumps(line) + "\\n")
        write_whole(folder / "runs.jsonl", "".join(lines).encode())
        return [folder / "runs.jsonl"]

    def read(self, folder):
        """Read it again."""
        try:
            lines = (folder / "runs.jsonl").read_text(encoding="utf-8").splitlines()
            rows = [json.loads(line) for line in lines]
            runs = {name: [row[name] for row in rows] for name in ("run_id", "problem", "optimizer", "seed")}
            trace = {name: [x for row in rows for x in row[name]] for name in ("cost", "loss")}
        except (OSError, ValueError, KeyError):
            raise InputError(f"{folder} holds no runs.jsonl: give another folder") from None
        trace["run_id"] = [row["run_id"] for row in rows for _ in row["cost"]]
        return tables_of("lines", "", runs, trace)
''',
    "own_experiment.py": '''
"""An experiment of one's own."""

from pathlib import Path

STRIPES = Path(__file__).parent / "stripes-by-two.toml"
''',
    "stripes-by-two.toml": """
question = "Which of two is ahead on stripes?"
problems = ["stripes:initializer=lecun,rows=20", "xor:initializer=lecun"]
optimizers = ["rprop", "lbfgs", "own-descent:schedule=halving,period=20", "own-search:spread=0.3"]
gradients = ["own-difference:step=1e-5"]
seeds = 2
budget = 200
figures = ["convergence:x=cost", "final-losses"]
""",
}

ENTRIES = """
[harness.optimizers]
rule = own_rule:OwnDescent
search = own_search:OwnSearch

[harness.schedules]
own = own_schedule:HALVING

[harness.gradients]
own = own_source:OwnDifference

[harness.initializers]
own = own_initializer:LECUN

[harness.problems]
own = own_problem:Stripes

[harness.statistics]
own = own_statistic:MedianIterations

[harness.formats]
own = own_format:JsonLines

[harness.plots]
final-losses = own_plot:final_losses

[harness.executors]
own = own_executor:Backwards

[harness.experiments]
own = own_experiment:STRIPES
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages beside the installed ones."""
    return install(tmp_path_factory.mktemp("site"), ENTRIES, FILES)


def test_an_experiment_of_another_package_runs_with_all_that_it_brings(site: Path, tmp_path: Path) -> None:
    done = python(tmp_path, *COMMAND, "run", "stripes-by-two", "--executor", "backwards", site=site)
    assert done.returncode == 0, done.stderr
    kept = tmp_path / "output" / "stripes-by-two"
    results = harness.load(kept)
    assert set(results.runs["problem"]) == {
        "stripes:initializer=lecun,rows=20",
        "xor:initializer=lecun",
    }
    by_values = results.runs["optimizer"].str.startswith("own-search")
    assert set(results.runs["gradient"][~by_values]) == {"own-difference:step=1e-05"}
    assert set(results.runs["optimizer"]) == {
        "rprop",
        "lbfgs",
        "own-descent(schedule=halving, period=20)",
        "own-search(spread=0.3)",
    }
    assert (kept / "final-losses.png").stat().st_size > 1000
    words = ("export", str(kept), "--to", "json-lines", "--output", "out")
    exported = python(tmp_path, *COMMAND, *words, site=site)
    assert exported.returncode == 0, exported.stderr
    assert len((tmp_path / "out" / "runs.jsonl").read_text(encoding="utf-8").splitlines()) == len(
        results.runs
    )
    listed = python(tmp_path, *COMMAND, "list", site=site).stdout
    for name in (
        "own-descent",
        "own-search",
        "halving",
        "lecun",
        "own-difference",
        "stripes",
        "final-losses",
        "stripes-by-two",
        "backwards",
        "median-iterations",
        "json-lines",
    ):
        assert f"  {name} " in listed
    shown = python(tmp_path, *COMMAND, "show", str(kept), "--statistic", "median-iterations", site=site)
    assert "xor:initializer=lecun: lbfgs" in shown.stdout, shown.stderr
    declared = [str(kept / "experiment.toml"), "--output", str(kept)]
    again = python(tmp_path, *COMMAND, "run", *declared, site=site)
    assert "Nothing to run" in again.stdout, again.stderr


SUITES = (
    ("tests/contracts/test_optimizers.py", "own-descent", 100),
    ("tests/contracts/test_optimizers.py", "own-search", 100),
    ("tests/test_update_rules.py", "own-descent", 20),
    ("tests/contracts/test_gradient_sources.py", "own-difference", 40),
    ("tests/contracts/test_initializers.py", "lecun", 7),
    ("tests/contracts/test_problems.py", "stripes", 25),
    ("tests/contracts/test_statistics.py", "median-iterations", 40),
    ("tests/test_plots.py", "final-losses", 1),
    ("tests/contracts/test_plots.py", "final-losses", 20),
    ("tests/contracts/test_executors.py", "backwards", 6),
    ("tests/contracts/test_exchange_formats.py", "json-lines", 25),
)


@pytest.fixture(scope="module")
def outcomes(site: Path) -> dict[str, str]:
    """How each test of each member came out, in one process: what it imports and compiles serves all."""
    members = dict.fromkeys(member for _, member, _ in SUITES)
    chosen = " or ".join(f"({member} and not {member}x)" for member in members)
    # Nothing is rewritten for it, for the suites' own assertions explain themselves in their own run.
    options = ["-n0", "-v", "--no-header", "--assert=plain", "-p", "no:cacheprovider", "-k", chosen]
    done = python(ROOT, "-m", "pytest", *options, *dict.fromkeys(suite for suite, _, _ in SUITES), site=site)
    found = re.findall(r"^(tests/.*) (PASSED|FAILED|ERROR|SKIPPED)\b", done.stdout, re.MULTILINE)
    assert found, (done.stdout[-3000:], done.stderr[-3000:])
    assert done.returncode in (0, 1), (done.stdout[-3000:], done.stderr[-3000:])
    return dict(found) | {"all": done.stdout[-5000:] if done.returncode else "passed"}


@pytest.mark.parametrize(
    ("suite", "member", "least"), SUITES, ids=lambda value: str(value).rpartition("/")[2]
)
def test_the_suite_of_its_family_takes_it_untold(
    suite: str, member: str, least: int, outcomes: dict[str, str]
) -> None:
    own = {test: outcome for test, outcome in outcomes.items() if test.startswith(suite) and member in test}
    assert set(own.values()) <= {"PASSED", "SKIPPED"}, outcomes["all"]
    assert list(own.values()).count("PASSED") >= least, own


def test_nothing_else_of_the_suites_fails_beside_them(outcomes: dict[str, str]) -> None:
    assert outcomes["all"] == "passed"
