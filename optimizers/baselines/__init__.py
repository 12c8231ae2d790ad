"""Searches by values alone: what gradients and genetic algorithms have to beat."""
