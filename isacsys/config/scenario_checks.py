"""Checks of settings against each other, and remarks on settings that are easily meant otherwise."""

from __future__ import annotations

from isacsys.config.scenario_values import FILES, SECTIONS, ScenarioValues
from isacsys.config.toml_text import toml_value
from isacsys.core.errors import ConfigError
from isacsys.core.frames import frames_until, in_frames

_TOGETHER = {"combining.policy": "mrc", "sensing.cfar_cells": 0, "sensing.inter_target_echo": False}
MAXIMUM_POINTS = 1e9
MOST_LEAD_FRAMES = 10_000
SHORTEST_LIFE = 0.01  # of a frame


def check(scenario: ScenarioValues) -> None:
    """Raise ConfigError where settings do not go together."""
    for rule in (_check_kinds, _check_allocation, _check_files, _check_network, _check_built, _check_sensing,
                 _check_time, _check_fading, _check_lists):
        rule(scenario)


def _check_kinds(scenario: ScenarioValues) -> None:
    for name, section in SECTIONS.items():
        given = getattr(scenario, name)
        if not isinstance(given, section):
            raise ConfigError(name, given, f"an object of isacsys.config.sections.{section.__name__}; mappings go into "
                              "Scenario.from_dict")


def _check_allocation(scenario: ScenarioValues) -> None:
    a, antennas = scenario.allocation, scenario.antennas
    if a.users_per_bs > antennas.transmit:
        raise ConfigError("allocation.users_per_bs", a.users_per_bs, f"at most antennas.transmit = {antennas.transmit}")
    if a.targets_per_bs > a.max_targets_per_bs:
        raise ConfigError("allocation.targets_per_bs", a.targets_per_bs,
                          f"at most allocation.max_targets_per_bs = {a.max_targets_per_bs}")


def _check_sensing(scenario: ScenarioValues) -> None:
    time, frame = scenario.sensing.coherent_time, scenario.simulation.frame_duration
    if in_frames(time, frame) > 1:
        raise ConfigError("sensing.coherent_time", time, f"at most simulation.frame_duration = {frame:g}")
    if scenario.tracking.enabled and not scenario.allocation.targets_per_bs:
        raise ConfigError("tracking.enabled", True, "tracks only with allocation.targets_per_bs at least 1")
    for key in ("policy", "target_policy"):
        if scenario.get(f"scheduling.{key}") == "due" and not scenario.targets.revisit_period:
            raise ConfigError("targets.revisit_period", 0.0, f"above 0 s with scheduling.{key} = \"due\"")
    if scenario.cooperation.sensing == "multistatic":
        for key, known in _TOGETHER.items():
            if scenario.get(key) != known:
                raise ConfigError(key, scenario.get(key), f"{toml_value(known)} with cooperation.sensing = "
                                  "\"multistatic\"")


def _check_time(scenario: ScenarioValues) -> None:
    frame, life, backhaul = scenario.simulation.frame_duration, scenario.targets.lifetime, scenario.backhaul
    key = "lead" if backhaul.lead >= 0 else "latency"
    if frames_until(getattr(backhaul, key), frame) > MOST_LEAD_FRAMES:
        raise ConfigError(f"backhaul.{key}", getattr(backhaul, key),
                          f"at most {MOST_LEAD_FRAMES} frames, {MOST_LEAD_FRAMES * frame:g} s")
    if 0 < in_frames(life, SHORTEST_LIFE * frame) < 1:
        raise ConfigError("targets.lifetime", life, f"0, or at least {SHORTEST_LIFE} frames, "
                          f"{SHORTEST_LIFE * frame:g} s")


def _check_files(scenario: ScenarioValues) -> None:
    for key, chooser in FILES.items():
        if scenario.get(key) and scenario.get(chooser) != "file":
            raise ConfigError(key, scenario.get(key), f"a file only with {chooser} = \"file\"")
        if scenario.get(chooser) == "file" and not scenario.get(key) and chooser != "network.layout":
            raise ConfigError(chooser, "file", f"a file named by {key}")


def _check_network(scenario: ScenarioValues) -> None:
    n, a = scenario.network, scenario.allocation
    expected = n.bs_density * n.area
    for key in ("communication_cluster", "sensing_cluster"):
        if n.layout != "file" and getattr(a, key) > expected:
            raise ConfigError(f"allocation.{key}", getattr(a, key),
                              f"at most the expected number of base stations, bs_density x area = {expected:g}")
    points = expected * (1 + n.users_per_cell + n.targets_per_cell)
    if points > MAXIMUM_POINTS:
        raise ConfigError("network.area", n.area, f"at most {MAXIMUM_POINTS:g} expected points, not {points:g}")


def _check_built(scenario: ScenarioValues) -> None:
    n, s = scenario.network, scenario.sensing
    if scenario.propagation.model == "power_law":
        for key, off in (("network.indoor_share", 0.0), ("sensing.target_type", "none"), ("sensing.clutter", False)):
            if scenario.get(key) != off:
                raise ConfigError(key, scenario.get(key), f"{toml_value(off)} with propagation.model = \"power_law\"")
    if n.indoor_share and n.fewest_storeys == 0 and n.most_storeys > 0:
        raise ConfigError("network.fewest_storeys", 0, "at least 1 where network.most_storeys is given")
    if s.clutter and scenario.propagation.model not in ("uma", "umi", "rma", "uma_av"):
        raise ConfigError("sensing.clutter", True, "false but with \"uma\", \"umi\" or \"rma\"")


def _check_lists(scenario: ScenarioValues) -> None:
    """Raise ConfigError where neighbour lists do not go with the rest."""
    count, a = scenario.network.neighbour_sites, scenario.allocation
    if not count:
        return
    least = max(a.communication_cluster, a.sensing_cluster)
    if not scenario.built:
        raise ConfigError("network.neighbour_sites", count, "0 with the power law and stations that all look alike, "
                          "which are found by distance")
    if scenario.fading.model != "rayleigh":
        raise ConfigError("network.neighbour_sites", count, f"0 with fading.model = \"{scenario.fading.model}\"")
    if count < least:
        raise ConfigError("network.neighbour_sites", count, f"0, or at least {least}, the stations of a cluster")


def _check_fading(scenario: ScenarioValues) -> None:
    """Raise ConfigError where channels of single links do not go with the rest."""
    f = scenario.fading
    if f.release not in (14, 19):
        raise ConfigError("fading.release", f.release, "14 or 19")
    if scenario.propagation.model == "file" and f.model != "file":
        raise ConfigError("fading.model", f.model, "\"file\" with propagation.model = \"file\"")
    if not scenario.explicit_channels:
        return
    beside = "fading.subbands above 1" if f.model == "rayleigh" else f"fading.model = \"{f.model}\""
    if scenario.simulation.engine == "short":
        raise ConfigError("simulation.engine", "short", f"\"auto\" or \"vectors\" with {beside}")
    if scenario.propagation.rician_factor_db not in ("none", -float("inf")):
        raise ConfigError("propagation.rician_factor_db", scenario.propagation.rician_factor_db,
                          f"\"none\" with {beside}, which has lines of sight of its own or none")
    if (f.model == "file") != (scenario.propagation.model == "file"):
        raise ConfigError("propagation.model", scenario.propagation.model, "\"file\" with fading.model = \"file\", and "
                          "nothing else: path loss is in the channels")


def remarks(scenario: ScenarioValues) -> list[str]:
    """Return one line for every setting that is feasible but easily meant otherwise."""
    a, antennas, lines = scenario.allocation, scenario.antennas.transmit, []
    if scenario.simulation.engine == "short":
        lines.append("simulation.engine = \"short\" is \"auto\" by its older name, and goes in version 0.4")
    cooperative = a.communication_cluster > 1 or (a.sensing_cluster > 1 and a.targets_per_bs > 0)
    if cooperative and scenario.demand > antennas:
        lines.append(f"K L + J (Q - 1) + 1 = {scenario.demand} exceeds antennas.transmit = {antennas}: "
                     "requests for nulls will be refused")
    if scenario.silent:
        lines.append("every base station is in the cluster of every user, and there is no noise: nothing disturbs, "
                     "no SIR is finite, and there is no rate")
    still = scenario.fading.doppler_speed == 0 or (scenario.fading.doppler_speed == "automatic" and not scenario.moving)
    if scenario.fading.model in ("tr38901", "file") and scenario.simulation.frames > 1 and still:
        lines.append("nobody moves, and fading.doppler_speed is 0: channels are the same in every frame, which are "
                     "no replications")
    frame = scenario.simulation.frame_duration
    late = in_frames(scenario.backhaul.latency, frame) > scenario.lead_frames
    if cooperative and scenario.backhaul.latency_law == "constant" and late:
        ahead = scenario.lead_frames * frame
        lines.append(f"backhaul.latency = {scenario.backhaul.latency:g} exceeds the {ahead:g} s by which schedules are "
                     "fixed ahead: every request for a null will be late")
    return lines
