"""How the command ends where it was neither done nor refused: files cut short, signals, faults of its own."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest
from terminal import called

from harness.cli import entry
from harness.cli.entry import main
from harness.sweeps import interrupts
from harness.sweeps.interrupts import Interrupted

pytestmark = pytest.mark.usefixtures("usual_signals")


@pytest.fixture
def loading(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Put something in the place of loading a folder, in this process alone and with all patience."""
    monkeypatch.setattr(interrupts, "_lose_patience", lambda number: None)

    def put(what: Callable[[], object]) -> None:
        monkeypatch.setattr("harness.api.load", lambda folder: what())

    return put


def raising(error: BaseException, *, after: int = 0) -> Callable[[], object]:
    """Return what raises an error, where wanted after it has swallowed a signal."""

    def load() -> object:
        if after:
            with contextlib.suppress(Interrupted):
                signal.raise_signal(after)
        raise error

    return load


def test_a_file_that_ends_too_early_is_no_end_of_what_a_user_types(
    loading: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    loading(raising(EOFError("Ran out of input")))
    answer = called(capsys, "compare", "kept")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.strip() == (
        "harness: a file ended too early (Ran out of input): delete it if it belongs to a cache"
    )


@pytest.mark.parametrize("error", [RuntimeError, ImportError])
def test_a_fault_of_its_own_is_not_hidden(error: type[Exception], loading: Callable[[Any], None]) -> None:
    loading(raising(error("nobody has thought of this")))
    with pytest.raises(error, match="nobody has thought of this"):
        main(["compare", "kept"])


@pytest.mark.parametrize("error", [RuntimeError, ImportError])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_what_a_library_makes_of_a_signal_is_said_to_be_the_signal(
    number: signal.Signals,
    error: type[Exception],
    loading: Callable[[Any], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    loading(raising(error(), after=number))
    said = f"interrupted by {number.name}; finished runs are kept, the same command goes on from here"
    assert called(capsys, "compare", "kept") == (128 + number, "", f"harness: {said}\n")


def test_a_signal_that_was_swallowed_altogether_ends_the_command_all_the_same(
    monkeypatch: pytest.MonkeyPatch, loading: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def swallowing(arguments: list[str] | None) -> int:
        try:
            signal.raise_signal(signal.SIGTERM)
        except Interrupted:
            return 0
        return 1

    monkeypatch.setattr(entry, "_command", swallowing)
    answer = called(capsys, "list")
    assert answer.status == 128 + signal.SIGTERM
    assert answer.err.startswith("harness: interrupted by SIGTERM; ")


class Dropped:
    """An object whose end raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __del__(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "is_said"),
    [(KeyboardInterrupt(), False), (Interrupted(signal.SIGTERM), False), (OSError("no space left"), True)],
    ids=["interrupt", "signal", "anything else"],
)
def test_an_interrupt_that_a_destructor_drops_is_no_traceback(
    error: BaseException, is_said: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", entry._unraisable)
    one = Dropped(error)
    del one
    assert ("no space left" in capsys.readouterr().err) == is_said
