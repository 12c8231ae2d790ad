"""Tuning at equal cost: every optimizer of an experiment gets its options by the same rule."""
