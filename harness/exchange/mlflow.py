"""The file store of MLflow: folders of experiments, of their runs, and a file a metric."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.frames import told_by_gradient
from harness.exchange.whole_counts import Axis, counted
from harness.runs.columns import TRACE
from harness.runs.parts import write_whole
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.options import options

STORE = "mlruns"
"""Where MLflow looks for a file store in a folder in which it is started."""

PARAMETERS = ("problem", "optimizer", "optimizer_name", "gradient", "seed", "setting", "target", "parameters")
TAGS = ("run_id", "outcome", "sentence", "options", "fingerprint", "version", "commit", "host")
OF_RUN = (
    "cost_to_target", "final_loss", "train_accuracy", "test_loss", "test_accuracy", "iterations", "seconds",
    "observation_seconds",
)  # fmt: skip
OF_ROW = tuple(name for name in TRACE if name not in ("run_id", "value_rows", "gradient_rows"))
"""Columns that are metrics; one that a row of the trace has is not taken from the run."""

ENDED: Mapping[str, int] = {"failed": 4, "timeout": 5}
"""MLflow's numbers for a run that failed and one that was killed; of any other, that it was finished."""
FINISHED = 3

STEPS: Mapping[Axis, str] = {
    "cost": "a step is a forward pass of all training rows, rounded up",
    "iteration": "a step is an iteration, whatever it costs",
}

LONGEST_NAME, LONGEST_TEXT = 500, 6000
"""Letters that MLflow takes for the name of an experiment, and for the value of a parameter or a tag."""


@options
class MLflow(ExchangeFormat):
    """MLflow: a file store, for its client and its pages, which also move it into a database.

    A problem is an experiment, for losses of several cannot be compared. Optimizer, its options, seed and
    gradient source are the parameters of a run, and each column of its trace that says something is a metric.
    Of several rows of a trace that come to one step the lowest is kept. The best parameters are an artifact.

    Attributes:
        axis: what counts as the step of a metric: the cost, rounded up, or the iterations.
    """

    axis: Axis = "cost"

    source: ClassVar[str] = "https://mlflow.org/docs/latest/self-hosting/architecture/backend-store"
    holds: ClassVar[frozenset[str]] = frozenset(f"runs.{name}" for name in (*PARAMETERS, *TAGS, "best_w"))

    def remarks(self, tables: Tables) -> list[str]:
        """Say how it is opened, and what MLflow asks for that results do not know."""
        return [
            "to open it, MLflow from 3.10 on moves it into a database: mlflow migrate-filestore --source "
            f"{STORE} --target sqlite:///mlflow.db; earlier ones read it as it is, and so do later ones that "
            "are told to by MLFLOW_ALLOW_FILE_STORE=true",
            STEPS[self.axis],
            "when a run was done is not known: it begins in 1970, and times within it count from there",
        ]

    def reading_refusal(self) -> str | None:
        """Refuse: a metric of MLflow has the meaning that its author gave it."""
        return "its metrics have no meaning of their own: write them as csv, ioh or nevergrad"

    def write(self, tables: Tables, folder: Path) -> list[Path]:
        """Write the store."""
        if not len(tables.runs):
            raise InputError("there are no runs, and a store of MLflow would be empty: export csv")
        rows_of = dict(iter(counted(tables.trace, self.axis).groupby("run_id", sort=False)))
        names, files = told_by_gradient(tables.runs), list[Path]()
        for problem, runs in tables.runs.groupby("problem", sort=False):
            number = str(int(_digest(tables.name, str(problem))[:14], 16))
            place = folder / STORE / number
            described = {
                "artifact_location": place.resolve().as_uri(),
                "creation_time": 0,
                "experiment_id": number,
                "last_update_time": 0,
                "lifecycle_stage": "active",
                "name": _name(tables.name, str(problem)),
            }
            files.append(_written(place / "meta.yaml", _yaml(described)))
            tags = {"mlflow.note.content": tables.question, "harness.problem": problem}
            files += _texts(place / "tags", tags)
            for run in runs.assign(named=names).to_dict("records"):
                files += _run(place, number, run, rows_of.get(run["run_id"], tables.trace.iloc[:0]))
        return files


def _run(place: Path, experiment: str, run: Mapping[Any, Any], rows: pd.DataFrame) -> Iterator[Path]:
    """Write a run; its rows are numbered by ``evaluations``, if there are any."""
    own = _digest(str(run["run_id"]))
    folder = place / own
    times = np.rint(1000 * rows["seconds"].to_numpy(dtype=np.float64, na_value=0.0)).astype(np.int64)
    end = int(times[-1]) if len(times) else 0
    name = f"{run['named']}, seed {run['seed']}"
    described = {
        "artifact_uri": (folder / "artifacts").resolve().as_uri(),
        "end_time": end,
        "entry_point_name": "",
        "experiment_id": experiment,
        "lifecycle_stage": "active",
        "run_id": own,
        "run_name": name,
        "run_uuid": own,
        "source_name": "",
        "source_type": 4,
        "source_version": "",
        "start_time": 0,
        "status": ENDED.get(str(run["outcome"]), FINISHED),
        "tags": [],
        "user_id": "harness",
    }
    yield _written(folder / "meta.yaml", _yaml(described))
    yield from _texts(folder / "params", _parameters(run))
    tags = {f"harness.{name}": run[name] for name in TAGS}
    yield from _texts(folder / "tags", {"mlflow.runName": name, **tags})
    for metric, lines in _metrics(run, rows, times, end):
        yield _written(folder / "metrics" / metric, "".join(dict.fromkeys(lines)))
    parameters = io.BytesIO()
    np.save(parameters, np.asarray(run["best_w"], dtype=np.float64))
    best = folder / "artifacts" / "best_w.npy"
    write_whole(best, parameters.getvalue())
    yield best


def _parameters(run: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what a run was told: ours by their columns, the optimizer's options by their names.

    An option that no file can be called is in the tag of all options alone.
    """
    own = {name: run[name] for name in PARAMETERS}
    try:
        given = json.loads(str(run["options"]))
    except ValueError:
        given = {}
    options = given.items() if isinstance(given, dict) else ()
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in options}
    return {
        **{name: text for name, text in told.items() if re.fullmatch(r"[A-Za-z]\w{0,99}", name, re.ASCII)},
        **own,
    }


def _metrics(
    run: Mapping[Any, Any], rows: pd.DataFrame, times: Any, end: int
) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the metrics of a run, each with the lines of its file: time, value, step."""
    steps = rows["evaluations"].tolist() if len(rows) else [0]
    written = set()
    for name in OF_ROW if len(rows) else ():
        values = rows[name].astype(np.float64).tolist()
        if not all(map(math.isnan, values)):
            written.add(name)
            cells = zip(times.tolist(), values, steps, strict=True)
            # What was not measured at a look has no line; a loss that is no number is what came out.
            yield name, (_line(*each) for each in cells if name == "loss" or not math.isnan(each[1]))
    for name in OF_RUN:
        value = float(run[name])
        if name not in written and not math.isnan(value):
            yield name, iter([_line(end, value, steps[-1])])


def _line(time: int, value: float, step: int) -> str:
    return f"{time} {value!r} {step}\n"


def _texts(folder: Path, texts: Mapping[str, Any]) -> Iterator[Path]:
    """Write a file for each text, which is its whole content."""
    for name, text in texts.items():
        yield _written(folder / name, str(text)[:LONGEST_TEXT])


def _written(file: Path, text: str) -> Path:
    write_whole(file, text.encode("utf-8", "backslashreplace"))
    return file


def _digest(*names: str) -> str:
    """Return 32 letters for names, as MLflow has them for a run."""
    return hashlib.blake2b(json.dumps(names).encode(), digest_size=16).hexdigest()


def _name(results: str, problem: str) -> str:
    """Return the name of an experiment, which no other of these results has.

    >>> _name("quickstart", "xor"), len(_name("quickstart", "y" * 600))
    ('quickstart: xor', 500)
    """
    name = f"{results}: {problem}"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 33]} {_digest(results, problem)}"


def _yaml(table: Mapping[str, Any]) -> str:
    r"""Write a table of texts and numbers in YAML, which reads any letter that is written as its number.

    >>> print(_yaml({"name": 'a "b"', "status": 3}), end="")
    name: "a \U00000022b\U00000022"
    status: 3
    """
    lines = []
    for name, value in table.items():
        if isinstance(value, str):
            plain = value.encode("utf-8", "backslashreplace").decode()
            value = "".join(
                letter if " " <= letter <= "~" and letter not in '"\\' else f"\\U{ord(letter):08x}"
                for letter in plain
            )
            value = f'"{value}"'
        lines.append(f"{name}: {value}\n")
    return "".join(lines)
