"""Backpropagation and a binary coded genetic algorithm on XOR, Ömer 1995."""
