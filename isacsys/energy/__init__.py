"""Power that base stations draw, asleep and awake."""

from isacsys.energy.base import EnergyModel, SleepState, Stations, stations
from isacsys.energy.meter import EnergyMeter
from isacsys.energy.registry import ENERGY_MODEL, HANDED_IN, find_energy_model, full_power

__all__ = ["ENERGY_MODEL", "HANDED_IN", "EnergyMeter", "EnergyModel", "SleepState", "Stations", "find_energy_model",
           "full_power", "stations"]
