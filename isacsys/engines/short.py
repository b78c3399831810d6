"""Every gain in its smallest exact form: what a design does not know is a law (see `physics.fading`)."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array, Complex
from isacsys.engines.base import Couplings, Engine, bearings
from isacsys.errors import InfeasibleDesign
from isacsys.physics import ageing, fading, given_channels
from isacsys.physics.gaussian import complex_normal
from isacsys.physics.precoding import ZeroForced
from isacsys.streams import Purpose
from isacsys.transmission import Beams, Known, Precoder, Situation, csi, known

_NO_FILTERS, _NO_ECHOES = np.empty((0, 1, 1)), np.empty((0, 1))


class Short(Engine):
    """Draws gains from the streams of a frame; vectors only of channels that a scheduler has looked at."""

    def know(self, situation: Situation, precoder: Precoder) -> Known:
        """Return laws, or the channels that a scheduler has looked at, with those to be nulled beside them."""
        if precoder.needs_channels:
            raise InfeasibleDesign(f"{type(precoder).__name__} looks at channels: set simulation.engine = \"vectors\"")
        by_law = known.law(situation)
        if situation.schedule.channels is None:
            return by_law
        own = known.by_stream(situation, situation.schedule.channels)
        return known.with_vectors(situation, own, _nulled(by_law), by_law.nulls)

    def couple(self, situation: Situation, known: Known, beams: Beams) -> Couplings:
        """Draw what zero-forcing beams come to."""
        if beams.zero_forced is None:
            raise InfeasibleDesign("beams that do not null what they know: set simulation.engine = \"vectors\"")
        sensing = len(situation.selection.targets) > 0
        return Couplings(*_own(situation, beams.zero_forced), _to_users(situation, beams),
                         _to_filters(situation, beams) if sensing else _NO_FILTERS,
                         _echoes(situation, beams) if sensing else _NO_ECHOES)


def _nulled(by_law: Known) -> Complex | None:
    """Draw the channels that a station is to null, [bs, n, M_t]: isotropic ones, of which only the number counts."""
    if not by_law.nulls.any():
        return None
    shape = (len(by_law.nulls), int(by_law.nulls.max()), by_law.antennas)
    return complex_normal(by_law.name.stream(Purpose.NULLS_HELD), shape)


def _own(situation: Situation, design: ZeroForced) -> tuple[Array, Array]:
    """Read the wanted gains off the design; zero forcing leaves leakage only where channels have aged."""
    links, rho = situation.selection.users, csi.own_correlation(situation)
    streams = links.count[links.station]
    gain = design.gain[links.station, links.slot] / streams
    if rho is None:
        return gain, np.zeros_like(gain)
    signal, leakage = ageing.own_gains(situation.name.stream(Purpose.AGEING), gain * streams, design.factor,
                                       links.station, links.slot, rho)
    return signal / streams, leakage / streams


def _to_users(situation: Situation, beams: Beams) -> Array:
    """Draw total gains; stations that granted a null give none but what leaks because it has aged."""
    around, gains = situation.around_users, np.zeros(situation.around_users.station.shape)
    gains[:, 1:] = fading.total_gains(situation.name.stream(Purpose.USER_INTERFERENCE), beams.spectrum,
                                      around.station[:, 1:])
    nulled, rho = situation.grants.user_granted, csi.cross_correlation(situation)
    leaked = 0.0 if rho is None else ageing.leakage(rho)[:, None]
    gains[:, :nulled.shape[1]] *= np.where(nulled, leaked, 1.0)
    return gains


def _to_filters(situation: Situation, beams: Beams) -> Array:
    """Draw gains through the filters of a station jointly, nulled filters projected out."""
    sensors, grants = situation.sensors, situation.grants
    return fading.filtered_gains(situation.name.stream(Purpose.TARGET_INTERFERENCE), beams.spectrum,
                                 sensors.around.station, sensors.filters, grants.pairs, grants.residual)


def _echoes(situation: Situation, beams: Beams) -> Array:
    """Draw the gains of a Haar-distributed frame of beams towards the bearings; of beams that are there, compute."""
    sensors = situation.sensors
    if beams.vectors is not None:
        streams = np.maximum(situation.selection.users.count[sensors.station], 1)
        return given_channels.beam_gains(beams.vectors[sensors.station], bearings(situation)) / streams[:, None]
    return fading.beam_gains(situation.name.stream(Purpose.ECHOES), beams.spectrum[sensors.station],
                             bearings(situation))
