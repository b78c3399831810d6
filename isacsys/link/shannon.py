"""Link models without memory: the Shannon rate, and the truncated Shannon rate of TR 36.942."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array
from isacsys.link.base import LinkModel, ServedLinks


class Shannon(LinkModel):
    """Deliver ``log2(1 + SINR)`` bits a symbol."""

    def efficiency(self, sinr: Array) -> Array:
        """Return ``log2(1 + SINR)``, mean over sub-bands, [link]."""
        rate = np.log1p(sinr) / np.log(2)
        return rate[:, 0] if rate.shape[1] == 1 else rate.mean(axis=1)

    def _efficiency(self, links: ServedLinks) -> Array:
        return self.efficiency(links.sinr) if links.rate is None else links.rate  # the frame has worked it out


class TruncatedShannon(LinkModel):
    """Deliver a share of the Shannon rate between a lowest SINR and a largest efficiency. 3GPP TR 36.942, annex A."""

    def efficiency(self, sinr: Array) -> Array:
        """Return ``min(maximum, attenuation x log2(1 + SINR))``, 0 below the lowest SINR, mean over sub-bands."""
        rate = np.minimum(self.link.attenuation * np.log1p(sinr) / np.log(2), self.link.maximum_efficiency)
        return np.where(sinr < self.outage_sinr, rate * 0, rate).mean(axis=1)

    @property
    def outage_sinr(self) -> float:
        """``link.minimum_sinr_db``."""
        return float(10 ** (self.link.minimum_sinr_db / 10))
