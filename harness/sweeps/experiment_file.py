"""Experiments as files of TOML: the shipped ones by their names, others by their paths."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from harness.regular_file import refuse_endless
from harness.sweeps.changes import with_settings
from harness.sweeps.choices import restricted
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from optimizers.errors import InputError
from optimizers.printable import shown
from optimizers.registry import Registry

LARGEST_FILE = 10_000_000
"""Bytes of an experiment's file, a thousand times what one takes."""


def _own() -> dict[str, Path]:
    folder = Path(str(resources.files("harness") / "experiments"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def _is_experiment(candidate: Any) -> bool:
    return isinstance(candidate, Path) and candidate.suffix == ".toml"


EXPERIMENTS: Registry[Path] = Registry(
    "experiment",
    "harness.experiments",
    _own,
    _is_experiment,
    lambda path, _: str(path.stem),
    "the path of a .toml file",
)
"""The files of experiments that come with this package or another one, by their names."""


def shipped_experiments() -> Mapping[str, Path]:
    """Return the files of the shipped experiments by name."""
    return EXPERIMENTS


def read_experiment(
    name_or_file: str,
    *,
    settings: Sequence[str] = (),
    only: Sequence[str] = (),
    without: Sequence[str] = (),
    **changes: Any,
) -> Experiment:
    """Read a shipped experiment by its name, any by its file, or one that was run by its folder.

    Arguments:
        name_or_file: ``"quickstart"``, ``"mine.toml"`` or ``"output/mine"``.
        settings: what is set in it, such as ``"optimizers.adam.learning_rate=0.1"``.
        only: members of axes that alone are left, such as ``"optimizer=adam,lbfgs"``.
        without: members that are taken away.
        changes: fields that replace those of the file, such as ``seeds=3``.

    Raises:
        InputError: for an unknown name, an unreadable file, or a field that is wrong.

    >>> read_experiment("quickstart").name
    'quickstart'
    """
    # Imported here: with what a folder holds comes pandas, which `harness list` has no use for.
    from harness.sweeps.results_folder import DECLARED, folder_of, name_in

    given, folder = Path(name_or_file), folder_of(name_or_file)
    if folder is not None:
        path, name = folder / DECLARED, name_in(folder)
    else:
        path = given if given.suffix == ".toml" else EXPERIMENTS.find(name_or_file)
        name = path.stem
    table = _read_table(path)
    try:
        table = with_settings(table | changes, settings)
        return restricted(build_experiment(_folder_name(name), table, path.parent), only, without)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    refuse_endless(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(
                f"{path} has more than {LARGEST_FILE // 10**6} megabytes: give an experiment's file"
            )
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no valid TOML: {error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8: save it as such") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; give the path of a .toml file") from None
    except RecursionError:
        raise InputError(f"{path} has lists or tables nested too deeply: write them flat") from None
    except InputError:
        raise
    except ValueError as error:
        # Python refuses decimal numbers of thousands of digits, and names with a NUL.
        said = (
            "a number of thousands of digits" if "digits" in str(error) else f"what cannot be read ({error})"
        )
        raise InputError(f"{path} holds {said}: take it out") from None


def _folder_name(stem: str) -> str:
    """Return the name of an experiment's file, which is that of its folder.

    Raises:
        InputError: for a name that would lead out of the folder of results, or that no folder can have.
    """
    if not stem.strip(" .") or not stem.isprintable() or set(stem) & set("/\\") or len(stem.encode()) > 200:
        raise InputError(
            f"the name of the file, {shown(stem)}, is to be that of a folder of results: "
            "give it one of up to 200 letters, digits, '-' and '_'"
        )
    return stem
