"""Stochastic gradient descent in six forms and Adam on iris and digits, scikit-learn's example."""
