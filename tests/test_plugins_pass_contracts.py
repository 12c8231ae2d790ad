"""One file adds a member to a family: it is found, it runs, and the family's suite takes it untold."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import COMMAND, ROOT, install, python

import harness

FILES = {
    "own_source.py": '''
"""A gradient source of one's own."""

from harness.gradients.central_difference import CentralDifference
from optimizers.options import options


@options
class OwnDifference(CentralDifference):
    """Central differences by another name."""
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
    "own_experiment.py": '''
"""An experiment of one's own."""

from pathlib import Path

STRIPES = Path(__file__).parent / "stripes-by-two.toml"
''',
    "stripes-by-two.toml": """
question = "Which of two is ahead on stripes?"
problems = ["stripes:rows=20", "xor"]
optimizers = ["rprop", "lbfgs"]
gradients = ["own-difference:step=1e-5"]
seeds = 2
budget = 200
figures = ["convergence:x=cost", "final-losses"]
""",
}

ENTRIES = """
[harness.gradients]
own = own_source:OwnDifference

[harness.problems]
own = own_problem:Stripes

[harness.statistics]
own = own_statistic:MedianIterations

[harness.plots]
final-losses = own_plot:final_losses

[harness.experiments]
own = own_experiment:STRIPES
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages beside the installed ones."""
    return install(tmp_path_factory.mktemp("site"), ENTRIES, FILES)


def test_an_experiment_of_another_package_runs_with_all_that_it_brings(site: Path, tmp_path: Path) -> None:
    done = python(tmp_path, *COMMAND, "run", "stripes-by-two", site=site)
    assert done.returncode == 0, done.stderr
    kept = tmp_path / "output" / "stripes-by-two"
    results = harness.load(kept)
    assert set(results.runs["problem"]) == {"stripes:rows=20", "xor"}
    assert set(results.runs["gradient"]) == {"own-difference:step=1e-05"}
    assert (kept / "final-losses.png").stat().st_size > 1000
    listed = python(tmp_path, *COMMAND, "list", site=site).stdout
    for name in ("own-difference", "stripes", "final-losses", "stripes-by-two", "median-iterations"):
        assert f"  {name} " in listed
    shown = python(tmp_path, *COMMAND, "show", str(kept), "--statistic", "median-iterations", site=site)
    assert "xor: lbfgs" in shown.stdout, shown.stderr
    declared = [str(kept / "experiment.toml"), "--output", str(kept)]
    again = python(tmp_path, *COMMAND, "run", *declared, site=site)
    assert "Nothing to run" in again.stdout, again.stderr


@pytest.mark.parametrize(
    ("suite", "member", "least"),
    [
        ("tests/contracts/test_gradient_sources.py", "own-difference", 40),
        ("tests/contracts/test_problems.py", "stripes", 25),
        ("tests/contracts/test_statistics.py", "median-iterations", 60),
        ("tests/test_plots.py", "final-losses", 1),
    ],
    ids=lambda value: str(value).rpartition("/")[2],
)
def test_the_suite_of_its_family_takes_it_untold(suite: str, member: str, least: int, site: Path) -> None:
    options = ["-n0", "-q", "-p", "no:cacheprovider", "-k", f"{member} and not {member}x"]
    done = python(ROOT, "-m", "pytest", *options, suite, site=site)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = int(done.stdout.rpartition(" passed")[0].rpartition("\n")[2].strip())
    assert passed >= least, done.stdout[-500:]
