"""The ways of searching for options, by their names."""

from __future__ import annotations

from harness.tuning.quasi_random import quasi_random
from harness.tuning.sampler import Sampler
from harness.tuning.successive_halving import successive_halving
from harness.tuning.tpe import tree_parzen

SAMPLERS: dict[str, Sampler] = {
    "quasi-random": quasi_random,
    "tpe": tree_parzen,
    "successive-halving": successive_halving,
}
