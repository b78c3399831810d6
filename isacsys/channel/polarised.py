"""Channels between ports of any polarisation: for calibration. TR 38.901 section 7.5, step 11."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isacsys.channel.draws import AOA, AOD, ZOA, ZOD
from isacsys.channel.rays import Rays
from isacsys.core.arrays import Array, Complex

Pattern = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Ports:
    """The ports of an array, one or several to a link.

    Attributes
    ----------
    place : [port, 3]
        Wavelengths, seen along the bearing.
    slant : [port]
        Polarisation, rad: 0 vertical (polarisation model 2, section 7.3.2).
    bearing : [link]
        Degrees.
    tilt : float
        Angle beta, degrees.
    gain : callable, optional
        Power gain, linear, of zenith and of azimuth off the bearing (degrees); isotropic without.
    """

    place: Array
    slant: Array
    bearing: Array
    tilt: float = 0.0
    gain: Pattern | None = None

    def response(self, zenith: Array, azimuth: Array) -> Complex:
        """Return fields times phases, [link, port, 2 (theta, phi), ray], in directions ``zenith``, ``azimuth``
        [link, ray], degrees.
        """
        off = azimuth - self.bearing[:, None]
        z, a, beta = np.radians(zenith), np.radians(off), np.radians(self.tilt)
        across = np.cos(beta) * np.sin(z) - np.sin(beta) * np.cos(z) * np.cos(a)
        turned = np.arctan2(np.sin(beta) * np.sin(a), across)  # psi. (7.1-15)
        angle = self.slant[:, None] + turned[:, None]
        field = np.stack([np.cos(angle), np.sin(angle)], axis=2)
        if self.gain is not None:
            field *= np.sqrt(self.gain(zenith, off))[:, None, None]
        unit = np.stack([np.sin(z) * np.cos(a), np.sin(z) * np.sin(a), np.cos(z)], axis=1)
        return np.asarray(field * np.exp(2j * np.pi * (self.place @ unit))[:, :, None])


def matrices(rays: Rays) -> Complex:
    """Return the amplitude and polarisation of rays, [link, 2 (received), 2 (sent), ray]. (7.5-22), (7.5-29)."""
    turns = np.exp(2j * np.pi * rays.phase)  # [link, ray, pairs]
    found = np.moveaxis(turns, -1, 1).reshape(len(turns), 2, 2, -1) * np.sqrt(rays.power)[:, None, None]
    assert rays.cross is not None
    found[:, 0, 1] *= rays.cross
    found[:, 1, 0] *= rays.cross
    return np.asarray(found)


def channels(rays: Rays, transmit: Ports, receive: Ports, frequencies: Array) -> Complex:
    """Return channels [link, frequency, receive port, transmit port] at frequencies [frequency], Hz off the carrier."""
    sent = transmit.response(rays.angle[:, ZOD], rays.angle[:, AOD])
    heard = receive.response(rays.angle[:, ZOA], rays.angle[:, AOA])
    through = np.einsum("labr,lsbr->lsar", matrices(rays), sent)
    each = np.einsum("luar,lsar->lusr", heard, through)
    turned = np.exp(-2j * np.pi * rays.delay[:, None] * frequencies[:, None])
    return np.asarray(np.einsum("lusr,lfr->lfus", each, turned, optimize=True))


def powers(rays: Rays, gain: Array, slant: float) -> Array:
    """Return the power of rays from a port at two receive ports across each other, mean of both, [link, ray].

    Parameters
    ----------
    gain : [link, ray]
        Power gain of the port towards the rays.
    slant : float
        Of the port, rad.
    """
    theta, phi = np.cos(slant), np.sin(slant)
    seen = matrices(rays)
    first, second = (seen[:, i, 0] * theta + seen[:, i, 1] * phi for i in range(2))
    return np.asarray(gain * (np.abs(first) ** 2 + np.abs(second) ** 2) / 2)
