"""Packs a network and its data for the kernels, after checking that they fit one another."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.network import candidate_lanes, few_rows, kernels, single_kernels
from harness.network.activation import BACKWARD, FORWARD
from harness.network.activations import find_activation
from harness.network.loss import ROW_LOSSES, Loss
from harness.network.network import Network
from harness.network.precision import DOUBLE, SINGLE, Precision, function_of, pair_of
from harness.numerics import products
from harness.numerics.shared_work import SHARE, allowed_threads, board_of
from harness.numerics.vector_writer import VECTOR_BYTES
from optimizers.arrays import real_array
from optimizers.capabilities.single_layer import UnitRows
from optimizers.errors import InputError
from optimizers.function_addresses import address
from optimizers.objective import Array, Rows
from optimizers.signatures import VALUE, Data, in_single

TILE_BYTES, TILE_ROWS = 1 << 20, 512
"""Size and rows of a tile at the most: its numbers have to stay in a core's second cache."""

GROUP_ROWS = 256
"""Rows of a group at the least, so that groups do not cut tiles short."""

FEW_ROWS, FEW_PARAMETERS, CANDIDATES = 16, 100, 64
"""Rows and parameters up to which candidates, so many at a time, lie side by side in place of rows. For 100
candidates that takes 3 us in place of 21 at 2-2-1 on 4 rows, 36 in place of 53 at 4-8-3 on 16; but 68 in
place of 71 on 32 rows, and 45 in place of 48 at 10-16-1 on 4."""

PRODUCTS_OF_AN_EXPONENTIAL = 16
"""Multiply-adds that take as long as one exponential, 0.6 ns: what work is counted in."""


USUAL_POPULATION = 100
"""Candidates for which threads have to pay before there are any."""


class Layout(NamedTuple):
    """What the kernels are told of a network and a number of rows, whatever these hold."""

    integers: Rows
    """The header, but for threads, and what stands behind it."""
    tile: int
    """Rows of a tile."""
    numbers: int
    """Length of the workspace."""
    threads_pay: bool
    """Whether several threads may share the work."""


def pack(network: Network, X: Array, Y: Array, counters: Rows, precision: Precision = DOUBLE) -> Data:
    """Pack a network and its data into what the kernels read.

    Arguments:
        network: sizes, activations and loss.
        X: inputs, shape (N, features).
        Y: targets, shape (N, outputs).
        counters: moved by the kernels.
        precision: of the numbers in them; single precision for a network that has no refusal of it.
    """
    pairs = tuple([pair_of(find_activation(name), precision) for name in network.layer_activations])
    most = min(kernels.SLOTS, allowed_threads())
    layout = _layout_of(network, X.shape[0], precision, most, pairs, network.loss_entry)
    integers = layout.integers.copy()
    if layout.threads_pay:
        integers[kernels.BOARD], integers[kernels.THREADS] = board_of(most), most
    if integers[kernels.BOARD]:
        doors = single_kernels if precision == SINGLE else kernels
        integers[kernels.GROUP_SHARE] = address(doors.share_of_rows, SHARE)
        integers[kernels.CANDIDATE_SHARE] = address(doors.share_of_candidates, SHARE)
    number = np.float32 if precision == SINGLE else np.float64
    plain = [X.T.ravel(), Y.T.ravel(), X.ravel()]
    tiles = in_tiles(np.concatenate([X, Y], axis=1), layout.tile)
    begin = int(integers[kernels.TILES])
    reals = at_cache_lines(begin + tiles.size, number)
    np.concatenate(plain, out=reals[: sum(part.size for part in plain)], casting="same_kind")
    reals[begin:] = tiles.ravel()
    workspace = at_cache_lines(layout.numbers, number)
    return Data(reals.view(np.float64), integers, workspace.view(np.float64), counters)


@functools.lru_cache(maxsize=256)
def _layout_of(
    network: Network, rows: int, precision: Precision, most: int, pairs: tuple[Any, ...], entry: Loss
) -> Layout:
    """Return the layout of a network, with its functions as they are known by now; it takes 12 us to make."""
    of, number = (in_single, np.float32) if precision == SINGLE else (_as_it_is, np.float64)
    bytes_of = np.dtype(number).itemsize
    sizes = network.sizes
    work = rows * (network.products // PRODUCTS_OF_AN_EXPONENTIAL + sum(sizes[1:]))
    groups = min(kernels.SLOTS, max(1, work // kernels.GROUP_WORK), max(1, rows // GROUP_ROWS))
    # Activations and deltas of each layer, a gathered tile of inputs and targets, three rows of scratch.
    numbers_of_row = sizes[0] + 2 * sum(sizes[1:]) + 2 * sizes[-1] + 3
    tile = tile_of(rows, groups, numbers_of_row, bytes_of)
    slot = tile * numbers_of_row
    few = rows <= FEW_ROWS and network.size <= FEW_PARAMETERS and precision != SINGLE
    lanes = CANDIDATES if few else 0
    laid_out = lanes * (network.size + rows * (sum(sizes[1:]) + sizes[-1] + 3))
    forwards = [address(forward, of(FORWARD)) for forward, _ in pairs]
    backwards = [address(backward, of(BACKWARD)) for _, backward in pairs]
    header = [0] * kernels.SIZES
    header[kernels.ROWS], header[kernels.TILE], header[kernels.GROUPS] = rows, tile, groups
    header[kernels.SLOT], header[kernels.LAYERS] = slot, len(pairs)
    header[kernels.PARAMETERS], header[kernels.WORK] = network.size, work
    header[kernels.TAKEN_IN] = int(entry.takes_in is not None)
    header[kernels.LANES], header[kernels.NUMBER] = lanes, bytes_of
    header[kernels.LOSS] = address(function_of(entry, precision), of(ROW_LOSSES))
    # Inputs and targets column by column, and inputs row by row, come before the tiles.
    header[kernels.TILES] = kernels.vectors_of.py_func(rows * (2 * sizes[0] + sizes[-1]), bytes_of)
    integers = np.array([*header, *sizes, *forwards, *backwards], dtype=np.int64)
    integers[kernels.LENGTH] = integers.size
    if not _is_small(integers):
        _name_products(integers)
    if lanes:
        integers[kernels.VALUE_AT] = address(_value_kernel(integers), VALUE)
    if precision == SINGLE:
        numbers = single_kernels.room_of.py_func(integers, most)
    else:
        numbers = kernels.room_of.py_func(integers, most)
    integers.flags.writeable = False
    threads_pay = groups > 1 or work * USUAL_POPULATION >= kernels.PARALLEL_WORK
    return Layout(integers, tile, max(numbers, laid_out), threads_pay)


def _as_it_is(signature: Any) -> Any:
    return signature


def _name_products(integers: Rows) -> None:
    of = in_single if _is_single(integers) else _as_it_is
    integers[kernels.SUM_OF_TILE] = address(kernels.sum_of_tile, of(kernels.SUM))
    integers[kernels.PRODUCT] = address(products.multiply, of(products.MULTIPLY))
    integers[kernels.OUTER_PRODUCT] = address(products.weight_gradient, of(products.WEIGHT_GRADIENT))


def with_products(data: Data) -> Data:
    """Return data for general kernels: where there are few rows, they are not compiled before somebody asks.

    Nobody but second derivatives does: compiling them is a third of a cold start on xor.
    """
    integers = data.integers.copy()
    _name_products(integers)
    return data._replace(integers=integers)


def tile_of(rows: int, groups: int, numbers_of_row: int, size: int) -> int:
    """Return the rows of a tile, an odd number of vectors: groups get as many tiles each, as long as may be.

    Arguments:
        rows: of the data.
        groups: that share them.
        numbers_of_row: that a row takes in a tile.
        size: bytes of a number.

    >>> tile_of(1797, 4, 170, 8), tile_of(150, 1, 40, 8), tile_of(4, 1, 20, 8), tile_of(1797, 4, 170, 4)
    (456, 152, 8, 464)
    """
    lanes = VECTOR_BYTES // size
    longest = max(lanes, min(TILE_ROWS, TILE_BYTES // (size * numbers_of_row)))
    each = -(-rows // groups)
    vectors = -(-each // -(-each // longest) // lanes)
    return int(lanes * (vectors + 1 - vectors % 2))


def in_tiles(table: Array, tile: int) -> Array:
    """Return the rows of a table in tiles, column by column, the last row once more where there are too few.

    >>> in_tiles(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]), 2).tolist()
    [[[1.0, 2.0], [10.0, 20.0]], [[3.0, 3.0], [30.0, 30.0]]]
    """
    lacking = -len(table) % tile
    filled = np.concatenate([table, np.repeat(table[-1:], lacking, axis=0)])
    return np.ascontiguousarray(filled.reshape(-1, tile, table.shape[1]).transpose(0, 2, 1))


def at_cache_lines(numbers: int, number: type[np.floating[Any]]) -> NDArray[Any]:
    """Return zeros that begin where a cache line of 64 bytes does, as every vector then does."""
    size = np.dtype(number).itemsize
    room = np.zeros(numbers + VECTOR_BYTES // size, dtype=number)
    # In a tenth of the time that ``room.ctypes`` takes to be made.
    first = -room.__array_interface__["data"][0] // size % (VECTOR_BYTES // size)
    return room[first : first + numbers]


def _is_single(integers: Rows) -> bool:
    return bool(integers[kernels.NUMBER] == single_kernels.BYTES)


def _is_small(integers: Rows) -> bool:
    sizes = integers[kernels.SIZES : kernels.SIZES + integers[kernels.LAYERS] + 1]
    return bool(integers[kernels.LANES]) and few_rows.suits(sizes.tolist(), int(integers[kernels.ROWS]))


def _value_kernel(integers: Rows) -> Any:
    if _is_single(integers):
        return single_kernels.value
    return few_rows.value if _is_small(integers) else kernels.value


def value_kernel(data: Data) -> Any:
    """Return the kernel for the loss of one vector on these data."""
    return _value_kernel(data.integers)


def gradient_kernel(data: Data) -> Any:
    """Return the kernel for loss and gradient on these data."""
    if _is_single(data.integers):
        return single_kernels.value_and_gradient
    return few_rows.value_and_gradient if _is_small(data.integers) else kernels.value_and_gradient


def population_kernel(data: Data) -> Any:
    """Return the kernel for the losses of a population on these data."""
    if _is_single(data.integers):
        return single_kernels.values
    return candidate_lanes.values_by_lanes if data.integers[kernels.LANES] else kernels.values


MISFITS: dict[str, tuple[Callable[[Array], Array], str]] = {
    "numbers": (lambda Y: Y[:0], "numbers"),
    "probabilities": (lambda Y: Y[(Y < 0) | (Y > 1)], "numbers from 0 to 1"),
    "distribution": (
        lambda Y: Y[(Y < 0).any(axis=1) | (np.abs(Y.sum(axis=1) - 1) > 1e-12)],
        "rows that sum to 1, one column a class (one-hot)",
    ),
    "signs": (lambda Y: Y[~np.isin(Y, (-1, 1))], "-1 and +1 only"),
}
"""For each kind of targets, which of them do not fit, and what is expected."""


def check_data(network: Network, X: ArrayLike, Y: ArrayLike) -> tuple[Array, Array]:
    """Return inputs and targets as float64 arrays of shapes (N, features) and (N, outputs).

    Raises:
        InputError: for a wrong shape, no rows, NaN or infinity, or targets that do not fit the loss.
    """
    inputs, targets = real_array("X", X), real_array("Y", Y)
    if targets.ndim == 1:
        targets = targets[:, None]
    features, outputs = network.sizes[0], network.sizes[-1]
    if inputs.ndim != 2 or inputs.shape[1] != features or inputs.shape[0] == 0:
        raise InputError(f"X has shape {inputs.shape}, expected (rows, {features}) with at least one row")
    if targets.shape != (inputs.shape[0], outputs):
        raise InputError(f"Y has shape {targets.shape}, expected ({inputs.shape[0]}, {outputs})")
    for name, array in (("X", inputs), ("Y", targets)):
        if not np.isfinite(array).all():
            row, column = np.argwhere(~np.isfinite(array))[0]
            raise InputError(
                f"{name} holds {array[row, column]} in row {row}, column {column}: "
                "remove such rows, or fill them in"
            )
    check, expected = MISFITS[network.loss_entry.targets]
    wrong_targets = check(targets)
    if wrong_targets.size:
        raise InputError(
            f"Y does not fit loss '{network.loss}': found {_shown(wrong_targets[0])}, expected {expected}"
        )
    return inputs, targets


def _shown(entry: Array | np.float64) -> str:
    return f"{entry:g}" if np.ndim(entry) == 0 else str(entry.tolist())


def unit_rows(network: Network, X: Array, Y: Array) -> UnitRows | None:
    """Return the rows of a single unit with labels -1 and +1; None for other networks and other data."""
    if len(network.sizes) > 2 or Y.shape[1] != 1:
        return None
    classes = np.unique(Y)
    if classes.size != 2:
        return None
    layer = UnitRows(np.ascontiguousarray(X), np.where(Y[:, 0] == classes[1], 1.0, -1.0))
    for table in layer:
        table.flags.writeable = False
    return layer
