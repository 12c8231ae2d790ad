"""Planes of parameter space against NumPy, scikit-learn and plain loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from harness.landscape.directions import component_plane, end_plane, filter_normalized, random_plane
from harness.landscape.plane import Plane
from harness.landscape.scene import held, scene_of
from harness.landscape.surface import extent, surface
from harness.problems import FunctionProblem, load
from harness.runs.replay import Replay
from optimizers.errors import InputError

NAMES = ("a", "b")


def walk(rng: np.random.Generator, looks: int = 20, n: int = 7) -> np.ndarray:
    return np.cumsum(rng.normal(size=(looks, n)) * np.geomspace(3.0, 0.1, n), axis=0)


def replay_of(points: np.ndarray, **values: object) -> Replay:
    looks = len(points)
    usual = {
        "label": "walk", "points": points, "loss": np.geomspace(1, 0.1, looks), "iteration": np.arange(looks),
        "cost": np.arange(looks) * 3.0, "populations": (np.empty((0, points.shape[1])),) * looks,
        "population_losses": (np.empty(0),) * looks,
    }  # fmt: skip
    return Replay(**{**usual, **values})


def by_unit(w: np.ndarray, sizes: tuple[int, ...]) -> list[list[float]]:
    """The parameters of each unit, its bias last, by counting places."""
    units, place = [], 0
    for ins, outs in itertools.pairwise(sizes):
        for unit in range(outs):
            begin = place + unit * ins
            units.append([*w[begin : begin + ins], w[place + ins * outs + unit]])
        place += (ins + 1) * outs
    return units


@pytest.mark.parametrize("sizes", [(2, 2, 1), (4, 8, 3), (3, 1), (1, 1, 1, 1)])
def test_a_filter_is_as_long_as_the_unit_that_it_changes(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(sizes))
    w = rng.normal(size=sum((ins + 1) * outs for ins, outs in itertools.pairwise(sizes))) * 5
    for direction in (filter_normalized(rng, w, sizes) for _ in range(3)):
        for drawn, own in zip(by_unit(direction, sizes), by_unit(w, sizes), strict=True):
            assert sum(x * x for x in drawn) == pytest.approx(sum(x * x for x in own), rel=1e-12)


def test_a_filter_keeps_the_direction_that_was_drawn() -> None:
    w = np.random.default_rng(1).normal(size=9)
    drawn = np.random.default_rng(7).standard_normal(9)
    found = filter_normalized(np.random.default_rng(7), w, (2, 2, 1))
    for one, other in zip(by_unit(found, (2, 2, 1)), by_unit(drawn, (2, 2, 1)), strict=True):
        assert np.array(one) / np.linalg.norm(one) == pytest.approx(np.array(other) / np.linalg.norm(other))


def test_a_unit_of_zeros_has_no_part_in_a_direction() -> None:
    w = np.array([0.0, 0.0, 1.0, 2.0, 0.0, 3.0, 1.0, 1.0, 1.0])
    direction = filter_normalized(np.random.default_rng(0), w, (2, 2, 1))
    assert direction[[0, 1, 4]].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(InputError, match="these are all 0"):
        random_plane(np.random.default_rng(0), np.zeros(9), (2, 2, 1))


def test_parameters_of_a_function_are_one_filter() -> None:
    w = np.array([3.0, 4.0])
    assert np.linalg.norm(filter_normalized(np.random.default_rng(0), w, None)) == pytest.approx(5.0)


@pytest.mark.parametrize("seed", range(4))
def test_principal_components_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    paths = [walk(rng), walk(rng, looks=9)]
    plane = component_plane(paths, paths[1][-1])
    expected = PCA(n_components=2).fit(np.concatenate(paths))
    assert plane.explained == pytest.approx(tuple(expected.explained_variance_ratio_))
    for found, component in zip(plane.directions, expected.components_, strict=True):
        assert abs(found @ component) == pytest.approx(1.0)
        assert found[np.abs(found).argmax()] > 0
    centred = plane.coordinates(np.concatenate(paths)) - plane.coordinates(expected.mean_[None])
    assert np.abs(centred) == pytest.approx(np.abs(expected.transform(np.concatenate(paths))), abs=1e-9)
    assert held(plane, paths) == pytest.approx(sum(expected.explained_variance_ratio_))
    assert plane.coordinates(paths[1][-1:]) == pytest.approx(np.zeros((1, 2)), abs=1e-12)


def test_a_path_starts_at_0_and_ends_at_1() -> None:
    paths = [walk(np.random.default_rng(3)), walk(np.random.default_rng(4))]
    plane = end_plane(paths, 1)
    assert plane.coordinates(paths[1][[0, -1]]) == pytest.approx(
        np.array([[0.0, 0.0], [1.0, 0.0]]), abs=1e-12
    )
    assert plane.distances(paths[1][[0, -1]]) == pytest.approx(0.0, abs=1e-9)
    assert plane.first @ plane.second == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.norm(plane.second) == pytest.approx(np.linalg.norm(plane.first))


def test_the_second_direction_is_the_one_in_which_paths_leave_the_line_the_most() -> None:
    paths = [walk(np.random.default_rng(3), n=3)]
    plane = end_plane(paths, 0)
    away = paths[0] - paths[0][0]
    best = float(((away @ plane.second) ** 2).sum()) / float(plane.second @ plane.second)
    across = np.cross(plane.first, plane.second) / np.linalg.norm(plane.first) / np.linalg.norm(plane.second)
    for angle in np.linspace(0, np.pi, 50):
        other = np.cos(angle) * plane.second / np.linalg.norm(plane.second) + np.sin(angle) * across
        assert float(((away @ other) ** 2).sum()) <= best * (1 + 1e-9)
    assert plane.explained is not None
    assert plane.explained[1] == pytest.approx(best / float((away**2).sum()))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_points_of_a_plane_lie_where_they_were_put(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    plane = Plane(rng.normal(size=n), rng.normal(size=n), rng.normal(size=n), NAMES)
    places = rng.normal(size=(5, 2)) * 10
    assert plane.coordinates(plane.points(places)) == pytest.approx(places, abs=1e-6)
    # And no other point of the plane is nearer to a point beside it.
    point = rng.normal(size=(1, n)) * 5
    nearest = plane.coordinates(point)
    away = np.linalg.norm(point - plane.points(nearest))
    assert plane.distances(point)[0] == pytest.approx(away)
    for step in rng.normal(size=(8, 2)) * 0.1:
        assert np.linalg.norm(point - plane.points(nearest + step)) >= away - 1e-9


@pytest.mark.parametrize("name", ["xor", "two-moons", "iris"])
def test_the_surface_is_the_objective(name: str) -> None:
    problem = load(name)
    rng = np.random.default_rng(0)
    objective = problem.objective(seed=1)
    w = problem.start(1)
    plane = Plane(w, rng.normal(size=w.size), rng.normal(size=w.size), NAMES)
    across, up = np.linspace(-1, 2, 5), np.linspace(-3, 1, 4)
    found = surface(objective, plane, across, up)
    assert found.losses.shape == (4, 5)
    for b, a in ((0, 0), (0, 4), (3, 0), (3, 4), (2, 1)):
        there = w + across[a] * plane.first + up[b] * plane.second
        assert found.losses[b, a] == pytest.approx(problem.objective(seed=1).value(there), rel=1e-12)


def test_the_surface_of_many_parameters_is_evaluated_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = load("xor")
    plane = Plane(problem.start(0), np.ones(9), np.arange(9.0), NAMES)
    places = np.linspace(-1, 1, 7)
    whole = surface(problem.objective(), plane, places, places).losses
    monkeypatch.setattr("harness.landscape.surface.AT_ONCE", 9 * 10)
    assert surface(problem.objective(), plane, places, places).losses == pytest.approx(whole, rel=1e-13)


def test_what_moves_nowhere_spans_no_plane() -> None:
    still, line = np.ones((4, 5)), np.outer(np.arange(4.0), np.ones(5))
    for paths in ([still], [line], [line, 3 * line], [line[:1]]):
        with pytest.raises(InputError, match="move along one line at the most"):
            component_plane(paths, paths[0][-1])
    with pytest.raises(InputError, match="ends where it began"):
        end_plane([still], 0)
    with pytest.raises(InputError, match="never leave the line"):
        end_plane([line], 0)
    with pytest.raises(InputError, match="parameters that are no numbers"):
        component_plane([np.array([[0.0, 1.0], [np.nan, 2.0]])], np.zeros(2))


def test_a_scene_holds_paths_and_clouds_where_they_are() -> None:
    problem = load("xor")
    rng = np.random.default_rng(5)
    one, other = walk(rng, n=9), walk(rng, n=9)
    populations = tuple(rng.normal(size=(6, 9)) for _ in range(20))
    replays = [replay_of(one), replay_of(other, loss=np.geomspace(1, 0.01, 20), populations=populations)]
    for directions in ("pca", "random", "start-to-end"):
        scene = scene_of(replays, problem, 0, directions, 9)
        # The plane goes through the end of the better run.
        assert scene.plane.distances(other[-1:])[0] == pytest.approx(0.0, abs=1e-9)
        for path, points in zip(scene.paths, (one, other), strict=True):
            beside = points - scene.plane.points(path)
            assert beside @ scene.plane.directions.T == pytest.approx(np.zeros((20, 2)), abs=1e-6)
        assert scene.clouds[1][3] == pytest.approx(scene.plane.coordinates(populations[3]))
        assert scene.clouds[0][-1].shape == (0, 2)
        assert scene.surface.across[0] < min(path[:, 0].min() for path in scene.paths)
        assert scene.surface.up[-1] > max(path[:, 1].max() for path in scene.paths)
        assert 0.0 < scene.held <= 1.0
        again = scene_of(replays, problem, 0, directions, 9)
        assert again.surface.losses.tobytes() == scene.surface.losses.tobytes()


def test_a_plane_without_a_loss_that_is_a_number_is_refused() -> None:
    problem = FunctionProblem(lambda w: np.nan * np.sum(w), 7, key="no number anywhere")
    with pytest.raises(InputError, match=r"no loss over the plane is a number.*: take other runs"):
        scene_of([replay_of(walk(np.random.default_rng(5)))], problem, 0, "pca", 3)


def test_a_rectangle_has_two_sides() -> None:
    low, high = extent(np.array([[1.0, 2.0], [1.0, 2.0]]))
    assert (high > low).all()
    low, high = extent(np.array([[0.0, 0.0], [10.0, 1.0]]), margin=0.1)
    assert (low.tolist(), high.tolist()) == ([-1.0, -0.1], [11.0, 1.1])
