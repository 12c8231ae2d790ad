"""The comparison that every party does."""

from __future__ import annotations

PROBLEMS = ("xor", "parity:bits=4", "two-moons", "iris")
SEEDS = 10
COST = 10_000.0
POPULATION, PARENTS = 50, 25
SGD, MOMENTUM, ADAM = "gradient-descent", "momentum", "adam"
RATES = {SGD: 0.5, MOMENTUM: 0.1, ADAM: 0.01}


def key(problem: str, method: str) -> str:
    return f"{problem} {method}"


def steps(gradient_cost: float) -> int:
    """Return the gradient steps that the budget allows."""
    return int(COST / gradient_cost + 1e-9)


def generations() -> int:
    """Return the generations after the first population that the budget allows; one elite is not paid for."""
    return int((COST - POPULATION) / (POPULATION - 1))
