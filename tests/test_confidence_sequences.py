"""Confidence sequences against another implementation, numerical integrals, and draws of which the truth is
known.

Recorded numbers are of ville 0.1.0 (PyPI), in an environment of its own: BernoulliCS with the prior Beta(2,
2) and BettingCS with c = 0.75 on a grid of 200,001 means, whose intervals are widened to the next point of
it.
"""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.betting_sequence import betting_sequence, excluded, log_capitals
from harness.analysis.median_sequence import is_above, is_within, log_capital_above, median_sequence
from harness.analysis.probability_sequence import counted, ends, log_capital, looks, probability_sequence

TEN = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 1] * 6, dtype=np.float64)


def one(wins: float, ties: float, losses: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([wins]), np.array([ties]), np.array([losses])


def test_ends_without_ties_are_those_of_ville():
    low, high = ends(*counted(TEN), 0.95)
    at = [0, 4, 19, 59]
    assert low[at] == pytest.approx([0.025, 0.11064662, 0.38103945, 0.50524584], abs=1e-7)
    assert high[at] == pytest.approx([1.0, 0.96549714, 0.92106972, 0.855033], abs=1e-7)


def test_running_intersection_is_that_of_ville():
    low, high = probability_sequence(TEN, 1 - 0.05 / 3)
    at = [0, 4, 19, 59]
    assert low[at] == pytest.approx([0.00833333, 0.10197835, 0.34627089, 0.48645187], abs=1e-7)
    assert high[at] == pytest.approx([1.0, 0.9805363, 0.93216676, 0.86576788], abs=1e-7)


@pytest.mark.parametrize(
    ("values", "level", "at", "lows", "highs"),
    [
        (
            0.53 + 0.02 * np.sin(np.arange(200)),
            0.95,
            [10, 50, 200],
            [0.33469, 0.48083, 0.517135],
            [0.70785, 0.57375, 0.54163],
        ),
        (
            (np.arange(120) % 5) / 4,
            0.99,
            [10, 50, 120],
            [0.123685, 0.31203, 0.368565],
            [0.81373, 0.663485, 0.61672],
        ),
    ],
)
def test_betting_sequence_is_that_of_ville(values, level, at, lows, highs):
    found = [betting_sequence(values[:n], level) for n in at]
    assert [low for low, _ in found] == pytest.approx(lows, abs=1.1e-5)
    assert [high for _, high in found] == pytest.approx(highs, abs=1.1e-5)


@pytest.mark.parametrize("p", [0.3, 0.5, 0.6])
@pytest.mark.parametrize("counts", [(5, 0, 3), (7, 4, 2), (0, 30, 0), (40, 500, 60), (900, 200, 900)])
def test_capital_is_the_integral_over_the_prior(p, counts):
    wins, ties, losses = counts
    with mpmath.workdps(20):

        def capital(q):
            win, loss = q / p, (1 - q) / (1 - p)
            return 6 * q * (1 - q) * win**wins * ((win + loss) / 2) ** ties * loss**losses

        exact = mpmath.log(mpmath.quad(capital, mpmath.linspace(0, 1, 41)))
    assert log_capital(p, *one(*map(float, counts)))[0] == pytest.approx(float(exact), rel=1e-9, abs=1e-6)


def test_ties_leave_the_bet_against_an_even_chance_as_it_is():
    assert log_capital(0.5, *one(30, 400, 10))[0] == pytest.approx(log_capital(0.5, *one(30, 0, 10))[0])


def test_quadrature_is_the_closed_form_up_to_two_thousand_pairs():
    for wins in (0.0, 700.0, 1000.0, 1999.0):
        without = log_capital(0.45, *one(wins, 0, 2000 - wins))[0]
        # The tie of the second count has the first one worked out by quadrature as well.
        with_nodes = log_capital(
            0.45, *(np.array([a, b]) for a, b in [(wins, 1.0), (0, 1.0), (2000 - wins, 1.0)])
        )
        assert with_nodes[0] == pytest.approx(without, abs=1e-6)


@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=60), st.sampled_from([0.9, 0.95, 0.999])
)
def test_ends_turn_with_the_sides_and_hold_the_mean(listed, level):
    leads = np.array(listed)
    low, high = ends(*counted(leads), level)
    other_low, other_high = ends(*counted(1.0 - leads), level)
    assert low == pytest.approx(1.0 - other_high, abs=1e-8)
    assert high == pytest.approx(1.0 - other_low, abs=1e-8)
    mean = np.cumsum(leads) / np.arange(1, len(leads) + 1)
    assert (low <= mean).all()
    assert (mean <= high).all()
    for end in (low, high):
        inside = (end > 1e-6) & (end < 1 - 1e-6)
        if inside.any():
            found = log_capital(end[inside], *(counts[inside] for counts in counted(leads)))
            assert found == pytest.approx(math.log(1 / (1 - level)), abs=1e-3)


def test_a_fair_bet_neither_wins_nor_loses_in_the_mean():
    # Of every outcome of five pairs with their probabilities, 0.3, 0.25 and 0.45, whose mean is 0.425.
    chances, mean = {1.0: 0.3, 0.5: 0.25, 0.0: 0.45}, 0.425
    total = 0.0
    for number in range(3**5):
        leads = np.array([(1.0, 0.5, 0.0)[number // 3**place % 3] for place in range(5)])
        chance = math.prod(chances[float(lead)] for lead in leads)
        total += chance * math.exp(log_capital(mean, *(counts[-1:] for counts in counted(leads)))[0])
    assert total == pytest.approx(1.0, rel=1e-12)


def test_hedged_capital_against_a_plain_loop():
    rng = np.random.default_rng(3)
    values = rng.beta(2, 5, 50)
    for mean in (0.1, 0.3, 0.8):
        up = down = 0.5
        total, spread = 0.5, 0.25
        for i, x in enumerate(values, start=1):
            bet = math.sqrt(2 * math.log(2 / 0.05) / (spread / i * i * math.log(1 + i)))
            up *= 1 + min(bet, 0.75 / mean) * (x - mean)
            down *= 1 - min(bet, 0.75 / (1 - mean)) * (x - mean)
            total += x
            spread += (x - total / (i + 1)) ** 2
        found = log_capitals(values, mean)
        assert [part[-1] for part in found] == pytest.approx([math.log(up), math.log(down)], rel=1e-9)


def test_half_of_the_capital_is_the_integral_above_one_half():
    with mpmath.workdps(30):
        exact = mpmath.quad(lambda q: 6 * q * (1 - q) * (2 * q) ** 14 * (2 - 2 * q) ** 6, [0.5, 1])
    assert log_capital_above(np.array([14.0]), np.array([20.0]))[0] == pytest.approx(float(mpmath.log(exact)))


def test_median_sequence_is_where_counting_excludes():
    x = np.random.default_rng(5).normal(size=80)
    low, high = median_sequence(x, x)
    for place in np.linspace(-1, 1, 41):
        n = np.array([80.0])
        threshold = math.log(20)
        below = log_capital_above(np.array([float((x > place).sum())]), n)[0] >= threshold
        above = log_capital_above(np.array([float((x < place).sum())]), n)[0] >= threshold
        assert (place < low, place > high) == (below, above)


def test_what_is_not_known_is_on_neither_side():
    least, most = np.full(60, -np.inf), np.full(60, np.inf)
    assert median_sequence(least, most) == (-np.inf, np.inf)
    assert not is_within(least, most, 0.1).any()
    assert is_within(np.zeros(60), np.zeros(60), 0.1)[-1]


@pytest.mark.parametrize("place", [-5.0, -0.1, 0.1, 5.0])
def test_a_median_at_an_end_or_beyond_is_not_within(place):
    assert not is_within(np.full(60, place), np.full(60, place), 0.1).any()


@pytest.mark.parametrize("before", [0.0, 1.0])
def test_an_empty_set_stays_the_last_interval_that_was(before):
    leads = np.concatenate([np.full(100, before), np.full(300, 1.0 - before)])
    low, high = probability_sequence(leads)
    assert (low <= high).all()
    each = ends(*counted(leads))
    crossed = np.maximum.accumulate(each[0]) > np.minimum.accumulate(each[1])
    last = int(np.argmax(crossed)) - 1
    assert (low[last], high[last]) == (each[0][: last + 1].max(), each[1][: last + 1].min())
    assert low[last] < high[last], "the last that was is an interval"
    assert (low[last:] == low[last]).all()
    assert (high[last:] == high[last]).all()


def test_looks_at_n_pairs_are_a_fiftieth_of_n_apart_or_the_next_step_below():
    steps = [factor * 10**power for power in range(7) for factor in (1, 2, 5)]
    expected = [
        n for n in range(1, 60_001) if n % max(step for step in steps if step == 1 or n >= 50 * step) == 0
    ]
    assert looks(60_000).tolist() == expected


def ever_wrong(rng, draws: int, pairs: int, chances: tuple[float, float, float], level: float) -> float:
    """How often the capital against the truth ever reaches its threshold."""
    leads = rng.choice([1.0, 0.5, 0.0], p=chances, size=(draws, pairs))
    wins, ties, losses = (np.cumsum(leads == value, axis=1, dtype=np.float64) for value in (1.0, 0.5, 0.0))
    truth = chances[0] + 0.5 * chances[1]
    # In parts, for with ties each count has a number for each node.
    parts = (slice(begin, begin + 50) for begin in range(0, draws, 50))
    most = [log_capital(truth, wins[part], ties[part], losses[part]).max(axis=1) for part in parts]
    return float((np.concatenate(most) >= -math.log(1 - level)).mean())


CASES = [(0.5, 0.0, 0.5), (0.7, 0.0, 0.3), (0.95, 0.0, 0.05), (0.2, 0.6, 0.2), (0.5, 0.3, 0.2)]


@pytest.mark.parametrize("chances", CASES)
def test_few_sequences_are_ever_wrong(chances):
    rng = np.random.default_rng(11)
    assert ever_wrong(rng, 300, 150 if not chances[1] else 60, chances, 0.95) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("chances", CASES)
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_at_most_one_in_twenty_sequences_is_ever_wrong(chances, level):
    rng = np.random.default_rng(12)
    assert ever_wrong(rng, 2000, 2000 if not chances[1] else 300, chances, level) <= 1 - level


@pytest.mark.slow
@pytest.mark.parametrize("draw", ["small", "uniform", "two-points"])
def test_at_most_one_in_twenty_betting_sequences_is_ever_wrong(draw):
    rng = np.random.default_rng(13)
    wrong = 0
    for _ in range(2000):
        values, truth = {
            "small": (0.5 + 0.02 * rng.standard_normal(500).clip(-20, 20), 0.5),
            "uniform": (rng.random(500), 0.5),
            "two-points": ((rng.random(500) < 0.1).astype(float), 0.1),
        }[draw]
        wrong += any(part[-1] for part in excluded(values, truth))
    assert wrong <= 0.05 * 2000


@pytest.mark.slow
@pytest.mark.parametrize("atoms", [False, True])
def test_at_most_one_in_twenty_median_sequences_is_ever_wrong(atoms):
    rng = np.random.default_rng(14)
    wrong = 0
    for _ in range(2000):
        x = rng.standard_normal(1000)
        x = np.round(x) if atoms else x
        wrong += bool(is_above(x > 0)[-1]) or bool(is_above(x < 0)[-1])
    assert wrong <= 0.05 * 2000
