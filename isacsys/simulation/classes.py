"""Sums over links that are alike: what the analysis needs to know of a drop, in a few rows."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array, Index, Table
from isacsys.physics import accounting
from isacsys.scenario import Scenario
from isacsys.simulation.values import FrameRecord, LinkTerms


class Classes:
    """The links of a drop, counted and summed by kind, streams and degrees of freedom of their stations.

    The law of the degrees of freedom that typical users met is in it, and what rates would have been had every member
    of every cluster nulled, and nobody else: with them a closed form can be held against a network in which requests
    are random, some are refused, and nulls for one target help another.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._antennas = scenario.antennas.transmit
        self._own_counts = (True, scenario.sensing.inter_target_echo)
        self._shape = (2, scenario.allocation.users_per_bs + 1, self._antennas + 2)
        self._sums = np.zeros((3, *self._shape))

    def add(self, record: FrameRecord) -> None:
        """Add the links of a frame."""
        situation = record.situation
        streams = situation.selection.users.count
        freedom = self._antennas + 1 - streams - situation.grants.constraints
        for kind, (_, links, terms) in enumerate(record.links):
            if not len(links):
                continue
            rate = nulled_rate(terms, self._own_counts[kind], (np.zeros(1), record.held_back)[kind])
            self._sums[:, kind] += self._frame(streams[links.station], freedom[links.station], terms.weight, rate)

    def columns(self) -> Table:
        """Return the rows of table ``classes``, but for the drop."""
        kind, streams, freedom = np.nonzero(self._sums[0])
        links, weight, rate = self._sums[:, kind, streams, freedom]
        return {"kind": kind, "streams": streams, "degrees_of_freedom": freedom, "links": links.astype(np.int64),
                "weight": weight, "weighted_rate_nulled": rate}

    def _frame(self, streams: Index, freedom: Index, weight: Array, rate: Array) -> Array:
        shape = self._shape[1:]
        place = streams * shape[1] + freedom
        values = (np.ones(len(place)), weight, weight * rate)
        return np.array([np.bincount(place, value, shape[0] * shape[1]).reshape(shape) for value in values])


def nulled_rate(terms: LinkTerms, own_counts: bool, held_back: Array) -> Array:
    """Rate of every link, had all members of its cluster nulled perfectly, and nobody else held power back."""
    if not (terms.interference_refused.any() or terms.leakage_granted.any() or held_back.any()):
        return terms.rate
    others = (terms.interference_other, held_back, terms.far_field, terms.noise)
    return accounting.rate(accounting.sir(terms.signal, terms.own * own_counts, *others))
