"""The perceptron's mistakes against Novikoff's bound, 1962."""
