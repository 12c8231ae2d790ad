"""An experiment is what its file says: lists are axes, and whatever is wrong is said in one sentence."""

from __future__ import annotations

import contextlib
import itertools
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.gradients import known_sources
from harness.problems import Problem, known_problems, load, parse
from harness.report.artifacts import check_figures
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment, shipped_experiments
from harness.sweeps.fields import FIELDS, LARGEST_SEED, MOST_SEEDS, build_experiment
from harness.sweeps.planning import plan
from optimizers import Adam, Budget, GradientDescent, InputError, MissingExtraError, known_optimizers
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.options import option_ranges, option_values
from optimizers.specification import write

SMALL: dict[str, Any] = {"problems": ["xor"], "optimizers": ["adam"], "budget": 100}


def build(**changes: Any) -> Experiment:
    return build_experiment("test", {**SMALL, **changes})


def run_ids(experiment: Experiment) -> list[str]:
    return [run.run_id for run in plan(experiment)[0]]


def built_again(experiment: Experiment) -> Experiment:
    return build_experiment(experiment.name, tomllib.loads(experiment.declaration()))


def refusal(text: str | bytes, folder: Path, name: str = "mine.toml") -> str:
    """The sentence that a file is answered with."""
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        read_experiment(str(file))
    return str(caught.value)


class TestAxes:
    def test_every_list_of_an_optimizer_is_an_axis_and_all_combinations_are_there(self) -> None:
        rates, batches = [0.1, 0.5, 1.0], [1, 2]
        built = build(optimizers=[{"name": "adam", "learning_rate": rates, "batch": batches}])
        expected = [
            Adam(learning_rate=rate, batch=batch) for rate, batch in itertools.product(rates, batches)
        ]
        assert built.optimizers == expected

    def test_every_list_of_a_problem_is_an_axis_and_all_combinations_are_there(self) -> None:
        built = build(problems=[{"name": "parity", "bits": [2, 4], "target": [0.01, 0.02]}])
        expected = [
            load("parity", bits=bits, target=target).key for bits in (2, 4) for target in (0.01, 0.02)
        ]
        assert [problem.key for problem in built.problems] == expected

    def test_an_option_that_is_a_list_itself_is_no_axis(self) -> None:
        built = build(problems=[{"name": "xor", "hidden": [4, 3]}])
        assert [problem.network.sizes for problem in built.problems] == [(2, 4, 3, 1)]
        built = build(problems=[{"name": "xor", "hidden": [3, 3], "activation": ["tanh", "relu"]}])
        assert [problem.network.activation for problem in built.problems] == [("tanh", "relu")]

    def test_an_option_that_is_a_list_itself_has_a_list_of_lists_as_its_axis(self) -> None:
        built = build(problems=[{"name": "xor", "hidden": [[4], [8, 2], []], "test_fraction": [0.0, 0.25]}])
        sizes = [(2, 4, 1), (2, 8, 2, 1), (2, 1)]
        assert [problem.network.sizes for problem in built.problems] == [s for s in sizes for _ in range(2)]

    def test_an_option_that_may_be_a_pair_takes_a_list_as_its_axis_and_a_pair_in_a_list(self) -> None:
        table = {"name": "genetic-algorithm", "mutation_type": "adaptive", "mutation_num_genes": [[3, 1]]}
        assert build(optimizers=[table]).optimizers == [
            GeneticAlgorithm(mutation_type="adaptive", mutation_num_genes=(3, 1))
        ]
        axis = build(optimizers=[{"name": "genetic-algorithm", "mutation_probability": [0.1, 0.2]}])
        assert [optimizer.mutation_probability for optimizer in axis.optimizers] == [0.1, 0.2]

    def test_problems_and_optimizers_come_in_the_order_of_the_file(self) -> None:
        built = build(problems=["parity", "xor"], optimizers=["momentum", {"name": "adam"}])
        assert [problem.name for problem in built.problems] == ["parity", "xor"]
        assert [optimizer.name() for optimizer in built.optimizers] == ["momentum", "adam"]

    def test_one_entry_needs_no_list(self) -> None:
        built = build(
            problems="parity:bits=4,hidden=[3,2]", optimizers={"name": "adam"}, gradients="analytic"
        )
        assert [problem.key for problem in built.problems] == [load("parity", bits=4, hidden=[3, 2]).key]
        assert built.optimizers == [Adam()]
        assert built.gradients == ["analytic"]

    def test_objects_stand_where_names_may(self) -> None:
        own = Problem.from_arrays([[0.0], [1.0]], [0.0, 1.0], hidden=(), loss="half-squared", test_fraction=0)
        built = build(problems=[own, "xor"], optimizers=[Adam(learning_rate=0.5), "adam"])
        assert built.problems[0] is own
        assert built.optimizers == [Adam(learning_rate=0.5), Adam()]
        alone = build(problems=own, optimizers=Adam(learning_rate=0.5))
        assert (alone.problems, alone.optimizers) == ([own], [Adam(learning_rate=0.5)])

    def test_the_plan_holds_every_combination_once(self) -> None:
        experiment = build(
            problems=["xor", "parity"],
            optimizers=["adam", "gradient-descent", "genetic-algorithm"],
            seeds=[3, 5],
        )
        runs, skipped = plan(experiment)
        found = [(run.problem.name, run.optimizer.name(), run.seed) for run in runs]
        names = ("adam", "gradient-descent", "genetic-algorithm")
        assert found == list(itertools.product(("xor", "parity"), names, (3, 5)))
        assert len(set(run_ids(experiment))) == len(found)
        assert skipped.empty


class TestFields:
    def test_seeds_are_a_number_of_them_or_a_list(self) -> None:
        assert build(seeds=3).seeds == [0, 1, 2]
        assert build(seeds=[7, 0, LARGEST_SEED]).seeds == [7, 0, LARGEST_SEED]

    def test_a_budget_is_a_cost_or_a_table_of_limits(self) -> None:
        assert build(budget=70).budget == Budget(cost=70)
        assert build(budget=0.5).budget == Budget(cost=0.5)
        assert build(budget={"iterations": 9, "seconds": 2}).budget == Budget(iterations=9, seconds=2.0)
        assert build(budget=Budget(seconds=1.5)).budget == Budget(seconds=1.5)

    def test_what_is_left_out_has_a_default(self) -> None:
        built = build()
        assert (built.question, built.timeout, built.gradients, built.seeds) == (
            "",
            None,
            ["analytic"],
            list(range(10)),
        )
        assert list(built.figures) == [{"name": "convergence", "x": "cost"}]

    def test_figures_are_names_or_tables(self) -> None:
        assert build(figures="convergence").figures == [{"name": "convergence"}]
        assert build(figures=["convergence", {"name": "convergence", "band": 0.9}]).figures == [
            {"name": "convergence"},
            {"name": "convergence", "band": 0.9},
        ]
        assert build(figures=[]).figures == []

    def test_the_fields_of_a_file_are_those_of_an_experiment(self) -> None:
        assert {*FIELDS, "name"} == set(Experiment.__dataclass_fields__)


TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
RATE = st.floats(1e-12, 1e6)
OPTIMIZERS = st.one_of(
    st.builds(Adam, learning_rate=RATE, batch=st.none() | st.integers(1, 9), decay_1=st.floats(0, 0.99)),
    st.builds(GradientDescent, learning_rate=RATE),
    st.builds(
        GeneticAlgorithm,
        population_size=st.integers(4, 200),
        crossover_type=st.sampled_from([None, "uniform", "single_point"]),
        mutation_by_replacement=st.booleans(),
        mutation_probability=st.none() | st.floats(0.1, 1),
    ),
    st.builds(
        GeneticAlgorithm,
        mutation_type=st.just("adaptive"),
        mutation_probability=st.tuples(st.floats(0.5, 1), st.floats(0, 0.4)),
    ),
)
HIDDEN = st.lists(st.integers(1, 9), max_size=3)
PROBLEMS = st.one_of(
    st.builds(lambda **options: load("xor", **options), hidden=HIDDEN, target=st.none() | st.floats(0, 1)),
    st.builds(
        lambda **options: load("parity", **options),
        bits=st.integers(2, 4),
        hidden=HIDDEN,
        activation=st.sampled_from(["tanh", "relu", "sigmoid"]),
        initializer=st.sampled_from(["glorot", "uniform", "he"]),
        loss=st.sampled_from(["binary-cross-entropy", "half-squared"]),
        test_fraction=st.floats(0, 0.3),
    ),
)
BUDGETS = st.one_of(
    st.builds(Budget, cost=st.floats(0.001, 1e9)),
    st.builds(
        Budget,
        iterations=st.integers(1, 10**9),
        seconds=st.floats(0.001, 1e6),
        cost=st.none() | st.floats(1, 9),
    ),
)


class TestDeclaration:
    @settings(max_examples=80)
    @given(
        question=TEXT,
        problems=st.lists(PROBLEMS, min_size=1, max_size=3, unique_by=lambda problem: problem.name),
        optimizers=st.lists(OPTIMIZERS, min_size=1, max_size=3, unique_by=lambda optimizer: optimizer.label),
        seeds=st.lists(st.integers(0, LARGEST_SEED), min_size=1, max_size=3, unique=True),
        budget=BUDGETS,
        timeout=st.none() | st.floats(1e-6, 1e6),
        figures=st.lists(
            st.fixed_dictionaries(
                {"name": st.just("convergence")}, optional={"band": st.floats(0, 1), "problems": TEXT}
            ),
            max_size=2,
        ),
    )
    def test_a_declaration_builds_the_same_runs_again(self, **fields: Any) -> None:
        experiment = build_experiment("test", fields)
        again = built_again(experiment)
        assert run_ids(again) == run_ids(experiment)
        assert (again.question, again.timeout, again.budget, list(again.seeds), list(again.figures)) == (
            experiment.question,
            experiment.timeout,
            experiment.budget,
            list(experiment.seeds),
            list(experiment.figures),
        )
        assert again.optimizers == experiment.optimizers
        assert [problem.key for problem in again.problems] == [problem.key for problem in experiment.problems]

    @pytest.mark.parametrize("name", known_optimizers())
    def test_every_optimizer_with_its_defaults_is_declared_in_full(self, name: str) -> None:
        experiment = build(optimizers=[name])
        assert built_again(experiment).optimizers == experiment.optimizers
        declared = tomllib.loads(experiment.declaration())["optimizers"][0]
        given = {
            option for option, value in option_values(experiment.optimizers[0]).items() if value is not None
        }
        assert set(declared) == {"name", *given}

    @pytest.mark.parametrize("name", known_problems())
    def test_every_problem_with_its_defaults_is_declared_by_its_name(self, name: str, tmp_path: Path) -> None:
        written = write(name, known_problems()[name].example(tmp_path))
        try:
            experiment = build(problems=[written])
        except MissingExtraError as missing:
            pytest.skip(str(missing))
        assert [problem.key for problem in built_again(experiment).problems] == [load(written).key]

    def test_an_option_set_to_none_against_its_default_stays_none(self) -> None:
        # TOML has no null, and to leave the option out would bring the default back.
        search = GeneticAlgorithm(crossover_type=None, mutation_type="random")
        assert built_again(build(optimizers=[search])).optimizers == [search]

    def test_a_question_beyond_ascii_survives(self) -> None:
        question = 'Δ loss: "why" \\ 🚀\n\tand\x7f?'
        assert built_again(build(question=question)).question == question

    def test_own_data_are_declared_as_own(self) -> None:
        own = Problem.from_arrays(
            [[0.0], [1.0]], [0.0, 1.0], hidden=(), loss="half-squared", test_fraction=0, name="mine"
        )
        (declared,) = tomllib.loads(build(problems=[own]).declaration())["problems"]
        assert (declared["own"], len(declared["digest"])) == ("mine", 16)
        with pytest.raises(InputError, match="problem 'mine' is your own"):
            build(problems=[declared])


def fault(identity: str, text: str, *said: str) -> Any:
    return pytest.param(text, said, id=identity)


def with_field(field: str, value: str) -> str:
    """A small experiment as TOML, with one field added or replaced."""
    lines = {name: json.dumps(given) for name, given in SMALL.items()}
    return "\n".join(f"{name} = {text}" for name, text in {**lines, field: value}.items())


FAULTS = [
    fault("empty file", "", "problems", "missing"),
    fault("no budget", 'problems = "xor"\noptimizers = "adam"', "budget", "missing"),
    fault("no optimizers", 'problems = "xor"\nbudget = 10', "optimizers", "missing"),
    fault("misspelt field", 'problem = "xor"', "'problem'", "did you mean 'problems'"),
    fault("name is no field", with_field("name", '"mine"'), "'name'", "question"),
    fault("misspelt optimizer", with_field("optimizers", '"adma"'), "'adma'", "did you mean 'adam'"),
    fault("misspelt problem", with_field("problems", '["xro"]'), "'xro'", "did you mean 'xor'"),
    fault("misspelt gradient source", with_field("gradients", '"anlytic"'), "'anlytic'", "'analytic'"),
    fault("misspelt option", with_field("optimizers", '{name="adam", learning_rat=1}'), "'learning_rate'"),
    fault("option of another", with_field("optimizers", '{name="adam", momentum=0.5}'), "Adam", "'momentum'"),
    fault("misspelt option of a problem", with_field("problems", '{name="parity", bit=4}'), "'bits'"),
    fault("misspelt activation", with_field("problems", '{name="xor", activation="tnah"}'), "'tanh'"),
    fault("misspelt loss", with_field("problems", '{name="xor", loss="squard"}'), "'squared'"),
    fault("misspelt initializer", with_field("problems", '{name="xor", initializer="gloro"}'), "'glorot'"),
    fault("misspelt limit", with_field("budget", "{ cots = 3 }"), "'cots'", "did you mean 'cost'"),
    fault("no limit", with_field("budget", "{}"), "Budget", "cost, iterations or seconds"),
    fault("text for a budget", with_field("budget", '"x"'), "cost", "'x'", "number"),
    fault("bool for a budget", with_field("budget", "true"), "cost", "True", "number"),
    fault("list of a list for a budget", with_field("budget", "[[1, 2]]"), "cost", "[1, 2]", "number"),
    fault("empty budget", with_field("budget", "[]"), "'budget'", "empty list", "at least one"),
    fault("empty limit", with_field("budget", "{ cost = [] }"), "'cost'", "empty list", "at least one"),
    fault("budget twice", with_field("budget", "[9, { cost = 9 }]"), "budget", "cost = 9", "twice"),
    fault("nothing to spend", with_field("budget", "0"), "cost", "0", "greater than 0"),
    fault("negative budget", with_field("budget", "{ seconds = -1 }"), "seconds", "-1", "greater than 0"),
    fault("budget without end", with_field("budget", "inf"), "cost", "inf", "finite"),
    fault("budget that is no number", with_field("budget", "nan"), "cost", "nan"),
    fault(
        "part of an iteration",
        with_field("budget", "{ iterations = 2.5 }"),
        "iterations",
        "2.5",
        "whole number",
    ),
    fault(
        "text for a number", with_field("optimizers", '{name="adam", learning_rate="0.1"}'), "'0.1'", "number"
    ),
    fault(
        "bool for a number", with_field("optimizers", '{name="adam", learning_rate=true}'), "True", "number"
    ),
    fault("table for a number", with_field("optimizers", '{name="adam", learning_rate={a=1}}'), "number"),
    fault("date for a number", with_field("optimizers", '{name="adam", learning_rate=1979-05-27}'), "number"),
    fault(
        "list in an axis", with_field("optimizers", '{name="adam", learning_rate=[[0.1]]}'), "[0.1]", "number"
    ),
    fault(
        "bool for a count",
        with_field("problems", '{name="parity", bits=true}'),
        "bits",
        "True",
        "whole number",
    ),
    fault(
        "float for a count",
        with_field("problems", '{name="parity", bits=4.0}'),
        "bits",
        "4.0",
        "whole number",
    ),
    fault("text for a count", with_field("problems", '"parity:bits=four"'), "bits", "'four'", "whole number"),
    fault("count too high", with_field("problems", '"parity:bits=99"'), "bits", "99", "12"),
    fault("number for a list", with_field("problems", '{name="xor", hidden=4}'), "hidden", "4"),
    fault("layer without units", with_field("problems", '{name="xor", hidden=[0]}'), "hidden", "0"),
    fault("list and number mixed", with_field("problems", '{name="xor", hidden=[[4], 8]}'), "hidden", "8"),
    fault(
        "negative learning rate", with_field("optimizers", '{name="adam", learning_rate=-1}'), "-1", "greater"
    ),
    fault(
        "one wrong value of an axis", with_field("optimizers", '{name="adam", learning_rate=[1, -1]}'), "-1"
    ),
    fault("loss that does not fit", with_field("problems", '"iris:loss=binary-cross-entropy"'), "3 classes"),
    fault("option without a value", with_field("problems", '"parity:bits"'), "'bits'", "option=value"),
    fault(
        "empty axis", with_field("optimizers", '{name="adam", batch=[]}'), "'batch'", "empty", "at least one"
    ),
    fault("empty axis of a problem", with_field("problems", '{name="parity", bits=[]}'), "'bits'", "empty"),
    fault("no activation", with_field("problems", '{name="xor", activation=[]}'), "activation", "0"),
    fault("empty problems", with_field("problems", "[]"), "'problems'", "empty", "at least one"),
    fault("empty optimizers", with_field("optimizers", "[]"), "'optimizers'", "empty", "at least one"),
    fault("empty gradients", with_field("gradients", "[]"), "'gradients'", "at least one"),
    fault("empty seeds", with_field("seeds", "[]"), "'seeds'", "[]", "1 or more"),
    fault("nameless problem", with_field("problems", '""'), "problem ''", "xor"),
    fault("number for problems", with_field("problems", "3"), "'problems'", "3", "list of names"),
    fault("list of a list", with_field("problems", '[["xor"]]'), "'problems'", "['xor']", '"iris"'),
    fault(
        "problem without a name",
        with_field("problems", "[{bits = 4}]"),
        "'problems'",
        "{'bits': 4}",
        '"iris"',
    ),
    fault("name that is none", with_field("problems", '{name=["xor", 3]}'), "['xor', 3]", "a name"),
    fault("no names", with_field("problems", "{name=[]}"), "name is []", "at least one"),
    *(
        fault(f"zip {identity}", with_field("optimizers", f'{{name="adam", {table}}}'), *said)
        for identity, table, said in (
            (
                "of unequal lists",
                'batch=[1, 2], decay_1=[0.5], zip=["batch", "decay_1"]',
                ["2", "1", "as many"],
            ),
            ("of one list", 'batch=[1, 2], zip=["batch"]', ["['batch']", "two lists or more"]),
            ("that is text", 'batch=[1, 2], zip="batch"', ["'batch'", "two lists or more"]),
            ("of a misspelt option", 'batch=[1], decay_1=[0.5], zip=["batch", "decay1"]', ["'decay_1'"]),
            ("of a number", 'batch=[1], decay_1=0.5, zip=["batch", "decay_1"]', ["list in zip 'decay_1'"]),
            (
                "twice",
                'batch=[1], decay_1=[0.5], decay_2=[0.5], zip=[["batch", "decay_1"], ["decay_2", "batch"]]',
                ["'batch' twice"],
            ),
        )
    ),
    fault(
        "zip of fields of unequal length", with_field("zip", '["problems", "seeds"]'), "1", "10", "as many"
    ),
    fault("zip of what is no axis", with_field("zip", '["problems", "timeout"]'), "'timeout'", "problems"),
    fault("zip that is a number", with_field("zip", "3"), "zip is 3", "two lists or more"),
    fault("exclusion that is text", with_field("exclude", '["xor"]'), "exclude", "'xor'", "table"),
    fault("exclusion of nothing", with_field("exclude", "[{}]"), "exclude", "{}", "table"),
    fault("exclusion along no axis", with_field("exclude", '[{problems="xor"}]'), "'problems'", "'problem'"),
    fault("exclusion of no values", with_field("exclude", "[{problem=[]}]"), "'problem'", "empty list"),
    fault("misspelt exclusion", with_field("exclude", '[{problem="xro"}]'), "'xro'", "did you mean 'xor'"),
    fault("misspelt option in an exclusion", with_field("exclude", '[{optimizer="adam:bach=3"}]'), "'batch'"),
    fault("misspelt limit in an exclusion", with_field("exclude", "[{budget={cots=3}}]"), "'cots'", "'cost'"),
    fault("exclusion of another value", with_field("exclude", '[{optimizer="adam:batch=3"}]'), "batch=3"),
    fault("exclusion of another seed", with_field("exclude", "[{seed=77}]"), "unknown seed", "77"),
    fault("exclusion of everything", with_field("exclude", '[{problem="xor"}]'), "nothing to run"),
    fault("range that goes down", with_field("seeds", '"9:3"'), "'9:3'", "FIRST:END"),
    fault("range beyond all memory", with_field("seeds", '"0:999999999"'), "FIRST:END", str(MOST_SEEDS)),
    fault("table for an optimizer", with_field("optimizers", "{}"), "'optimizers'", "{}", '"adam"'),
    fault("number for an optimizer", with_field("optimizers", "[3]"), "'optimizers'", "3", '"adam"'),
    fault("number for gradients", with_field("gradients", "3"), "'gradients'", "3", "list of names"),
    fault("no seeds", with_field("seeds", "0"), "'seeds'", "0", "1 or more"),
    fault("negative seeds", with_field("seeds", "-1"), "'seeds'", "-1", "1 or more"),
    fault("bool for seeds", with_field("seeds", "true"), "'seeds'", "True"),
    fault("float for seeds", with_field("seeds", "1.5"), "'seeds'", "1.5"),
    fault("text for seeds", with_field("seeds", '"3"'), "'seeds'", "'3'"),
    fault("bool for a seed", with_field("seeds", "[1, true]"), "'seeds'", "True"),
    fault("negative seed", with_field("seeds", "[1, -1]"), "'seeds'", "-1"),
    fault(
        "seed that no column holds",
        with_field("seeds", f"[{LARGEST_SEED + 1}]"),
        str(LARGEST_SEED + 1),
        "2^63",
    ),
    fault("seeds beyond all memory", with_field("seeds", str(10**15)), str(10**15), str(MOST_SEEDS)),
    fault("timeout of nothing", with_field("timeout", "0"), "'timeout'", "0", "seconds above 0"),
    fault("timeout that is no number", with_field("timeout", "nan"), "'timeout'", "nan", "seconds above 0"),
    fault("text for a timeout", with_field("timeout", '"1 h"'), "'timeout'", "'1 h'", "seconds above 0"),
    fault("number for a question", with_field("question", "3"), "'question'", "3", "text"),
    fault("number for figures", with_field("figures", "3"), "'figures'", "3", "list"),
    fault("figure without a name", with_field("figures", '[{x="cost"}]'), "'figures'", "convergence"),
    fault("problem twice", with_field("problems", '["xor", "xor"]'), "'xor'", "twice", "once"),
    fault(
        "problem twice in an axis",
        with_field("problems", '{name="parity", bits=[3, 3]}'),
        "'parity'",
        "twice",
    ),
    fault("optimizer twice", with_field("optimizers", '["adam", {name="adam"}]'), "'adam'", "twice"),
    fault(
        "optimizer twice in an axis",
        with_field("optimizers", '{name="adam", batch=[2, 2]}'),
        "batch=2",
        "twice",
    ),
    fault(
        "default spelt out", with_field("optimizers", '["adam", {name="adam", learning_rate=0.001}]'), "twice"
    ),
    fault(
        "a million runs",
        "budget = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\nseeds = 100_000\n"
        'problems = "xor"\noptimizers = "adam"',
        "1.1e+06 runs",
        "up to 1e+06",
        "split it",
    ),
    fault(
        "a table without its file", 'problems = "table"\noptimizers = "adam"\nbudget = 9', "'file'", ".csv"
    ),
    fault("seed twice", with_field("seeds", "[4, 4]"), "seed 4", "twice"),
    fault(
        "gradient source twice", with_field("gradients", '["analytic", "analytic"]'), "'analytic'", "twice"
    ),
    fault("nested tables", "[problems.xor]\na = 1\n[optimizers]\n[budget]\n", "'problems'", "xor"),
    fault("malformed", "problems = [", "no valid TOML"),
    fault("malformed in line 2", 'problems = "xor"\nbudget = = 3', "TOML", "line 2"),
    fault("no TOML at all", "import numpy as np\n", "TOML", "line 1"),
    fault("field twice", "seeds = 1\nseeds = 2", "no valid TOML"),
]


class TestRefusals:
    @pytest.mark.parametrize(("text", "said"), FAULTS)
    def test_one_sentence_names_the_file_and_what_is_wrong(
        self, text: str, said: tuple[str, ...], tmp_path: Path
    ) -> None:
        sentence = refusal(text, tmp_path)
        assert "\n" not in sentence
        assert "mine.toml" in sentence
        for words in said:
            assert words in sentence

    def test_a_file_of_megabytes_is_no_experiments(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.sweeps.experiment_file.LARGEST_FILE", 3_000_000)
        monkeypatch.setattr("tomllib.loads", lambda text: pytest.fail("it was read"))
        sentence = refusal("#" * 3_000_001, tmp_path)
        assert sentence.endswith("mine.toml has more than 3 megabytes: give an experiment's file")

    def test_a_file_that_is_no_utf_8_is_named(self, tmp_path: Path) -> None:
        sentence = refusal('question = "größer"'.encode("latin-1"), tmp_path)
        assert "mine.toml" in sentence
        assert "UTF-8" in sentence

    def test_a_byte_order_mark_is_no_fault(self, tmp_path: Path) -> None:
        file = tmp_path / "windows.toml"
        file.write_bytes(b"\xef\xbb\xbf" + b'problems = "xor"\r\noptimizers = "adam"\r\nbudget = 9\r\n')
        assert read_experiment(str(file)).optimizers == [Adam()]

    @pytest.mark.parametrize(
        "name", ["none.toml", "no/such/folder/mine.toml", "folder.toml", "file.txt/mine.toml"]
    )
    def test_a_file_that_cannot_be_read_is_named(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "folder.toml").mkdir()
        (tmp_path / "file.txt").write_text("", encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_experiment(str(tmp_path / name))
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert ".toml" in str(caught.value)

    @pytest.mark.parametrize("name", ["quikstart", "quickstart.tml", "QUICKSTART", "", ".", "/"])
    def test_what_is_neither_a_name_nor_a_toml_file_is_answered_with_the_names(self, name: str) -> None:
        with pytest.raises(InputError, match=f"unknown experiment '{name}'") as caught:
            read_experiment(name)
        assert all(shipped in str(caught.value) for shipped in shipped_experiments())

    def test_a_misspelt_experiment_is_answered_with_the_nearest(self) -> None:
        with pytest.raises(InputError, match="did you mean 'quickstart'"):
            read_experiment("quikstart")

    def test_two_problems_of_one_name_are_told_that_a_name_will_do(self) -> None:
        one, other = (
            Problem.from_arrays([[x], [1.0]], [0.0, 1.0], hidden=(), loss="half-squared", test_fraction=0)
            for x in (0.0, 2.0)
        )
        with pytest.raises(InputError, match="'mine' is there twice: give it once, or another name"):
            build(problems=[one, other])

    @given(
        value=st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.booleans()) | st.text()
    )
    @settings(max_examples=60)
    @pytest.mark.parametrize("field", [*FIELDS, "name", "nonsense"])
    def test_no_value_of_any_field_causes_anything_but_a_sentence(self, field: str, value: Any) -> None:
        with contextlib.suppress(InputError):
            build_experiment("test", {**SMALL, field: value})


class TestShipped:
    @pytest.mark.parametrize("name", shipped_experiments())
    def test_a_shipped_experiment_asks_a_question_and_can_be_run(self, name: str) -> None:
        experiment = read_experiment(name)
        assert experiment.name == name
        assert experiment.question.endswith("?")
        check_figures(experiment.figures)
        runs, skipped = plan(experiment)
        assert len({run.run_id for run in runs}) == len(runs) > 0
        refused = {(row.problem, row.optimizer) for row in skipped.itertuples()}
        ran = {(run.problem.name, run.optimizer.label) for run in runs}
        every = itertools.product(
            [problem.name for problem in experiment.problems],
            [entry.label for entry in experiment.optimizers],
        )
        assert ran | refused == set(every)
        assert {str(parse(name)["name"]) for name in experiment.gradients} <= set(known_sources())

    def test_changes_replace_the_fields_of_a_file(self) -> None:
        changed = read_experiment("quickstart", seeds=2, budget={"cost": 50})
        assert (changed.seeds, changed.budget) == ([0, 1], Budget(cost=50))
        assert changed.optimizers == read_experiment("quickstart").optimizers

    def test_a_wrong_change_is_answered_like_a_wrong_field(self) -> None:
        with pytest.raises(InputError, match=r"quickstart\.toml: field 'seeds' is 0"):
            read_experiment("quickstart", seeds=0)

    def test_every_option_of_every_plug_in_has_a_range_in_words(self) -> None:
        for owner in [*known_optimizers().values(), *known_problems().values()]:
            for option, words in option_ranges(owner).items():
                assert words, (owner, option)
                assert "typing" not in words
