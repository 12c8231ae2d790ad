"""A trained network with its scaling: what a run has found, ready for new rows."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from harness.network.network import Network
from harness.problems.base import BaseProblem
from harness.problems.encoding import named_classes
from harness.problems.problem import Problem
from harness.problems.scaling import Scaling
from harness.runs.identity import digest_of_key
from harness.runs.parts import read_bytes, write_whole
from optimizers.arrays import real_array
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.printable import said_by, shown

FORMAT = 1
"""Of the files that ``save`` writes."""

SCALED = ("inputs", "targets")


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A network with the parameters that a run has found, and the scaling of its training rows.

    Attributes:
        network: the network.
        w: its parameters, shape (n,).
        inputs: how inputs are scaled; None for not at all.
        targets: how the targets of a regression were scaled; None for not at all.
        classes: the classes in the order of the outputs; None for a regression.
        origin: which run it comes from: problem, optimizer, gradient source, seed, and the run's digest.

    >>> import harness
    >>> results = harness.run("setosa", "perceptron-rule", seeds=1, budget=300)
    >>> model = results.model(problem="setosa", optimizer="perceptron-rule", seed=0)
    >>> model.predict([[5.1, 3.5, 1.4, 0.2], [6.3, 2.9, 5.6, 1.8]]).tolist()
    ['setosa', 'rest']
    """

    network: Network
    w: Array
    inputs: Scaling | None = None
    targets: Scaling | None = None
    classes: NDArray[Any] | None = None
    origin: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        sizes = "-".join(str(size) for size in self.network.sizes)
        origin = ", ".join(f"{name}={value}" for name, value in self.origin.items() if name != "run_id")
        return f"<model: network {sizes}, {self.network.loss}{f'; {origin}' if origin else ''}>"

    def outputs(self, X: ArrayLike) -> Array:
        """Return the outputs for new rows, shape (rows, outputs); of a cross-entropy they are probabilities.

        Arguments:
            X: inputs as they were before any scaling, shape (rows, features).

        Raises:
            InputError: for inputs that are no such table of finite numbers.
        """
        table = real_array("X", X)
        if table.ndim != 2 or table.shape[1] != self.network.sizes[0]:
            raise InputError(
                f"X has shape {table.shape}, expected (rows, {self.network.sizes[0]}): give a row of as many "
                "features as the model was trained on for each prediction"
            )
        if self.inputs is not None and len(table):
            table = self.inputs.scaled("X", table)
        found = self.network.predict(self.w, table)
        return found if self.targets is None else self.targets.unscaled(found)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return a class for each new row, shape (rows,); of a regression what ``outputs`` returns.

        Arguments:
            X: inputs as they were before any scaling, shape (rows, features).
        """
        outputs = self.outputs(X)
        if self.classes is None:
            return outputs
        codes, _ = named_classes(outputs, outputs, self.network.loss_entry)
        return self.classes[codes]

    def save(self, file: str | Path) -> Path:
        """Write the model to one file of NumPy's, without pickled objects.

        Arguments:
            file: its path; ``.npz`` is appended where it has no ending.

        Raises:
            InputError: if it cannot be written, or the classes are objects that no file can hold.
        """
        path = Path(file)
        path = path if path.suffix else path.with_suffix(".npz")
        if self.classes is not None and self.classes.dtype == object:
            raise InputError(
                f"the classes are {shown(self.classes.tolist())}, objects of more than one type, expected "
                "numbers or text: train on labels of one type to save the model"
            )
        parts: dict[str, Any] = {"w": self.w}
        if self.classes is not None:
            parts["classes"] = self.classes
        for name in SCALED:
            scaling = getattr(self, name)
            if scaling is not None:
                parts |= {f"{name}_{part}": array for part, array in scaling._asdict().items()}
        text = json.dumps({"format": FORMAT, "network": asdict(self.network), "origin": self.origin})
        buffer = io.BytesIO()
        np.savez(buffer, description=np.array(text), **parts)
        write_whole(path, buffer.getvalue())
        return path


def model_of(row: pd.Series[Any], problem: BaseProblem, parameters: Literal["best", "last"]) -> Model:
    """Build the model that one run has found.

    Arguments:
        row: the run's row.
        problem: what it searched.
        parameters: those of the lowest loss, or those of the last look.

    Raises:
        InputError: if the problem has no network or is another one, or the run kept no parameters.
    """
    what = f"run of {row['optimizer']} on {row['problem']}, seed {row['seed']},"
    if not isinstance(problem, Problem):
        raise InputError(f"the {what} searched a function, and predicts nothing: take a run of a network")
    if row["problem_key"] and row["problem_key"] != digest_of_key(problem.key):
        raise InputError(
            f"the {what} was done on other data or another network than problem '{problem.name}' has now: "
            "hand in the problem itself as it was"
        )
    w = row[f"{parameters}_w"]
    if not w.size:
        raise InputError(f"the {what} kept no parameters, as large reference copies do: run it again")
    seed = int(row["seed"])
    inputs, targets = problem.scaling(seed)
    classes = None if problem.classes is None else np.asarray(list(problem.class_names) or problem.classes)
    origin = {name: row[name] for name in ("problem", "optimizer", "gradient", "run_id")} | {"seed": seed}
    return Model(problem.network, w, inputs, targets, classes, origin)


def load_model(file: str | Path) -> Model:
    """Read a model that ``Model.save`` has written.

    Raises:
        InputError: if the file cannot be read, or is none of these.
    """
    path = Path(file)
    content = read_bytes(path)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as parts:
            found = {name: parts[name] for name in parts.files}
        description = json.loads(str(found.pop("description")))
        if description["format"] != FORMAT:
            raise InputError(
                f"{path} has format {shown(description['format'])}, expected {FORMAT}: it is of another "
                "version, so save it anew"
            )
        given = description["network"]
        scalings = {
            name: Scaling(*(found[f"{name}_{part}"] for part in Scaling._fields))
            for name in SCALED
            if f"{name}_mean" in found
        }
        network, w = Network(**given), found["w"]
        if w.shape != (network.size,):
            raise ValueError("parameters of another network")
    except InputError:
        raise
    except Exception as error:  # whatever a damaged archive makes NumPy raise
        raise InputError(
            f"{path} holds no model ({said_by(error)}): give a file that save has written"
        ) from None
    return Model(network, w, classes=found.get("classes"), origin=description["origin"], **scalings)
