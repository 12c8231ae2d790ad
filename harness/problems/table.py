"""Data of your own in a file: a table with a column to be predicted."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator

from harness.csv_tables import read_csv
from harness.fingerprints.fingerprint import fingerprint
from harness.problems.family import ProblemFamily
from harness.regular_file import refuse_endless
from optimizers.arrays import real_array
from optimizers.errors import InputError, unknown_name
from optimizers.objective import Array
from optimizers.options import NonNegative, options
from optimizers.printable import said_by, shortened, shown

KINDS = (".csv", ".parquet")
"""Endings of files that are read."""

MOST_CLASSES = 20
"""A column of more different whole numbers holds numbers, not classes."""

EXAMPLE = """height,width,kind
1.0,2.0,round
1.5,1.0,long
0.5,2.5,round
2.0,1.5,long
0.75,2.25,round
1.75,1.25,long
"""

_columns = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)


@options
class Table(ProblemFamily):
    """A CSV or Parquet file of your own, of which one column is predicted from the others.

    Columns of text cannot be inputs; rows with empty cells are refused. The problem is known by what the
    file holds, not by where it lies: once that has changed its runs are others.

    Attributes:
        file: path of the file; in an experiment's file it is relative to it.
        predict: the column to be predicted. Text and truth values are classes; for whole numbers say by
            ``loss`` whether they are.
        inputs: columns to predict it from; all others where left out.
        loss: name of the loss; where left out, "categorical-cross-entropy" for classes and "half-squared"
            for numbers.

    >>> import tempfile
    >>> given = Table.example(Path(tempfile.mkdtemp()))
    >>> Table(**given).built().network.sizes
    (2, 8, 2)
    """

    file: str = ""
    predict: str = ""
    inputs: Annotated[tuple[str, ...], _columns] | None = None
    loss: str = ""
    target: NonNegative | None = None

    files: ClassVar[tuple[str, ...]] = ("file",)

    @classmethod
    def example(cls, folder: Path) -> dict[str, Any]:
        """Write a small file into a folder; return the options that go with it."""
        file = folder / "example.csv"
        file.write_text(EXAMPLE, encoding="utf-8")
        return {"file": str(file), "predict": "kind"}

    @functools.cached_property
    def _table(self) -> Any:
        # Imported here: it takes half a second, which `harness list` has no use for.
        import pandas as pd

        path = Path(self.file)
        if not self.file or path.suffix not in KINDS:
            raise InputError(
                f"Table: option 'file' is {shown(self.file)}, expected the path of a .csv or .parquet file"
            )
        refuse_endless(path)
        try:
            table = read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        except OSError as error:
            reason = error.strerror or "it is damaged"
            raise InputError(
                f"{shortened(self.file)} cannot be read: {reason}; give the path of a table"
            ) from None
        except ValueError as error:
            said = said_by(error)
            raise InputError(
                f"{shortened(self.file)} is no table in {path.suffix[1:].upper()} ({said}): mend it"
            ) from None
        for column in (self.predict, *(self.inputs or ())):
            if column not in table:
                raise unknown_name(f"column of {path.name}", column, map(str, table.columns))
        if not len(table):
            raise InputError(f"{shortened(self.file)} has no rows: give a table with some")
        return table

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return the columns of the inputs as numbers, and the column to be predicted."""
        table, name = self._table, Path(self.file).name
        others = [column for column in table.columns if column != self.predict]
        columns = others if self.inputs is None else list(self.inputs)
        for column in (*columns, self.predict):
            empty = np.flatnonzero(table[column].isna())
            if empty.size:
                raise InputError(
                    f"{name} has an empty cell in row {empty[0]} of column {shown(column)}: fill it in, or "
                    "leave the row out"
                )
        for column in columns:
            if table[column].dtype.kind not in "biuf":
                raise InputError(
                    f"{name}: column {shown(column)} holds {shown(table[column].iloc[0])}, expected numbers: "
                    "turn it into some, or name the columns to predict from in 'inputs'"
                )
        return real_array("inputs", table[columns].to_numpy(dtype=np.float64)), self._labels()

    def _labels(self) -> NDArray[Any]:
        column = self._table[self.predict]
        labels: NDArray[Any] = column.to_numpy()
        return labels if labels.dtype.kind in "iuf" else np.array([str(label) for label in labels])

    def loss_of(self, labels: NDArray[Any]) -> str:
        """Return the loss that was chosen, or the usual one for what the column holds.

        Raises:
            InputError: for few whole numbers, which may be classes or not.
        """
        if self.loss:
            return self.loss
        if labels.dtype.kind == "U":
            return "categorical-cross-entropy"
        values = np.unique(labels)
        if labels.dtype.kind in "iu" and len(values) <= MOST_CLASSES:
            raise InputError(
                f"{Path(self.file).name}: column {shown(self.predict)} holds whole numbers such as "
                f"{', '.join(map(str, values[:3].tolist()))}: say loss='categorical-cross-entropy' where "
                "they are classes, loss='half-squared' where they are numbers"
            )
        return "half-squared"

    @property
    def key(self) -> str:
        """Text that says everything that defines the problem: the data themselves in the file's place."""
        parts = {"family": self.name(), **self.defining(), "file": self._digest}
        return json.dumps(parts, sort_keys=True)

    @functools.cached_property
    def _digest(self) -> str:
        return fingerprint(*self.data())

    def _data_key(self) -> str:
        return json.dumps({"family": self.name(), "data": self._digest})
