"""What a command changes in an experiment is run and declared, and the folder goes on with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from terminal import called

import harness
from harness.runs.plans import read_plans
from harness.sweeps.changes import seeds_of
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.planning import plan
from harness.sweeps.results_folder import folder_of
from optimizers import Budget, InputError

FILE = """
problems = ["xor", { name = "parity", bits = [3, 4] }]
budget = { cost = 50, iterations = 40 }
gradients = ["analytic", "central-difference"]
seeds = 2
exclude = [{ problem = "parity:bits=4", optimizer = "lbfgs" }]
[[optimizers]]
name = "adam"
learning_rate = [0.02, 0.05]
[[optimizers]]
name = ["lbfgs", "random-search"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def changed(
    file: Path, *settings: str, only: Sequence[str] = (), without: Sequence[str] = (), **changes: Any
) -> Experiment:
    return read_experiment(str(file), settings=settings, only=only, without=without, **changes)


def labels(experiment: Experiment) -> list[str]:
    return [optimizer.label for optimizer in experiment.optimizers]


def names(experiment: Experiment) -> list[str]:
    return [problem.name for problem in experiment.problems]


class TestSettings:
    def test_an_option_of_an_optimizer_is_set_and_may_be_an_axis(self, file: Path) -> None:
        found = labels(changed(file, "optimizers.adam.learning_rate=0.5", "optimizers.lbfgs.memory=[3, 4]"))
        assert found == ["adam(learning_rate=0.5)", "lbfgs(memory=3)", "lbfgs(memory=4)", "random-search"]

    def test_an_option_of_a_problem_is_set(self, file: Path) -> None:
        assert names(changed(file, "problems.parity.bits=[4,5]", "problems.xor.hidden=[[3],[4]]")) == [
            "xor:hidden=[3]",
            "xor:hidden=[4]",
            "parity:bits=4",
            "parity:bits=5",
        ]
        assert changed(file, "problems.xor.target=none").problems[0].target is None
        assert names(changed(file, "problems.xor.initializer=he"))[0] == "xor:initializer=he"

    def test_an_option_of_a_source_is_set(self, file: Path) -> None:
        assert changed(file, "gradients.central-difference.step=1e-3").gradients == [
            "analytic",
            "central-difference:step=0.001",
        ]

    def test_a_limit_of_the_budget_is_set_or_taken_away(self, file: Path) -> None:
        assert changed(file, "budget.cost=1000").budget == Budget(cost=1000, iterations=40)
        assert changed(file, "budget.cost=[9,10]", "budget.iterations=none").budget == [
            Budget(cost=9),
            Budget(cost=10),
        ]
        assert changed(file, "budget=70", "budget.seconds=2").budget == Budget(cost=70, seconds=2)
        assert changed(file, "budget=[70,80]", "budget.iterations=2").budget == [
            Budget(cost=70, iterations=2),
            Budget(cost=80, iterations=2),
        ]

    def test_a_whole_field_is_set(self, file: Path) -> None:
        found = changed(file, "seeds=100:103", "question=Which one?", "timeout=2.5", "exclude=[]")
        assert (found.seeds, found.question, found.timeout) == ([100, 101, 102], "Which one?", 2.5)
        assert list(found.exclude) == []

    def test_a_figure_is_set(self) -> None:
        found = read_experiment("gradient-sources", settings=["figures.convergence.band=0.9"])
        assert [figure["band"] for figure in found.figures] == [0.9, 0.9]

    @pytest.mark.parametrize(
        ("setting", "said"),
        [
            ("optimizers.adma.learning_rate=1", "unknown optimizer of this experiment 'adma'.*'adam'"),
            ("optimizers.adam.learning_rat=1", "no option 'learning_rat'.*'learning_rate'"),
            ("optimizer.adam.learning_rate=1", "unknown field 'optimizer'.*'optimizers'"),
            ("problems.partiy.bits=4", "unknown problem of this experiment 'partiy'.*'parity'"),
            ("gradients.analytc.step=4", "unknown gradient of this experiment 'analytc'.*'analytic'"),
            ("budget.cots=4", "unknown limit 'cots'.*'cost'"),
            ("budget.cost=free", "cost.*'free'.*number"),
            ("seeds.0=4", "expected FIELD=VALUE"),
            ("optimizers.adam=4", "expected FIELD=VALUE"),
            ("problems", "expected PLACE=VALUE"),
            ("timeout=" + "9" * 5000, "thousands of digits"),
            ("question=" + "[" * 5000, "nested too deeply"),
            ("nonsense=3", "unknown field 'nonsense'"),
        ],
    )
    def test_what_is_not_there_is_answered_in_one_sentence(self, setting: str, said: str, file: Path) -> None:
        with pytest.raises(InputError, match=said) as caught:
            changed(file, setting)
        assert str(caught.value).startswith("mine.toml: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", ["5", "true"])
def test_a_field_that_is_no_list_is_refused_as_it_would_be_without_the_change(
    given: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'problems = "xor"\noptimizers = {given}\nbudget = 20\n', encoding="utf-8")
    said = []
    for settings in ((), ("optimizers.adam.learning_rate=0.1",)):
        with pytest.raises(InputError) as caught:
            changed(path, *settings)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert re.search("field 'optimizers' is .*, expected a list of names or tables", said[0])


class TestChoices:
    def test_only_leaves_no_others(self, file: Path) -> None:
        found = changed(file, only=["optimizer=lbfgs,random-search", "problem=xor", "seed=1"])
        assert (labels(found), names(found), found.seeds) == (["lbfgs", "random-search"], ["xor"], [1])
        assert list(found.exclude) == []
        found = changed(file, only=["optimizer=adam", "optimizer=lbfgs", "gradient=analytic"])
        assert labels(found) == ["adam(learning_rate=0.02)", "adam(learning_rate=0.05)", "lbfgs"]
        assert found.gradients == ["analytic"]
        assert len(found.exclude) == 1

    def test_options_say_which_is_meant(self, file: Path) -> None:
        for choice in ("adam:learning_rate=0.02", "adam(learning_rate=0.02)"):
            assert labels(changed(file, only=[f"optimizer={choice},lbfgs"])) == [
                "adam(learning_rate=0.02)",
                "lbfgs",
            ]
        assert names(changed(file, without=["problem=parity:bits=4,xor"])) == ["parity"]

    def test_commas_of_a_list_and_between_options_separate_no_choices(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.toml"
        path.write_text(
            'problems = ["xor:hidden=[3,2]", "xor:hidden=[4]", "iris"]\nbudget = 20\n'
            'optimizers = ["adam:decay_1=0.5,batch=3", "adam", "lbfgs"]\n',
            encoding="utf-8",
        )
        found = changed(
            path, only=["problem=xor:hidden=[3,2],iris", "optimizer=adam:decay_1=0.5,batch=3,lbfgs"]
        )
        assert [problem.network.sizes for problem in found.problems] == [(2, 3, 2, 1), (4, 8, 3)]
        assert labels(found) == ["adam(batch=3, decay_1=0.5)", "lbfgs"]

    def test_without_takes_away(self, file: Path) -> None:
        found = changed(file, without=["optimizer=adam", "problem=parity:bits=4"])
        assert (labels(found), names(found)) == (["lbfgs", "random-search"], ["xor", "parity"])

    def test_budgets_and_ranges_of_seeds_are_chosen(self, file: Path) -> None:
        found = changed(file, "budget.cost=[5,6]", only=["budget=cost=6", "seed=3:5"], seeds=9)
        assert (found.budget, found.seeds) == (Budget(cost=6, iterations=40), [3, 4])
        assert changed(file, "budget.cost=[5,6]", without=["budget=5"]).budget == Budget(
            cost=6, iterations=40
        )

    def test_what_goes_together_goes_together(self, file: Path) -> None:
        zipped = ("zip=[['problems','budget']]", "budget.cost=[5,6,7]")
        found = changed(file, *zipped, only=["problem=parity"])
        assert names(found) == ["parity", "parity:bits=4"]
        assert [budget.cost for budget in found.budgets] == [6, 7]

    @pytest.mark.parametrize(
        ("choice", "said"),
        [
            ("optimizer=adma", "unknown optimizer of this experiment 'adma'.*'adam"),
            ("problem=iris", "unknown problem of this experiment 'iris'.*xor"),
            ("optimizer=adam:learning_rat=1", "unknown option of optimizer 'adam' 'learning_rat'"),
            ("optimisers=adam", "unknown axis 'optimisers'.*'optimizer'"),
            ("adam", "expected AXIS=VALUE"),
            ("optimizer=", "expected AXIS=VALUE"),
            ("seed=x", "expected an integer"),
            ("seed=7", "unknown seed of this experiment 7"),
            ("budget=3", "unknown budget of this experiment 3"),
        ],
    )
    @pytest.mark.parametrize("option", ["only", "without"])
    def test_what_is_not_there_is_answered_in_one_sentence(
        self, option: str, choice: str, said: str, file: Path
    ) -> None:
        with pytest.raises(InputError, match=said):
            read_experiment(str(file), **{option: [choice]})

    def test_something_has_to_be_left(self, file: Path) -> None:
        with pytest.raises(InputError, match="no problem of experiment 'mine' is left"):
            changed(file, without=["problem=xor,parity"])


@pytest.mark.parametrize("text", ["x", "3:", ":3", "1:2:3", "9:3", "3,", "1.5", "", "0:999999999", "9" * 40])
def test_seeds_that_are_none_are_answered_in_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match="--seeds is"):
        seeds_of(text)


CHANGED = [
    "run", "mine.toml", "--output", "kept", "--workers", "1", "--seeds", "5:7", "--cost", "30",
    "--set", "optimizers.adam.learning_rate=[0.1,0.2]", "--set", "figures=[]", "--without", "problem=xor",
    "--only", "optimizer=adam",
]  # fmt: skip


def test_a_folder_goes_on_with_what_was_changed(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert called(capsys, *CHANGED).status == 0
    results = harness.load("kept")
    assert results.runs["problem"].unique().tolist() == ["parity:bits=3", "parity:bits=4"]
    assert results.runs["optimizer"].unique().tolist() == [
        "adam(learning_rate=0.1)",
        "adam(learning_rate=0.2)",
    ]
    assert results.runs["seed"].unique().tolist() == [5, 6]
    assert results.runs["setting"].unique().tolist() == ["cost=30"]
    again = read_experiment("kept")
    assert again.name == "mine"
    assert [run.run_id for run in plan(again)[0]] == results.runs["run_id"].tolist()
    (before,) = read_plans(tmp_path / "kept")
    for place in ("kept", "kept/experiment.toml"):
        assert folder_of(place) == Path("kept")
        answer = called(capsys, "run", place)
        assert "Nothing to run: 16 runs of this experiment found in kept." in answer.out
    assert read_plans(tmp_path / "kept") == [before]
    assert not (tmp_path / "output").exists()
