"""Fading models: draw channel vectors of links in a frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from isacsys.channel.gaussian import complex_normal
from isacsys.channel.links import ChannelLinks
from isacsys.core.arrays import Complex


class Fading(ABC):
    """Base of every fading model: override `channels`.

    Examples
    --------
    >>> class OneRay(Fading):
    ...     def channels(self, links, rng):
    ...         n = np.arange(links.antennas)
    ...         phase = rng.uniform(0, 2 * np.pi, len(links))[:, None, None]
    ...         ray = np.exp(1j * (phase + np.pi * n * links.cosine[:, None, None]))
    ...         return ray * np.ones((1, links.subbands, 1))
    """

    remembers = False  # whether channels go on from frame to frame: then they are what they are at `ChannelLinks.time`

    def prepare(self, network: Any) -> None:  # noqa: B027 - most need nothing
        """Prepare for a new drop, given its network: scenario, stations, and users' first positions."""

    @abstractmethod
    def channels(self, links: ChannelLinks, rng: np.random.Generator) -> Complex:
        """Draw the channels h of links in a frame, [link, subband, antenna], with ``E |h|^2 = antennas``.

        Beam w has the amplitude ``h^H w``.
        """

    def between(self, links: ChannelLinks, receive: int, rng: np.random.Generator) -> Complex:
        """Draw channels between stations, [link, subband, receive antenna, antenna], ``E |g|^2 = 1`` an entry.

        Beam w comes through filter v as ``v^H G^H w``, G^T what is drawn; of a ray that arrives from where the receive
        array has the response a_r, G^T is ``a_r^* a_t^T``.

        Where it is not overridden every receive antenna has a channel of its own.
        """
        return np.stack([self.channels(links, rng) for _ in range(receive)], axis=2)


class Rayleigh(Fading):
    """Independent from antenna to antenna, sub-band to sub-band, and frame to frame."""

    def channels(self, links: ChannelLinks, rng: np.random.Generator) -> Complex:
        """Draw independent CN(0, 1) entries."""
        return complex_normal(rng, (len(links), links.subbands, links.antennas))

    def between(self, links: ChannelLinks, receive: int, rng: np.random.Generator) -> Complex:
        """Draw independent CN(0, 1) entries."""
        return complex_normal(rng, (len(links), links.subbands, receive, links.antennas))
