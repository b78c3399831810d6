"""Gaussian fields over the torus, as functions of the place: the same place has the same value, without storage.

Fields of large-scale parameters are those of every site, over the places of users: TR 38.901 section 7.5, step 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from isacsys.channel.parameters import SF, Environment, State
from isacsys.core.arrays import Array, Index

WAVES = 96  # of a field
DENSE = 6  # times as many sites as are asked for: up to there one product of all is faster than fetching some
AT_ONCE = 1 << 17  # numbers, which stay in the cache
SHORTEST = 1e-3  # m: a correlation distance of 0 stands for it
STEPS = 1 << 13  # of a turn
GOLDEN = (np.sqrt(5) - 1) / 2
# A look-up costs a third of a sine.
_WAVE = np.exp(2j * np.pi * np.arange(STEPS) / STEPS)


@dataclass(frozen=True)
class SiteLists:
    """Sites that places look at, where those of a list are the same for many places in turn.

    Attributes
    ----------
    site : [list, m]
    number : [n]
        Of the list of every place.
    """

    site: Index
    number: Index

    def __getitem__(self, rows: Index) -> SiteLists:
        return SiteLists(self.site, self.number[rows])


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
        self._steps = np.rint(wave * np.asarray(side)[:, None]) / np.asarray(side)[:, None] * STEPS  # [2, wave], per m

    def basis(self, position: Array) -> Array:
        """Return the cosine and the sine of every wave in turn, [n, 2 waves], at ``position`` [n, 2], m.

        Steps are sums of two products, rounded one by one: a matrix product, fused on some processors, would now and
        then take the step beside.
        """
        steps = position[:, :1] * self._steps[0]
        steps += position[:, 1:] * self._steps[1]
        step = np.rint(steps, out=steps).astype(np.int64)
        step &= STEPS - 1
        return np.take(_WAVE, step).view(float)


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
        # in double precision: sums of single precision differ by 1e-6 from one processor to another
        self._amplitudes = np.ascontiguousarray((own / np.sqrt(WAVES)).reshape(sites, 2, WAVES).swapaxes(1, 2)
                                                ).reshape(sites, 2 * WAVES)  # as in `Waves.basis`

    def everywhere(self, position: Array) -> Array:
        """Return the values [n, site] of all fields at ``position`` [n, 2], m."""
        if len(position) * 2 * WAVES <= AT_ONCE:
            return self._waves.basis(position) @ self._amplitudes.T
        found = np.empty((len(position), len(self._amplitudes)))
        for rows in _chunks(len(position), 2 * WAVES):
            np.matmul(self._waves.basis(position[rows]), self._amplitudes.T, out=found[rows])
        return found

    def of(self, position: Array, site: Index) -> Array:
        """Return the values [n, m] of the fields of sites [n, m] at ``position`` [n, 2], m."""
        if len(self._amplitudes) <= DENSE * site.shape[1]:
            return np.take_along_axis(self.everywhere(position), site, axis=1)
        found = np.empty(site.shape)
        for rows in _chunks(len(site), 2 * WAVES * site.shape[1]):
            basis = self._waves.basis(position[rows])
            found[rows] = (self._amplitudes.take(site[rows], axis=0) @ basis[..., None])[..., 0]
        return found

    def of_lists(self, position: Array, lists: SiteLists) -> Array:
        """Return the values [n, m] of the fields of listed sites at ``position`` [n, 2], m: one product a list."""
        basis, found = self._waves.basis(position), np.empty((len(position), lists.site.shape[1]))
        ends = np.append(np.flatnonzero(np.diff(lists.number)) + 1, len(position)).tolist()
        for start, stop in zip([0, *ends], ends, strict=False):
            if stop > start:
                sites = self._amplitudes.take(lists.site[lists.number[start]], axis=0)
                np.matmul(basis[start:stop], sites.T, out=found[start:stop])
        return found

    def common(self, position: Array, site: Index, one: Index, other: Index) -> Array:
        """Return ``f_i(x_j) + f_j(x_i)`` [p, m] of the fields of ``site`` [n] at ``position`` [n, 2], m.

        i is ``one`` [p] and j ``other`` [p, m], numbers of places.
        """
        basis, found = self._waves.basis(position), np.empty(other.shape)
        for rows in _chunks(len(one), 4 * WAVES * other.shape[1]):
            i, j = one[rows], other[rows]
            there = basis.take(j, axis=0) @ self._amplitudes.take(site[i], axis=0)[..., None]
            there += self._amplitudes.take(site[j], axis=0) @ basis.take(i, axis=0)[..., None]
            found[rows] = there[..., 0]
        return found


def _chunks(rows: int, numbers: int) -> Iterator[slice]:
    """Cut ``rows`` of so many ``numbers`` each into slices that stay in the cache."""
    step = max(1, AT_ONCE // numbers)
    return (slice(start, start + step) for start in range(0, rows, step))


class ParameterFields:
    """Gaussian fields of K, DS, ASD, ASA, ZSD and ZSA of all sites, in every state; shadowing is given.

    Parameters
    ----------
    environment : Environment
    sites : int
    side : [2]
        Of the torus, m.
    scale : float
        Factor on the correlation distances.
    rng : numpy.random.Generator
    """

    def __init__(self, environment: Environment, sites: int, side: Array, scale: float,
                 rng: np.random.Generator) -> None:
        self._fields: dict[str, list[Field | None]] = {}
        for name in environment.states:
            state = environment.state(name)
            self._fields[name] = [self._field(state, i, sites, side, scale, rng) for i in range(7)]

    @staticmethod
    def _field(state: State, number: int, sites: int, side: Array, scale: float,
               rng: np.random.Generator) -> Field | None:
        if number == SF or np.isnan(state.distances[number]):
            return None
        return Field(Waves(side, scale * state.distances[number], rng), sites, rng)

    def standard(self, state: State, position: Array, shadowing: Array) -> Array:
        """Return correlated normal numbers [user, site, 7] at ``position`` [user, 2], m, of links in a state.

        Parameters
        ----------
        shadowing : [user, site]
            Normal, above 0 where there is more power: the first of step 4, so that it stays as it is.
        """
        fields = self._fields[state.name]
        independent = np.zeros((*shadowing.shape, 7))
        independent[..., SF] = shadowing
        for i, field in enumerate(fields):
            if field is not None:
                independent[..., i] = field.everywhere(position)
        return independent @ state.lower.T
