"""What every station knows when it designs its beams, as it believes it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from isacsys.arrays import Complex, Flags, Index
from isacsys.physics import combining
from isacsys.streams import FrameName
from isacsys.transmission.values import Situation


@dataclass(frozen=True)
class Known:
    """What the stations know in a frame.

    Attributes
    ----------
    name : FrameName
        Opens the streams of the frame, for designs that are drawn by their law.
    antennas : int
        M_t.
    streams, nulls : [bs]
        Own users served, and independent constraints towards receivers of others.
    own : [bs, K, M_t] or None
        Channels h of the own users by stream (the amplitude of beam w is ``h^H w``), zero rows for streams that are
        not used. None where their law will do.
    granted : [bs, n, M_t] or None
        Likewise of the users and filters that were granted a null; the first ``held`` rows of a station count.
    held : [bs] or None
    links : two arrays or None
        Channels of all links of the frame, for the engine that drew them: no station knows these.
    """

    name: FrameName
    antennas: int
    streams: Index
    nulls: Index
    padded: int
    own: Complex | None = None
    granted: Complex | None = None
    held: Index | None = None
    links: tuple[Complex, Complex] | None = None

    @property
    def used(self) -> Flags:
        """Which streams are used, [bs, K]."""
        return np.arange(self.padded) < self.streams[:, None]


def law(situation: Situation) -> Known:
    """Return what stations know when they know channels by their law only."""
    scenario = situation.scenario
    return Known(situation.name, scenario.antennas.transmit, situation.selection.users.count,
                 situation.grants.constraints, scenario.allocation.users_per_bs)


def with_vectors(situation: Situation, own: Complex, granted: Complex | None, held: Index,
                 links: tuple[Complex, Complex] | None = None) -> Known:
    """Return what stations know when they know vectors."""
    return dataclasses.replace(law(situation), own=own, granted=granted, held=held, links=links)


def by_stream(situation: Situation, rows: Complex) -> Complex:
    """Arrange the channels of scheduled users [link, M_t] by station and stream, [bs, K, M_t]."""
    links = situation.selection.users
    own = np.zeros((links.stations, situation.scenario.allocation.users_per_bs, rows.shape[-1]), complex)
    own[links.station, links.slot] = rows
    return own


def by_station(station: Index, rows: Complex, stations: int) -> tuple[Complex, Index]:
    """Arrange vectors [row, M_t] by the ``station`` [row] that knows them: [bs, n, M_t], and how many each has."""
    order = np.argsort(station, kind="stable")
    held = np.bincount(station, minlength=stations)
    first = np.cumsum(held) - held
    arranged = np.zeros((stations, int(held.max(initial=0)), rows.shape[-1]), complex)
    arranged[station[order], np.arange(len(order)) - first[station[order]]] = rows[order]
    return arranged, held


def granted_links(situation: Situation) -> tuple[Index, Index, Index]:
    """Link, column and station of every null that was granted to a user."""
    link, column = np.nonzero(situation.grants.user_granted)
    return link, column, situation.around_users.station[link, column]


def granted_filters(situation: Situation) -> tuple[Index, Index, Complex]:
    """Pair, station and vector v [row, M_r] of an orthonormal basis of the filters granted to each sensing station.

    A null stands for the filters as they were when it was asked for.
    """
    grants, asked = situation.grants, situation.schedule.sensors
    row, column = grants.pairs
    basis, rank = combining.span(asked.mrc[row], grants.target_granted[row, column])
    pair, place = np.nonzero(np.arange(basis.shape[-2]) < rank[:, None])
    return pair, situation.sensors.around.station[row, column][pair], basis[pair, place]
