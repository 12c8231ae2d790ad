"""Remembers a signal that is to end everything, where a library has swallowed what the signal raised."""

from __future__ import annotations


class Interruption:
    """The signal that has come.

    A library that calls back may drop an exception that passes through it (in a destructor, a drawing, code
    of another language), and go on. Every look asks here, which takes 30 ns of the 10 us of a look.
    """

    number: int = 0
    """Number of the signal, 0 while none has come."""


INTERRUPTION = Interruption()
