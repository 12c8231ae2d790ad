"""Searches by values alone that adapt a step or a population: CMA-ES, differential evolution, swarms."""
