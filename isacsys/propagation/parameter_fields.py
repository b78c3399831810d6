"""Fields of large-scale parameters: of every site, over the places of users. TR 38.901 section 7.5, step 4."""

from __future__ import annotations

import numpy as np

from isacsys.channel.parameters import SF, Environment, State
from isacsys.core.arrays import Array
from isacsys.propagation.fields import Field, Waves


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
