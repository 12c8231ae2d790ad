"""What is tuned: an optimizer with all its options that tuning leaves as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from optimizers.errors import InputError
from optimizers.optimizer import Optimizer


def contender_label(cls: type[Optimizer], options: Mapping[str, Any], tuned: Collection[str]) -> str:
    """Name an optimizer by the options that tuning leaves as they are.

    Arguments:
        cls: class of the optimizer.
        options: its options, as objects or as a file has them.
        tuned: names of the options that are tuned.

    >>> from optimizers import Adam
    >>> contender_label(Adam, {"learning_rate": 0.1, "batch": 8}, Adam.search_space)
    'adam(batch=8)'
    """
    try:
        return cls(**{name: value for name, value in options.items() if name not in tuned}).label
    except InputError:
        # They need one of those that are tuned.
        return cls(**options).label
