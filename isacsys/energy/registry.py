"""The built-in energy models, by name; the model of a scenario."""

from __future__ import annotations

import copy

from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.energy.base import EnergyModel, HandedIn, Unmetered
from isacsys.energy.models import Earth, Tr38864
from isacsys.plugins.kinds import PluginKind, register

HANDED_IN = "object"  # what a scenario says where the model is an object of Python
MODELS: dict[str, type[EnergyModel]] = {"none": Unmetered, "tr38864": Tr38864, "earth": Earth, HANDED_IN: HandedIn}
ENERGY_MODEL = register(PluginKind("energy model", EnergyModel, "energy.model", MODELS))
CHAINS = 2


def find_energy_model(scenario: Scenario, given: EnergyModel | None = None) -> EnergyModel | None:
    """Return the model that a scenario names, or a copy of one that is given; None for "none"."""
    e = scenario.energy
    if given is not None:
        return copy.deepcopy(given)
    if e.model in MODELS and e.parameters:
        raise ConfigError("energy.parameters", dict(e.parameters), f"none for \"{e.model}\", which has keys of its own")
    if e.model == "none":
        return None
    if e.model == HANDED_IN:
        raise ConfigError("energy.model", e.model, "together with the object: isacsys.run(..., energy_model=...)")
    if e.model == "tr38864":
        return Tr38864(e.category, e.reference_set, e.efficiency, e.reference_power)
    if e.model == "earth":
        model = Earth(e.size, e.chains or CHAINS)
        model.check(full_power(scenario))
        return model
    return ENERGY_MODEL.of(scenario)


def full_power(scenario: Scenario) -> float:
    """Return the full power of a station, W."""
    return float(10 ** ((scenario.radio.transmit_power_dbm - 30) / 10))
