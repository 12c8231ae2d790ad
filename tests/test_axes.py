"""Everything in an experiment may be an axis; its file says what goes together and what is left out."""

from __future__ import annotations

import contextlib
import itertools
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.analysis.summary import summarize
from harness.problems import Problem, load
from harness.sweeps.axes import expanded
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.planning import plan
from optimizers import Adam, Budget, InputError
from optimizers.optimizer import Optimizer

SMALL: dict[str, Any] = {"problems": ["xor"], "optimizers": ["adam"], "budget": 100, "seeds": 2}


def build(**changes: Any) -> Experiment:
    return build_experiment("test", {**SMALL, **changes})


def combos(experiment: Experiment) -> list[tuple[Any, ...]]:
    """What stands for each run, in the order of the plan."""
    return [
        (run.problem.name, run.optimizer.label, run.gradient, run.budget.cost, run.seed)
        for run in plan(experiment)[0]
    ]


def read_again(experiment: Experiment) -> Experiment:
    return build_experiment("test", tomllib.loads(experiment.declaration()))


class TestOptions:
    @settings(max_examples=60)
    @given(
        rates=st.lists(st.floats(0.001, 1), min_size=1, max_size=3, unique=True),
        batches=st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True),
        together=st.booleans(),
    )
    def test_lists_are_multiplied_or_go_together(
        self, rates: list[float], batches: list[int], together: bool
    ) -> None:
        table: dict[str, Any] = {"learning_rate": rates, "decay_1": 0.5, "batch": batches}
        pairs = list(itertools.product(rates, batches))
        if together:
            table["zip"] = ["learning_rate", "batch"]
            pairs = list(zip(rates, batches, strict=False))
        if together and len(rates) != len(batches):
            with pytest.raises(InputError, match="give as many of each"):
                expanded(table, Adam)
            return
        assert expanded(table, Adam) == [
            {"learning_rate": rate, "decay_1": 0.5, "batch": batch} for rate, batch in pairs
        ]

    def test_more_combinations_than_anybody_runs_are_refused_before_they_are_made(self) -> None:
        many = [place / 2000 for place in range(1, 1101)]
        with pytest.raises(InputError, match=r"have 1\.21e\+06 combinations: give fewer values"):
            build(optimizers=[{"name": "adam", "learning_rate": many, "decay_1": many}])

    def test_two_groups_go_together_apart_from_each_other(self) -> None:
        table = {
            "learning_rate": [1, 2], "batch": [1, 2], "decay_1": [3, 4, 5], "decay_2": [3, 4, 5],
            "zip": [["learning_rate", "batch"], ["decay_2", "decay_1"]],
        }  # fmt: skip
        assert [tuple(choice.values()) for choice in expanded(table, Adam)] == [
            (a, a, b, b) for a in (1, 2) for b in (3, 4, 5)
        ]

    def test_shapes_starts_and_targets_are_axes_of_several_problems_at_once(self) -> None:
        table = {
            "name": ["xor", "parity"], "hidden": [[2], [4, 4]], "initializer": ["he", "glorot"],
            "target": ["none", 0.1],
        }  # fmt: skip
        built = build(problems=[table])
        assert [problem.key for problem in built.problems] == [
            load(name, hidden=hidden, initializer=initializer, target=target).key
            for name in ("xor", "parity")
            for hidden in ([2], [4, 4])
            for initializer in ("he", "glorot")
            for target in (None, 0.1)
        ]
        assert [problem.key for problem in read_again(built).problems] == [p.key for p in built.problems]

    def test_several_optimizers_share_their_options(self) -> None:
        built = build(optimizers=[{"name": ["adam", "momentum"], "learning_rate": [0.3, 0.2]}])
        assert [optimizer.label for optimizer in built.optimizers] == [
            f"{name}(learning_rate={rate})" for name in ("adam", "momentum") for rate in (0.3, 0.2)
        ]

    def test_gradient_sources_share_their_options(self) -> None:
        built = build(gradients={"name": ["forward-difference", "central-difference"], "step": ["none", 0.5]})
        assert built.gradients == [
            "forward-difference",
            "forward-difference:step=0.5",
            "central-difference",
            "central-difference:step=0.5",
        ]


class TestBudgets:
    @pytest.mark.parametrize(
        "given",
        [
            [50, 90],
            {"cost": [50, 90]},
            [{"cost": 50}, {"cost": 90}],
            [Budget(cost=50), 90],
        ],
    )
    def test_a_list_is_an_axis(self, given: Any) -> None:
        built = build(budget=given)
        assert built.budget == [Budget(cost=50), Budget(cost=90)]
        assert [(cost, seed) for *_, cost, seed in combos(built)] == [(50, 0), (50, 1), (90, 0), (90, 1)]
        assert combos(read_again(built)) == combos(built)

    def test_limits_may_go_together(self) -> None:
        given = {"cost": [5, 6], "iterations": [7, 8], "zip": ["cost", "iterations"]}
        assert build(budget=given).budgets == [Budget(cost=5, iterations=7), Budget(cost=6, iterations=8)]

    def test_one_in_a_list_is_one(self) -> None:
        assert build(budget=[50]).budget == Budget(cost=50)

    def test_runs_and_tables_tell_them_apart(self) -> None:
        results = harness.run("xor", Adam(), budget=[20, Budget(iterations=3)], seeds=2)
        assert results.runs["setting"].tolist() == ["cost=20", "cost=20", "iterations=3", "iterations=3"]
        assert results.runs["problem"].unique().tolist() == ["xor [cost=20]", "xor [iterations=3]"]
        assert summarize(results)["runs"].tolist() == [2, 2]
        with pytest.raises(InputError, match="2 such runs"):
            results.model("xor", "adam", 0)
        assert results.model("xor [cost=20]", "adam", 0).origin["problem"] == "xor [cost=20]"


class TestTogether:
    def test_fields_go_together_value_by_value(self) -> None:
        built = build(problems=["xor", "iris"], budget=[50, 90], zip=["problems", "budget"])
        expected = [("xor", 50, 0), ("xor", 50, 1), ("iris", 90, 0), ("iris", 90, 1)]
        assert [(problem, cost, seed) for problem, _, _, cost, seed in combos(built)] == expected
        assert combos(read_again(built)) == combos(built)

    def test_an_optimizer_without_gradients_goes_with_each_source_once(self) -> None:
        sources = ["analytic", "forward-difference"]
        built = build(
            problems=["xor", "parity"],
            optimizers=["adam", "random-search"],
            gradients=sources,
            zip=["problems", "gradients"],
            seeds=1,
        )
        assert [(problem, optimizer, source) for problem, optimizer, source, *_ in combos(built)] == [
            ("xor", "adam", "analytic"),
            ("xor", "random-search", "none"),
            ("parity", "adam", "forward-difference"),
            ("parity", "random-search", "none"),
        ]


EVERYTHING: dict[str, Any] = {
    "problems": ["xor", {"name": "parity", "bits": [3, 4]}],
    "optimizers": [{"name": "adam", "batch": [1, 2]}, "random-search"],
    "gradients": ["analytic", "central-difference:step=0.001"],
    "budget": [50, 90],
    "seeds": [3, 4],
}


class TestExclusions:
    @pytest.mark.parametrize(
        ("entry", "left_out"),
        [
            ({"problem": "parity"}, lambda p, o, g, b, s: p != "xor"),
            ({"problem": "parity:bits=4"}, lambda p, o, g, b, s: p == "parity:bits=4"),
            ({"problem": "parity:bits=3"}, lambda p, o, g, b, s: p == "parity"),
            ({"problem": {"name": "parity", "bits": 3}}, lambda p, o, g, b, s: p == "parity"),
            ({"optimizer": "adam(batch=2)"}, lambda p, o, g, b, s: o == "adam(batch=2)"),
            ({"optimizer": Adam(batch=2)}, lambda p, o, g, b, s: o == "adam(batch=2)"),
            (
                {"optimizer": "adam", "problem": ["xor", "parity:bits=4"]},
                lambda p, o, g, b, s: o != "random-search" and p != "parity",
            ),
            ({"gradient": "analytic"}, lambda p, o, g, b, s: g == "analytic"),
            ({"gradient": "central-difference"}, lambda p, o, g, b, s: g.startswith("central")),
            ({"budget": 90, "seed": 3}, lambda p, o, g, b, s: (b, s) == (90, 3)),
            ({"budget": {"cost": 50}}, lambda p, o, g, b, s: b == 50),
        ],
    )
    def test_a_combination_is_left_out_where_all_of_it_fits(self, entry: Any, left_out: Any) -> None:
        every = combos(build(**EVERYTHING))
        assert len(every) == 3 * (2 * 2 + 1) * 2 * 2
        built = build(**EVERYTHING, exclude=entry)
        assert combos(built) == [combo for combo in every if not left_out(*combo)]
        assert combos(read_again(built)) == combos(built)

    def test_several_are_left_out_each(self) -> None:
        both = [{"problem": "xor", "optimizer": "adam"}, {"seed": 4}]
        found = combos(build(**EVERYTHING, exclude=both))
        assert found == [
            combo
            for combo in combos(build(**EVERYTHING))
            if not (combo[0] == "xor" and combo[1].startswith("adam")) and combo[4] != 4
        ]

    def test_what_is_left_out_is_not_said_to_be_skipped(self) -> None:
        table = {**SMALL, "optimizers": ["adam", "perceptron-rule"]}
        assert len(plan(build_experiment("test", table))[1]) == 1
        left = {**table, "exclude": {"problem": "xor", "optimizer": "perceptron-rule"}}
        assert len(plan(build_experiment("test", left))[1]) == 0


class TestNames:
    def test_tables_name_every_value_of_an_axis(self) -> None:
        built = harness.run(
            [
                {"name": "parity", "hidden": [[2], [8]], "bits": [3, 4]},
                "iris-pair",
                "iris-pair:one=versicolor,other=virginica",
            ],
            "adam",
            gradients=["central-difference", "central-difference:step=0.001"],
            budget=30,
            seeds=1,
        )
        assert built.runs["problem"].unique().tolist() == [
            "parity:hidden=[2],bits=3",
            "parity:hidden=[2],bits=4",
            "parity:hidden=[8],bits=3",
            "parity:hidden=[8],bits=4",
            # They differ in two options at once, which is no axis.
            "iris-pair",
            "iris-pair:one=versicolor,other=virginica",
        ]
        assert built.runs["gradient"].unique().tolist() == [
            "central-difference:step=none",
            "central-difference:step=0.001",
        ]
        assert set(built.trace["problem"]) == set(built.runs["problem"])

    def test_a_name_without_options_still_finds_its_model(self) -> None:
        results = harness.run(["parity", "parity:bits=4"], "adam", budget=30, seeds=1)
        assert results.runs["problem"].unique().tolist() == ["parity:bits=3", "parity:bits=4"]
        for name in ("parity", "parity:bits=3", load("parity")):
            model = results.model(name, "adam", 0)
            assert model.origin["problem"] == "parity:bits=3"

    def test_ones_own_data_under_such_a_name_keep_theirs(self) -> None:
        own = Problem.from_arrays(
            [[0.0], [1.0]], [0.0, 1.0], hidden=(), loss="half-squared", test_fraction=0, name="parity:bits=2"
        )
        results = harness.run([own, "parity", "parity:bits=4"], "adam", budget=30, seeds=1)
        assert results.runs["problem"].unique().tolist() == [
            "parity:bits=2 (own)",
            "parity:bits=3",
            "parity:bits=4",
        ]


def test_a_range_names_seeds() -> None:
    assert build(seeds="100:103").seeds == [100, 101, 102]
    assert harness.run("xor", "adam", budget=9, seeds=range(5, 7)).runs["seed"].tolist() == [5, 6]


def test_an_experiment_of_objects_takes_all_of_it_too() -> None:
    problems, optimizers = [load("xor"), load("iris")], [Adam(), Adam(batch=3)]
    assert all(isinstance(optimizer, Optimizer) for optimizer in optimizers)
    built = Experiment(
        "test",
        "",
        problems,
        optimizers,
        ["analytic"],
        [0],
        [Budget(cost=5), Budget(cost=6)],
        zip=["problems", "budget"],
        exclude=[{"problem": problems[0], "optimizer": optimizers[1]}],
    )
    assert [combo[:2] for combo in combos(built)] == [
        ("xor", "adam"),
        ("iris", "adam"),
        ("iris", "adam(batch=3)"),
    ]
    assert combos(read_again(built)) == combos(built)


NAMES = ("xor", "parity", "adam", "lbfgs", "analytic", "none", "1:3")
FIELDS = ("name", "zip", "exclude", "problems", "problem", "optimizer", "gradient", "budget", "seed", "seeds")
OPTIONS = ("cost", "iterations", "bits", "batch", "hidden")
WORDS = st.sampled_from((*NAMES, *FIELDS, *OPTIONS))
VALUES = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-2, 5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150)
@given(
    field=st.sampled_from(["problems", "optimizers", "gradients", "budget", "seeds", "zip", "exclude"]),
    value=VALUES,
)
def test_no_value_of_an_axis_causes_anything_but_a_sentence(field: str, value: Any) -> None:
    with contextlib.suppress(InputError):
        built = build_experiment("test", {**EVERYTHING, field: value})
        assert combos(read_again(built)) == combos(built)
