"""Backpropagation against metaheuristics on iris, wine and breast cancer, a report of 2021."""
