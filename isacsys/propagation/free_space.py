"""Free space, and the power law that the rest of isacsys is normalised by."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array
from isacsys.core.units import LIGHT_3GPP
from isacsys.propagation.base import PathLossLinks, Propagation


class FreeSpace(Propagation):
    """Free space: ``20 lg(4 pi d f / c)``, always a line of sight (Friis 1946)."""

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return the loss between isotropic antennas, dB."""
        return np.asarray(20 * np.log10(4 * np.pi * links.distance_3d * links.frequency / LIGHT_3GPP))


class PowerLaw(Propagation):
    """The power law ``10 alpha lg(d / 1 km)``, relative to 1 km and blind to heights.

    Parameters
    ----------
    exponent : float
        alpha.
    """

    def __init__(self, exponent: float = 4.0) -> None:
        self.exponent = exponent

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return the loss relative to 1 km, dB."""
        return np.asarray(10 * self.exponent * np.log10(links.distance / 1e3))


class InFile(Propagation):
    """No loss: that of a link is in the channels of ``fading.file``."""

    def path_loss(self, links: PathLossLinks) -> Array:
        """Return 0 dB."""
        return np.zeros(np.shape(links.distance))
