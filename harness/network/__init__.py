"""The multilayer perceptron: layout of the parameters, activations, losses, compiled kernels."""
