"""Tuning against what it promises: equal cost, seeds of its own, one rule, nothing done twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness.analysis.tuning_curve import trials_of, tuning_curve
from harness.analysis.tuning_score import WORST, score_of
from harness.problems import load
from harness.runs.single_run import Run
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from harness.tuning.contenders import contenders
from harness.tuning.seeds import tuning_seeds
from harness.tuning.tune import tune_experiment
from harness.tuning.tuning import Tuning
from optimizers import (
    Adam,
    GeneticAlgorithm,
    GradientDescent,
    HillClimbing,
    InputError,
    MultiStart,
    Objective,
)
from optimizers.options import LARGEST, option_values, options

FIELDS: dict[str, Any] = {
    "problems": ["xor", "setosa"],
    "optimizers": ["adam", "gradient-descent:learning_rate=0.5", "perceptron-rule", "random-search"],
    "budget": 120,
    "seeds": 4,
}
TRIALS = 5


def experiment(**changes: Any) -> Experiment:
    return build_experiment("small", FIELDS | changes)


def tune(sampler: str = "quasi-random", per: str = "experiment", trials: int = TRIALS, **more: Any) -> Tuning:
    if sampler == "tpe":
        pytest.importorskip("optuna")
    return tune_experiment(experiment(), trials=trials, sampler=sampler, per=per, workers=1, **more)


@pytest.fixture(scope="module")
def tuned() -> Tuning:
    return tune()


@pytest.fixture(scope="module", params=["quasi-random", "tpe", "successive-halving"])
def each(request: pytest.FixtureRequest, tuned: Tuning) -> Tuning:
    return tuned if request.param == "quasi-random" else tune(request.param)


class TestFairness:
    def test_every_optimizer_may_spend_the_same(self, each: Tuning) -> None:
        costs = each.costs().set_index("optimizer")
        one = 120 * 3 * 2
        assert costs["budget"].drop("perceptron-rule").between((TRIALS - 1) * one, TRIALS * one).all()
        # It works on one problem of the two.
        assert (TRIALS - 1) * one / 2 <= costs["budget"]["perceptron-rule"] <= TRIALS * one / 2
        assert (costs["cost"] <= costs["budget"] * (1 + 1e-12)).all()
        assert (costs["seeds"] == 3).all()

    def test_the_declared_configuration_is_the_first(self, each: Tuning) -> None:
        first = each.trials().groupby("optimizer", sort=False).first()
        assert json.loads(first["options"]["gradient-descent"]) == {"learning_rate": 0.5}
        assert json.loads(first["options"]["adam"])["learning_rate"] == Adam().learning_rate
        assert first["whole"].all()

    def test_no_seed_of_the_evaluation_is_seen(self, each: Tuning) -> None:
        seeds = set(each.results.runs["seed"])
        assert seeds == {LARGEST, LARGEST - 1, LARGEST - 2}
        assert not seeds & set(experiment().seeds)

    def test_what_it_spent_is_what_its_runs_spent(self, each: Tuning) -> None:
        trials = each.trials()
        runs = each.results.runs.drop_duplicates(
            ["optimizer_name", "options", "problem_key", "seed"], keep="last"
        )
        for name, part in trials.groupby("optimizer"):
            known = runs[runs["optimizer_name"] == name]
            if name != "random-search":
                assert part["cost"].sum() == pytest.approx(known["cost"].sum())
        # Its one configuration counts as often as it was tried.
        again = trials[trials["optimizer"] == "random-search"]["cost"]
        assert len(set(again)) == 1
        assert len(again) == TRIALS

    def test_the_best_by_the_rule_is_chosen(self, each: Tuning) -> None:
        for chosen in each.chosen:
            text = json.dumps(option_values(chosen.tuned))
            rows = each.results.runs[
                (each.results.runs["options"] == text)
                & each.results.runs["setting"].str.startswith("cost=120")
            ]
            best = score_of(rows)
            for _, other in whole_runs(each, chosen.tuned.name()):
                assert best <= score_of(other)


def whole_runs(tuning: Tuning, name: str) -> Any:
    runs = tuning.results.runs
    return runs[(runs["optimizer_name"] == name) & (runs["setting"] == "cost=120")].groupby("options")


class TestSeeds:
    @pytest.mark.parametrize("evaluation", [range(5), [LARGEST, LARGEST - 2], [LARGEST - 1]])
    def test_they_are_new(self, evaluation: Any) -> None:
        seeds = tuning_seeds(20, list(evaluation))
        assert len(set(seeds)) == 20
        assert not set(seeds) & set(evaluation)
        assert all(2**62 < seed <= LARGEST for seed in seeds)

    def test_fewer_than_three_are_refused(self) -> None:
        with pytest.raises(InputError, match="seeds is 2, expected 3 to"):
            tuning_seeds(2, [0])


class TestContenders:
    def test_what_differs_in_tuned_options_alone_is_tuned_once(self) -> None:
        found = contenders(
            [GradientDescent(learning_rate=rate, batch=batch) for rate in (1.0, 2.0) for batch in (1, 2)]
        )
        assert [contender.label for contender in found] == [
            "gradient-descent(batch=1)",
            "gradient-descent(batch=2)",
        ]
        assert [[one.learning_rate for one in contender.declared] for contender in found] == [[1.0, 2.0]] * 2
        built = found[0].configuration({"learning_rate": 7.0})
        assert built == GradientDescent(learning_rate=7.0, batch=1)

    def test_an_option_that_the_others_refuse_is_left_alone(self) -> None:
        (bits,) = contenders([GeneticAlgorithm(bits=8)])
        assert set(GeneticAlgorithm.search_space) - set(bits.space) == {
            "random_mutation_min_val",
            "random_mutation_max_val",
        }
        (chance,) = contenders([GeneticAlgorithm(mutation_probability=0.2)])
        assert "mutation_percent_genes" not in chance.space
        assert chance.label == "genetic-algorithm(mutation_probability=0.2)"

    def test_an_optimizer_inside_another_stays(self) -> None:
        (found,) = contenders([MultiStart(optimizer=Adam(learning_rate=0.3))])
        assert found.configuration({"candidates": 5}) == MultiStart(
            optimizer=Adam(learning_rate=0.3), candidates=5
        )
        assert found.label == "multi-start(optimizer=adam(learning_rate=0.3))"

    def test_all_declared_configurations_are_tried_first(self) -> None:
        three = experiment(optimizers=["rprop", "adam:learning_rate=[0.1,0.2,0.3]"], problems="setosa")
        tuning = tune_experiment(three, trials=4)
        rates = [json.loads(text)["learning_rate"] for text in tuning.trials()["options"][4:7]]
        assert rates == [0.1, 0.2, 0.3]
        assert len(tuning.chosen) == 2
        with pytest.raises(InputError, match="trials is 2, expected 3 to"):
            tune_experiment(three, trials=2)


class TestRuns:
    def test_halving_goes_on_with_the_same_curve(self) -> None:
        trace = tune("successive-halving").results.trace
        budgets = trace.groupby(["optimizer", "seed"], observed=True)["problem"].nunique()
        assert budgets.max() >= 5  # xor with three budgets, setosa with two
        checked = 0
        names = trace["problem"].astype(str)
        for _, part in trace[names.str.startswith("xor")].groupby(["optimizer", "seed"], observed=True):
            curves = {str(name): curve for name, curve in part.groupby("problem", observed=True)}
            longest = max(curves.values(), key=lambda curve: curve["cost"].max())
            for curve in curves.values():
                both = curve.merge(longest, on="iteration")
                assert len(both) > 1
                assert (both["loss_x"] == both["loss_y"]).all()
                checked += curve is not longest
        assert checked > 10

    def test_the_same_again_does_no_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        first = tune(folder=tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(Run, "execute", _no_run)
            again = tune(folder=tmp_path)
        pd.testing.assert_frame_equal(first.trials(), again.trials())
        more = tune(folder=tmp_path, trials=TRIALS + 2)
        head = more.trials().groupby("optimizer", sort=False).head(TRIALS).reset_index(drop=True)
        pd.testing.assert_frame_equal(head, first.trials())

    @pytest.mark.parametrize("sampler", ["tpe", "successive-halving"])
    def test_a_search_that_learns_goes_on_from_its_runs(
        self, sampler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = tune(sampler, folder=tmp_path, trials=3)
        monkeypatch.setattr(Run, "execute", _no_run)
        pd.testing.assert_frame_equal(first.trials(), tune(sampler, folder=tmp_path, trials=3).trials())

    def test_runs_of_other_code_are_told_of_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small = experiment(problems="setosa", optimizers=["rprop"])
        with monkeypatch.context() as patch:
            patch.setattr("harness.runs.provenance.package_fingerprint", lambda: "0" * 16)
            tune_experiment(small, trials=3, sampler="successive-halving", folder=tmp_path)
        said: list[str] = []
        tune_experiment(small, trials=3, sampler="successive-halving", folder=tmp_path, announce=said.append)
        assert said
        assert len(said) == len(set(said))
        # What is asked of each problem by itself is one note a problem, which is the same for both.
        both, heard = replace(small, problems=[load("setosa"), load("xor")]), list[str]()
        with monkeypatch.context() as patch:
            patch.setattr("harness.runs.provenance.package_fingerprint", lambda: "1" * 16)
            tune_experiment(both, trials=1, per="problem", folder=tmp_path / "both")
        tune_experiment(both, trials=1, per="problem", folder=tmp_path / "both", announce=heard.append)
        assert len(heard) == 1

    def test_each_problem_may_have_its_own(self, tuned: Tuning) -> None:
        own = tune(per="problem")
        assert [(c.label, c.problems) for c in own.chosen if c.label == "adam"] == [
            ("adam", ("xor",)),
            ("adam", ("setosa",)),
        ]
        assert [c.problems for c in own.chosen if c.label == "perceptron-rule"] == [("setosa",)]
        # The same points are tried for every problem, with the same runs.
        assert set(own.results.runs["run_id"]) == set(tuned.results.runs["run_id"])
        with pytest.raises(InputError, match="each problem has options of its own"):
            _ = own.optimizers

    @pytest.mark.parametrize("sampler", ["quasi-random", "tpe"])
    def test_a_configuration_that_is_refused_is_the_worst(self, sampler: str) -> None:
        if sampler == "tpe":
            pytest.importorskip("optuna")
        own = experiment(problems=["xor"], optimizers=[Picky()])
        tuning = tune_experiment(own, trials=3, sampler=sampler)
        trials = tuning.trials()
        assert trials["runs"].tolist() == [3, 0, 0]
        assert trials["cost_to_target"].tolist()[1:] == [WORST.cost] * 2
        assert tuning.optimizers == [Picky()]
        assert trials_of(tuning.results)["optimizer"].tolist() == ["picky"]

    def test_several_gradient_sources_give_nobody_more(self) -> None:
        several = experiment(problems="xor", optimizers=["rprop", "hill-climbing"])
        several = replace(several, gradients=["analytic", "central-difference"])
        assert set(tune_experiment(several, trials=2).costs()["runs"]) == {6}

    def test_runs_of_other_code_are_taken_where_that_is_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small = experiment(problems="setosa", optimizers=["rprop"])
        with monkeypatch.context() as patch:
            patch.setattr("harness.runs.provenance.package_fingerprint", lambda: "0" * 16)
            first = tune_experiment(small, trials=3, folder=tmp_path)
        monkeypatch.setattr(Run, "execute", _no_run)
        again = tune_experiment(small, trials=3, folder=tmp_path, reuse="other-code")
        pd.testing.assert_frame_equal(first.trials(), again.trials())

    def test_a_budget_without_a_cost_is_refused(self) -> None:
        with pytest.raises(InputError, match="no budget in cost"):
            tune_experiment(experiment(budget={"iterations": 5}))


@options
class Picky(HillClimbing):
    """Climb with one step alone."""

    def refusal(self, objective: Objective) -> str | None:
        return None if self.step == 0.1 else "it takes another step"


def _no_run(run: Run) -> Any:
    raise AssertionError(f"{run} was done again")


class TestCurve:
    def test_runs_alone_lead_to_the_same_trials(self, each: Tuning) -> None:
        expected = each.trials().drop_duplicates(["optimizer", "options"])
        found = trials_of(each.results)
        for name in expected["optimizer"].unique():
            columns = ["whole", "unsolved", "cost_to_target", "loss", "cost"]
            ours, theirs = (
                table[table["optimizer"] == name].sort_values([*columns])[columns].to_numpy(dtype=float)
                for table in (expected, found)
            )
            assert ours == pytest.approx(theirs)

    def test_the_last_point_is_the_best_of_all(self, each: Tuning) -> None:
        trials, curve = each.trials(), each.curve()
        for name, part in curve.groupby("optimizer"):
            known = trials[trials["optimizer"] == name]
            best = known[known["whole"]].sort_values(["unsolved", "cost_to_target", "loss"]).iloc[0]
            assert part.iloc[-1][["unsolved", "cost_to_target", "loss"]].tolist() == pytest.approx(
                best[["unsolved", "cost_to_target", "loss"]].tolist()
            )
            assert part["total_cost"].iloc[-1] == pytest.approx(known["cost"].sum())
            assert (np.diff(part["unsolved"]) < 1e-12).all()

    def test_so_far_walks_through_the_trials(self, tuned: Tuning) -> None:
        trials = tuned.trials()
        curve = tuning_curve(trials, "so-far")
        for name, part in trials.groupby("optimizer"):
            best, spent = (np.inf,) * 3, 0.0
            for row, point in zip(
                part.itertuples(), curve[curve["optimizer"] == name].itertuples(), strict=True
            ):
                best = min(best, (row.unsolved, row.cost_to_target, row.loss))
                spent += row.cost
                assert (point.unsolved, point.cost_to_target, point.loss) == best
                assert point.total_cost == pytest.approx(spent)

    def test_the_plot_draws_the_curve(self, tuned: Tuning) -> None:
        figure = harness.plots.tuning_curve(tuned.results).figure
        panels = {panel.get_title(): panel for panel in figure.axes}
        assert set(panels) == {"all problems", "setosa"}
        curve = tuned.curve()
        for line in panels["all problems"].lines:
            part = curve[curve["optimizer"] == line.get_label()]
            if line.get_label() != "random-search":
                assert line.get_xdata() == pytest.approx(part["total_cost"].to_numpy())
                assert line.get_ydata() == pytest.approx(part["cost_to_target"].to_numpy())
        assert {line.get_label() for line in panels["setosa"].lines if len(line.get_xdata())} == {
            "perceptron-rule"
        }
        assert figure._repr_png_().startswith(b"\x89PNG")

    def test_other_runs_are_refused(self) -> None:
        results = harness.run("xor", "rprop", budget=50, seeds=2)
        with pytest.raises(InputError, match="needs runs of `harness tune`"):
            harness.plots.tuning_curve(results)

    def test_runs_without_a_budget_in_cost_are_refused(self, tuned: Tuning) -> None:
        results = tuned.results
        without = replace(results, runs=results.runs.assign(setting="iterations=300"))
        with pytest.raises(InputError, match="drawn against cost: give runs whose budget has a cost"):
            harness.plots.tuning_curve(without)


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"sampler": "quasi"}, "unknown sampler 'quasi': did you mean 'quasi-random'"),
            ({"per": "problems"}, "did you mean 'problem'"),
            ({"trials": 0}, "trials is 0"),
            ({"trials": "many"}, "trials is 'many'"),
            ({"seeds": 1}, "seeds is 1, expected 3"),
            ({"seed": -1}, "seed is -1"),
            ({"experiment": 3}, "experiment is 3, expected a name, a file or a table"),
            ({"experiment": "quikstart"}, "did you mean 'quickstart'"),
            ({"experiment": {"problems": "xor"}}, "field 'optimizers' is missing"),
        ],
        ids=str,
    )
    def test_what_is_wrong_is_said(self, arguments: dict[str, Any], said: str) -> None:
        with pytest.raises(InputError, match=said):
            harness.tune(**({"experiment": FIELDS} | arguments))

    def test_several_budgets_are_refused(self) -> None:
        with pytest.raises(InputError, match="has 2 budgets, and options are tuned at one: give that"):
            harness.tune(FIELDS | {"budget": [50, 100]})

    def test_an_experiment_that_is_built_is_tuned_as_its_table_is(self) -> None:
        fields = FIELDS | {"problems": "setosa", "optimizers": ["rprop"]}
        built = build_experiment("notebook", fields)
        pd.testing.assert_frame_equal(
            harness.tune(built, trials=2).trials(), harness.tune(fields, trials=2).trials()
        )

    def test_it_leaves_its_files_and_results_that_can_be_asked(self, tmp_path: Path) -> None:
        tuning = harness.tune(FIELDS, trials=2, folder=tmp_path)
        assert {"tuned.toml", "trials.csv", "tuning-cost.csv", "tuning-curve.csv"} <= {
            path.name for path in tmp_path.iterdir()
        }
        assert len(pd.read_csv(tmp_path / "trials.csv")) == len(tuning.trials())
        assert len(tuning.results.where(problem="setosa").runs) == 7 * 3
        loaded = harness.load(tmp_path)
        assert loaded.plot.tuning_curve() is not None
        assert "harness tune notebook --trials 2" in repr(tuning)
        page = tuning._repr_html_()
        assert "harness tune notebook --trials 2" in page
        assert page.count("<tr") == 1 + len(FIELDS["optimizers"])
