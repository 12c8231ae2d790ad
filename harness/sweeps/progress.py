"""The progress bar of a sweep, with an estimate of the time left."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from optimizers.printable import printable


class Progress:
    """Show how many runs are done, on standard error, and what the last one came to.

    Arguments:
        total: runs to be done.
        show: whether to show anything.
    """

    def __init__(self, total: int, show: bool) -> None:
        self._total = total
        self._bar: Any = None
        self._show = show and total > 0

    def __enter__(self) -> Progress:
        if self._show:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("runs"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.description}", markup=False),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("compiling", total=self._total)
        return self

    def advance(self, row: dict[str, Any]) -> None:
        """Count one finished run."""
        if self._bar is not None:
            shown = printable(f"{row['problem']}, {row['optimizer_name']}: {row['outcome']}")
            self._bar.update(self._task, advance=1, description=shown)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
