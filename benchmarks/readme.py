"""Puts the tables of a measurement between the marks of a README."""

from __future__ import annotations

from pathlib import Path

BEGIN, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"


def with_tables(text: str, tables: str) -> str:
    """Return a text with the tables in place of what was between the marks.

    >>> with_tables("a\\n<!-- benchmarks -->\\nold\\n<!-- end of benchmarks -->\\nb", "new\\n").splitlines()
    ['a', '<!-- benchmarks -->', 'new', '<!-- end of benchmarks -->', 'b']

    Raises:
        SystemExit: where the marks are not there once each, in this order.
    """
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended or BEGIN in rest or END in after:
        raise SystemExit(f"expected {BEGIN} and then {END}, once each: put them where the tables go")
    return f"{before}{BEGIN}\n{tables.strip()}\n{END}{after}"


def write_tables(path: Path, tables: str) -> None:
    path.write_text(with_tables(path.read_text(encoding="utf-8"), tables), encoding="utf-8")
