"""Optimizers, problems and tables of one's own reach the terminal through an experiment's file."""

from __future__ import annotations

import subprocess
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from processes import COMMAND, python

import harness
import harness.coursework
from harness.network.initializers import INITIALIZERS
from harness.problems import load
from harness.problems.table import EXAMPLE, Table
from harness.runs.identity import own_code
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.plugins import load_plugins
from optimizers import Adam, InputError, build_optimizer, minimize
from optimizers.registry import OPTIMIZERS, Registry

pytestmark = pytest.mark.usefixtures("families_as_before")


MINE = '''
"""What is mine."""

import numpy as np

from helpers import STEP
from harness.problems.family import ProblemFamily
from optimizers.optimizer import Optimizer
from optimizers.options import Positive, options


@options
class LineSteps(Optimizer):
    """Step to the right as long as it leads down."""

    step: Positive = STEP

    needs = frozenset({"value"})
    source = "nobody"

    def iteration_cost(self, objective):
        return 1.0

    def run(self, objective, start, rng, observe):
        w, loss = start.copy(), objective.value(start)
        allowance = observe(w)
        while allowance:
            for _ in range(allowance):
                tried = w + self.step * rng.normal(size=w.size)
                new = objective.value(tried)
                if new < loss:
                    w, loss = tried, new
            allowance = observe(w, iterations=allowance, loss=loss)
        return None


@options
class Corner(ProblemFamily):
    """Whether both inputs are large."""

    test_fraction: float = 0.0

    def data(self):
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        return X, np.array([0, 0, 0, 1])


def losses_at_the_end(results):
    """Draw nothing much."""
    from matplotlib.figure import Figure

    return Figure()
'''
EXPERIMENT = """
plugins = ["code/mine.py"]
problems = ["corner", { name = "table", file = "own.csv", predict = "kind", hidden = [3] }]
optimizers = ["line-steps:step=[0.5,0.25]", "adam:learning_rate=0.1"]
gradients = [{ name = "central-difference", step = [1e-4, 1e-6] }]
seeds = 2
budget = 60
figures = ["convergence:x=iteration", "losses-at-the-end"]
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "helpers.py").write_text("STEP = 0.125\n", encoding="utf-8")
    (tmp_path / "code" / "mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "own.csv").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(EXPERIMENT, encoding="utf-8")
    return tmp_path


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(folder, *COMMAND, *arguments)


def test_a_file_is_imported_once_however_it_is_named(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = place / "code" / "mine.py"
    first = load_plugins(path)
    path.write_text("this is no Python any more", encoding="utf-8")
    assert load_plugins(Path("code/../code/mine.py")) == first == str(path.resolve())


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_what_is_mine_is_run_wherever_the_command_is_given(workers: str, place: Path) -> None:
    (place / "elsewhere").mkdir()
    done = call(place / "elsewhere", "run", "../mine.toml", "--workers", workers)
    assert done.returncode == 0, done.stderr
    assert "16 runs done now" in done.stdout
    kept = place / "elsewhere" / "output" / "mine"
    assert {path.name for path in kept.glob("*.png")} == {
        "convergence-iteration.png",
        "losses-at-the-end.png",
    }
    results = harness.load(kept)
    assert set(results.runs["optimizer"]) == {
        "line-steps(step=0.5)",
        "line-steps(step=0.25)",
        "adam(learning_rate=0.1)",
    }
    assert set(results.runs["gradient"]) == {
        "none",
        "central-difference:step=0.0001",
        "central-difference:step=1e-06",
    }
    if workers == "2":
        return
    # The declaration that is kept finds the same files from anywhere, and so the same runs.
    again = call(place, "run", str(kept / "experiment.toml"), "--output", str(kept))
    assert "Nothing to run" in again.stdout, again.stdout + again.stderr
    file = place / "code" / "mine.py"
    file.write_text(file.read_text(encoding="utf-8").replace("new < loss", "new <= loss"), encoding="utf-8")
    third = call(place, "run", "mine.toml", "--output", str(kept))
    assert "8 runs done now" in third.stdout, third.stdout + third.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("raise RuntimeError('out of order')", "breaks: RuntimeError: out of order"),
        ("import sys; sys.exit(3)", "breaks: SystemExit: 3"),
        ("def broken(:", "breaks: SyntaxError"),
        ("a = 3", "brings nothing: define a class of Optimizer, "),
        (
            "from optimizers.options import options\nfrom optimizers import Adam as A\n"
            "@options\nclass Adam(A):\n    '''An impostor.'''\n",
            "the name 'adam' of optimizer Adam is taken",
        ),
    ],
)
def test_a_broken_plugin_is_one_sentence(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(content, encoding="utf-8")
    table = {"problems": ["xor"], "optimizers": ["adam"], "budget": 5, "plugins": ["broken.py"]}
    with pytest.raises(InputError, match=r"broken\.py") as caught:
        build_experiment("test", table, tmp_path)
    assert said in str(caught.value)
    assert OPTIMIZERS["adam"] is Adam


@pytest.mark.parametrize("plugins", [3, [3], ["absent.py"], ["."], ["own.csv"], {"a": 1}])
def test_what_is_no_plugin_is_refused(plugins: Any, place: Path) -> None:
    table = {"problems": ["xor"], "optimizers": ["adam"], "budget": 5, "plugins": plugins}
    with pytest.raises(InputError, match=r"plugin"):
        build_experiment("test", table, place)


HALVES = """
import numpy as np
from harness.network.initializer import Initializer
from harness.network.layout import parameter_count

HALVES = Initializer(
    name="halves",
    equation="weights and biases = 0.5",
    source="nobody's paper",
    draw=lambda sizes, rng: np.full(parameter_count(sizes), 0.5),
    variance=lambda ins, outs: 0.0,
)
"""


def test_an_initializer_in_a_file_is_named_in_options_and_known_by_its_code(tmp_path: Path) -> None:
    table = {"problems": ["xor"], "optimizers": ["adam"], "budget": 5, "plugins": ["mine.py"]}
    codes = []
    for text in (HALVES, HALVES.replace("np.full", "1.0 * np.full"), HALVES):
        folder = tmp_path / str(len(codes))
        folder.mkdir()
        (folder / "mine.py").write_text(text, encoding="utf-8")
        build_experiment("test", table, folder)
        problem = load("xor:initializer=halves")
        assert problem.start().tolist() == [0.5] * 9
        codes.append(own_code(problem, Adam(), []))
        INITIALIZERS._adopted.clear()
        INITIALIZERS._members = None
    assert all(codes)
    assert codes[0] == codes[2] != codes[1]


@pytest.mark.usefixtures("families_as_before")
def test_a_record_that_a_file_imports_is_not_its_own() -> None:
    module = types.ModuleType("mine")
    glorot = INITIALIZERS.find("glorot")
    module.COPY = module.GLOROT = glorot  # type: ignore[attr-defined]
    own = replace(glorot, name="mine-alone")
    module.OWN = own  # type: ignore[attr-defined]
    assert INITIALIZERS.adopt(module, "mine.py") == ["mine-alone"]
    assert INITIALIZERS.find("mine-alone") is own
    assert INITIALIZERS.find("glorot") is glorot


class TestGrammar:
    def test_a_name_with_options_is_the_same_everywhere(self, tmp_path: Path) -> None:
        chosen = Adam(learning_rate=0.25, decay_1=0.5)
        text = "adam:learning_rate=0.25,decay_1=0.5"
        assert build_optimizer(text) == chosen
        table = {"problems": ["xor"], "optimizers": [text], "budget": 5}
        assert list(build_experiment("test", table).optimizers) == [chosen]
        (run,) = harness.run("xor", text, budget=5, seeds=1).runs["options"]
        (same,) = harness.run("xor", chosen, budget=5, seeds=1).runs["options"]
        assert run == same
        found = [minimize(lambda w: float(w @ w), [1.0, 2.0], one, 60).w for one in (text, chosen)]
        assert found[0].tobytes() == found[1].tobytes()

    def test_an_optimizer_within_an_optimizer(self) -> None:
        text = 'multi-start:optimizer={ name = "adam", learning_rate = 0.25 }'
        assert build_optimizer(text).label == "multi-start(optimizer=adam(learning_rate=0.25))"
        assert build_optimizer("multi-start:optimizer=rprop").label == "multi-start(optimizer=rprop)"

    @pytest.mark.parametrize(
        "wrong", ["adam:", "adam:learning_rate", "adam:learning_rate=x", "adam:rate=1", "adm:rate=1", ":", ""]
    )
    def test_what_is_wrong_is_one_sentence(self, wrong: str) -> None:
        if wrong == "adam:":
            assert build_optimizer(wrong) == Adam()
            return
        with pytest.raises(InputError):
            build_optimizer(wrong)

    def test_every_family_is_one_object(self) -> None:
        kinds = {family.kind: family for family in Registry.families}
        assert set(kinds) >= {"optimizer", "problem", "gradient source", "statistic", "plot", "example"}
        for family in kinds.values():
            assert list(family) == sorted(family)
            with pytest.raises(InputError, match=f"unknown {family.kind} 'no-such'"):
                family.find("no-such")


class TestTable:
    def written(self, folder: Path, frame: pd.DataFrame, kind: str) -> str:
        file = folder / f"own.{kind}"
        frame.to_csv(file, index=False) if kind == "csv" else frame.to_parquet(file)
        return str(file)

    @pytest.mark.parametrize("kind", ["csv", "parquet"])
    def test_its_data_are_those_of_the_file(self, kind: str, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        frame = pd.DataFrame(rng.normal(size=(30, 3)), columns=["a", "b", "c"])
        frame["kind"] = np.where(frame["a"] > 0, "high", "low")
        table = Table(file=self.written(tmp_path, frame, kind), predict="kind", inputs=("c", "a"))
        X, y = table.data()
        assert X.tolist() == frame[["c", "a"]].to_numpy().tolist()
        assert y.tolist() == frame["kind"].tolist()
        own = harness.Problem.from_arrays(X, y, hidden=(8,))
        problem = table.build()
        assert problem.network == own.network
        assert problem.classes is not None
        assert problem.classes.tolist() == ["high", "low"]

    def test_it_is_known_by_what_the_file_holds(self, tmp_path: Path) -> None:
        given = Table.example(tmp_path)
        first = Table(**given).built()
        (tmp_path / "moved.csv").write_text(EXAMPLE, encoding="utf-8")
        moved = Table(**{**given, "file": str(tmp_path / "moved.csv")}).built()
        assert moved.key == first.key
        assert moved.start(3).tobytes() == first.start(3).tobytes()
        Path(given["file"]).write_text(EXAMPLE.replace("1.5,1.0", "1.5,1.1"), encoding="utf-8")
        assert Table(**given).built().key != first.key

    def test_numbers_and_classes_are_not_mixed_up(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "code": [0, 1, 1, 2], "size": [0.5, 1.5, 1.0, 3.0]})
        file = self.written(tmp_path, frame, "csv")
        with pytest.raises(InputError, match="holds whole numbers such as 0, 1, 2: say loss="):
            Table(file=file, predict="code").built()
        chosen = Table(file=file, predict="code", loss="categorical-cross-entropy", test_fraction=0.0)
        assert chosen.build().network.sizes == (2, 8, 3)
        assert Table(file=file, predict="size").build().network.loss == "half-squared"

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({}, "option 'file' is ''"),
            ({"file": "own.xlsx"}, "expected the path of a .csv or .parquet file"),
            ({"file": "absent.csv", "predict": "kind"}, "absent.csv cannot be read: No such file"),
            ({"file": "empty.csv", "predict": "kind"}, "empty.csv is no table in CSV"),
            ({"file": "broken.parquet", "predict": "kind"}, "broken.parquet"),
            ({"file": "head.csv", "predict": "kind"}, "has no rows"),
            ({"file": "own.csv", "predict": "knid"}, "unknown column of own.csv 'knid': did you mean 'kind'"),
            ({"file": "own.csv", "predict": "kind", "inputs": ["widht"]}, "did you mean 'width'"),
            ({"file": "text.csv", "predict": "kind"}, "column 'height' holds 'tall', expected numbers"),
            ({"file": "gap.csv", "predict": "kind"}, "empty cell in row 1 of column 'width'"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(
        self, options: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for name, content in {
            "own.csv": EXAMPLE,
            "empty.csv": "",
            "head.csv": "width,kind\n",
            "text.csv": "height,kind\ntall,a\nlow,b\n",
            "gap.csv": "width,kind\n1.0,a\n,b\n",
            "broken.parquet": "PAR1 nothing",
        }.items():
            Path(name).write_text(content, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load("table", **options)
        assert said in str(caught.value)

    def test_the_terminal_takes_it_with_a_path(self, place: Path) -> None:
        done = call(place, "check", "table:file=own.csv,predict=kind", "--gradient", "analytic")
        assert done.returncode == 0, done.stderr
        assert "table:file=own.csv,predict=kind" in done.stdout


def test_a_shipped_experiment_declares_no_plugins() -> None:
    assert "plugins" not in read_experiment("quickstart").declaration()
