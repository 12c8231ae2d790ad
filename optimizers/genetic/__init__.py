"""The genetic algorithm: a population that selects, crosses and mutates, run by PyGAD."""
