"""Whether a network's plain loss can be traced, and what of it comes from other packages."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from harness.fingerprints.fingerprint import fingerprint
from harness.fingerprints.origins import OWN
from harness.network.network import Network
from harness.network.plain_loss import REMEDY, refusal


def plain_refusal(network: Network, make: Callable[[Network], Any]) -> str | None:
    """Say why the plain loss of a network cannot be differentiated, and the remedy; None if it can.

    What comes with this project can be; what another package brings is tried.

    Arguments:
        network: the network.
        make: traces the loss and derives what a source makes of it.
    """
    if reason := network.no_gradient:
        return reason
    if reason := refusal(network):
        return f"{reason}: {REMEDY}"
    return _tried(network, make) if foreign_forms(network) else None


@functools.lru_cache(maxsize=256)
def _tried(network: Network, make: Callable[[Network], Any]) -> str | None:
    try:
        make(network)
    except Exception as error:
        # Code that cannot be traced may raise anything.
        return f"the plain loss cannot be differentiated ({str(error).replace(': ', ', ')}): {REMEDY}"
    return None


def foreign_forms(network: Network) -> tuple[str, ...]:
    """Return digests of the plain forms that other packages bring to a network."""
    return tuple(
        fingerprint(part.plain, what=what, own=part.package)
        for what, part in network.parts.items()
        if part.package not in OWN
    )
