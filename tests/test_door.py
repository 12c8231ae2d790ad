"""What is handed in from Python is understood or refused in one sentence, whatever it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from odd_values import odd_values

import harness
from harness.problems import FunctionProblem, Problem
from harness.problems.base import BaseProblem
from optimizers import (
    Adam,
    Budget,
    FunctionObjective,
    GeneticAlgorithm,
    GradientDescent,
    InputError,
    MultiStart,
    SumOfSquares,
    minimize,
)
from optimizers.minimum import Minimum

X, Y = np.arange(8.0).reshape(4, 2), [0, 0, 1, 1]
LONGEST = 700

NUMBER = {"half", "float32", "float16", "longdouble", "Decimal", "Fraction"}
COUNT = {"0-d", "int64"}
NAME = {"text", "number as text"}
TEXT = {*NAME, "empty text", "long text", "escape", "NUL", "two lines"}
CALLABLE = {"class", "builtin"}
FRACTION = {*NUMBER, "0"}
REAL = {*NUMBER, *COUNT, "0", "-1"}
TRUTH = {"True", "bool_"}


def square(w: Any) -> float:
    return float(np.sum(np.asarray(w) ** 2))


def run(**given: Any) -> Any:
    return harness.run(**{"problems": "xor", "optimizers": "adam", "budget": 20, "seeds": 1, **given})


@functools.cache
def done() -> Any:
    """Results for what is done with some, which takes longer to run than to ask."""
    return run()


def own(**given: Any) -> Any:
    return Problem.from_arrays(X, Y, **given)


def function(**given: Any) -> Any:
    return FunctionProblem(**{"function": square, "n": 2, "name": "a", **given})


def search(**given: Any) -> Any:
    return minimize(**{"function": square, "start": [1.0, 2.0], "optimizer": Adam(), "budget": 20, **given})


DOORS: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "run seeds": (lambda v: run(seeds=v), {"tuple", "1-d", "range", *COUNT}),
    "run timeout": (lambda v: run(timeout=v), {"None", *NUMBER, *COUNT}),
    "run workers": (lambda v: run(workers=v), {"None", *COUNT}),
    "run gradients": (lambda v: run(gradients=v), set()),
    "run problems": (lambda v: run(problems=v), set()),
    "run optimizers": (lambda v: run(optimizers=v), {"optimizer"}),
    "run name": (lambda v: run(name=v), NAME),
    "run question": (lambda v: run(question=v), TEXT),
    "run retry": (lambda v: run(retry=v), {"empty list"}),
    "run reuse": (lambda v: run(reuse=v), {"None"}),
    "run progress": (lambda v: run(progress=v), {*TRUTH, "None"}),
    "run gradient_reference": (lambda v: run(gradient_reference=v), {"None"}),
    "run trace": (lambda v: run(trace=v), set()),
    "load": (harness.load, set()),
    "imported folder": (lambda v: harness.import_results(v, "csv"), set()),
    "imported form": (lambda v: harness.import_results(".", v), set()),
    "export form": (lambda v: done().export(v, "there"), set()),
    "problem's name": (harness.problems.load, set()),
    "bits": (lambda v: harness.problems.load("parity", bits=v), COUNT),
    "X": (lambda v: Problem.from_arrays(v, Y), set()),
    "y": (lambda v: Problem.from_arrays(X, v), {"categories", "array of text"}),
    "hidden": (lambda v: own(hidden=v), {"empty list", "tuple", "1-d"}),
    "activation": (lambda v: own(activation=v), set()),
    "loss": (lambda v: own(loss=v), set()),
    "output": (lambda v: own(output=v), {"None"}),
    "initializer": (lambda v: own(initializer=v), set()),
    "test_fraction": (lambda v: own(test_fraction=v), FRACTION),
    "scale": (lambda v: own(scale=v), TRUTH),
    "target": (lambda v: own(target=v), {"None", *REAL}),
    "name": (lambda v: own(name=v), NAME),
    "key": (lambda v: own(key=v), {"None", *TEXT}),
    "data_key": (lambda v: own(data_key=v), {"None", *TEXT}),
    "seed": (lambda v: own().start(v), {"0", *COUNT}),
    "data of a seed": (lambda v: own().data(v), {"0", *COUNT}),
    "gradient": (lambda v: own().objective(v), set()),
    "function": (lambda v: FunctionProblem(v, 2, key="a"), CALLABLE),
    "function's n": (lambda v: function(n=v), COUNT),
    "function's name": (lambda v: function(name=v), NAME),
    "function's target": (lambda v: function(target=v), {"None", *REAL}),
    "minimize start": (lambda v: search(start=v), {"tuple", "1-d", "Series", "Index", "range"}),
    "minimize optimizer": (lambda v: search(optimizer=v), {"optimizer"}),
    "minimize rng": (lambda v: search(rng=v), {"None"}),
    "learning_rate": (lambda v: Adam(learning_rate=v), {*NUMBER, *COUNT}),
    "batch": (lambda v: GradientDescent(batch=v), {"None", *COUNT}),
    "population_size": (lambda v: GeneticAlgorithm(population_size=v), COUNT),
    "selection": (lambda v: GeneticAlgorithm(parent_selection_type=v), set()),
    "inner optimizer": (lambda v: MultiStart(optimizer=v), {"optimizer"}),
    "cost": (lambda v: Budget(cost=v), {*NUMBER, *COUNT}),
    "iterations": (lambda v: Budget(iterations=v), COUNT),
    "seconds": (lambda v: Budget(seconds=v), {*NUMBER, *COUNT}),
    "objective's n": (lambda v: FunctionObjective(square, v), COUNT),
    "objective's gradient": (lambda v: FunctionObjective(square, 2, gradient=v), {"None", *CALLABLE}),
    "residuals' n": (lambda v: SumOfSquares(lambda w: w, v), COUNT),
    "checked problem": (harness.check, set()),
    "plot band": (lambda v: harness.plots.convergence(done(), band=v), FRACTION),
    "plot x": (lambda v: harness.plots.convergence(done(), x=v), set()),
    "plot problems": (lambda v: harness.plots.convergence(done(), problems=v), {"None"}),
    "plot results": (harness.plots.convergence, set()),
}
PLAIN: dict[str, Any] = {
    "bool_": True,
    "0-d": 3,
    "1-d": [3],
    "int64": 2,
    "float32": 0.5,
    "float16": 0.5,
    "longdouble": 0.5,
    "Decimal": 0.5,
    "Fraction": 0.5,
    "tuple": [1, 2],
    "range": [0, 1, 2],
    "Series": [1, 2],
    "Index": [1, 2],
    "categories": ["a", "a", "b", "b"],
    "array of text": ["1", "2", "3", "4"],
}
"""What values of NumPy's and pandas' types mean."""


def meaning(answer: Any) -> Any:
    """Return what an answer says, in a form that can be compared."""
    if isinstance(answer, harness.results.Results):
        columns = ["run_id", "optimizer", "seed", "best_loss", "cost", "outcome"]
        return answer.runs[columns].to_dict("list"), answer.question
    if isinstance(answer, BaseProblem):
        targets = getattr(answer, "y", None)
        return answer.key, answer.name, None if targets is None else np.asarray(targets).tolist()
    if isinstance(answer, Minimum):
        return answer.w.tolist(), answer.loss, answer.cost
    if isinstance(answer, np.ndarray):
        return answer.tolist()
    if isinstance(answer, Axes):
        return [line.get_xydata().tolist() for line in answer.lines]
    if isinstance(answer, tuple):
        return [meaning(part) for part in answer]
    if isinstance(answer, FunctionObjective | SumOfSquares):
        return answer.size
    return answer


def fault(door: str, value: str, given: Any) -> str:
    """Return what is wrong with the answer to a value, which has a name, at a door, or nothing."""
    call, understood = DOORS[door]
    try:
        answer = call(given)
    except InputError as error:
        said = str(error)
        if value in understood:
            return f"{door}, {value}: refused ({said})"
        if len(said) > LONGEST or not said.isprintable():
            return f"{door}, {value}: not one short sentence ({said[:200]!r})"
    except Exception as error:  # whatever it is, it is no sentence
        return f"{door}, {value}: {type(error).__name__}: {error}"
    else:
        if value not in understood:
            return f"{door}, {value}: taken"
        if value in PLAIN:
            said, plain = meaning(answer), meaning(call(PLAIN[value]))
            if repr(said) != repr(plain):
                return f"{door}, {value}: {said!r}, which is not {plain!r}"
    return ""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_odd_value_at_every_door() -> None:
    # New values for each door, for some can be used once; they take a millisecond.
    found = [fault(door, value, given) for door in DOORS for value, given in odd_values().items()]
    assert len(found) > 3_000
    assert not list(filter(None, found))


def test_nothing_was_done_before_a_refusal(tmp_path: Path) -> None:
    for given in ({"timeout": "3"}, {"name": ""}, {"seeds": [0, -1]}, {"question": 3}, {"workers": 0}):
        with pytest.raises(InputError):
            run(folder=tmp_path / "never", **given)
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("folder", ["", "a\0b", "y" * 300, 3, b"x", None])
def test_a_folder_that_cannot_be_is_refused(folder: Any) -> None:
    with pytest.raises(InputError, match="folder is"):
        harness.load(folder)
