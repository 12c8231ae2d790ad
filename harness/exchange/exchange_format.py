"""What an exchange format has to do: write results into a folder, and read them back or say why not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.named import Named
from optimizers.options import changed_options, options
from optimizers.specification import write


@options
class ExchangeFormat(Named, ABC):
    """One way to write results down for other programs, and to read what other programs have written.

    A subclass with options is decorated with ``optimizers.options.options`` and declares them as fields.
    ``tests/contracts/test_exchange_formats.py`` holds it to what it says.
    """

    source: ClassVar[str]
    """Address of the format's documentation, or the paper that defines it."""
    holds: ClassVar[frozenset[str]]
    """Columns that come back unchanged, named as in ``harness.runs.columns.COLUMNS``: "runs.best_loss"."""
    every_row: ClassVar[bool] = False
    """Whether every row of a trace comes back; otherwise some do, the lowest among them."""

    @abstractmethod
    def write(self, tables: Tables, folder: Path) -> list[Path]:
        """Write results into a folder that is there and empty.

        Arguments:
            tables: any results, none among them; names may hold any letter.
            folder: where to. A file README.md is added to it afterwards.

        Returns:
            The files, those that a user opens first before the others.

        Raises:
            InputError: if the format has no place for such results, or a file cannot be written.
        """

    def read(self, folder: Path) -> Tables:
        """Read a folder that this project or another program has written.

        What was written by ``write`` comes back with all columns of ``holds`` as they were, in the same order
        of runs where the format has one. Columns of which the folder says nothing are left out of the
        arguments of ``harness.exchange.frames.tables_of``, which fills them.

        Raises:
            InputError: if there is nothing of this format, it is damaged, or it is never read.
        """
        raise InputError(self.reading_refusal() or "")

    def reading_refusal(self) -> str | None:
        """Say why nothing can be read back from this format, and the remedy; None if it can."""
        return None

    def remarks(self, tables: Tables) -> list[str]:
        """Return a sentence for each thing that has to be said of these results in this format."""
        return []

    @property
    def label(self) -> str:
        """The name with the options that differ from their defaults, as ``build_format`` reads it."""
        return write(self.name(), changed_options(self))
