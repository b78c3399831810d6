"""Receive designs: from bearings, and the interference of the frame, to the filters of a station that senses."""

from __future__ import annotations

from abc import ABC, abstractmethod

from isacsys.beamforming import receive_filters
from isacsys.core.arrays import Complex
from isacsys.plugins.kinds import PluginKind, register


class Combiner(ABC):
    """Base of every receive design: override `filters`, for all sensing stations at once.

    Where ``needs_covariance`` is True, filters are made after all stations have sent, and null requests name those of
    MRC. Where it is False, filters depend on bearings alone, and null requests name them.
    `isacsys.testing.check_combiner` runs one through the invariants of all.

    Examples
    --------
    >>> class Capon(Combiner):
    ...     def filters(self, bearings, covariance):
    ...         return np.linalg.solve(covariance, bearings.swapaxes(1, 2)).swapaxes(1, 2)
    """

    needs_covariance = True

    @abstractmethod
    def filters(self, bearings: Complex, covariance: Complex | None) -> Complex:
        """Return a filter v [sensor, J, M_r] for every target, of any norm; its output is ``v^H x``.

        Parameters
        ----------
        bearings : [sensor, J, M_r]
            Responses b of the array to the scheduled targets, unit-modulus entries; zero where there is none.
        covariance : [sensor, M_r, M_r]
            Of the frame's interference and noise: near stations as they are received, all else white. None for
            designs that do not ask for it.
        """


class Mrc(Combiner):
    """Maximum-ratio combining ``v = b``: all of the echo, whatever else arrives."""

    needs_covariance = False

    def filters(self, bearings: Complex, covariance: Complex | None = None) -> Complex:
        """Return ``b / |b|``: maximum ratio combining."""
        return bearings


class ZeroForcingCombiner(Combiner):
    """Nulls the station's other targets; null requests name these filters."""

    needs_covariance = False

    def filters(self, bearings: Complex, covariance: Complex | None = None) -> Complex:
        """Return the part of each bearing outside the span of the others."""
        return receive_filters.nulling_filters(bearings)


class Mvdr(Combiner):
    """Minimum variance, distortionless: ``C^-1 b``, the largest SIR that a filter can have."""

    def filters(self, bearings: Complex, covariance: Complex | None) -> Complex:
        """Return ``C^-1 b / |C^-1 b|``, with the covariance of the frame."""
        if covariance is None:
            raise ValueError("no covariance")
        return receive_filters.mvdr_filters(bearings, covariance)


COMBINER = register(PluginKind("combiner", Combiner, "combining.policy", {
    "mrc": Mrc, "zero_forcing": ZeroForcingCombiner, "mvdr": Mvdr}))
