"""The comparison with JAX, optax and evosax: all seeds of a problem together."""

from __future__ import annotations

from benchmarks.whole import jax_evosax


def compare() -> dict[str, list[float]]:
    """Return the best loss of each seed of the gradient methods, by problem and method."""
    return jax_evosax.compare(seeds_together=True)
