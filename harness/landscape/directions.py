"""Which plane: drawn by chance and normalised by units, by principal components of paths, or through ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.landscape.plane import Plane
from harness.network.layout import layer_views
from optimizers.errors import InputError
from optimizers.objective import Array

FLAT = 1e-12
"""Share of the first component's length from which the second counts as one; below is rounding."""


def filter_normalized(rng: np.random.Generator, w: Array, sizes: tuple[int, ...] | None) -> Array:
    """Draw a direction whose part in each unit is as long as that unit's own parameters.

    d_ij <- d_ij / ||d_ij|| ||w_ij||, section 4 of Li, Xu, Taylor, Studer and Goldstein (2018), Visualizing
    the loss landscape of neural nets, NeurIPS. A filter of a dense layer is the weights into one unit. Its
    bias is one of them here; the paper leaves biases out of the plane, which in networks of a few units are
    a third of all parameters.

    Arguments:
        rng: source of the draw.
        w: parameters that the plane goes through, shape (n,).
        sizes: units of each layer; None for a function, whose parameters are one filter.

    >>> w = np.array([3.0, 4.0, 0.0, 5.0, 12.0, 0.0])
    >>> d = filter_normalized(np.random.default_rng(0), w, (2, 2))
    >>> np.linalg.norm(d[[0, 1, 4]]).round(9).item(), np.linalg.norm(d[[2, 3, 5]]).round(9).item()
    (13.0, 5.0)
    """
    direction = rng.standard_normal(w.size)
    if sizes is None:
        return direction * (np.linalg.norm(w) / np.linalg.norm(direction))
    for drawn, own in zip(layer_views(direction, sizes), layer_views(w, sizes), strict=True):
        for unit in range(own.biases.size):
            length = np.hypot(np.linalg.norm(own.weights[unit]), own.biases[unit])
            length /= np.hypot(np.linalg.norm(drawn.weights[unit]), drawn.biases[unit])
            drawn.weights[unit] *= length
            drawn.biases[unit] *= length
    return direction


def random_plane(rng: np.random.Generator, w: Array, sizes: tuple[int, ...] | None) -> Plane:
    """Return a plane through a point along two filter-normalised directions.

    Arguments:
        rng: source of the draws.
        w: the point, shape (n,).
        sizes: see ``filter_normalized``.

    Raises:
        InputError: if the point is the origin, by which no direction can be normalised.
    """
    if not np.isfinite(w).all() or not w.any():
        raise InputError(
            "random directions are normalised by the parameters that a run has found, and these are all 0 or "
            "no numbers: take directions 'pca', or another run"
        )
    first, second = (filter_normalized(rng, w, sizes) for _ in range(2))
    return Plane(
        w, first, second, ("random direction 1, filter-normalised", "random direction 2, filter-normalised")
    )


def component_plane(paths: Sequence[Array], through: Array) -> Plane:
    """Return the plane through a point along the first two principal components of all points of some paths.

    Section 7 of Li et al. (2018), over all paths together: the components are those of the points about
    their mean.

    Arguments:
        paths: each of shape (K, n).
        through: where the plane lies, shape (n,).

    Raises:
        InputError: if the points lie on one line or in one place.
    """
    points = np.concatenate(paths)
    components, lengths = _components(points)
    squares = lengths**2
    first, second = (float(square) for square in squares[:2] / squares.sum())
    names = "principal component 1", "principal component 2"
    return Plane(through, components[0], components[1], names, (first, second))


def end_plane(paths: Sequence[Array], chosen: int) -> Plane:
    """Return the plane that holds start and end of one path, and where all paths leave that line the most.

    The first direction is start to end of Goodfellow, Vinyals and Saxe (2015), Qualitatively characterizing
    neural network optimization problems, ICLR: 0 is the start and 1 the end. The second is the first
    principal component of what all points have beside it, of the same length.

    Arguments:
        paths: each of shape (K, n).
        chosen: which of them.

    Raises:
        InputError: if the path ends where it began, or no point leaves the line.
    """
    start, end = paths[chosen][0], paths[chosen][-1]
    first = end - start
    length = float(np.linalg.norm(first))
    if not length > 0.0 or not np.isfinite(length):
        raise InputError("the run ends where it began, so nothing leads from start to end: take another run")
    along = first / length
    points = np.concatenate(paths) - start
    beside = points - np.outer(points @ along, along)
    # About the line, not about their mean: a start and an end lie on it.
    _, lengths, components = np.linalg.svd(beside, full_matrices=False)
    if not lengths[0] > FLAT * length * np.sqrt(len(points)):
        raise InputError(
            "the runs never leave the line from start to end, which is no plane: take directions 'random'"
        )
    second = components[0] - (components[0] @ along) * along
    second *= np.sign(second[np.abs(second).argmax()]) * length / np.linalg.norm(second)
    whole = float((points**2).sum())
    shares = float(((points @ along) ** 2).sum()) / whole, float(lengths[0] ** 2) / whole
    return Plane(start, first, second, ("start to end", "away from that line"), shares)


def _components(points: Array) -> tuple[Array, Array]:
    """Return principal components of points, shape (components, n), and their lengths, the longest first.

    A component's largest entry is positive, so that the same points give the same plane on any machine.

    Raises:
        InputError: if there are fewer than two.
    """
    if not np.isfinite(points).all():
        raise InputError("the runs came to parameters that are no numbers: leave those runs out")
    centred = points - points.mean(axis=0)
    _, lengths, components = np.linalg.svd(centred, full_matrices=False)
    if lengths.size < 2 or not lengths[1] > FLAT * lengths[0]:
        raise InputError(
            "the runs move along one line at the most, which is no plane: take runs of more iterations, or "
            "directions 'random'"
        )
    places = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), places])
    return components * signs[:, None], lengths
