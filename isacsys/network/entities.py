"""Handles on the arrays of a drop, for scripts and policies.

A handle is a state and a number; its properties read (and write) the arrays, so a thousand users cost nothing until
somebody looks at one of them. Kernels never use handles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import SchedulingError
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState


class Handle:
    """A row of the arrays of a state."""

    __slots__ = ("index", "state")

    def __init__(self, state: NetworkState, index: int) -> None:
        self.state, self.index = state, int(index)

    def __index__(self) -> int:
        return self.index

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.state is self.state and other.index == self.index

    def __hash__(self) -> int:
        return hash((type(self), id(self.state), self.index))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.index})"


class Receiver(Handle):
    """What users and targets have in common."""

    __slots__ = ()

    kind: ClassVar[ReceiverType]

    @property
    def population(self) -> Population:
        """The arrays this handle is a row of."""
        return self.state.population(self.kind)

    @property
    def position(self) -> Array:
        """Position [2] in km; a new one may be assigned as a whole, and its distance follows."""
        here = self.population.position[self.index].view()
        here.flags.writeable = False
        return here

    @position.setter
    def position(self, position: npt.ArrayLike) -> None:
        self.state.place(self.kind, self.index, np.asarray(position, float))

    @property
    def station(self) -> BaseStation:
        """The serving base station."""
        return BaseStation(self.state, int(self.population.station[self.index]))

    @property
    def distance(self) -> float:
        """Distance to the serving base station, km."""
        return float(self.population.distance[self.index])

    @property
    def last_served(self) -> int:
        """Frame in which it was last scheduled, -1 if never."""
        return int(self.population.last_served[self.index])


class User(Receiver):
    """A single-antenna user."""

    __slots__ = ()
    kind = ReceiverType.USER


class Target(Receiver):
    """A point target."""

    __slots__ = ()
    kind = ReceiverType.TARGET


class BaseStation(Handle):
    """A base station, which is a cell: transmits to users, and receives the echoes of targets."""

    __slots__ = ()

    @property
    def position(self) -> Array:
        """Position [2] in km."""
        return self.state.deployment.stations[self.index]

    @property
    def site(self) -> int:
        """Number of its site; the cells of a site share a place."""
        return int(self.state.deployment.cells.site[self.index])

    @property
    def boresight(self) -> float:
        """Azimuth in which a sector looks, degrees from the x axis; 0 where there is one cell a site."""
        return float(self.state.deployment.cells.boresight_degrees[self.index])

    @property
    def azimuth(self) -> float:
        """The same in degrees clockwise from north."""
        return float(self.state.deployment.cells.azimuth[self.index])

    @property
    def users(self) -> Members:
        """The users attached to this base station."""
        return Members(self.state, self.state.users, User, self.state.users.of(self.index))

    @property
    def targets(self) -> Members:
        """The targets attached to this base station."""
        return Members(self.state, self.state.targets, Target, self.state.targets.of(self.index))


class Members:
    """The users (or targets) a policy chooses from, as small parallel arrays.

    Attributes
    ----------
    ids : [n]
        What a policy returns.
    """

    __slots__ = ("_kind", "_population", "ids", "state")

    def __init__(self, state: NetworkState, population: Population, kind: type[Receiver], ids: Index) -> None:
        self.state, self._population, self._kind, self.ids = state, population, kind, ids

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Receiver]:
        return (self._kind(self.state, i) for i in self.ids)

    @property
    def kind(self) -> ReceiverType:
        """Whether these are users or targets."""
        return self._kind.kind

    @property
    def station(self) -> Index:
        """Serving station, [n]."""
        return self._population.station[self.ids]

    @property
    def distance(self) -> Array:
        """Distance to the serving station, km, [n]."""
        return self._population.distance[self.ids]

    @property
    def position(self) -> Array:
        """Position in km, [n, 2]."""
        return self._population.position[self.ids]

    @property
    def last_served(self) -> Index:
        """Frame in which each was last scheduled, -1 if never, [n]."""
        return self._population.last_served[self.ids]

    @property
    def turn(self) -> Array:
        """The same plus the place within that frame, as a fraction, [n]."""
        return self._population.turn[self.ids]

    @property
    def velocity(self) -> Array:
        """m/s, [n, 2]."""
        return 1e3 * self._population.velocity[self.ids]

    @property
    def mean_rate(self) -> Array:
        """Mean rate over the last frames, served or not, bit/s/Hz, [n]."""
        return self._population.mean_rate[self.ids]

    @property
    def last_rate(self) -> Array:
        """Rate when last served, bit/s/Hz, [n]."""
        return self._population.last_rate[self.ids]

    @property
    def queue(self) -> Array:
        """Bits waiting, [n]; infinite with full buffers."""
        return self._population.queue[self.ids]

    @property
    def waiting_blocks(self) -> Index:
        """Transport blocks that wait for a retransmission, of users, [n]."""
        return self._population.waiting_blocks[self.ids]

    @property
    def waiting_time(self) -> Array:
        """Seconds since each was last served (for targets: sensed), or since it has been there, [n]."""
        since = np.maximum(self.last_served, self._population.born[self.ids])
        return (self.state.frame - since) * self.state.scenario.simulation.frame_duration

    @property
    def time_left(self) -> Array:
        """Seconds until each is to be served (sensed) again, negative when late; infinite without deadlines, [n]."""
        return (self._population.due[self.ids] - self.state.frame) * self.state.scenario.simulation.frame_duration

    @property
    def revisit_period(self) -> Array:
        """Seconds within which each is to be served (sensed) again, infinite without, [n]."""
        return self._population.period[self.ids] * self.state.scenario.simulation.frame_duration

    @property
    def uncertainty(self) -> Array:
        """Root mean square position error by the covariance of tracks, m, [n]; infinite without a track."""
        book = self.state.beliefs
        if book is None or self._kind.kind != ReceiverType.TARGET:
            return np.full(len(self.ids), np.inf)
        return book.uncertainty(self.state.frame * self.state.scenario.simulation.frame_duration, self.ids)

    @property
    def mean_sir(self) -> Array:
        """Mean received power, or echo, over mean interference and noise, by path loss alone, [n]."""
        return (self.state.mean_sir, self.state.mean_echo_sir)[self._kind.kind](self.ids)

    @property
    def channel(self) -> Complex:
        """For users: the channel to the serving station, CN(0, I), where ``needs_channels`` is set, [n, M_t]."""
        if self._kind.kind != ReceiverType.USER:
            raise SchedulingError("looks at channels of targets, which have none: their bearings say it all")
        if self.state.scenario.fading.subbands > 1:
            raise SchedulingError(f"looks at station.users.channel where fading.subbands = "
                                  f"{self.state.scenario.fading.subbands}: station.users.subband_channel has them all")
        return self.subband_channel[:, 0]

    @property
    def subband_channel(self) -> Complex:
        """For users: the same in every sub-band, [n, S, M_t]."""
        if self._kind.kind != ReceiverType.USER:
            raise SchedulingError("looks at channels of targets, which have none: their bearings say it all")
        if self.state.channels is None:
            raise SchedulingError("looks at channels without setting needs_channels = True")
        found = self.state.channels[self.ids]
        return found if found.ndim == 3 else found[:, None]

    def nearest(self, count: int) -> Index:
        """Return the ids [count] of the ``count`` closest to their station."""
        return self.lowest(self.distance, count)

    def lowest(self, score: npt.ArrayLike, count: int) -> Index:
        """Return the ids [count] of the ``count`` with the lowest ``score`` [member]; ties go to the lower id."""
        return self.ids[np.argsort(scores(score, len(self.ids), count), kind="stable")[:count]]


def scores(score: npt.ArrayLike, count: int, wanted: int) -> Array:
    """Return scores [n] of ``count`` users or targets as an array; those that are NaN come last.

    Raises
    ------
    SchedulingError
        Where they are not one number for each, or where ``wanted`` are to be chosen out of more, all of them NaN.
    """
    found = np.asarray(score)
    if found.shape != (count,) or found.dtype.kind not in "buif":
        raise SchedulingError(f"gave scores of shape {found.shape} and type {found.dtype}, not one number for each of "
                              f"{count}")
    if count > wanted and found.dtype.kind == "f" and np.isnan(found).all():
        raise SchedulingError(f"gave scores that all are no numbers (NaN), {count} of them")
    return found
