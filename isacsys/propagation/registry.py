"""The built-in models, by name; the model of a scenario, its heights, and its range of validity."""

from __future__ import annotations

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.core.propagation_law import PropagationLaw
from isacsys.plugins.kinds import PluginKind, register
from isacsys.propagation.antenna_patterns import ANTENNA_PATTERN
from isacsys.propagation.base import Propagation, links
from isacsys.propagation.free_space import FreeSpace, InFile, PowerLaw
from isacsys.propagation.indoor import DenseHigh, DenseLow, IndoorFactory, IndoorOffice, SparseHigh, SparseLow
from isacsys.propagation.target_types import TARGET_TYPES
from isacsys.propagation.urban import RuralMacro, UrbanMacro, UrbanMacroAerial, UrbanMicro

MODELS: dict[str, type[Propagation]] = {
    "power_law": PowerLaw, "free_space": FreeSpace, "uma": UrbanMacro, "umi": UrbanMicro, "rma": RuralMacro,
    "inh": IndoorOffice, "inf_sl": SparseLow, "inf_dl": DenseLow, "inf_sh": SparseHigh, "inf_dh": DenseHigh,
    "uma_av": UrbanMacroAerial, "file": InFile}
PROPAGATION = register(PluginKind("propagation model", Propagation, "propagation.model", MODELS))
STEEPEST = 45.0  # degrees: who writes a zenith angle below it means a tilt


def find_model(scenario: Scenario) -> Propagation:
    """Return the model that a scenario names."""
    if scenario.propagation.model == "power_law":
        if scenario.propagation.parameters:
            raise ConfigError("propagation.parameters", dict(scenario.propagation.parameters),
                              "none for \"power_law\", whose exponent is propagation.path_loss_exponent")
        return PowerLaw(scenario.propagation.path_loss_exponent)
    return PROPAGATION.of(scenario)


def law_of(scenario: Scenario) -> PropagationLaw | None:
    """Return the law of links of users over distance, for the analysis; None for the power law."""
    if scenario.propagation.model == "power_law":
        return None
    model = find_model(scenario)
    return model.law(scenario.propagation.carrier_frequency, *heights(scenario, model),
                     scenario.network.minimum_distance / 1e3)


def target_model(scenario: Scenario) -> Propagation:
    """Return the model of links to targets: that for what flies (TR 36.777) where they do and the network is UMa.

    Free space where path loss is in a file of channels, which has none to targets.
    """
    if scenario.propagation.model == "file":
        return FreeSpace()
    kind = scenario.sensing.target_type
    if scenario.propagation.model == "uma" and kind != "none" and TARGET_TYPES[kind].flies:
        return UrbanMacroAerial()
    return find_model(scenario)


def heights(scenario: Scenario, model: Propagation) -> tuple[float, float]:
    """Return the heights of stations and of users, m."""
    n = scenario.network
    return n.bs_height or model.station_height, n.user_height or model.user_height


def target_height(scenario: Scenario) -> float:
    """Return the height of targets, m."""
    model = target_model(scenario)
    return scenario.network.target_height or heights(scenario, model)[1]


def check_propagation(scenario: Scenario) -> None:
    """Raise ConfigError for a model that does not exist, a carrier it does not know, and heights that cannot be."""
    model, f = find_model(scenario), scenario.propagation.carrier_frequency
    _check_pattern(scenario)
    low, high = model.validity.frequency
    if not low <= f <= high:
        raise ConfigError("propagation.carrier_frequency", f,
                          f"{low:g} to {high:g} Hz with propagation.model = \"{scenario.propagation.model}\"")
    if scenario.propagation.rician_factor_db == "tr38901" and model.factor is None:
        raise ConfigError("propagation.rician_factor_db", "tr38901", "a number, or a model of propagation that has "
                          f"Rician factors, as \"uma\", and not \"{scenario.propagation.model}\"")
    mast, user = heights(scenario, model)
    if isinstance(model, UrbanMacro | UrbanMicro) and min(mast, user) <= 1:
        key, value = ("bs_height", mast) if mast <= 1 else ("user_height", user)
        raise ConfigError(f"network.{key}", value, "above 1 m, the effective height of the environment")
    if isinstance(model, IndoorFactory) and model.HIGH and not user < model.clutter_height < mast:
        raise ConfigError("network.bs_height", mast, f"above the clutter, {model.clutter_height:g} m, and the users "
                          f"below it, not at {user:g} m")
    _check_aloft(scenario)
    _check_plane(scenario, model)


def _check_pattern(scenario: Scenario) -> None:
    """Raise ConfigError for a pattern that cannot be had, or that is tilted twice: by its file and by a column."""
    a = scenario.antennas
    if not ANTENNA_PATTERN.of(scenario).tilts_in_file:
        return
    for key, value, plain in (("vertical_elements", a.vertical_elements, 1), ("downtilt", a.downtilt, 90)):
        if value != plain:
            raise ConfigError(f"antennas.{key}", value, f"{plain} with a pattern from a file, {a.pattern}, which has "
                              "its column and electrical tilt in it")


def _check_plane(scenario: Scenario, model: Propagation) -> None:
    """Raise ConfigError where an infinite plane of stations would give infinite power."""
    n = scenario.network
    if not scenario.built or n.layout not in ("poisson", "fixed_count") or n.far_field == "torus" \
            or n.boundary == "open":
        return
    far = links(np.array([1e5, 1e6]), *heights(scenario, model), scenario.propagation.carrier_frequency, False)
    if np.diff(model.path_loss(far)) <= 20 + 1e-6:
        raise ConfigError("network.far_field", n.far_field, f"\"torus\" with propagation.model = "
                          f"\"{scenario.propagation.model}\": an infinite plane would give infinite power")


def _check_aloft(scenario: Scenario) -> None:
    height = target_height(scenario)
    if height > 300 and isinstance(target_model(scenario), UrbanMacroAerial):
        raise ConfigError("network.target_height", height, "at most 300 m: TR 36.777 goes no higher")


def range_warnings(scenario: Scenario) -> list[str]:
    """Return one line for every setting outside the range in which a model holds."""
    if not scenario.built:
        return []
    model, pattern = find_model(scenario), ANTENNA_PATTERN.of(scenario)
    mast, user = heights(scenario, model)
    found = [*pattern.remarks, _outside("network.bs_height", mast, model.validity.station_height, scenario),
             _outside("network.user_height", user, model.validity.user_height, scenario)]
    if scenario.network.most_storeys:
        found.append(_outside("network.most_storeys: the highest user", user + 3 * (scenario.network.most_storeys - 1),
                              model.validity.user_height, scenario))
    if scenario.allocation.targets_per_bs:
        found.append(_outside("network.target_height", target_height(scenario),
                              target_model(scenario).validity.user_height, scenario))
    if scenario.antennas.downtilt < STEEPEST:
        found.append(f"antennas.downtilt = {scenario.antennas.downtilt:g} is a zenith angle: a beam "
                     f"{90 - scenario.antennas.downtilt:g} degrees above the horizon; 102 is 12 degrees below it")
    if scenario.network.boundary == "open" and not scenario.network.cells:
        found.append("network.boundary = \"open\": stations at the edge receive less interference, which biases means")
    return [line for line in found if line]


def _outside(key: str, value: float, allowed: tuple[float, float], scenario: Scenario) -> str:
    low, high = allowed
    if low <= value <= high:
        return ""
    wanted = f"{low:g}" if low == high else f"{low:g} to {high:g}" if np.isfinite(high) else f"at least {low:g}"
    return f"{key} = {value:g} m: \"{scenario.propagation.model}\" holds for {wanted} m"
