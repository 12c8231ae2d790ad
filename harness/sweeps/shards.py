"""Parts of an experiment for several machines: every tenth run by its id."""

from __future__ import annotations

import re
from typing import NamedTuple

from optimizers.errors import InputError
from optimizers.printable import shown

MOST_SHARDS = 1_000_000
"""As many as an experiment has runs at the most."""


class Shard(NamedTuple):
    """The runs whose ids leave this remainder; an id is a digest, so all shards are about as large.

    Which shard a run is in does not depend on the others: an experiment that grows moves none.
    """

    number: int
    """From 1."""
    of: int

    def holds(self, run_id: str) -> bool:
        """Say whether a run is in it.

        >>> [Shard(number, 3).holds("00000000000000ff") for number in (1, 2, 3)]
        [True, False, False]
        """
        return int(run_id, 16) % self.of == self.number - 1


def shard_of(text: str | None) -> Shard | None:
    """Read which shard is meant, "3/10"; None is the whole.

    Raises:
        InputError: for anything else.

    >>> shard_of("3/10")
    Shard(number=3, of=10)
    """
    if text is None:
        return None
    given = re.fullmatch(r"([0-9]{1,7})/([0-9]{1,7})", text.strip()) if isinstance(text, str) else None
    if given is None or not 1 <= int(given[1]) <= int(given[2]) <= MOST_SHARDS:
        raise InputError(f"shard is {shown(text)}, expected NUMBER/OF, as 3/10 for the third of ten")
    return Shard(int(given[1]), int(given[2]))
