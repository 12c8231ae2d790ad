"""The networks of ``sizes`` in PyTorch, as a user of PyTorch would write them."""

from __future__ import annotations

from typing import Any

from benchmarks.sizes import Size


def parameters_of(size: Size) -> list[Any]:
    """Return weights and biases of each layer at the start, as leaves."""
    import torch

    return [
        torch.tensor(array.copy(), requires_grad=True)
        for layer in size.network().layers(size.start())
        for array in (layer.weights, layer.biases)
    ]


def mean_loss(size: Size, parameters: list[Any], X: Any, Y: Any) -> Any:
    """Return the mean loss of a network over rows."""
    import torch
    from torch.nn import functional

    a = X
    for weights, biases in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        a = torch.tanh(functional.linear(a, weights, biases))
    z = functional.linear(a, parameters[-2], parameters[-1])
    if size.sizes[-1] == 1:
        return functional.binary_cross_entropy_with_logits(z, Y)
    return functional.cross_entropy(z, Y)


def arrays(size: Size) -> tuple[Any, Any]:
    """Return inputs and targets in float64."""
    import torch

    X, Y = size.data()
    return torch.tensor(X), torch.tensor(Y)
