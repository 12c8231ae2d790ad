"""The networks of ``sizes`` in JAX, as a user of JAX would write them."""

from __future__ import annotations

from typing import Any

from benchmarks.sizes import Size


def layers_of(size: Size, w: Any) -> list[tuple[Any, Any]]:
    """Cut a flat vector into the weights and biases of each layer."""
    layers, place = [], 0
    for ins, outs in zip(size.sizes[:-1], size.sizes[1:], strict=True):
        weights = w[place : place + ins * outs].reshape(outs, ins)
        place += ins * outs
        layers.append((weights, w[place : place + outs]))
        place += outs
    return layers


def mean_loss(size: Size, layers: list[tuple[Any, Any]], X: Any, Y: Any) -> Any:
    """Return the mean loss of a network over rows."""
    import jax
    import jax.numpy as jnp

    a = X
    for weights, biases in layers[:-1]:
        a = jnp.tanh(a @ weights.T + biases)
    z = a @ layers[-1][0].T + layers[-1][1]
    if size.sizes[-1] == 1:
        return (jnp.maximum(z, 0) - Y * z + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean()
    return (jax.nn.logsumexp(z, axis=1) - (Y * z).sum(axis=1)).mean()


def arrays(size: Size) -> tuple[Any, Any]:
    """Return inputs and targets in float64."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, Y = size.data()
    return jnp.asarray(X), jnp.asarray(Y)
