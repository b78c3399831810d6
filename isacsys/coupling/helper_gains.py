"""Gains of helpers: their beams towards a target, and the interference at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.beamforming import Beams, FrameState
from isacsys.channel import array_response, sampled_gains
from isacsys.core.arrays import Array
from isacsys.core.random_streams import Purpose


@dataclass(frozen=True)
class HelperGains:
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


def helped(frame_state: FrameState, beams: Beams) -> HelperGains | None:
    """Draw, target by target, the gains of helpers: their beams depend neither on the target nor on the filter.

    The gains of one station at several targets are drawn as if they were independent: of a target alone, all have
    their law. Given beams illuminate by their own pattern.
    """
    helpers = frame_state.helpers
    if helpers is None:
        return None
    rng, antennas = frame_state.name.stream(Purpose.HELPERS), frame_state.scenario.antennas.transmit
    towards = array_response.steering(helpers.cosine, antennas)
    if beams.vectors is None:
        lit = sampled_gains.beam_gains(rng, _strongest(beams.spectrum[helpers.station], antennas), towards[:, None])[
            :, 0
        ]
    else:
        seen = np.einsum("hm,hmk->hk", towards.conj(), beams.weighted[helpers.station])
        lit = np.sum(seen.real**2 + seen.imag**2, axis=-1)
    return HelperGains(lit, sampled_gains.total_gains(rng, beams.spectrum, helpers.around.station))


def _strongest(spectrum: Array, most: int) -> Array:
    """Return at most as many eigenvalues as there are dimensions: the rest are zero."""
    return spectrum if spectrum.shape[-1] <= most else -np.sort(-spectrum, axis=-1)[:, :most]
