"""From who is served to beams and filters: what stations know, and the designs that they make of it."""

from isacsys.transmission.beams import Beams
from isacsys.transmission.combiners import COMBINER, Combiner
from isacsys.transmission.known import Known
from isacsys.transmission.precoders import PRECODER, Precoder, ZeroForcing
from isacsys.transmission.values import Bundle, Grants, Schedule, Sensors, Sight, Situation

__all__ = ["COMBINER", "PRECODER", "Beams", "Bundle", "Combiner", "Grants", "Known", "Precoder", "Schedule",
           "Sensors", "Sight", "Situation", "ZeroForcing"]
