"""Counts how hostile input was answered: by a result, a sentence, or in one of the ways that are faults."""

from __future__ import annotations

import contextlib
import io
import math
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn

from optimizers.errors import InputError, MissingExtraError

LONGEST = 900
"""Characters of a sentence: one that lists all optimizers, or all options of a command, has most of them."""

MOST_SECONDS = 60.0
"""What takes longer hangs."""

WAITING = 10
"""Times as long by the clock on the wall, for others may have the processor; a pipe is waited for as well."""

FAULTS = ("tracebacks", "hangs", "wrong", "damaged")
"""Answers that no input may get: neither a result nor one sentence, nothing for a minute, a number that an
independent oracle contradicts, a store that lost what was in it."""


class Hang(BaseException):  # no error of the input
    """Report that an answer takes too long; nothing on the way takes it for an error of its own."""


class Enough(KeyboardInterrupt):
    """End a campaign whose time is over; nothing on the way takes that for a fault."""


class Wrong(AssertionError):  # noqa: N818
    """Report that an oracle contradicts a result."""


class Damaged(AssertionError):  # noqa: N818
    """Report that a store lost or changed what was in it."""


class Answer(NamedTuple):
    """How one input was answered."""

    how: str
    said: str


class Tally:
    """Counts answers, and keeps the faults with the input that brought each; says so at each thousandth.

    Arguments:
        kind: what was tried.
        minutes: after which it is enough.
    """

    def __init__(self, kind: str, minutes: float = math.inf) -> None:
        self.kind, self.counted, self.faults = kind, Counter[str](), list[str]()
        self._end = time.monotonic() + 60.0 * minutes

    def add(self, given: str, answer: Answer) -> None:
        self.counted[answer.how] += 1
        if self.counted.total() % 1_000 == 0:
            print(self.line, file=sys.stderr, flush=True)
        if answer.how in FAULTS:
            self.faults.append(f"{answer.how}: {given}: {answer.said}")
        if time.monotonic() > self._end:
            raise Enough

    @property
    def line(self) -> str:
        """The figures: what was tried, how it was answered, and each fault."""
        names = ("results", "refused", *FAULTS)
        figures = ", ".join(f"{name} {self.counted[name]}" for name in names)
        return f"{self.kind}: tried {self.counted.total()}, {figures}"


def _hangs(number: int, frame: object) -> NoReturn:
    raise Hang


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise ``Hang`` where what is done takes longer than some seconds of the processor, or waits."""
    clocks = (
        (signal.SIGPROF, signal.ITIMER_PROF, seconds),
        (signal.SIGALRM, signal.ITIMER_REAL, WAITING * seconds),
    )
    before = [signal.signal(number, _hangs) for number, _, _ in clocks]
    for _, clock, most in clocks:
        signal.setitimer(clock, most)
    try:
        yield
    finally:
        for (number, clock, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(number, handler)


def unfit(sentence: str, longest: int = LONGEST) -> str:
    """Return what is wrong with a sentence that answers an input, or nothing."""
    if not sentence.isprintable():
        return f"not printable: {sentence[:300]!r}"
    if len(sentence) > longest:
        return f"{len(sentence)} characters: {sentence[:300]!r}"
    return "" if len(sentence.split()) > 1 else f"no sentence: {sentence!r}"


def asked(call: Callable[[], Any], seconds: float = MOST_SECONDS) -> Answer:
    """Call from Python what gives a result or raises one sentence; ``call`` itself checks the result."""
    try:
        # What NumPy warns of is no sentence of ours either.
        with limited(seconds), warnings.catch_warnings():
            warnings.simplefilter("error")
            call()
    except (InputError, MissingExtraError) as error:
        found = unfit(str(error))
        return Answer("tracebacks", found) if found else Answer("refused", str(error))
    except Hang:
        return Answer("hangs", f"longer than {seconds:g} seconds")
    except Wrong as error:
        return Answer("wrong", str(error))
    except Damaged as error:
        return Answer("damaged", str(error))
    except Exception as error:
        return Answer("tracebacks", f"{type(error).__name__}: {str(error)[:300]!r} at {_place(error)}")
    return Answer("results", "")


def _place(error: BaseException) -> str:
    """Return the innermost line of ours that an error passed."""
    place, trace = "nowhere", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "/harness/" in code.co_filename or "/optimizers/" in code.co_filename:
            place = f"{code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class Said(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


def command(words: list[str]) -> Said:
    """Call the command line in this process; return its status and what it wrote."""
    from harness.cli.entry import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as left:
            status = left.code
    return Said(int(status or 0), out.getvalue(), err.getvalue())


def typed(
    words: list[str], seconds: float = MOST_SECONDS, check: Callable[[Said], None] | None = None
) -> Answer:
    """Type a command, which ends with status 0, or 2 and one sentence; ``check`` looks at what came out."""
    try:
        with limited(seconds):
            said = command(words)
            if check is not None and said.status == 0:
                check(said)
    except Hang:
        return Answer("hangs", f"longer than {seconds:g} seconds")
    except Wrong as error:
        return Answer("wrong", str(error))
    except Damaged as error:
        return Answer("damaged", str(error))
    except Exception as error:
        return Answer("tracebacks", f"{type(error).__name__}: {str(error)[:300]!r} at {_place(error)}")
    if any(character in said.out + said.err for character in "\x1b\x07\x9b"):
        return Answer("tracebacks", f"control characters reach the terminal: {said.err[-300:]!r}")
    if said.status == 0:
        return Answer("results", "")
    last = said.err.removesuffix("\n").rpartition("\n")[2]
    if said.status != 2 or not last.startswith("harness: "):
        return Answer("tracebacks", f"status {said.status}: {said.err[-300:]!r}")
    found = unfit(last)
    return Answer("tracebacks", found) if found else Answer("refused", last)
