"""Outer-loop link adaptation: predictions of a station, and offsets that hold the block error rate at its target."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Index
from isacsys.link.base import ServedLinks

_MEMORY = 0.9  # weight of the past in the interference that is expected


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
