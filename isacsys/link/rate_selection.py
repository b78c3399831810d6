"""Which scheme of a table new blocks are sent with: the best for the SINR that is, or for a predicted one.

Outer-loop link adaptation: predictions of a station, and offsets that hold the block error rate at its target.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isacsys.core.arrays import Array, Index
from isacsys.link.base import ServedLinks
from isacsys.link.blocks import BlockFormats

_LOWEST_DB, _HIGHEST_DB, _STEP_DB = -30.0, 60.0, 0.02  # within which a scheme takes the place of another
_HALVINGS = 60
_MEMORY = 0.9  # weight of the past in the interference that is expected


class RateSelection:
    """Chooses schemes by the law of block errors; for a band that is flat, from a table of SINRs at which it changes.

    Parameters
    ----------
    formats : BlockFormats
    target : float, optional
        Choose the largest efficiency with at most this block error rate (where none has: the lowest scheme); without
        it, the largest expected efficiency ``R Q_m (1 - P)``.
    """

    def __init__(self, formats: BlockFormats, target: float | None = None) -> None:
        self._formats, self._target = formats, target
        self._change, self._scheme = self._table()

    def choose(self, sinr: Array) -> Index:
        """Return the scheme for links of ``sinr`` [link, subband], [link]."""
        if sinr.shape[1] == 1:
            return self._scheme[np.searchsorted(self._change, sinr[:, 0], side="right")]
        return self.best(sinr)

    def best(self, sinr: Array) -> Index:
        """Return the same by the law of every scheme, [link], at ``sinr`` [link, subband]."""
        links, schemes = len(sinr), len(self._formats)
        error = self._formats.error(np.tile(np.arange(schemes), links), np.repeat(sinr, schemes, axis=0))
        return self._rank(error.reshape(links, schemes))

    def _rank(self, error: Array) -> Index:
        """Return the best scheme for block error rates [link, mcs]."""
        efficiency = self._formats.efficiency
        if self._target is None:
            return np.argmax(efficiency * (1 - error), axis=1)
        return np.argmax(np.where(error <= self._target, efficiency, 0), axis=1)

    def _table(self) -> tuple[Array, Index]:
        """Return the SINRs at which the scheme changes, ascending, and the schemes below, between and above them."""
        grid = np.arange(_LOWEST_DB, _HIGHEST_DB, _STEP_DB)
        scheme = self._at(grid)
        change = np.flatnonzero(scheme[1:] != scheme[:-1])
        low, high, before = grid[change], grid[change + 1], scheme[change]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            same = self._at(middle) == before
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return 10 ** (high / 10), np.append(scheme[:1], scheme[change + 1])

    def _at(self, sinr_db: Array) -> Index:
        return self.best(10 ** (sinr_db[:, None] / 10))


def point(probability: Callable[[Array], Array], target: float) -> float:
    """Return the SINR (dB) at which a probability of failure that falls with the SINR comes down to ``target``."""
    low, high = np.array([-60.0]), np.array([80.0])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fails = probability(middle) > target
        low, high = np.where(fails, middle, low), np.where(fails, high, middle)
    return float(high[0])


class OuterLoop:
    """Expected interference and offset of every user.

    Interference starts at its mean when a station first serves a user, and then follows ``I <- 0.9 I + 0.1 measured``.
    The offset moves by ``step (tau - f) / (1 - tau)`` dB after a frame in which a share f of first transmissions
    failed: once a frame, for the blocks of a frame share one SINR.

    Parameters
    ----------
    initial_db, step_db, target : float
        ``link.initial_offset_db``, ``link.outer_loop_step_db``, ``link.target_bler``.
    subbands : int
    """

    def __init__(self, initial_db: float, step_db: float, target: float, subbands: int) -> None:
        self._initial, self._step, self._target = initial_db, step_db, target
        self.offset = np.empty(0)  # dB, [user]
        self._station = np.empty(0, np.int64)  # whose interference is expected; -1: of none yet
        self._expected = np.empty((0, subbands))  # [user, subband]

    def predict(self, links: ServedLinks) -> Array:
        """Return the SINR that stations expect, offsets included, [link, subband]."""
        self._grow(links.users)
        _, mean = links.disturbance()
        new = self._station[links.user] != links.station
        who = links.user[new]
        self._expected[who], self._station[who] = mean[new, None], links.station[new]
        return links.believed() / self._expected[links.user] * 10 ** (self.offset[links.user, None] / 10)

    def learn(self, links: ServedLinks, sent: Index, failed: Index) -> None:
        """Update by what was measured: blocks ``sent`` for the first time and those of them that ``failed``, [link]."""
        measured, _ = links.disturbance()
        self._expected[links.user] = _MEMORY * self._expected[links.user] + (1 - _MEMORY) * measured
        some = sent > 0
        share = failed[some] / sent[some]
        self.offset[links.user[some]] += self._step * (self._target - share) / (1 - self._target)

    def _grow(self, users: int) -> None:
        more = users - len(self.offset)
        if more > 0:
            self.offset = np.append(self.offset, np.full(more, self._initial))
            self._station = np.append(self._station, np.full(more, -1))
            self._expected = np.concatenate([self._expected, np.empty((more, self._expected.shape[1]))])
