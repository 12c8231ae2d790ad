"""What a picture of a loss landscape holds: a plane, the loss over it, and the runs of one seed on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from harness.landscape.directions import component_plane, end_plane, random_plane
from harness.landscape.plane import Plane
from harness.landscape.surface import Surface, extent, surface
from harness.problems.base import BaseProblem
from harness.problems.problem import Problem
from harness.runs.replay import Replay
from optimizers.errors import InputError
from optimizers.objective import Array

Directions = Literal["pca", "random", "start-to-end"]

LANDSCAPE = 5
"""Purpose of the draw of random directions, beside those of a run."""

REACH = 1.0
"""Half the side of the square of random directions: as far as the parameters are long, unit by unit."""


class Scene(NamedTuple):
    """Runs of one seed on a plane of their parameter space."""

    plane: Plane
    surface: Surface
    replays: Sequence[Replay]
    paths: list[Array]
    """Of each run where its looks are on the plane, shape (K, 2)."""
    clouds: list[list[Array]]
    """Of each run and look where its candidates are, shape (P, 2); no rows where there are none."""
    held: float
    """Part of the squared distances of all looks from the runs' mean that lies in the plane."""


def scene_of(
    replays: Sequence[Replay], problem: BaseProblem, seed: int, directions: Directions, resolution: int
) -> Scene:
    """Lay a plane through the best end of some runs, and evaluate the loss over it.

    Arguments:
        replays: runs of one problem and seed.
        problem: what they searched.
        seed: decides the rows, and the draw of random directions.
        directions: how the plane is chosen.
        resolution: points of the grid along each side.

    Raises:
        InputError: if the runs span no plane, or no loss over it is a number.
    """
    walked = [replay.points for replay in replays]
    if walked[0].shape[1] < 2:
        raise InputError(
            f"problem '{problem.name}' has one parameter, whose loss has no plane: take another problem"
        )
    ends = np.array([replay.loss[-1] for replay in replays])
    best = int(np.where(np.isfinite(ends), ends, np.inf).argmin())
    if directions == "pca":
        plane = component_plane(walked, walked[best][-1])
    elif directions == "start-to-end":
        plane = end_plane(walked, best)
    else:
        sizes = problem.network.sizes if isinstance(problem, Problem) else None
        plane = random_plane(
            np.random.default_rng(problem.seed_sequence(seed, LANDSCAPE)), walked[best][-1], sizes
        )
    paths = [plane.coordinates(points) for points in walked]
    clouds = [
        [plane.coordinates(population) if len(population) else np.empty((0, 2)) for population in found]
        for found in (replay.populations for replay in replays)
    ]
    seen = [*paths, *(cloud[-1] for cloud in clouds)]
    if directions == "random":
        seen.append(np.array([[-REACH, -REACH], [REACH, REACH]]))
    low, high = extent(np.concatenate(seen))
    across, up = (np.linspace(*ends, resolution) for ends in zip(low, high, strict=True))
    found = surface(problem.objective(seed=seed), plane, across, up)
    if not np.isfinite(found.losses).any():
        raise InputError("no loss over the plane is a number, so there is nothing to draw: take other runs")
    return Scene(plane, found, replays, paths, clouds, held(plane, walked))


def held(plane: Plane, paths: Sequence[Array]) -> float:
    """Return the part of the variance of all points of some paths that a plane's two directions hold.

    Arguments:
        plane: the plane.
        paths: each of shape (K, n).
    """
    points = np.concatenate(paths)
    centred = points - points.mean(axis=0)
    basis = np.linalg.qr(plane.directions.T)[0]
    whole = float((centred**2).sum())
    return float(((centred @ basis) ** 2).sum()) / whole if whole else 0.0
