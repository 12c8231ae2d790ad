"""Runs that are finished, column by column: as blocks are measured, sent, kept and counted."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from harness.runs.columns import RUNS
from harness.runs.recorder import Trace
from optimizers.objective import Rows

if TYPE_CHECKING:
    # Where tables are made they are imported: a worker makes none, and they take a third of its start.
    import pandas as pd
    import pyarrow as pa

Finished = tuple[dict[str, Any], Trace]
"""A run's row and its trace."""

PARAMETERS = tuple(name for name, column in RUNS.items() if column.kind == "parameters")

TYPES = {"text": "large_string", "whole": "int64", "number": "float64"}
"""How Arrow has what pandas has of each kind of column."""

NUMBERS_OF_A_ROW = 2 * len(RUNS)
"""What a row takes beside its parameters: two words a column."""


class FinishedRuns(Sequence[Finished]):
    """Some finished runs; the row and the trace of one are made when they are asked for.

    With a dictionary and a table a run, a thousand runs of a small network were 40,000 objects, which had to
    be made, sent, and looked at by the garbage collector.

    Arguments:
        rows: columns of the table of runs, each a list with an entry a run.
        looks: columns of the table of traces but ``run_id``, those of one run after the other's.
        ends: where the looks of each run end.

    >>> runs = FinishedRuns({"run_id": ["a", "b"]}, {"loss": np.array([3.0, 2.0, 1.0])}, [2, 3])
    >>> [(row, trace["loss"].tolist()) for row, trace in runs]
    [({'run_id': 'a'}, [3.0, 2.0]), ({'run_id': 'b'}, [1.0])]
    """

    def __init__(self, rows: dict[str, list[Any]], looks: Trace, ends: list[int]) -> None:
        self.rows, self.looks, self.ends = rows, looks, ends

    @classmethod
    def of(cls, finished: Sequence[Finished]) -> FinishedRuns:
        """Return runs that were handed over one by one, at least one."""
        if isinstance(finished, FinishedRuns):
            return finished
        rows, traces = zip(*finished, strict=True)
        looks = {
            name: np.concatenate([trace[name] for trace in traces]) for name in traces[0] if name != "run_id"
        }
        ends = np.cumsum([len(trace["run_id"]) for trace in traces]).tolist()
        return cls({name: [row[name] for row in rows] for name in rows[0]}, looks, ends)

    @classmethod
    def joined(cls, parts: Sequence[FinishedRuns]) -> FinishedRuns:
        """Return the runs of several, in their order; of at least one."""
        if len(parts) == 1:
            return parts[0]
        rows = {name: list(chain.from_iterable(part.rows[name] for part in parts)) for name in parts[0].rows}
        looks = {name: np.concatenate([part.looks[name] for part in parts]) for name in parts[0].looks}
        before = np.cumsum([0, *(part.ends[-1] for part in parts)]).tolist()
        ends = [begin + end for begin, part in zip(before, parts, strict=False) for end in part.ends]
        return cls(rows, looks, ends)

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> Finished: ...

    @overload
    def __getitem__(self, place: slice) -> FinishedRuns: ...

    def __getitem__(self, place: int | slice) -> Finished | FinishedRuns:
        if isinstance(place, slice):
            return self.taking(range(*place.indices(len(self))))
        row = {name: column[place] for name, column in self.rows.items()}
        number = range(len(self))[place]
        begin, end = self.ends[number - 1] if number else 0, self.ends[number]
        looks = {name: column[begin:end] for name, column in self.looks.items()}
        return row, {"run_id": np.full(end - begin, row["run_id"], dtype=object), **looks}

    def taking(self, places: Iterable[int]) -> FinishedRuns:
        """Return some of the runs, in the order of their places."""
        chosen = list(places)
        sizes = self.sizes()
        begins = (np.array(self.ends, dtype=np.int64) - sizes)[chosen]
        ends = sizes[chosen].cumsum()
        # Where each look that is taken lies, counted on from the first of its run.
        looks = np.arange(ends[-1] if chosen else 0) + np.repeat(
            begins - (ends - sizes[chosen]), sizes[chosen]
        )
        return FinishedRuns(
            {name: [column[place] for place in chosen] for name, column in self.rows.items()},
            {name: column[looks] for name, column in self.looks.items()},
            ends.tolist(),
        )

    def saying(self, words: Mapping[str, Any]) -> FinishedRuns:
        """Return the runs with what each row says besides."""
        more = {name: [value] * len(self) for name, value in words.items()}
        return FinishedRuns({**self.rows, **more}, self.looks, self.ends)

    def sizes(self) -> Rows:
        """Return how many looks each run has."""
        return np.diff(self.ends, prepend=0)

    @property
    def numbers(self) -> int:
        """How many numbers they hold, about."""
        looks = self.ends[-1] * len(self.looks)
        parameters = sum(self.rows["parameters"]) * len(PARAMETERS)
        return looks + int(parameters) + NUMBERS_OF_A_ROW * len(self)

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the table of the runs and the table of their traces."""
        import pandas as pd

        ids = pd.array(self.rows["run_id"], dtype=str)
        of_look = ids.take(np.repeat(np.arange(len(self)), self.sizes()))
        # The columns are nobody else's, and a copy of them takes as long as all else.
        return pd.DataFrame(self.rows), pd.DataFrame({"run_id": of_look, **self.looks}, copy=False)

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Return the two as Arrow has them, with what a frame would say of its columns."""
        import pyarrow as pa

        columns = {name: _arrow(self.rows[name], name) for name in self.rows}
        ids = columns["run_id"].take(pa.array(np.repeat(np.arange(len(self)), self.sizes())))
        looks = {"run_id": ids, **{name: pa.array(column) for name, column in self.looks.items()}}
        runs, trace = pa.table(columns), pa.table(looks)
        return runs.replace_schema_metadata(_said(runs.schema)), trace.replace_schema_metadata(
            _said(trace.schema)
        )

    def __getstate__(self) -> tuple[Any, ...]:
        """Return what travels: parameters end to end, for an array takes 3 us to send."""
        packed = {
            name: (np.concatenate(self.rows[name]), [len(w) for w in self.rows[name]])
            for name in PARAMETERS
            if name in self.rows
        }
        return {**self.rows, **dict.fromkeys(packed)}, self.looks, self.ends, packed

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.rows, self.looks, self.ends, packed = state
        for name, (numbers, sizes) in packed.items():
            ends = np.cumsum(sizes).tolist()
            self.rows[name] = [numbers[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@functools.lru_cache(maxsize=16)
def _said(schema: pa.Schema) -> Any:
    """Return what a frame of pandas says of its columns in a file; it takes 3 ms to find out."""
    import pandas as pd
    import pyarrow as pa

    cells = [_cell(kind) for kind in schema.types]
    frame = pd.DataFrame({name: [cell] for name, cell in zip(schema.names, cells, strict=True)})
    return pa.Schema.from_pandas(frame, preserve_index=False).metadata


def _cell(kind: pa.DataType) -> Any:
    """Return a value of a type that columns of rows or of looks have."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return np.zeros(1)
    return "" if pa.types.is_large_string(kind) else kind.to_pandas_dtype()()


def _arrow(cells: Sequence[Any], name: str) -> pa.Array:
    """Return a column of rows as Arrow has it; one that the table does not name is what its cells are."""
    import pandas as pd
    import pyarrow as pa

    if name not in RUNS:
        return pa.Array.from_pandas(pd.Series(cells))
    if name in PARAMETERS:
        ends = np.cumsum([0, *map(len, cells)])
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(np.concatenate(cells)))
    return pa.array(cells, TYPES[RUNS[name].kind])
