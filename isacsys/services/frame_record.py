"""The record of a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.beamforming import FrameState
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.drop_parts import Total, sums
from isacsys.energy import EnergyModel
from isacsys.link import Delivery
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import Links
from isacsys.services.base import ServiceRecord
from isacsys.services.link_terms import LinkTerms


@dataclass(frozen=True)
class TrackFrame:
    """The tracks of a frame.

    Attributes
    ----------
    present : [target]
        Targets that are there.
    live : [target]
        Those of them that have a track.
    error : [target]
        How far they are from where their tracks say, m; of no use without a track.
    result : [target link]
        Of every look: 1 detected, 0 missed, -1 a false alarm.
    started, found, lost : int
        Tracks that began (found: of targets that had been lost), and that were lost.
    """

    present: Flags
    live: Flags
    error: Array
    result: Index
    started: int
    found: int
    lost: int


@dataclass(frozen=True)
class FrameRecord:
    """All that there is to know of a frame; logs and summaries are made from it.

    Attributes
    ----------
    frame_state : FrameState
    power : [bs, S]
        Of every beam.
    services : mapping
        From the name of a service to its links.
    stations : mapping
        Values of stations, [bs] each: ``load``, ``power`` and the like, where the scenario has what they are of.
    tracks : TrackFrame or None
        What the tracks were like when the frame was over, where targets are followed.
    delivery : Delivery or None
        What the scheduled users get.
    energy_model : EnergyModel or None
        What says how much power stations draw, in a drop that asks.
    """

    frame_state: FrameState
    power: Array
    services: Mapping[str, ServiceRecord]
    stations: Mapping[str, Array | Index | Flags] = field(default_factory=dict)
    tracks: TrackFrame | None = None
    delivery: Delivery | None = None
    energy_model: EnergyModel | None = None

    @cached_property
    def load(self) -> Array:
        """Share of the frame in which every station sends data, [bs]: mean over its users, 0 without any."""
        users = self.frame_state.selection.users
        if self.delivery is None:
            return (users.count > 0).astype(float)
        return np.bincount(users.station, self.delivery.load, users.stations) / np.maximum(users.count, 1)

    @cached_property
    def transmitting(self) -> Flags:
        """Stations that send anything, [bs]."""
        return np.asarray(self.power.any(-1))

    @property
    def users(self) -> LinkTerms:
        """Terms of the scheduled users, [user]."""
        return self.services["communication"].terms

    @property
    def targets(self) -> LinkTerms:
        """Terms of the scheduled targets, [target]."""
        return self.services["sensing"].terms

    @property
    def links(self) -> tuple[tuple[ReceiverType, Links, LinkTerms], ...]:
        """Receiver type, scheduled receivers and terms of every service."""
        return tuple((found.receiver, found.links, found.terms) for found in self.services.values())

    def sums(self, kind: ReceiverType, *values: npt.NDArray[Any]) -> Sequence[Total]:
        """Return the sum of each of ``values`` [link] over the links of a kind; of several drops, [drop] each."""
        parts = self.frame_state.name.parts
        if parts is None and not len(values[0]):
            return [0] * len(values)
        if parts is None:
            return [np.add.reduce(value).item() for value in values]
        return list(sums(self.rows(kind), *values))

    def rows(self, kind: ReceiverType) -> Index:
        """Return where the links of a kind of every drop begin, of several, and how many there are, [drop + 1]."""
        parts, links = self.frame_state.name.parts, self.services[kind.service].links
        return np.array([0, len(links)]) if parts is None else parts.bounds(links.station)

    def sum_of_stations(self, values: Array) -> Total:
        """Return the sum of ``values`` [bs]; of several drops, [drop]."""
        parts = self.frame_state.name.parts
        return np.add.reduce(values).item() if parts is None else sums(parts.first, values)[0]

    def count(self, station: Index, flags: Flags | None = None) -> Total:
        """Return how many rows of ``station`` [row] (or of ``flags`` [row]) there are; of several drops, [drop]."""
        parts = self.frame_state.name.parts
        if parts is not None:
            return parts.counts(station, flags)
        return len(station) if flags is None else int(np.count_nonzero(flags))

    @property
    def bits_come_later(self) -> bool:
        """Whether bits delivered to users depend on files that arrive in the frame: traffic, and no blocks."""
        traffic = self.frame_state.scenario.traffic.model != "full_buffer"
        return traffic and self.delivery is not None and self.delivery.bits is None

    def with_columns(self, service: str, columns: Mapping[str, Array | Index]) -> FrameRecord:
        """Return the same with more columns [link] of the links of a service."""
        found = self.services[service]
        terms = replace(found.terms, more={**found.terms.more, **columns})
        return replace(self, services={**self.services, service: replace(found, terms=terms)})

    @property
    def situation(self) -> FrameState:
        """`frame_state` by its name in version 0.2."""
        return self.frame_state
