"""Where the command begins and ends: signals, streams and statuses, before anything heavy is imported."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
import time
import warnings
from typing import Any, NoReturn

from harness.sweeps.interrupts import SIGNALS, Interrupted, came, noticed

WRONG = 2
"""Status for input that is wrong, and for surroundings that do not do their part."""

LONGEST_END = 30.0
"""Seconds that threads and workers have for their own end, when all is done and said."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and leave with its status.

    That is 0, 2 for input that is wrong, and 128 and its number for a signal: 130 for an interrupt, 141 where
    who reads the output has gone, such as ``head``.
    """
    _open_streams()
    # No window is ever opened, so a name that Matplotlib does not know need not end anything.
    os.environ["MPLBACKEND"] = "agg"
    threads = os.environ.get("NUMBA_NUM_THREADS", "1")
    with contextlib.suppress(ValueError):
        # Of what is no number numba itself says that it takes no notice.
        if int(threads) < 1:
            sys.exit(_say(f"NUMBA_NUM_THREADS is '{threads}', expected a whole number, 1 or more: unset it"))
    status = WRONG
    with (
        contextlib.suppress(Interrupted),
        warnings.catch_warnings(),
        noticed(handed_on=False, at_last=_leave),
    ):
        warnings.showwarning = _warn
        if arguments is None:
            # Importing makes hundreds of thousands of objects that stay: looking for garbage after each 700
            # of them was an eighth of `harness list`.
            gc.set_threshold(100_000, 20, 100)
            sys.unraisablehook = _unraisable
            # Handed on to the process that keeps count of semaphores: it frees what a command that leaves at
            # once has left, and need not say so after the command's last sentence.
            sys.warnoptions.append("ignore:resource_tracker")
            # As Python has it unless PYTHONWARNINGS is set, which may ask for exceptions in their place.
            warnings.resetwarnings()
            for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
                warnings.simplefilter("ignore", kind)
        try:
            status = _command(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            _lose_output()
            status = 128 + signal.SIGPIPE
        except OSError as error:
            if error.filename is None:
                # A stream has no name.
                _lose_output()
                status = _say(f"the output cannot be written: {error.strerror or error}")
            else:
                status = _say(_unusable(error))
        except KeyboardInterrupt as error:
            status = _interrupted(error)
        if came() and status < 128:
            # Whatever swallowed the signal has not done its work.
            status = _interrupted(Interrupted(came()))
    if arguments is None:
        _end(status)
    sys.exit(status)


def _end(status: int) -> NoReturn:
    """Leave without Python's own end, after what has been registered for it.

    All is done and said. Taking modules apart takes half a second, and on a busy machine a thread of
    Parquet's that is still at work then aborts the process: "terminate called without an active exception",
    after the command had said what it had to say.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_at_last, args=(status,), daemon=True).start()
    # As Python does it, in this order: the pool of workers ends with its thread, and is then waited for.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _end_at_last(status: int) -> NoReturn:
    """Leave though something is still waited for, such as a thread that never ends."""
    time.sleep(LONGEST_END)
    os._exit(status)


def _leave(number: int) -> NoReturn:
    """Leave at once; workers end by themselves when this process does."""
    _interrupted(Interrupted(number))
    os._exit(128 + number)


def _command(arguments: list[str] | None) -> int:
    """Run the command; return its status."""
    output = sys.stdout
    try:
        import click

        from optimizers.errors import InputError, MissingExtraError
        from optimizers.printable import printable, shortened
    except ImportError as error:
        return _not_imported(error)
    try:
        from harness.cli.group import commands

        commands.main(args=arguments, prog_name="harness", standalone_mode=False)
    except (InputError, MissingExtraError) as error:
        return WRONG if came() else _say(str(error))
    except click.NoSuchOption as error:
        return _say(_no_option(error))
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "harness"
        said = printable(shortened(error.format_message().rstrip("."))).replace("\n", " ")
        return _say(f"{said} (see `{command} --help`)")
    except SystemExit as ended:
        # Where who reads has gone, Rich and click leave with 1; click puts another stream in the place of it.
        if sys.stdout is output and not isinstance(ended.__context__, BrokenPipeError):
            raise
        return 128 + signal.SIGPIPE
    except MemoryError as error:
        return _say(f"the memory is too small ({error}): take less data or fewer units")
    except click.Abort as error:
        # click takes the end of a file for the end of what a user types.
        if isinstance(error.__cause__, EOFError):
            return _say(f"a file ended too early ({error.__cause__}): delete it if it belongs to a cache")
        raise error.__cause__ or KeyboardInterrupt from None
    except ImportError as error:
        return _not_imported(error)
    except Exception:
        if came():
            # What a library made of the signal, such as a drawing without a box.
            return WRONG
        raise
    return 0


def _unusable(error: OSError) -> str:
    """Say which file or folder the system does not let be used, and why."""
    from optimizers.errors import InputError

    return str(InputError(f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}; mend that"))


def _no_option(error: Any) -> str:
    """Say that a command has no such option, and what may have been meant."""
    from optimizers.errors import meaning_of
    from optimizers.printable import printable, shown

    context = error.ctx
    parameters = context.command.get_params(context) if context is not None else []
    known = [name for parameter in parameters for name in parameter.opts if name.startswith("--")]
    guess, is_known = meaning_of(error.option_name, known)
    place = context.command_path if context is not None else "harness"
    hint = f"did you mean {guess}? " if is_known else f"that is {guess} here " if guess else ""
    return printable(f"this command has no option {shown(error.option_name)}: {hint}(see `{place} --help`)")


def _not_imported(error: ImportError) -> int:
    """Say which package of others stands in the place of this project's; raise where there is none."""
    from harness.foreign import foreign_packages

    if came():
        return WRONG
    if found := foreign_packages():
        return _say(found)
    raise error


def _interrupted(error: KeyboardInterrupt) -> int:
    """Say what a signal has ended, and return the status."""
    number = getattr(error, "number", signal.SIGINT)
    by = f" by {signal.Signals(number).name}" if isinstance(error, Interrupted) else ""
    kept = getattr(error, "kept", "") or "finished runs are kept"
    _say(f"interrupted{by}; {kept}, the same command goes on from here")
    return 128 + int(number)


def _say(sentence: str) -> int:
    """Write a sentence to standard error, where there is one that takes it; return the status."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"harness: {sentence}\n")
        sys.stderr.flush()
    return WRONG


def _warn(message: Warning | str, *where: object, **more: object) -> None:
    """Say a warning as a sentence; where in which file it was raised is for programmers."""
    text = str(message)
    # numba appends where it met a variable of the environment that is no number.
    _say(text.split("\n")[0] if "Traceback" in text else text.replace("\n", " "))


def _unraisable(found: Any) -> None:
    """Say nothing of an interrupt that a destructor has dropped, for it is not forgotten."""
    if not isinstance(found.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(found)


def _open_streams() -> None:
    """Open what the caller has closed, so that no file of results takes its number."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        with contextlib.suppress(AttributeError):
            # A letter that the terminal does not have is written as its number.
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _lose_output() -> None:
    """Let what cannot be written go, or the interpreter complains of it once more at its end."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
