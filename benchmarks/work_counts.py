"""What a piece of work consists of: multiply-adds, elementary functions, and bytes that have to move.

Counted is what the mathematics asks for, not what some implementation does: a product of the network's
weights with a row is a multiply-add for each weight, biases come with it; whatever else is added, multiplied
or compared is an addition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.sizes import Size

OTHERS = ("tanh", "exponential", "logarithm", "division", "addition")
"""What is counted beside multiply-adds."""


@dataclass(frozen=True)
class Work:
    """Numbers of each kind.

    Attributes:
        products: multiply-adds of matrix products.
        tanh, exponential, logarithm, division: elementary functions.
        addition: additions, multiplications and comparisons beside the products.
        moved: bytes that have to come from memory or go there, were nothing in a cache before.
    """

    products: int
    tanh: int = 0
    exponential: int = 0
    logarithm: int = 0
    division: int = 0
    addition: int = 0
    moved: int = 0

    def seconds(self, rates: dict[str, float]) -> float:
        """Return what a machine needs that does one after the other, each at the rate it reaches alone."""
        others = sum(getattr(self, name) / rates[name] for name in OTHERS)
        return self.products / rates["multiply-adds"] + others


def _hidden(size: Size) -> int:
    return size.rows * sum(size.sizes[1:-1])


def _data_bytes(size: Size) -> int:
    return 8 * size.rows * (size.sizes[0] + size.sizes[-1])


def value(size: Size) -> Work:
    """One loss over all rows."""
    outputs = size.sizes[-1]
    return Work(
        products=size.value_products,
        tanh=_hidden(size),
        exponential=size.rows * outputs,
        logarithm=size.rows,
        # The highest sum, the sum of exponentials, and the target's part; so for one output, in other terms.
        addition=3 * size.rows * outputs,
        moved=_data_bytes(size) + 8 * size.network().size,
    )


def gradient(size: Size, steps: int = 1) -> Work:
    """One gradient over all rows, and so many updates: several where each is of some of the rows."""
    forward, n = value(size), size.network().size
    derivatives = 2 * _hidden(size) + 2 * size.rows * size.sizes[-1]
    biases = size.rows * sum(size.sizes[1:])
    return replace(
        forward,
        products=size.gradient_products,
        division=size.rows,
        addition=forward.addition + derivatives + biases + steps * n,
        moved=_data_bytes(size) + 16 * n,
    )


def population(size: Size, candidates: int) -> Work:
    """The losses of so many candidates."""
    one, n = value(size), size.network().size
    counts = {
        name: candidates * getattr(one, name)
        for name in ("products", "tanh", "exponential", "logarithm", "addition")
    }
    return Work(**counts, moved=_data_bytes(size) + 8 * candidates * n)


def generation(size: Size, members: int) -> Work:
    """The losses of a generation's children, all but one elite; of breeding only what has to be written."""
    return replace(
        population(size, members - 1), moved=_data_bytes(size) + 16 * members * size.network().size
    )
