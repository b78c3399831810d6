"""The interface of engines: CSI of stations, and gains of their beams at every receiver."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from isacsys.beamforming import Beams, Combiner, FrameState, Precoder, TransmitterCsi
from isacsys.channel import array_response
from isacsys.core.arrays import Array, Complex


@dataclass(frozen=True)
class Couplings:
    """Gains, for a station's whole power of 1, of every link of a frame; path loss comes later.

    Attributes
    ----------
    wanted, own : [stream]
        Of the beam that is meant for a user, and of its station's other beams, at that user.
    to_users : [link, near]
        Of the surrounding stations at every scheduled user; the serving one is left out.
    to_filters : [sensor, near, J]
        Of the surrounding stations through every receive filter.
    echoes : [sensor, J]
        Towards the bearings of the scheduled targets.
    filters : [sensor, J, M_r] or None
        The receive filters, unit norm, where they are not those that null requests named.
    covariance : [sensor, M_r, M_r] or None
        Of interference and noise, where the filters look at it.
    phase : [stream] or None
        ``e^(j phi)`` of the wanted amplitudes, off what the design meant; None: as it meant them, all aligned.
    believed : [stream] or None
        Gain of the wanted beam in the channel that the station knows; None: the same as ``wanted``.
    """

    wanted: Array
    own: Array
    to_users: Array
    to_filters: Array
    echoes: Array
    filters: Complex | None = None
    covariance: Complex | None = None
    phase: Complex | None = None
    believed: Array | None = None


class Engine(ABC):
    """Where channels come from. All engines obey one law: only effort, and the numbers drawn, differ."""

    @abstractmethod
    def know(self, frame_state: FrameState, precoder: Precoder) -> TransmitterCsi:
        """Return the CSI of stations, in as much detail as the precoder needs."""

    @abstractmethod
    def couple(self, frame_state: FrameState, known: TransmitterCsi, beams: Beams, combiner: Combiner) -> Couplings:
        """Return the gains of all beams at every receiver."""


def bearings(frame_state: FrameState) -> Complex:
    """Transmit steering vectors towards the scheduled targets, [sensor, J, M_t], zero where there is none."""
    sensors = frame_state.sensors
    antennas = frame_state.scenario.antennas.transmit
    return array_response.steering(sensors.cosine, antennas) * sensors.active[..., None]
