"""What all capabilities share: a price and methods, or a refusal with its reason."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from optimizers.errors import InputError

Array = NDArray[np.float64]


class Capability(ABC):
    """Something that an objective offers and another may not: ask it like a flag, then for its price.

    A refusal is one of the same class, made by ``refused``: it is false, says its ``reason``, and whatever
    else it is asked for raises an ``InputError`` with that reason.

    Attributes:
        cause: why it is not there; empty where it is.
        reason: the same with the remedy, ``cause: take ...``.

    >>> from optimizers.capabilities.curvature import Curvature
    >>> missing = Curvature.refused("the loss has corners")
    >>> bool(missing), missing.reason
    (False, 'the loss has corners: take a quasi-Newton method such as lbfgs')
    """

    what: ClassVar[str]
    """What it is, as in "no products with the Hessian"."""
    absent: ClassVar[str]
    """Why it is not there, where nobody knows more."""
    remedy: ClassVar[str]
    """What to do without it."""

    cause: str = ""
    reason: str = ""

    @property
    @abstractmethod
    def cost(self) -> float:
        """Cost of one use over all rows, in forward-pass equivalents."""

    def __bool__(self) -> bool:
        """Say whether it is there."""
        return not self.cause

    @classmethod
    def refused(cls, cause: str = "") -> Self:
        """Return a refusal.

        Arguments:
            cause: why it is not there; with a remedy of its own after ``: take``, or with that of the class.
        """
        refusal = _refusal_of(cls)()
        refusal.cause = cause or cls.absent
        # A cause that others can stand in for names them itself.
        refusal.reason = refusal.cause if ": take " in refusal.cause else f"{refusal.cause}: {cls.remedy}"
        return refusal  # type: ignore[return-value]


_KEPT = {*dir(Capability), *Capability.__annotations__} - {"cost"}


@functools.cache
def _refusal_of(offered: type[Capability]) -> type[Capability]:
    """Return a class whose every method and property raises, beside those of ``Capability`` itself."""

    def raises(self: Capability, *_arguments: Any, **_named: Any) -> NoReturn:
        raise InputError(f"no {self.what}: {self.reason}")

    def again(self: Capability) -> tuple[Any, ...]:
        return offered.refused, (self.cause,)

    members: dict[str, Any] = {"__init__": object.__init__, "__reduce__": again}
    for name in dir(offered):
        if name not in _KEPT and not name.startswith("_"):
            method = callable(getattr(offered, name))
            members[name] = raises if method else property(raises)
    return type(f"No{offered.__name__}", (offered,), members)
