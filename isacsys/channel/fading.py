"""Fading models, which draw channel vectors of links in a frame, and those links."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isacsys.channel.gaussian import complex_normal
from isacsys.core.arrays import Array, Complex, Index


@dataclass(frozen=True)
class ChannelLinks:
    """Links between arrays of stations and users (or stations that listen), as parallel arrays.

    Attributes
    ----------
    antennas, subbands : int
        M_t; S.
    cosine : [link]
        Of the angle between the array's axis and the other end.
    station, receiver : [link]
        Number of the station, and of the user, or of the station that listens.
    between_stations : bool
        Whether the other end is a station.
    distance : [link]
        On the ground, km.
    time : float
        s since the drop began, at which channels are asked for.
    walked : [link, 2]
        Way of the users since the drop began, m.
    position : [link, 2]
        Of the users now, km.
    pace : [link, 2]
        m a frame, of users who go straight on at all times; empty where nobody knows.
    frame : int or None
        Number of the frame at ``time``; None between frames.
    """

    antennas: int
    subbands: int
    cosine: Array
    station: Index
    receiver: Index
    between_stations: bool = False
    distance: Array = field(default_factory=lambda: np.empty(0))
    time: float = 0.0
    walked: Array = field(default_factory=lambda: np.empty((0, 2)))
    position: Array = field(default_factory=lambda: np.empty((0, 2)))
    pace: Array = field(default_factory=lambda: np.empty((0, 2)))
    frame: int | None = None

    def __len__(self) -> int:
        return len(self.station)


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
