"""Tuned options in files: what `harness tune` writes, `harness run --tuned` takes, with seeds of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from terminal import called

import harness
from harness.cli.entry import main
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment, shipped_experiments
from harness.sweeps.fields import build_experiment
from harness.tuning.contenders import contenders
from harness.tuning.tune import tune_experiment
from harness.tuning.tuned_file import SHIPPED, tuned_experiments, tuned_file, write_tuned
from optimizers import GeneticAlgorithm, InputError, Rprop
from optimizers.options import LARGEST

FIELDS: dict[str, Any] = {
    "problems": ["xor", "setosa"],
    "optimizers": ["rprop", "perceptron-rule", "random-search", "adam:batch=2"],
    "budget": 60,
    "seeds": 3,
}


def experiment(**changes: Any) -> Experiment:
    return build_experiment("small", FIELDS | changes)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tuned(tune_experiment(experiment(), trials=3), tmp_path_factory.mktemp("tuned"))


@pytest.fixture(scope="module")
def by_problem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tuning = tune_experiment(experiment(), trials=3, per="problem")
    return write_tuned(tuning, tmp_path_factory.mktemp("tuned"))


class TestFile:
    def test_what_was_tuned_stands_in_place_of_what_was_declared(self, file: Path) -> None:
        (found,) = tuned_experiments(experiment(), file)
        assert found.optimizers == tune_experiment(experiment(), trials=3).optimizers
        assert found.optimizers[3].batch == 2  # type: ignore[attr-defined]
        assert (found.name, found.seeds, found.budget) == ("small-tuned", [0, 1, 2], experiment().budget)

    def test_it_says_how_it_came_about(self, file: Path) -> None:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        assert table["command"].startswith("harness tune small --trials 3 --seeds 3 --sampler quasi-random")
        assert table["seeds"] == [LARGEST, LARGEST - 1, LARGEST - 2]
        assert [entry["label"] for entry in table["optimizers"]][3] == "adam(batch=2)"

    def test_the_declaration_spells_tuned_options_out(self, file: Path) -> None:
        (found,) = tuned_experiments(experiment(), file)
        declared = tomllib.loads(found.declaration())["optimizers"][0]
        rprop = next(optimizer for optimizer in found.optimizers if isinstance(optimizer, Rprop))
        assert declared["initial_step"] == rprop.initial_step

    def test_none_is_a_value(self, tmp_path: Path) -> None:
        small = experiment(optimizers=["genetic-algorithm"], problems="setosa")
        file = write_tuned(tune_experiment(small, trials=1), tmp_path)
        assert tuned_experiments(small, file)[0].optimizers == [GeneticAlgorithm()]

    def test_each_problem_gets_its_own(self, by_problem: Path) -> None:
        xor, setosa = tuned_experiments(experiment(), by_problem)
        assert [problem.name for problem in (*xor.problems, *setosa.problems)] == ["xor", "setosa"]
        table = tomllib.loads(by_problem.read_text(encoding="utf-8"))
        for found in (xor, setosa):
            (entry,) = (
                entry
                for entry in table["optimizers"]
                if entry["label"] == "rprop" and entry["problems"] == [found.problems[0].name]
            )
            assert entry["options"]["growth"] == found.optimizers[0].growth  # type: ignore[attr-defined]
        # It works on no hidden layer, and was tuned for the other problem alone.
        assert xor.optimizers[1] == experiment().optimizers[1]

    def test_a_seed_that_was_tuned_with_is_refused(self, file: Path) -> None:
        with pytest.raises(InputError, match=f"seed {LARGEST - 1} was tuned with"):
            tuned_experiments(experiment(seeds=[5, LARGEST - 1]), file)

    def test_what_was_not_tuned_is_refused(self, file: Path, by_problem: Path) -> None:
        with pytest.raises(InputError, match=r"optimizer adam was not tuned.*tuned: rprop"):
            tuned_experiments(experiment(optimizers=["adam"]), file)
        with pytest.raises(InputError, match="problem iris was not tuned"):
            tuned_experiments(experiment(problems=["iris"]), by_problem)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "optimizers = 3",
            "seeds = [1]\nper = 'experiment'\noptimizers = [{label = 1, options = {}, problems = []}]",
            "seeds = ['x']\nper = 'experiment'\noptimizers = []",
            "seeds = [1]\nper = 'run'\noptimizers = []",
            "seeds = [1]\nper = 'problem'\ncost = 'much'\noptimizers = []",
            "[",
            "\x00",
        ],
    )
    def test_a_file_that_is_none_is_refused(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "tuned.toml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="holds no tuned options: give the folder"):
            tuned_experiments(experiment(), tuned_file(str(tmp_path), "small"))
        with pytest.raises(InputError, match="holds no tuned options"):
            tuned_experiments(experiment(), tmp_path / "absent.toml")

    def test_an_option_that_is_none_to_be_tuned_is_refused(self, file: Path, tmp_path: Path) -> None:
        text = file.read_text(encoding="utf-8").replace("initial_step", "longest_step")
        (tmp_path / "tuned.toml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="option longest_step is none to be tuned"):
            tuned_experiments(experiment(), tmp_path / "tuned.toml")


def shipped() -> list[str]:
    return [
        name for name, path in shipped_experiments().items() if (path.parent / SHIPPED / path.name).exists()
    ]


@pytest.mark.parametrize("name", shipped())
def test_shipped_options_fit_their_experiment(name: str) -> None:
    declared = read_experiment(name)
    table = tomllib.loads(tuned_file("", name).read_text(encoding="utf-8"))
    assert f"harness tune {table['experiment']} --trials" in table["command"]
    assert table["experiment"] in (name, f"{name}-textbook")
    assert not set(table["seeds"]) & set(declared.seeds)
    assert len(table["seeds"]) >= 3
    assert table["cost"] == declared.budget.cost
    (found,) = tuned_experiments(declared, tuned_file("", name))
    for contender, tuned in zip(contenders(declared.optimizers), found.optimizers, strict=True):
        for option, entry in contender.space.items():
            value = getattr(tuned, option)
            known = [getattr(one, option) for one in contender.declared]
            assert value in entry or value in known, f"{contender.label}: {option}"


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command line in a folder with an experiment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    listed = ", ".join(f'"{name}"' for name in FIELDS["optimizers"])
    Path("mine.toml").write_text(
        f'problems = ["xor", "setosa"]\noptimizers = [{listed}]\nbudget = 60\nseeds = 3\n', encoding="utf-8"
    )

    def called(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return called


Call = Callable[..., tuple[int, str, str]]


class TestCommand:
    def test_tune_and_run(self, call: Call) -> None:
        status, out, err = call("tune", "mine.toml", "--trials", "3")
        assert (status, err) == (0, "")
        assert "What tuning was allowed and what it has cost" in out
        lines = out.splitlines()
        assert lines[lines.index("rprop") + 1].split()[:4] == ["3", "3", "18", "1080"]
        assert lines[lines.index("adam(batch=2)") + 1].split()[:4] == ["3", "3", "18", "1080"]
        assert "random-search: nothing to tune" in lines
        folder = Path("output/mine-tuning")
        names = {path.name for path in folder.iterdir()}
        assert {"tuned.toml", "trials.csv", "tuning-cost.csv", "tuning-curve.csv", "runs"} <= names
        assert "figure: output/mine-tuning/tuning-curve-expected-experiment.png" in lines
        command = "To compare the tuned optimizers: harness run mine.toml --tuned output/mine-tuning"
        assert command in lines

        status, out, err = call(*command.partition("harness ")[2].split())
        assert (status, err) == (0, "")
        assert "21 runs done now" in out
        results = harness.load("output/mine-tuned")
        assert not set(results.runs["seed"]) & set(harness.load(folder).runs["seed"])
        tuned = tomllib.loads((folder / "tuned.toml").read_text(encoding="utf-8"))["optimizers"]
        declared = tomllib.loads(Path("output/mine-tuned/experiment.toml").read_text(encoding="utf-8"))
        for entry, spelt in zip(tuned, declared["optimizers"], strict=True):
            assert entry["options"].items() <= spelt.items()
        assert "Nothing to run" in call("run", "mine.toml", "--tuned", str(folder / "tuned.toml"))[1]
        _, _, err = call("run", "mine.toml", "--tuned", str(folder), "--cost", "30", "--output", "other")
        said = "the options were tuned with a budget of 60 a run, and are compared with one of 30"
        assert err.splitlines()[0] == said

    def test_each_problem_by_itself(self, call: Call) -> None:
        out = call("tune", "mine.toml", "--trials", "2", "--per", "problem", "--output", "own")[1]
        assert "rprop: xor" in out
        assert "rprop: setosa" in out
        status, out, err = call("run", "mine.toml", "--tuned", "own")
        assert (status, err) == (0, "")
        assert "21 runs done now" in out
        assert len(harness.load("output/mine-tuned").runs) == 21

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["tune"], "EXPERIMENT"),
            (["tune", "quikstart"], "did you mean 'quickstart'"),
            (["tune", "mine.toml", "--trials", "0"], "trials is 0, expected 1 to"),
            (["tune", "mine.toml", "--seeds", "2"], "seeds is 2, expected 3 to"),
            (["tune", "mine.toml", "--sampler", "tp"], "unknown sampler 'tp': did you mean 'tpe'"),
            (["tune", "mine.toml", "--per", "run"], "unknown kind of tuning, per 'run'"),
            (["tune", "mine.toml", "--seed", "-1"], "seed is -1"),
            (["tune", "mine.toml", "--cost", "-1"], "greater than 0"),
            (["tune", "mine.toml", "--workers", "0"], "workers is 0"),
            (["run", "mine.toml", "--tuned"], "'mine' comes without tuned options"),
            (["run", "mine.toml", "--tuned", "absent"], "absent/tuned.toml holds no tuned options"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_a_mistake_is_answered_by_one_sentence(self, words: list[str], said: str, call: Call) -> None:
        status, out, err = call(*words)
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert said in err
        assert not Path("output").exists()


def test_the_main_job_has_the_options_that_were_tuned() -> None:
    textbook, whole = (read_experiment(name) for name in ("ga-vs-backprop-textbook", "ga-vs-backprop"))
    seeds = (0, 1, 2)
    file = shipped_experiments()["ga-vs-backprop"].parent / SHIPPED / "ga-vs-backprop.toml"
    (tuned,) = tuned_experiments(replace(textbook, seeds=seeds), file)
    assert [optimizer.label for optimizer in tuned.optimizers] == [each.label for each in whole.optimizers]
    assert [problem.name for problem in tuned.problems] == [problem.name for problem in whole.problems]
    assert tuned.budgets == whole.budgets
    (again,) = tuned_experiments(replace(whole, seeds=seeds), file)
    assert [optimizer.label for optimizer in again.optimizers] == [each.label for each in whole.optimizers]


def test_no_seed_of_the_main_job_was_tuned_with() -> None:
    table = tomllib.loads(
        (shipped_experiments()["ga-vs-backprop"].parent / SHIPPED / "ga-vs-backprop.toml").read_text()
    )
    assert not set(table["seeds"]) & set(read_experiment("ga-vs-backprop").seeds)
    assert len(table["seeds"]) >= 3


def test_seeds_until_it_is_decided_go_with_options_for_all_problems(
    by_problem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(
        'problems = ["xor", "setosa"]\noptimizers = ["rprop", "perceptron-rule", "random-search", '
        '"adam:batch=2"]\nbudget = 60\nseeds = 3\n',
        encoding="utf-8",
    )
    call = ["run", "small.toml", "--tuned", str(by_problem), "--until-decided", "--max-seeds", "20"]
    answer = called(capsys, *call)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.endswith(
        "--until-decided goes with options tuned for the experiment, not for each problem\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]
