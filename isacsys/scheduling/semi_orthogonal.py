"""Semi-orthogonal user selection: a policy that uses channels."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.network.entities import BaseStation
from isacsys.network.state import NetworkState
from isacsys.scheduling.base import Scheduler


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
