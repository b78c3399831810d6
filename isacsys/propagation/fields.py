"""Gaussian fields over the torus: what belongs to a place is found there again, and nobody has to keep it."""

from __future__ import annotations

import numpy as np

from isacsys.core.arrays import Array, Index

WAVES = 96  # of a field
SHORTEST = 1e-3  # m: a correlation distance of 0 stands for it
STEPS = 1 << 13  # of a turn
GOLDEN = (np.sqrt(5) - 1) / 2
# A look-up costs a third of a sine.
_SINE = np.sin(2 * np.pi * np.arange(STEPS + STEPS // 4) / STEPS).astype(np.float32)
_COSINE = _SINE[STEPS // 4:]


class Waves:
    """Waves that fit the torus, of the spectrum of ``exp(-r/d)``: common to all fields of one correlation distance.

    In two dimensions ``exp(-r/d)`` has the radial spectrum ``k d^2 (1 + k^2 d^2)^(-3/2)``, so that
    ``k = sqrt((1-u)^-2 - 1) / d`` for uniform u. Wave numbers are stratified, and rounded to those of the torus:
    there is no seam. Given the waves, a field is exactly Gaussian of variance 1.

    Parameters
    ----------
    side : [2]
        Sides of the torus, m.
    correlation : float
        d, m.
    rng : numpy.random.Generator
    """

    def __init__(self, side: Array, correlation: float, rng: np.random.Generator) -> None:
        u = (np.arange(WAVES) + rng.random(WAVES)) / WAVES
        number = np.sqrt((1 - u) ** -2 - 1) / max(correlation, SHORTEST)
        angle = 2 * np.pi * (rng.random() + GOLDEN * np.arange(WAVES))  # spread evenly among the wave numbers, too
        wave = np.stack([np.cos(angle), np.sin(angle)]) * number / (2 * np.pi)
        self._turns = np.rint(wave * np.asarray(side)[:, None]) / np.asarray(side)[:, None]  # [2, wave], per m

    def basis(self, position: Array) -> Array:
        """Return cosines and sines [n, 2 waves] at places [n, 2] in m."""
        turns = position @ self._turns
        turns *= STEPS
        step = np.rint(turns, out=turns).astype(np.int64)
        step &= STEPS - 1
        return np.concatenate([np.take(_COSINE, step), np.take(_SINE, step)], axis=1)


class Field:
    """Independent standard Gaussian fields, one for each of a number of sites.

    Parameters
    ----------
    waves : Waves
    sites : int
    rng : numpy.random.Generator
    common : float
        Correlation between the fields of two sites at one place.
    """

    def __init__(self, waves: Waves, sites: int, rng: np.random.Generator, common: float = 0.0) -> None:
        self._waves = waves
        own = rng.standard_normal((sites, 2 * WAVES))
        if common:
            own = np.sqrt(common) * rng.standard_normal(2 * WAVES) + np.sqrt(1 - common) * own
        self._amplitudes = (own / np.sqrt(WAVES)).astype(np.float32)

    def everywhere(self, position: Array) -> Array:
        """Return the values [n, site] of all fields at places [n, 2] in m."""
        return np.asarray(self._waves.basis(position) @ self._amplitudes.T)

    def of(self, position: Array, site: Index) -> Array:
        """Return the values [n, m] of the fields of sites [n, m] at places [n, 2] in m."""
        basis, found = self._waves.basis(position), np.empty(site.shape, np.float32)
        step = max(1, (1 << 22) // (site.shape[1] * 2 * WAVES))
        for start in range(0, len(site), step):
            rows = slice(start, start + step)
            found[rows] = np.einsum("nw,nmw->nm", basis[rows], self._amplitudes[site[rows]], optimize=True)
        return found
