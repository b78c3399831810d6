"""The network of a drop as fading models see it."""

from __future__ import annotations

from typing import Protocol

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.network.deployment import Deployment
from isacsys.network.large_scale import LargeScale
from isacsys.network.population import Population


class DropView(Protocol):
    """The network of a drop, before users and targets are attached to stations."""

    @property
    def scenario(self) -> Scenario:
        """Settings."""

    @property
    def deployment(self) -> Deployment:
        """Initial positions."""

    @property
    def stations(self) -> int:
        """Number of stations."""

    @property
    def frame(self) -> int:
        """Number of the frame."""

    @property
    def users(self) -> Population:
        """The users, once they are attached."""

    @property
    def large_scale(self) -> LargeScale:
        """Mean powers."""

    def user_bearings(self, users: Index, station: Index) -> Array:
        """Return the cosine of the bearing of users [n] at the arrays of stations [n, m]."""

    def station_cosine(self, station: Index, way: Array, length: Array) -> Array:
        """Return the same towards other stations: of cells ``station`` [link], ``way`` [link, 2], its ``length``
        [link].
        """
