"""What stations that help to sense send towards a target, and what interferes with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.arrays import Array
from isacsys.physics import combining, fading
from isacsys.streams import Purpose
from isacsys.transmission import Beams, Situation


@dataclass(frozen=True)
class Helped:
    """Gains, for a station's whole power of 1; path loss comes later.

    Attributes
    ----------
    lit : [helper]
        Of a helper's beams towards the target.
    through : [helper, near]
        Of the stations around a helper through its filter.
    """

    lit: Array
    through: Array


def helped(situation: Situation, beams: Beams) -> Helped | None:
    """Draw, target by target, what helpers come to: no beam of theirs knows the target, nor the filter.

    The gains of one station at several targets are drawn as if they were independent: of a target alone, all have
    their law. Beams that are there light by their own pattern.
    """
    helpers = situation.helpers
    if helpers is None:
        return None
    rng, antennas = situation.name.stream(Purpose.HELPERS), situation.scenario.antennas.transmit
    towards = combining.steering(helpers.cosine, antennas)
    if beams.vectors is None:
        lit = fading.beam_gains(rng, _strongest(beams.spectrum[helpers.station], antennas), towards[:, None])[:, 0]
    else:
        seen = np.einsum("hm,hmk->hk", towards.conj(), beams.weighted[helpers.station])
        lit = np.sum(seen.real**2 + seen.imag**2, axis=-1)
    return Helped(lit, fading.total_gains(rng, beams.spectrum, helpers.around.station))


def _strongest(spectrum: Array, most: int) -> Array:
    """No more eigenvalues than there are dimensions: the rest are zero."""
    return spectrum if spectrum.shape[-1] <= most else -np.sort(-spectrum, axis=-1)[:, :most]
