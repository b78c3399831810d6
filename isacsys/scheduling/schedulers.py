"""The built-in schedulers.

Semi-orthogonal user selection uses channels; policies by the covariance of tracks take the least certain targets first,
or those where a look brings most information.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core import geometry
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.core.joined_streams import JoinedGenerator
from isacsys.core.units import METRES_PER_KM
from isacsys.network.entities import BaseStation, Members, Target
from isacsys.network.population import Population
from isacsys.network.receivers import ReceiverType
from isacsys.network.state import NetworkState
from isacsys.scheduling.base import Ranked, Scheduler
from isacsys.sensing import accuracy, detection
from isacsys.sensing.tracks import information

_SMALL = 1e-6  # m; without interference, bounds are 0
_UNKNOWN = 1e12  # m; more than a track can be uncertain by
NEVER = 1e9  # s; longer than any drop
_NOBODY = np.array([-1])


class SemiOrthogonal(Scheduler):
    """Serve users with strong and nearly orthogonal channels (SUS, looks at channels), wherever they are.

    Yoo and Goldsmith (2006): greedily the channel with the largest part outside the span of those chosen, among those
    whose correlation with each chosen part is below `THRESHOLD`; when none is left, the others come next. Path loss is
    left out of the channels, so that location does not decide. Of sub-bands, parts outside the span are taken in each,
    and sizes and correlations are roots of sums of squares over all.
    """

    needs_channels = True
    THRESHOLD = 0.4

    def select_users(self, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
        """Return users of one station, [n]."""
        users = station.users
        if not len(users):
            return users.ids
        channel = users.subband_channel
        channel = channel[:, 0] if channel.shape[1] == 1 else channel
        return users.ids[semi_orthogonal(channel[None], np.ones((1, len(users)), bool), count, self.THRESHOLD)[0]]

    def select_all_users(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Choose users of all stations, padded to the largest cell."""
        users, size = network.users, network.users.count
        if not len(users.order) or network.channels is None:
            return users.order[:0]
        column = np.arange(size.max())
        there = column < size[:, None]
        ids = users.order[np.minimum(users.start[:-1, None] + column, len(users.order) - 1)]  # [bs, member]
        chosen = semi_orthogonal(network.channels[ids], there, int(counts.max()), self.THRESHOLD)
        wanted = np.arange(chosen.shape[1]) < np.minimum(counts, size)[:, None]
        return np.take_along_axis(ids, chosen, 1)[wanted]


def semi_orthogonal(channel: Complex, there: Flags, count: int, threshold: float) -> Index:
    """Return the members [bs, min(count, n)] chosen at every station, best first.

    Parameters
    ----------
    channel : [bs, n, M_t] or [bs, n, S, M_t]
    there : [bs, n]
        Which rows are members at all; others are chosen last.
    count, threshold : int, float
    """
    rest, station = channel * there.reshape(*there.shape, *[1] * (channel.ndim - 2)), np.arange(len(channel))
    norm = np.linalg.norm(rest, axis=-1 if rest.ndim == 3 else (-2, -1))
    rank = np.where(there, 0, -2)  # 0: still semi-orthogonal to those chosen; -1: no more; -2: no member; -3: chosen
    chosen = np.empty((len(channel), min(count, channel.shape[1])), np.int64)
    for k in range(chosen.shape[1]):
        left = _norm(rest) if rest.ndim == 3 else np.linalg.norm(rest, axis=(-2, -1))
        best = np.argmax(rank + left / (1 + left), axis=1)
        chosen[:, k], rank[station, best] = best, -3
        unit = rest[station, best] / np.maximum(_norm(rest[station, best]), 1e-300)[..., None]
        overlap = np.einsum("bn...m,b...m->bn...", rest, unit.conj())
        close = (np.abs(overlap) if rest.ndim == 3 else np.linalg.norm(overlap, axis=-1)) > threshold * norm
        rank[close & (rank == 0)] = -1
        rest = rest - overlap[..., None] * unit[:, None]
    return chosen


def _norm(vectors: Complex) -> Array:
    return np.sqrt(np.sum(vectors.real**2 + vectors.imag**2, axis=-1))


class MostUncertain(Ranked):
    """Sense those whose tracks are least certain; before them those without one, and users, by how long they waited."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by uncertainty."""
        return -np.where(np.isfinite(members.uncertainty), members.uncertainty, _UNKNOWN + members.waiting_time)


class InformationGain(Ranked):
    """Sense those of whose position a look is expected to tell most, for their mean SIR; users by waiting time.

    Expected is ``P_d(gamma) (1/2) ln det(I + R^-1 P)``: detection of a fluctuating echo, P the covariance that the
    track has, R that of a measurement. Of a target without a track, P is as large as a track may be.
    """

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by expected information."""
        if members.kind != ReceiverType.TARGET or not members.state.scenario.detecting:
            return -members.waiting_time
        return -expected_information(members.state, members.ids)


def expected_information(state: NetworkState, targets: Index) -> Array:
    """Return the information, nats, [target], that a look at each of the targets [target] is expected to gain."""
    scenario, book, d = state.scenario, state.beliefs, state.deployment
    station, side = state.targets.station[targets], METRES_PER_KM * d.side
    origin = METRES_PER_KM * d.stations[station]
    time = state.frame * scenario.simulation.frame_duration
    ignorance = np.array([1.0, 0.0, 1.0])[:, None] * scenario.tracking.maximum_error**2 / 2
    way = METRES_PER_KM * state.from_station(station, state.targets, targets)  # true bearings if untracked
    spread = np.broadcast_to(ignorance, (3, len(targets)))
    if book is not None:
        live = book.live[targets]
        seen = geometry.displacement(origin, book.position(time, targets), side)
        way, spread = np.where(live[:, None], seen, way), np.where(live, book.spread(time, targets), ignorance)
    length = np.maximum(geometry.length(way), 1.0)
    sir = state.mean_echo_sir(targets)
    across = length * accuracy.angle(accuracy.cosine(sir, scenario.antennas.receive), way[:, 0] / length)
    variance = (np.clip(accuracy.distance(sir, scenario.bandwidth), _SMALL, METRES_PER_KM * METRES_PER_KM) ** 2,
                np.clip(across, _SMALL, METRES_PER_KM * METRES_PER_KM) ** 2)
    found = detection.swerling1(sir, scenario.false_alarm, scenario.sensing.cfar_cells)
    return np.asarray(found * information(spread, way, variance))


class Random(Ranked):
    """Serve users and targets at random."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Draw independent scores."""
        return rng.random(len(members))

    def select_all_users(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Return random ids of all stations, shuffled only as far as needed."""
        if type(self).score is not Random.score:  # one of a user's own
            return super().select_all_users(network, counts, rng)
        return _sample(rng, network.users, counts)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Return random ids of all stations, shuffled only as far as needed."""
        if type(self).score is not Random.score:
            return super().select_all_targets(network, counts, rng)
        return _sample(rng, network.targets, counts)


class RoundRobin(Ranked):
    """Serve all in turn."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score by when each was last served."""
        return members.turn


class Nearest(Ranked):
    """Serve those closest to their base station."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by distance."""
        return members.distance


class StalestFirst(Ranked):
    """Serve (or sense) those who have waited longest, newcomers since they came."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by waiting time."""
        return -members.waiting_time


class Deadline(Ranked):
    """Sense those first whose revisit is due first; without revisit periods, in turn."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score by the time left."""
        left = members.time_left
        return left if np.all(np.isfinite(left)) else members.turn


class Due(Ranked):
    """Sense only those whose revisit period is over, longest overdue first; serve users in turn."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score targets by the time until their period is over, users by when each was last served."""
        if members.kind != ReceiverType.TARGET:
            return members.turn
        return np.minimum(members.revisit_period, NEVER) - members.waiting_time

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
        """Return the targets that are longest overdue, [n]; none if none is."""
        return self._due(station.state, super().select_targets(station, count, rng))

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Choose the longest overdue of every station, if any is."""
        return self._due(network, super().select_all_targets(network, counts, rng))

    @staticmethod
    def _due(network: NetworkState, ids: Index) -> Index:
        members = Members(network, network.targets, Target, ids)
        return ids[members.waiting_time >= members.revisit_period]


class UserRanked(Ranked):
    """A policy whose score means something for users only; targets are chosen at random."""

    def select_targets(self, station: BaseStation, count: int, rng: np.random.Generator) -> Index:
        """Return random targets, [n]."""
        return Random().select_targets(station, count, rng)

    def select_all_targets(self, network: NetworkState, counts: Index, rng: np.random.Generator) -> Index:
        """Choose targets at random."""
        return Random().select_all_targets(network, counts, rng)


class MaxRate(UserRanked):
    """Serve those with the best mean SIR by path loss: the highest rates, for the few."""

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by large-scale SIR."""
        return -members.mean_sir


class ProportionalFair(UserRanked):
    """Serve those whose channel now promises most relative to the mean rate they have had (looks at channels)."""

    needs_channels = True

    def score(self, members: Members, rng: np.random.Generator) -> Array:
        """Score by promised rate over mean rate; those never served come first, the best of them at the head.

        What a channel promises is the precoder's to say: with zero forcing and K streams, an SIR of
        ``|h|^2 (M_t - K + 1) / (M_t K)`` times the mean one. Of sub-bands, the mean of their rates.
        """
        scenario = members.state.scenario
        antennas, streams = scenario.antennas.transmit, scenario.allocation.users_per_bs
        power, sir = np.sum(np.abs(members.subband_channel) ** 2, axis=-1), members.mean_sir
        promised = np.mean([np.log2(1 + members.state.promised(sir, one, antennas, streams)) for one in power.T], 0)
        return -promised / np.maximum(members.mean_rate, 1e-12)


class LongestQueue(UserRanked):
    """Serve those with most data waiting; in turn where all buffers are full."""

    def score(self, members: Members, rng: np.random.Generator) -> npt.ArrayLike:
        """Score by queue length."""
        queue = members.queue
        return -queue if np.all(np.isfinite(queue)) else members.turn


def _sample(rng: np.random.Generator, population: Population, counts: Index) -> Index:
    """Draw up to ``counts`` [bs] of every station's own without replacement, for all stations at once.

    Fisher and Yates's shuffle, stopped early: one draw in all groups at a time.
    """
    members, start, sizes = population.order, population.start, population.count
    pool = np.concatenate([members, _NOBODY])  # the last place is for groups that are done
    drawn = np.minimum(sizes, counts)
    step = np.arange(drawn.max(initial=0))[:, None]
    wanted = step < drawn  # [step, group]
    left = sizes - step
    here = np.where(wanted, start[:-1] + step, len(members))
    there = np.where(wanted, here + (_uniform(rng, drawn) * left).astype(np.int64), len(members))
    chosen = np.empty_like(here)
    for one, mine, other in zip(chosen, here, there, strict=True):
        pool.take(other, out=one, mode="clip")  # "clip" spares a buffer, and nothing is outside
        pool[other] = pool.take(mine)  # no later row returns to mine
    return chosen.T[wanted.T]


def _uniform(rng: np.random.Generator, drawn: Index) -> Array:
    """Draw uniform numbers [step, group] for up to ``drawn`` [group] steps; of several drops, as many as each needs."""
    if isinstance(rng, JoinedGenerator):
        return rng.columns(drawn)
    return rng.random((int(drawn.max(initial=0)), len(drawn)))


SCHEDULERS: dict[str, type[Scheduler]] = {
    "random": Random, "round_robin": RoundRobin, "proportional_fair": ProportionalFair, "max_rate": MaxRate,
    "nearest": Nearest, "longest_queue": LongestQueue, "semi_orthogonal": SemiOrthogonal,
    "stalest_first": StalestFirst, "deadline": Deadline, "due": Due,
    "most_uncertain": MostUncertain, "information_gain": InformationGain}
