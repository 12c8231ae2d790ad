"""Keeps what was found out about a user's function, for as long as what the function reads stays the same."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from harness.autodiff.staleness import Readings
from harness.network.source import Function

Found = TypeVar("Found")


class Remembered(Generic[Found]):
    """What was found out about functions of n numbers.

    Building an objective looks into its function six times, and a run builds four; trying one out with
    complex numbers takes hundreds of calls. A function may take a second.
    """

    def __init__(self) -> None:
        self._kept: weakref.WeakKeyDictionary[Any, dict[int, tuple[weakref.ref[Any], Readings, Found]]]
        self._kept = weakref.WeakKeyDictionary()

    def get(self, function: Function, n: int, find: Callable[[], Found], shape_only: bool) -> Found:
        """Return what was found, or find it where it is not known or no longer true.

        Arguments:
            function: the function; one that stands for another for the time of a run says so by an attribute
                ``stands_for``.
            n: how many numbers it takes.
            find: finds it.
            shape_only: whether it is true as well of a function that answers differently every time, as one
                does that looks at the time.
        """
        function = getattr(function, "stands_for", function)
        try:
            known = self._kept.setdefault(function, {})
            itself = weakref.ref(function)
        except TypeError:  # It cannot be hashed, or referred to weakly.
            return find()
        if n in known:
            of, readings, found = known[n]
            # Two functions of a user's own class may be equal and not the same.
            if of() is function and (readings.hold() or (shape_only and readings.volatile)):
                return found
        readings, found = Readings(function), find()
        known[n] = itself, readings, found
        return found
