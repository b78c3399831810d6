"""Which scheme of a table new blocks are sent with: the best for the SINR that is, or for a predicted one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isacsys.core.arrays import Array, Index
from isacsys.link.blocks import BlockFormats

_LOWEST_DB, _HIGHEST_DB, _STEP_DB = -30.0, 60.0, 0.02  # within which a scheme takes the place of another
_HALVINGS = 60


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
