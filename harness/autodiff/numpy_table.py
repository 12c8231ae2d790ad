"""The table of what can be traced, as ``harness/autodiff/NUMPY.md`` shows it.

    python -m harness.autodiff.numpy_table > harness/autodiff/NUMPY.md

>>> [row for row in rows() if row[0] == "np.trace"]
[('np.trace', 'a, offset, axis1, axis2', 'dtype, out')]
"""

from __future__ import annotations

from harness.autodiff.functions.table import Entry
from harness.autodiff.registry import ATTRIBUTES, FUNCTIONS, METHODS, UFUNC_METHODS, UFUNCS

HEAD = """# What of NumPy can be traced

Made by `python -m harness.autodiff.numpy_table`; a test compares it with the tables of
`harness/autodiff/functions/`. A parameter that is refused raises a `TraceError` with its name unless it is at
its default; `dtype` may also be float64. What NumPy refuses is refused. What is not here is refused by name.
Orders "K" and "A" are refused where they change the result, for the memory of a traced array has no order.
Conditions count as 0 and 1 in float64. Attributes: {attributes}.

| function | reads | refuses |
|---|---|---|
"""


def entries() -> list[Entry]:
    """Return every entry of every table."""
    tables = (UFUNCS, UFUNC_METHODS, FUNCTIONS, METHODS)
    return [entry for table in tables for entry in table.values()]


def rows() -> list[tuple[str, str, str]]:
    """Return name, parameters that are read and parameters that are refused, of each function once."""
    found = {(entry.name, ", ".join(entry.reads), ", ".join(entry.refuses)) for entry in entries()}
    return sorted(found, key=lambda row: row[0].lower())


def table() -> str:
    """Return the whole table as Markdown."""
    attributes = ", ".join(f"`x.{name}`" for name in sorted({*ATTRIBUTES, "shape", "ndim", "size", "dtype"}))
    lines = [f"| `{name}` | {reads or '-'} | {refuses or '-'} |" for name, reads, refuses in rows()]
    return HEAD.format(attributes=attributes) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
