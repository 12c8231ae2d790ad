"""Backpropagation and a genetic algorithm on seven regressions, Sexton, Dorsey and Johnson 1998."""
