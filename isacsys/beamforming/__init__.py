"""From the schedule to beams and filters: the CSI of stations, and their designs."""

from isacsys.beamforming.beams import Beams
from isacsys.beamforming.combiners import COMBINER, Combiner
from isacsys.beamforming.frame_state import Bundle, FrameState, Grants, Schedule, Sensors, Sight
from isacsys.beamforming.precoders import PRECODER, Precoder, ZeroForcing
from isacsys.beamforming.transmitter_csi import TransmitterCsi

__all__ = [
           "COMBINER",
           "PRECODER",
           "Beams",
           "Bundle",
           "Combiner",
           "FrameState",
           "Grants",
           "Precoder",
           "Schedule",
           "Sensors",
           "Sight",
           "TransmitterCsi",
           "ZeroForcing",
]
