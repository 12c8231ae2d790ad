"""Packs a network and its data for the kernels, after checking that they fit one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import ArrayLike

from harness.network import candidate_lanes, kernels
from harness.network.activation import BACKWARD, FORWARD
from harness.network.activations import find_activation
from harness.network.loss import ROW_LOSSES
from harness.network.network import Network
from harness.numerics import products
from optimizers.arrays import real_array
from optimizers.capabilities.single_layer import UnitRows
from optimizers.errors import InputError
from optimizers.function_addresses import address
from optimizers.objective import Array, Rows
from optimizers.signatures import Data

TILE_ROWS = 512
"""Rows of a tile at the most. Every product reads sixteen weights before its loop over rows, so long loops
pay: for 64-32-10 a loss takes 148 us by tiles of 450 rows, 160 by 225 and 182 by 128; a gradient 276, 300 and
339. So for 64-256-10, of which a tile no longer fits into a core's own cache: 1148, 1224 and 1423."""

GROUP_ROWS = 256
"""Rows of a group at the least, so that groups do not cut tiles short."""

FEW_ROWS, FEW_PARAMETERS, CANDIDATES = 16, 100, 64
"""Rows and parameters up to which candidates, so many at a time, lie side by side in place of rows. For 100
candidates that takes 3 us in place of 21 at 2-2-1 on 4 rows, 36 in place of 53 at 4-8-3 on 16; but 68 in
place of 71 on 32 rows, and 45 in place of 48 at 10-16-1 on 4."""

PRODUCTS_OF_AN_EXPONENTIAL = 16
"""Multiply-adds that take as long as one exponential, 0.6 ns: what work is counted in."""


USUAL_POPULATION = 100
"""Candidates for which threads have to pay before the parallel kernel is compiled, which takes seconds."""


def pack(network: Network, X: Array, Y: Array, counters: Rows) -> Data:
    """Pack a network and its data into what the kernels read.

    Arguments:
        network: sizes, activations and loss.
        X: inputs, shape (N, features).
        Y: targets, shape (N, outputs).
        counters: moved by the kernels.
    """
    rows, sizes = X.shape[0], network.sizes
    work = rows * (network.products // PRODUCTS_OF_AN_EXPONENTIAL + sum(sizes[1:]))
    groups = min(kernels.SLOTS, max(1, work // kernels.GROUP_WORK), max(1, rows // GROUP_ROWS))
    # Tiles of one length: a short one at the end of a group costs as much as a long one.
    in_a_group = -(-rows // groups)
    tile = -(-in_a_group // -(-in_a_group // TILE_ROWS))
    # Activations and deltas of each layer, a gathered tile of inputs and targets, three rows of scratch.
    slot = network.size + tile * (sizes[0] + 2 * sum(sizes[1:]) + 2 * sizes[-1] + 3)
    lanes = CANDIDATES if rows <= FEW_ROWS and network.size <= FEW_PARAMETERS else 0
    laid_out = lanes * (network.size + rows * (sum(sizes[1:]) + sizes[-1] + 3))
    layers = [find_activation(name) for name in network.layer_activations]
    forwards = [address(activation.forward, FORWARD) for activation in layers]
    backwards = [address(activation.backward, BACKWARD) for activation in layers]
    entry = network.loss_entry
    header = [0] * kernels.SIZES
    header[kernels.ROWS], header[kernels.TILE], header[kernels.GROUPS] = rows, tile, groups
    header[kernels.SLOT], header[kernels.LAYERS] = slot, len(layers)
    header[kernels.PARAMETERS], header[kernels.WORK] = network.size, work
    header[kernels.TAKEN_IN] = int(entry.takes_in is not None)
    header[kernels.LANES] = lanes
    header[kernels.LOSS] = address(entry.function, ROW_LOSSES)
    header[kernels.SUM_OF_TILE] = address(kernels.sum_of_tile, kernels.SUM)
    header[kernels.PRODUCT] = address(products.multiply, products.MULTIPLY)
    header[kernels.OUTER_PRODUCT] = address(products.weight_gradient, products.WEIGHT_GRADIENT)
    integers = np.array([*header, *sizes, *forwards, *backwards], dtype=np.int64)
    reals = np.concatenate([X.T.ravel(), Y.T.ravel(), X.ravel()])
    return Data(reals, integers, np.zeros(max(kernels.SLOTS * slot, laid_out)), counters)


def gradient_pays_for_threads(data: Data) -> bool:
    """Say whether threads share the rows of a gradient: where there are threads, and groups to share."""
    return bool(numba.get_num_threads() > 1 and data.integers[kernels.GROUPS] > 1)


def population_kernel(data: Data) -> Any:
    """Return the kernel for the losses of a population on these data."""
    if data.integers[kernels.LANES]:
        return candidate_lanes.values_by_lanes
    large = data.integers[kernels.WORK] * USUAL_POPULATION >= kernels.PARALLEL_WORK
    return kernels.values_parallel if numba.get_num_threads() > 1 and large else kernels.values


MISFITS: dict[str, tuple[Callable[[Array], Array], str]] = {
    "numbers": (lambda Y: Y[:0], "numbers"),
    "probabilities": (lambda Y: Y[(Y < 0) | (Y > 1)], "numbers from 0 to 1"),
    "distribution": (
        lambda Y: Y[(Y < 0).any(axis=1) | ~np.isclose(Y.sum(axis=1), 1, rtol=0, atol=1e-12)],
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
