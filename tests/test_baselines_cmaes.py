"""CMA-ES: the package cma as it is meant to be used, and nothing else of it."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from watching import watch

import optimizers
from optimizers import FunctionObjective, InputError, MissingExtraError
from optimizers.evolution.cmaes import CMAES

EXTRA = r"pip install 'neural-harness\[cma\]'"


def rosenbrock(w: Any) -> float:
    return float(np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2))


@pytest.mark.parametrize("seed", range(3))
def test_a_bent_valley_is_followed_to_its_minimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    best = optimizers.minimize(rosenbrock, np.zeros(4), CMAES(), 5000, target=1e-8, rng=rng)
    assert best.outcome.name == "solved"
    np.testing.assert_allclose(best.w, 1, atol=1e-3)


def test_every_population_is_that_of_the_package() -> None:
    cma = pytest.importorskip("cma")
    start, rng = np.array([0.5, -1.0, 2.0]), np.random.default_rng(7)
    settings = {"randn": lambda *shape: rng.standard_normal(shape), "seed": math.nan, "verbose": -9}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = cma.CMAEvolutionStrategy(start, 0.5, settings)
        populations = []
        for _ in range(40):
            points = search.ask()
            populations.append([rosenbrock(point) for point in points])
            search.tell(points, populations[-1])
    seen = watch(CMAES(), FunctionObjective(rosenbrock, 3), start, [1] * 41, 7)
    assert seen.seen[1].population_losses.tolist() == [rosenbrock(start)]
    for look, losses in zip(seen.seen[2:], populations, strict=True):
        assert look.population_losses.tolist() == losses
    lowest = np.minimum.accumulate([rosenbrock(start), *(min(losses) for losses in populations)])
    assert [look.loss for look in seen.seen[1:]] == lowest.tolist()


@pytest.mark.parametrize(("size", "candidates"), [(None, 4 + math.floor(3 * math.log(6))), (2, 2), (17, 17)])
def test_the_start_costs_one_and_a_population_its_size(size: int | None, candidates: int) -> None:
    optimizer, objective = CMAES(population_size=size), FunctionObjective(rosenbrock, 6)
    seen = watch(optimizer, objective, np.zeros(6), [1] * 4)
    assert np.diff([look.cost for look in seen.seen]).tolist() == [1.0, *[float(candidates)] * 3]
    assert optimizer.iteration_cost(objective) == candidates


def test_one_parameter_is_searched_too() -> None:
    best = optimizers.minimize(lambda w: float((w[0] - 3) ** 2), [0.0], CMAES(), 1000)
    assert best.w[0] == pytest.approx(3, abs=1e-4)


@pytest.mark.parametrize("n", [3, 300])
def test_nothing_is_printed_written_warned_of_or_drawn_elsewhere(
    n: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    # cma reads a file of this name in the present folder and does what it says.
    (tmp_path / "cma_signals.in").write_text("{'timeout': 0}")
    filters, state = list(warnings.filters), pickle.dumps(np.random.get_state())  # noqa: NPY002
    seen = watch(CMAES(), FunctionObjective(rosenbrock, n), np.zeros(n), [8])
    assert seen.iterations == 8
    assert seen.outcome is None
    assert warnings.filters == filters
    assert pickle.dumps(np.random.get_state()) == state  # noqa: NPY002
    assert [path.name for path in tmp_path.iterdir()] == ["cma_signals.in"]
    assert capsys.readouterr() == ("", "")


def test_its_own_criteria_end_the_search_with_a_last_look() -> None:
    best = optimizers.minimize(lambda w: float(w @ w), np.ones(3), CMAES(), 100_000)
    assert best.outcome.name == "stalled"
    assert "criterion tolfun=1e-11 at iteration" in best.outcome.sentence
    assert f"iteration {best.iterations}, loss {best.loss:.6g}" in best.outcome.sentence
    assert best.loss < 1e-12


def test_what_has_no_finite_loss_ranks_last() -> None:
    def half(loss: float) -> Any:
        return lambda w: float(w @ w) if w[0] < 0.5 else loss

    answers = []
    for loss in (math.nan, math.inf, 1e9):
        best = optimizers.minimize(half(loss), np.array([0.4, 3.0]), CMAES(step=1.0), 3000)
        assert best.loss < 1e-8
        answers.append(best.w.tobytes())
    assert len(set(answers)) == 1


def test_numbers_that_overflow_inside_the_package_warn_nobody() -> None:
    objective = FunctionObjective(lambda w: float(abs(w / 1e200).sum()), 3)
    seen = watch(CMAES(), objective, np.full(3, 1e200), [50])
    assert seen.seen[-1].loss == 3.0


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cma"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cma", None)
    objective = FunctionObjective(rosenbrock, 2)
    with pytest.raises(MissingExtraError, match=EXTRA):
        watch(CMAES(), objective, np.zeros(2), [3])
    with pytest.raises(InputError, match=EXTRA):
        optimizers.minimize(objective, np.zeros(2), CMAES(), 100)
    assert objective.cost == 0


def test_the_package_is_imported_only_where_it_is_used() -> None:
    program = "import optimizers, sys; optimizers.known_optimizers()['cmaes'](); print('cma' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
