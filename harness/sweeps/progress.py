"""What a sweep says while it works: a bar, plain lines where there is no terminal, a log in the folder."""

from __future__ import annotations

import html
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from types import TracebackType
from typing import Any, Protocol

from harness.sweeps.time_left import COMPILED, MEASURED, TimeLeft
from optimizers.printable import printable

QUIET_SECONDS = 1.0
"""A sweep that is done within so long shows no bar."""

NAMED = ("outcome", "problem", "optimizer_name")
"""Columns of a row that are told of a run, beside what it compiled and why it failed."""

CELL_SECONDS = 0.2
"""How often the bar of a notebook is drawn again."""

LINE_SECONDS = 5.0
"""How often a plain line comes."""


class Output(Protocol):
    """Where progress is told."""

    def tell(self, state: State) -> None:
        """Tell how far the sweep is; called after runs that are alike, and after each that failed."""

    def end(self, state: State) -> None:
        """Come to an end."""


class State:
    """How far a sweep is.

    Arguments:
        total: runs of the sweep, found ones included.
        found: runs that were done before.
        time_left: is told of each run too.

    >>> state = State(10, 4, TimeLeft({}))
    >>> row = {"problem": "xor", "optimizer_name": "adam", "outcome": "solved", "compile_seconds": 2.0,
    ...        "seconds": 0.1, "observation_seconds": 0.0, "problem_key": "", "optimizer": "adam",
    ...        "gradient": "analytic", "setting": "cost=5"}
    >>> state.advance(row)
    >>> state.done, state.compiled, state.last
    (5, 'xor, adam: compiled in 2.0 s', 'xor, adam: solved')
    """

    def __init__(self, total: int, found: int, time_left: TimeLeft) -> None:
        self.total, self.found, self.done = total, found, found
        self._time_left = time_left
        self.began = time.monotonic()
        self.outcomes: Counter[str] = Counter()
        self.last = ""
        """The run that was finished last, and its outcome."""
        self.compiled = ""
        """What the last run has compiled, or nothing."""
        self.sentence = ""
        """Why the last run failed, or nothing."""

    def advance(self, row: Mapping[str, Any], alike: Sequence[float] | None = None) -> None:
        """Count one finished run, or several that are alike but for their times; see ``TimeLeft.advance``."""
        count = 1 if alike is None else len(alike)
        self.done += count
        self.outcomes[row["outcome"]] += count
        self._time_left.advance(row, alike)
        kind = f"{row['problem']}, {row['optimizer_name']}"
        self.last = printable(f"{kind}: {row['outcome']}")
        seconds = row["compile_seconds"]
        self.compiled = printable(f"{kind}: compiled in {seconds:.1f} s") if seconds > COMPILED else ""
        self.sentence = printable(row["sentence"]) if row["outcome"] == "failed" else ""

    def speed(self) -> str:
        """Say how fast it goes and how long the rest takes, as far as that is known."""
        rate, left = self._time_left.rate(), self._time_left.seconds()
        said = [f"{rate:.3g} a second"] if rate else []
        if left is not None and self.done < self.total:
            said.append(f"{duration(left)} left")
        return ", ".join(said)

    def line(self) -> str:
        """Return one line that says it all."""
        if self.done == self.found:
            return f"{self.found} of {self.total} runs found, none done now"
        found = f" ({self.found} found)" if self.found else ""
        ends = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self.outcomes.items()))
        speed = self.speed()
        return f"{self.done} of {self.total} runs{found}{', ' if speed else ''}{speed}; {ends}"


def duration(seconds: float) -> str:
    """Write a time as one reads it.

    >>> [duration(seconds) for seconds in (0.02, 12.3, 400, 9000, 200_000)]
    ['0.02 s', '12 s', '6.7 min', '2.5 h', '56 h']
    """
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.2g} s" if seconds < 100 else f"{seconds:.0f} s"


class Bar:
    """A bar on standard error."""

    def __init__(self) -> None:
        self._bar: Any = None

    def tell(self, state: State) -> None:
        """Move the bar, which appears when the sweep takes longer than a moment."""
        if self._bar is None:
            if time.monotonic() - state.began < QUIET_SECONDS:
                return
            self._start(state)
        said = "; ".join(filter(None, (state.speed(), state.compiled or state.last)))
        self._bar.update(self._task, completed=state.done, description=said)

    def _start(self, state: State) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn(f"runs ({state.found} found)" if state.found else "runs"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=state.total, completed=state.found)

    def end(self, state: State) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


class NotebookBar:
    """A bar below a notebook's cell, gone when the sweep is done; Rich's own needs ipywidgets there."""

    def __init__(self) -> None:
        self._shown: Any = None
        self._at = 0.0

    def tell(self, state: State) -> None:
        """Draw the bar, which appears when the sweep takes longer than a moment."""
        now = time.monotonic()
        if self._shown is None:
            if now - state.began < QUIET_SECONDS:
                return
            from IPython.display import display

            # Updated, so that what else the cell has shown stays.
            self._shown = display(_drawn(state), raw=True, display_id=True)
        elif now - self._at >= CELL_SECONDS:
            self._shown.update(_drawn(state), raw=True)
        else:
            return
        self._at = now

    def end(self, state: State) -> None:
        """Take the bar away."""
        if self._shown is not None:
            self._shown.update({"text/plain": "", "text/html": ""}, raw=True)


def _drawn(state: State) -> dict[str, str]:
    line = state.line()
    bar = f'<progress value="{state.done}" max="{state.total}"></progress>'
    return {"text/plain": line, "text/html": f"{bar} {html.escape(line)}"}


class Lines:
    """A line every few seconds, and one for each kind that was compiled.

    Arguments:
        write: takes a line.
        failures: whether each failed run has a line of its own.
        always: whether to say something in the first seconds of a sweep too.
    """

    def __init__(self, write: Callable[[str], object], *, failures: bool, always: bool) -> None:
        self._write, self._failures, self._always = write, failures, always
        self._told = time.monotonic()

    def tell(self, state: State) -> None:
        """Write what there is to say now."""
        if not self._always and time.monotonic() - state.began < LINE_SECONDS:
            return
        if self._failures and state.sentence:
            self._write(f"{state.last}: {state.sentence}")
        if state.compiled:
            self._write(state.compiled)
        if time.monotonic() - self._told > LINE_SECONDS:
            self._told = time.monotonic()
            self._write(state.line())

    def end(self, state: State) -> None:
        """Write how far it came."""
        if self._always or time.monotonic() - state.began > LINE_SECONDS:
            self._write(state.line())


class Progress:
    """Tell several outputs how far a sweep is.

    Arguments:
        state: what is counted.
        outputs: where it is told.
    """

    def __init__(self, state: State, outputs: list[Output]) -> None:
        self._state, self._outputs = state, outputs

    def __enter__(self) -> Progress:
        return self

    def advance(self, row: Mapping[str, Any], alike: Sequence[float] | None = None) -> None:
        """Count one finished run, or several that are alike but for their times."""
        self._state.advance(row, alike)
        for output in self._outputs:
            output.tell(self._state)

    def advance_all(self, rows: Mapping[str, Sequence[Any]]) -> None:
        """Count finished runs, of which these are columns; those that there is nothing to say of together."""
        begin = 0
        columns = (rows[name] for name in (*NAMED, *MEASURED, "compile_seconds"))
        times = [sum(both) for both in zip(rows["seconds"], rows["observation_seconds"], strict=True)]
        for (outcome, *_, compiled), same in groupby(zip(*columns, strict=True)):
            end = begin + len(list(same))
            row = {name: column[begin] for name, column in rows.items()}
            if outcome != "failed" and compiled <= COMPILED:
                self.advance(row, times[begin:end])
            else:
                for place in range(begin, end):
                    self.advance({name: column[place] for name, column in rows.items()})
            begin = end

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for output in self._outputs:
            output.end(self._state)
