"""The inverses of the circular and the hyperbolic functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.autodiff.algebra import spread
from harness.autodiff.functions.table import ufunc
from harness.autodiff.tracer import emit


def _primitive(name: str) -> Callable[[Any], Any]:
    return lambda x: emit(name, x)


for _name in ("sin", "cos", "tan"):
    for _kind in ("", "h"):
        ufunc(f"arc{_name}{_kind}")(_primitive(f"arc{_name}{_kind}"))


@ufunc("arctan2")
def arctan2(y: Any, x: Any) -> Any:
    """Take the angle of the point (x, y); at the origin there is no slope."""
    return emit("arctan2", *spread(y, x))
