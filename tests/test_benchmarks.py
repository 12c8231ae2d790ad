"""The command that measures: what it offers and refuses, and what it makes of rows. No time is asserted."""

from __future__ import annotations

import importlib
import itertools
import json
import random
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import llvmlite.binding
import numpy as np
import pandas as pd
import pytest
from processes import ROOT, python
from scipy.optimize import rosen

from benchmarks import __main__ as benchmark_command
from benchmarks import (
    against,
    busy,
    epoch,
    fann_network,
    gradient_step,
    machine_rates,
    measurement,
    peak,
    population,
    population_methods,
    population_works,
    pure_python,
    roofline,
    roofline_figure,
    sweep,
    timing,
    work_counts,
)
from benchmarks.__main__ import NAMES
from benchmarks.figure import LOOKS, draw, look_of
from benchmarks.growth import slope
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.readme import BEGIN, END, with_tables, write_tables
from benchmarks.sizes import SIZES, Size
from benchmarks.table import frame_of, in_short, markdown, with_quartiles, write_table
from harness.numerics.shared_work import allowed_threads

ROWS = [
    Row("population", "2-2-1 x 4", "jax", 2.0, 8.0, "ms", 4.0, 3, 1.9, 2.2, 7.8, 8.2, 3.9, 4.1),
    Row("population", "2-2-1 x 4", "dgemm", 2.0, 1.0, "ms", 0.5),
    Row("population", "4-8-3 x 150", "jax", 3.0, 3.0, "ms", 1.0),
    Row("growth", "runs", "slope 1", 1.0, 99.0, "s", 1.01),
]
MACHINE = {"cpu": "some", "threads": "2", "numpy": "2.0", "date": "2026-11-20"}
RATES = ("multiply-adds", "dgemm", *machine_rates.ELEMENTARY, *machine_rates.TRIADS)


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python(ROOT, "-m", "benchmarks", *arguments)


def test_the_list_names_every_benchmark_and_measures_none() -> None:
    done = called("--list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(NAMES)


@pytest.mark.parametrize("arguments", [("generatoin",), ("growth", "--repeats", "0")])
def test_a_misspelt_call_is_answered_in_one_sentence(arguments: tuple[str, ...]) -> None:
    done = called(*arguments)
    assert done.returncode == 2
    assert arguments[-1] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_says_what_it_does(name: str) -> None:
    # A peer is imported where it is measured, never before.
    module: Any = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
    assert callable(module.measure)
    assert len(module.__doc__) > 60


def test_parties_that_came_to_other_numbers_are_not_compared() -> None:
    check_same("work", {"ours": np.array([1.0, 2.0]), "theirs": np.array([1.0, 2.0 + 1e-12])})
    with pytest.raises(SystemExit, match="work: theirs came to"):
        check_same("work", {"ours": np.array([1.0, 2.0]), "theirs": np.array([1.0, 2.001])})
    with pytest.raises(SystemExit, match="theirs"):
        check_same("work", {"ours": np.ones(2), "theirs": np.ones(3)})


def test_a_peer_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(measurement.PEERS, "jax", "no_such_package")
    assert installed("numpy", "jax") == ["numpy"]
    assert "jax is left out: the package no_such_package is not installed" in capsys.readouterr().err


def test_multiply_adds_are_those_of_the_layers() -> None:
    size = SIZES[0]
    assert size.sizes == (2, 2, 1)
    assert size.value_products == 4 * (2 * 2 + 2 * 1)
    assert size.gradient_products == 4 * (2 * 6 + 2)
    assert size.start().size == size.network().size == 9


def test_works_of_population_methods_are_what_they_say() -> None:
    valley, network = population_works.valley(SIZES[1]), population_works.network(SIZES[1])
    population = valley.population()
    np.testing.assert_allclose(valley.objective().values(population), rosen(population.T), rtol=1e-12)
    assert valley.objective().value(np.ones(valley.start.size)) == 0.0
    assert network.in_numpy is not None
    assert valley.in_numpy is None
    expected = [network.in_numpy(w) for w in network.population()]
    np.testing.assert_allclose(network.objective().values(population), expected, rtol=1e-10)


def test_every_method_is_held_against_a_peer_on_networks_and_valleys() -> None:
    titles = {title for title, *_ in population_methods.works()}
    methods = [method.replace(" ", "-") for method in population_methods.METHODS]
    assert titles == {f"{method}{kind}" for method in methods for kind in ("", ", valley")}


@pytest.mark.parametrize(
    ("seconds", "least", "most"), [(0.0, 2**18, 2**19), (1e-4, 500, 2000), (0.02, 10, 20), (0.6, 2, 2)]
)
def test_enough_generations_are_timed(
    seconds: float, least: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]

    def run(generations: int) -> None:
        now[0] += seconds * generations

    monkeypatch.setattr(population_methods, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    assert least <= population_methods.generations_of(run) <= most


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_slope_is_the_power(power: float) -> None:
    amounts = [1, 3, 10, 30, 100]
    assert slope(amounts, [0.5 * amount**power for amount in amounts]) == pytest.approx(power, abs=1e-12)


def test_quartiles_are_those_of_the_rounds_and_ratios_are_paired() -> None:
    ours, theirs = np.array([1.0, 2.0, 4.0, 8.0, 16.0]), np.array([10.0, 8.0, 6.0, 4.0, 2.0])
    row = compared("population", "work", "jax", ours, theirs, "ms")
    assert (row.rounds, row.ours, row.theirs) == (5, 4.0, 6.0)
    assert (row.ours_low, row.ours_high, row.theirs_low, row.theirs_high) == (2.0, 8.0, 4.0, 8.0)
    # Round by round 10, 4, 1.5, 0.5 and 0.125: not the ratio of the quartiles.
    assert (row.ratio_low, row.ratio, row.ratio_high) == (0.5, 1.5, 4.0)
    assert with_quartiles(row, "ratio") == "1.5 (0.5 to 4)"


def test_a_limit_is_the_same_in_every_round_and_one_round_has_no_quartiles() -> None:
    row = compared("growth", "work", "1 ms", np.array([1.0, 2.0, 4.0]), 2.0, "ms")
    assert (row.theirs_low, row.theirs_high, row.ratio) == (2.0, 2.0, 1.0)
    single = compared("growth", "work", "1 ms", 4.0, 2.0, "ms", 7.0)
    assert (single.rounds, single.ratio) == (1, 7.0)
    assert with_quartiles(single, "ratio") == "7"


def test_parties_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "REST", 0.0)
    calls: list[str] = []
    taken = timing.alternate({name: lambda name=name: calls.append(name) for name in "ab"}, 3)
    assert "".join(calls) == "ab" + 3 * "ab"
    assert all(len(seconds) == 3 and (seconds >= 0).all() for seconds in taken.values())


def test_tables_keep_every_row(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path)
    read = pd.read_csv(tmp_path / "table.csv")
    assert list(read["ratio"]) == [row.ratio for row in ROWS]
    text = markdown(read, MACHINE)
    assert "| 2-2-1 x 4 | 2 (1.9 to 2.2) ms | 4 (3.9 to 4.1) | 0.5 |" in text
    assert "| 4-8-3 x 150 | 3 ms | 1 |  |" in text
    assert "| geometric mean |  | 2 |  |" in text
    assert "| lowest |  | 1 |  |" in text
    assert text.startswith("*some, 2 threads, 2026-11-20; numpy 2.0. ")


def test_the_readme_shows_the_tables_of_the_reference_run() -> None:
    folder = ROOT / "results" / "benchmarks"
    text, kept = (path.read_text(encoding="utf-8") for path in (ROOT / "README.md", folder / "table.md"))
    described = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    table = pd.read_csv(folder / "table.csv")
    assert with_tables(text, in_short(table, described)) == text
    assert kept == markdown(table, described)


def test_a_part_of_the_reference_is_measured_anew_in_its_place(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path)
    before = pd.read_csv(tmp_path / "table.csv")
    write_table([replace(ROWS[0], ratio=7.0)], tmp_path, before)
    after = pd.read_csv(tmp_path / "table.csv")
    others = before["benchmark"] != ROWS[0].benchmark
    assert after["ratio"].tolist() == [7.0, *before["ratio"][others]]


def test_a_part_of_the_reference_of_another_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark_command, "ROOT", tmp_path)
    (tmp_path / "results" / "benchmarks").mkdir(parents=True)
    (tmp_path / "results" / "benchmarks" / "machine.json").write_text('{"cpu": "another"}', encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["benchmarks", "drawing", "--reference"])
    with pytest.raises(SystemExit) as ended:
        benchmark_command.main()
    assert ended.value.code == 2
    assert "was measured with another cpu (another, now" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["no marks", END + BEGIN, 2 * (BEGIN + END)])
def test_a_readme_without_its_marks_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match="once each"):
        write_tables(path, "new")
    assert path.read_text(encoding="utf-8") == text


def test_the_figure_shows_peers_and_no_limits(tmp_path: Path) -> None:
    path = draw(frame_of(ROWS), tmp_path, MACHINE)
    assert path is not None
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert draw(frame_of(ROWS[3:]), tmp_path, MACHINE) is None


def test_no_two_peers_of_a_panel_look_alike() -> None:
    peers = [*LOOKS, "pygmo", "pycma", "scipy"]
    looks = [look_of(peer, peers) for peer in peers]
    assert len({str(look) for look in looks}) == len(peers)


class TestFann:
    """FANN's own arithmetic against ours; left out where FANN or gcc is not there."""

    @pytest.fixture(autouse=True)
    def _fann(self) -> None:
        if fann_network.library() is None:
            pytest.skip("FANN 2.2 or gcc is not installed")

    @pytest.mark.parametrize("size", SIZES[:3], ids=lambda size: size.name)
    def test_steps_and_epochs_end_at_our_parameters(self, size: Size) -> None:
        same = fann_network.same_network(size)
        gradient_step.check_fann(same)
        ours = epoch.ours(same, 1, epoch.CHECKED_EPOCHS, epoch.FANN_RATE)()
        np.testing.assert_allclose(epoch.end_of_fann(same), ours, rtol=1e-12, atol=1e-13)
        assert np.abs(ours - same.start()).max() > 1e-3

    def test_another_network_is_noticed(self) -> None:
        # Its cut-off derivatives make other steps where inputs are not scaled down.
        size = replace(fann_network.same_network(SIZES[1]), input_scale=8.0)
        with pytest.raises(SystemExit, match="fann came to"):
            gradient_step.check_fann(size)


@pytest.mark.parametrize("missing", ["gcc", "doublefann.h"])
def test_without_fann_it_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    compiler = None if missing == "gcc" else "gcc"
    answer = subprocess.CompletedProcess([], 1, "", "fatal error: doublefann.h: No such file or directory")
    monkeypatch.setattr(fann_network.shutil, "which", lambda _: compiler)
    monkeypatch.setattr(fann_network.subprocess, "run", lambda *_, **__: answer)
    monkeypatch.setattr(fann_network, "library", fann_network.library.__wrapped__)
    assert installed("numpy", "fann") == ["numpy"]
    said = capsys.readouterr().err
    assert "fann is left out: " in said
    assert missing in said


@pytest.mark.parametrize("size", [*SIZES[:2], Size((3, 4, 4, 2), 5)], ids=lambda size: size.name)
def test_plain_python_comes_to_our_losses(size: Size) -> None:
    gradient_step.check(size, ["ours", "pure-python"])
    w = population.population_of(size)[0]
    plain = pure_python.mean_loss(pure_python.layers_of(size, w.tolist()), pure_python.rows_of(size))
    assert plain == pytest.approx(size.objective().value(w), rel=1e-12)


def test_children_of_plain_python_come_from_their_parents() -> None:
    parents = [[float(10 * number + gene) for gene in range(20)] for number in range(4)]
    for number, child in enumerate(pure_python.breed(parents, 6, random.Random(0))):
        mother, father = parents[number % 4], parents[(number + 1) % 4]
        same = [c in (m, f) for c, m, f in zip(child, mother, father, strict=True)]
        assert same.count(False) == 2


class Counted(float):
    """A number that counts the multiplications it takes part in."""

    times = 0

    def __mul__(self, other: Any) -> Counted:
        Counted.times += 1
        return Counted(float(self) * float(other))

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Counted:
        return Counted(float(self) + float(other))

    __radd__ = __add__


@pytest.mark.parametrize("size", [Size((2, 2, 1), 4), Size((3, 4, 5, 2), 6)], ids=lambda size: size.name)
def test_multiply_adds_of_a_loss_are_those_that_plain_loops_do(size: Size) -> None:
    layers = pure_python.layers_of(size, [Counted(number) for number in size.start()])
    Counted.times = 0
    for x, _ in pure_python.rows_of(size):
        pure_python.forward(layers, x)
    assert Counted.times == work_counts.value(size).products


@pytest.mark.parametrize("size", [Size((2, 2, 1), 4), Size((3, 4, 5, 2), 6)], ids=lambda size: size.name)
def test_counts_of_a_gradient_are_those_of_plain_loops(size: Size) -> None:
    products = tangents = 0
    for _ in range(size.rows):
        for place, (ins, outs) in enumerate(itertools.pairwise(size.sizes)):
            for _ in range(outs):
                tangents += place < len(size.sizes) - 2
                for _ in range(ins):
                    # Forward, the weight's derivative, and back to the unit below where it is no input.
                    products += 3 if place else 2
    found = work_counts.gradient(size)
    assert (found.products, found.tanh) == (products, tangents)
    outputs = size.sizes[-1]
    assert (found.exponential, found.logarithm) == (size.rows * outputs, size.rows)
    many = work_counts.population(size, 7)
    assert (many.products, many.tanh) == (7 * work_counts.value(size).products, 7 * tangents)
    assert work_counts.generation(size, 8).products == many.products


def test_time_at_all_rates_is_the_sum_of_each_kind() -> None:
    rates = {name: 10.0**place for place, name in enumerate(("multiply-adds", *work_counts.OTHERS))}
    work = work_counts.Work(1, 20, 300, 4_000, 50_000, 600_000, moved=7)
    assert work.seconds(rates) == pytest.approx(1 + 2 + 3 + 4 + 5 + 6)


def test_the_kernel_of_the_peak_multiplies_and_adds_what_it_says() -> None:
    lanes = peak.WIDTH * peak.ACCUMULATORS
    # Every accumulator starts at its own number from 1 on, and is doubled and moved by 1.
    times, rounds = 3, 3 * peak.ROUNDS
    expected = sum(start * 2.0**rounds + 2.0**rounds - 1 for start in range(1, lanes + 1))
    assert peak.multiply_and_add(2.0, 1.0, times) == expected
    assert peak.multiply_adds(times) == rounds * lanes


def test_the_loop_of_the_peak_is_multiply_adds_on_the_widest_registers() -> None:
    if not llvmlite.binding.get_host_cpu_features().get("fma"):
        pytest.skip("a processor without fused multiply-adds of Intel's kind")
    loop = peak.inner_loop()
    fused = [line for line in loop if line.startswith("vfmadd")]
    assert len(fused) == peak.ROUNDS * peak.ACCUMULATORS
    assert all(("%zmm" if peak.WIDTH == 8 else "%ymm") in line for line in fused)
    # As many chains that wait for nothing but themselves as two units take in four cycles, or more.
    assert len({line.rpartition(",")[2].strip() for line in fused}) == peak.ACCUMULATORS >= 8
    # What else there is counts the rounds: no loads, no stores.
    assert {line.split()[0] for line in loop if line not in fused} <= {"decq", "addq", "cmpq", "jne"}


@pytest.mark.parametrize("name", machine_rates.ELEMENTARY)
def test_the_kernels_of_the_machine_do_what_is_counted(name: str) -> None:
    x, y = np.linspace(0.1, 3.0, 50), np.zeros(50)
    machine_rates.ELEMENTARY[name](x, y, 2)
    expected = {
        "tanh": np.tanh(x),
        "exponential": np.exp(x),
        "logarithm": np.log1p(x),
        "division": 1.0 / x,
        "addition": 2 * x,
    }
    np.testing.assert_allclose(y, expected[name], rtol=1e-14)


def test_a_rate_counts_every_thread_and_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_rates, "timed", lambda work: (work(), 0.0001)[1])
    monkeypatch.setattr(
        machine_rates, "at_once", lambda count, work: ([work(n) for n in range(count)], 0.5)[1]
    )
    calls: list[tuple[int, int]] = []
    found = machine_rates.best_rate(6.0, 2, lambda thread, times: calls.append((thread, times)), 1)
    assert found == 2 * 20 * 6.0 / 0.5
    assert calls[-2:] == [(0, 20), (1, 20)]


def test_threads_work_at_the_same_time_on_their_own() -> None:
    both, seen = threading.Barrier(2, timeout=30), set()
    seconds = timing.at_once(2, lambda thread: (both.wait(), seen.add(thread)))
    assert seen == {0, 1}
    assert seconds > 0


def test_the_roofline_is_drawn_from_the_table_alone(tmp_path: Path) -> None:
    rows = [compared("machine", name, "all threads", 1.0, 2.0, "1e9/s") for name in RATES]
    (gradient, populations) = itertools.islice(roofline.kernels(), 2)
    for count, kernel in itertools.product((1, 2), (gradient, populations)):
        for peer, limit in zip(roofline.LIMITS, (1.0, 3.0, 3.5), strict=True):
            name = roofline.work_name(kernel.name, count)
            rows.append(compared("roofline", name, peer, np.array([4.0, 4.0]), limit, "us"))
    write_table(rows, tmp_path)
    table = pd.read_csv(tmp_path / "table.csv")
    frame = roofline_figure.frame_of(table)
    assert list(frame["threads"]) == [1, 2, 1, 2]
    assert set(frame["share of peak"]) == {0.25}
    assert set(frame["share of all rates"]) == {0.75}
    assert set(frame["share at its clock"]) == {0.875}
    assert set(frame["products"]) == {gradient.work.products, populations.work.products}
    image, text = roofline_figure.draw(table, tmp_path, MACHINE)
    assert image.read_bytes()[:4] == b"\x89PNG"
    assert text.read_text().count("\n") == 2 + len(frame)
    assert roofline_figure.draw(table[table["benchmark"] == "machine"], tmp_path, MACHINE) == []


def test_a_workload_is_built_and_done_on_the_threads_that_it_is_allowed() -> None:
    most, seen = allowed_threads(), []

    def build() -> Callable[[], None]:
        seen.append(allowed_threads())
        return lambda: seen.append(allowed_threads())

    roofline.on_threads(1, build)()
    assert seen == [1, 1]
    assert allowed_threads() == most


def test_a_sweep_ends_at_the_losses_of_bare_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SEEDS", 3)
    monkeypatch.setattr(sweep, "STEPS", 20)
    size = Size((2, 2, 1), 40)
    np.testing.assert_array_equal(sweep.ours(size)(), sweep.bare(size)())


def test_steps_of_a_busy_machine_are_timed_one_by_one() -> None:
    seconds = busy.steps_taken(Size((2, 2, 1), 4), 7)
    assert seconds.shape == (7,)
    assert (seconds > 0).all()
    with busy.others_at_work(1):
        pass
    assert (busy.lost(2, 2), busy.lost(1, 2), busy.lost(0, 4)) == (2.0, 1.5, 1.0)


def test_another_revision_is_compared_round_by_round(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = iter([1.0, 2.0, 4.0, 9.0])
    seconds = {tmp_path: iter([2.0, 2.0, 2.0, 3.0]), against.HERE: here}
    monkeypatch.setattr(against, "measured", lambda checkout, kind: {f"{kind} work": next(seconds[checkout])})
    row, long = itertools.islice(against.rows(tmp_path, 2), 2)
    assert (row.work, row.ours, row.theirs, row.ratio) == ("short work", 1.5, 2.0, 0.75)
    assert (long.work, long.ratio, long.rounds) == ("long work", 2.5, 2)
