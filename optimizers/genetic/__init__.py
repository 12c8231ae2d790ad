"""The genetic algorithm: a population that selects, crosses and mutates, in compiled loops or by PyGAD."""
