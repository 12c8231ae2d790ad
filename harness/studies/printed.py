"""The numbers of a publication as a table, and ours beside them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from harness.csv_tables import read_csv
from harness.runs.parts import read_bytes
from optimizers.errors import InputError

COLUMNS = ("case", "quantity", "printed", "spread", "n", "place", "status")
"""Of ``printed.csv``: row and quantity of the number, the number, its spread as printed, the runs that it is
of, page, table or figure, and whether it was read there or is remembered."""

STATUS = ("found", "recalled")
KEY = ["case", "quantity"]


@dataclass(frozen=True)
class Ours:
    """Our counterpart of one printed number.

    Attributes:
        case: row of the printed table.
        quantity: what was measured.
        value: the number.
        n: runs that it is of.
        low: lower end of its interval.
        high: upper end of its interval.
    """

    case: str
    quantity: str
    value: float
    n: int
    low: float
    high: float


def read_printed(file: Path) -> pd.DataFrame:
    """Read the numbers of a publication.

    Arguments:
        file: CSV with ``COLUMNS``; lines that begin with ``#`` are comments.

    Raises:
        InputError: for other columns, a number that is there twice, or an unknown status.
    """
    table = read_csv(io.BytesIO(read_bytes(file)), comment="#", skipinitialspace=True)
    if tuple(table.columns) != COLUMNS:
        raise InputError(f"{file} has the columns {', '.join(table.columns)}, expected {', '.join(COLUMNS)}")
    twice = table[table.duplicated(KEY)]
    if len(twice):
        raise InputError(f"{file}: {twice[KEY].iloc[0].tolist()} is there twice: give it once")
    wrong = table[~table["status"].isin(STATUS)]
    if len(wrong):
        raise InputError(f"{file}: status is '{wrong['status'].iloc[0]}', expected {' or '.join(STATUS)}")
    return table.astype({"case": str, "quantity": str, "printed": float, "spread": float, "place": str})


def beside(printed: pd.DataFrame, ours: Iterable[Ours]) -> pd.DataFrame:
    """Return printed numbers with ours beside them, in the order of the publication.

    Arguments:
        printed: as ``read_printed`` returns it.
        ours: one for each.

    Returns:
        ``COLUMNS`` with ours, low, high, our_n and ratio (ours / printed; NaN where 0 was printed).

    Raises:
        InputError: if one of them has no counterpart.
    """
    names = ["case", "quantity", "value", "n", "low", "high"]
    table = pd.DataFrame([asdict(one) for one in ours], columns=names)
    given, wanted = (list(map(tuple, frame[KEY].values.tolist())) for frame in (table, printed))
    odd = [key for key in given if key not in wanted] or [key for key in given if given.count(key) > 1]
    if odd:
        raise InputError(f"{odd[0]} was computed and is not printed, or was computed twice")
    missing = [key for key in wanted if key not in given]
    if missing:
        raise InputError(f"{missing[0]} is printed and was not computed")
    joined = printed.merge(table.rename(columns={"value": "ours", "n": "our_n"}), on=KEY, how="left")
    return joined.assign(ratio=joined["ours"] / joined["printed"].replace(0.0, np.nan))
