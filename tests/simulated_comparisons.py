"""Comparisons of which the truth is known, and the seeds that it takes to decide them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from harness.analysis.measures import Measured
from harness.analysis.sequential_path import level_of, path_of
from harness.analysis.sequential_verdict import needed
from harness.analysis.verdict import Stopped, Verdict
from harness.deciding.blocks import first_block, next_block
from harness.runs.declaration import Declaration, DeclaredClaim

ONE, OTHER = ("a", ""), ("b", "")


class Ended(NamedTuple):
    """How simulated comparisons ended, a number each."""

    answers: np.ndarray
    at: np.ndarray
    """Pairs after which it was decided, or the limit."""
    seeds: np.ndarray
    """Seeds that were run, in whole blocks."""


def decide_draws(rng, repetitions: int, chances: tuple[float, float, float], claims: int = 1) -> Ended:
    """Decide comparisons of which each pair is a win, a tie or a loss with these probabilities."""
    claim = DeclaredClaim(0, "p", ONE, OTHER, "final-loss", 0.0)
    declaration = Declaration([claim] * claims, 2000, 0.95, "")
    level = level_of(claim, declaration)
    found = []
    for _ in range(repetitions):
        leads = rng.choice([1.0, 0.5, 0.0], p=chances, size=2000)
        path = path_of(Measured(leads, None), None, claim, level)
        at, answer = path.first()
        seeds = first_block(declaration)
        while True:
            n = seeds["p", ONE]
            part = Measured(leads[:n], None)
            known = path._make(entry[path.pairs <= n] for entry in path)
            decided, _ = known.first()
            wanted = np.nan if decided else needed(known, part, claim, level)
            mean = float(part.leads.mean())
            stopped = Stopped(decided, wanted, "")
            verdict = Verdict("p", ONE, OTHER, "final-loss", n=n, probability=mean, stopped=stopped)
            grown = next_block(seeds, [verdict], declaration)
            if grown == seeds:
                break
            seeds = grown
        assert (at or 2000) <= seeds["p", ONE]
        found.append((answer, at or 2000, seeds["p", ONE]))
    return Ended(*map(np.array, zip(*found, strict=True)))


def best_fixed_size(p: float, power: float, level: float = 0.95) -> int:
    """The fewest pairs for which the exact two-sided sign test of that level says that p is not 1/2, so
    often."""
    n = 1
    while True:
        # The largest count of losses at which it rejects.
        critical = int(binom.ppf(0.5 * (1 - level), n, 0.5))
        while critical >= 0 and binom.cdf(critical, n, 0.5) > 0.5 * (1 - level):
            critical -= 1
        if critical >= 0 and binom.cdf(critical, n, 1 - p) + binom.cdf(critical, n, p) >= power:
            return n
        n += 1
