"""From who is served to beams: what stations know, and the designs that they make of it."""

from isacsys.transmission.beams import Beams
from isacsys.transmission.known import Known
from isacsys.transmission.precoders import Precoder, ZeroForcing
from isacsys.transmission.values import Bundle, Grants, Schedule, Sensors, Situation

__all__ = ["Beams", "Bundle", "Grants", "Known", "Precoder", "Schedule", "Sensors", "Situation", "ZeroForcing"]
