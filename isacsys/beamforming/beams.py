"""The beams of all stations in a frame: the result of a precoder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from isacsys.beamforming import linear_precoding
from isacsys.beamforming.zero_forcing import ZeroForced
from isacsys.core.arrays import Array, Complex, Flags, Index


@dataclass(frozen=True)
class Beams:
    """The beams of all stations, padded: S beams, of which the first K are for users, by stream.

    Attributes
    ----------
    power : [bs, S]
        Of each beam; a station's sum is at most 1, and 0 where it is silent.
    spectrum : [bs + 1, S]
        Eigenvalues mu of ``P^1/2 W^H W P^1/2``: a receiver of whose channel the station knows nothing gets
        ``sum_k mu_k Exp(1)``. Zero in the last row, which stands for no station.
    zero_forced : ZeroForced or None
        Wanted gains, and the factor of ``W^H W``, of beams that null everything they know.
    vectors : [bs, M_t, S] or None
        The beams W themselves, where there are any: unit norm, zero columns for beams that are not used.
    lit : [bs, J] or None
        Gains towards scheduled targets, where these were drawn with the beams.
    """

    power: Array
    spectrum: Array
    zero_forced: ZeroForced | None = None
    vectors: Complex | None = None
    lit: Array | None = None

    @cached_property
    def weighted(self) -> Complex:
        """``W P^1/2`` [bs, M_t, S] of beams that have vectors."""
        if self.vectors is None:
            raise ValueError("beams without vectors")
        return self.vectors * np.sqrt(self.power)[:, None, :]

    @cached_property
    def transmitting(self) -> Flags:
        """Which stations send anything, [bs]."""
        return np.asarray(self.power.any(-1))


def zero_forced(design: ZeroForced, streams: Index, vectors: Complex | None = None) -> Beams:
    """Return zero-forcing beams with equal power for each of a station's ``streams`` [bs].

    ``vectors`` [bs, M_t, K], if they are known.
    """
    eigenvalues = design.eigenvalues()
    spectrum = np.zeros((len(eigenvalues) + 1, eigenvalues.shape[1]))
    served = np.maximum(streams, 1)[:, None]
    np.divide(eigenvalues, served, out=spectrum[:-1])
    return Beams(np.divide(design.gain > 0, served), spectrum, design, vectors)


def explicit(vectors: Complex, power: Array) -> Beams:
    """Return beams that are given: ``vectors`` [bs, M_t, K] with ``power`` [bs, K]."""
    spectrum = np.zeros((len(power) + 1, power.shape[1]))
    spectrum[:-1] = linear_precoding.eigenvalues(vectors, power)
    return Beams(power, spectrum, None, vectors)


def equal_power(streams: Index, padded: int) -> Array:
    """Return powers [bs, padded]: 1 divided evenly among a station's ``streams`` [bs]."""
    used = np.arange(padded) < streams[:, None]
    return used / np.maximum(streams, 1)[:, None]
