"""The perceptron rule and its relatives: one unit on two classes, trained row by row or in closed form."""
