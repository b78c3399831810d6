"""The sections of a scenario, and values derived from their settings."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, get_type_hints

from isacsys.config import sections
from isacsys.config.energy import EnergySettings
from isacsys.config.link import LinkSettings
from isacsys.config.rules import Section
from isacsys.config.sections import TARGET_SPREADS
from isacsys.core.errors import ConfigError
from isacsys.core.frames import frames_until

FILES = {"network.positions": "network.layout", "network.cells": "network.layout",
         "network.users_file": "network.layout", "network.targets_file": "network.layout",
         "mobility.positions": "mobility.model",
         "traffic.arrivals": "traffic.model", "fading.file": "fading.model"}
MOVED = {"traffic.bandwidth": "radio.bandwidth"}  # as logs of version 0.1 have it
SUFFIXES = {"antennas.pattern": (".msi", ".pln", ".csv")}  # settings that name a file where it ends so


@dataclass(frozen=True, kw_only=True)
class ScenarioValues:
    """The sections of a scenario, one field each, and values derived from them."""

    network: sections.NetworkSettings = field(default_factory=sections.NetworkSettings)
    antennas: sections.AntennasSettings = field(default_factory=sections.AntennasSettings)
    allocation: sections.AllocationSettings = field(default_factory=sections.AllocationSettings)
    propagation: sections.PropagationSettings = field(default_factory=sections.PropagationSettings)
    radio: sections.RadioSettings = field(default_factory=sections.RadioSettings)
    link: LinkSettings = field(default_factory=LinkSettings)
    fading: sections.FadingSettings = field(default_factory=sections.FadingSettings)
    sensing: sections.SensingSettings = field(default_factory=sections.SensingSettings)
    precoding: sections.PrecodingSettings = field(default_factory=sections.PrecodingSettings)
    combining: sections.CombiningSettings = field(default_factory=sections.CombiningSettings)
    cooperation: sections.CooperationSettings = field(default_factory=sections.CooperationSettings)
    scheduling: sections.SchedulingSettings = field(default_factory=sections.SchedulingSettings)
    nulling: sections.NullingSettings = field(default_factory=sections.NullingSettings)
    backhaul: sections.BackhaulSettings = field(default_factory=sections.BackhaulSettings)
    csi: sections.CsiSettings = field(default_factory=sections.CsiSettings)
    mobility: sections.MobilitySettings = field(default_factory=sections.MobilitySettings)
    traffic: sections.TrafficSettings = field(default_factory=sections.TrafficSettings)
    targets: sections.TargetsSettings = field(default_factory=sections.TargetsSettings)
    tracking: sections.TrackingSettings = field(default_factory=sections.TrackingSettings)
    energy: EnergySettings = field(default_factory=EnergySettings)
    simulation: sections.SimulationSettings = field(default_factory=sections.SimulationSettings)
    recording: sections.RecordingSettings = field(default_factory=sections.RecordingSettings)

    def get(self, dotted: str) -> Any:
        """Return the value of ``"section.key"``, or of ``"section.parameters.name"`` (None where there is none)."""
        section, key, inner = split(dotted, None)
        value = getattr(getattr(self, section), key)
        return value.get(inner) if inner else value

    @property
    def echo_gain(self) -> float:
        """c = xi * Delta T * kappa * M_r, the gain of an echo."""
        s = self.sensing
        return s.rcs * self.processing_gain * s.mismatch_loss * self.antennas.receive

    @property
    def bandwidth(self) -> float:
        """Bandwidth of the waveform, Hz."""
        return self.radio.bandwidth

    @property
    def processing_gain(self) -> float:
        """Delta T, what the echo gains by coherent processing."""
        s = self.sensing
        return s.coherent_time * self.bandwidth if s.coherent_time > 0 else s.matched_filter_gain

    @property
    def files(self) -> dict[str, str]:
        """The files that it names, by setting."""
        names = {key: str(self.get(key)) for key in (*FILES, *SUFFIXES)}
        return {key: name for key, name in names.items()
                if name and (key in FILES or Path(name).suffix.lower() in SUFFIXES[key])}

    @cached_property
    def detecting(self) -> bool:
        """Whether detection and accuracy of targets are computed."""
        s = self.sensing
        asked = s.coherent_time > 0 or s.fluctuation != "none" or s.cfar_cells > 0 or s.false_alarm != "automatic"
        return self.allocation.targets_per_bs > 0 and (asked or self.tracking.enabled or self.multistatic)

    @property
    def false_alarm(self) -> float:
        """P_fa of a look."""
        asked = self.sensing.false_alarm
        return 1e-6 if isinstance(asked, str) else asked

    @property
    def rcs_deviation(self) -> float:
        """Standard deviation of a lognormal RCS, dB."""
        asked = self.sensing.fluctuation_deviation
        return TARGET_SPREADS.get(self.sensing.target_type, 3.74) if isinstance(asked, str) else asked

    @property
    def built(self) -> bool:
        """Whether the network is more than stations that all look alike under a power law on a torus."""
        n, a = self.network, self.antennas
        return (self.propagation.model != "power_law" or n.sectors > 1 or a.pattern != "omni" or n.boundary == "open"
                or a.vertical_elements > 1)

    @property
    def user_noise(self) -> float:
        """Noise of a user over the power that a base station sends (power law: over what it gives at 1 km)."""
        return self._noise(self.radio.noise_figure_db)

    @property
    def station_noise(self) -> float:
        """Likewise of a base station."""
        return self._noise(self.radio.bs_noise_figure_db)

    def _noise(self, figure: float) -> float:
        """Return ``-174 dBm/Hz + 10 lg B + NF`` over the transmit power."""
        if self.propagation.model == "power_law":
            return self.propagation.noise_power
        return 10 ** ((-174 + figure - self.radio.transmit_power_dbm) / 10) * self.radio.bandwidth

    @property
    def demand(self) -> int:
        """K L + J (Q - 1) + 1, the left side of constraint (16a); who senses together is not nulled: K L + 1."""
        a = self.allocation
        nulls = 0 if self.multistatic else a.targets_per_bs * (a.sensing_cluster - 1)
        return a.users_per_bs * a.communication_cluster + nulls + 1

    @property
    def degrees_of_freedom(self) -> int:
        """D = M_t - K L - J (Q - 1) + 1, left for diversity when every BS gets the average number of requests."""
        return self.antennas.transmit + 2 - self.demand

    @property
    def explicit_channels(self) -> bool:
        """Whether channels of single links are drawn one by one, because they have no law that could stand for them."""
        return self.fading.model != "rayleigh" or self.fading.subbands > 1

    @cached_property
    def multistatic(self) -> bool:
        """Whether the stations of a target's cluster sense it together."""
        return self.cooperation.sensing == "multistatic" and self.allocation.targets_per_bs > 0

    @cached_property
    def joint(self) -> bool:
        """Whether the stations of a user's cluster send to it together."""
        return self.cooperation.communication != "nulling"

    @cached_property
    def lead_frames(self) -> int:
        """How many frames ahead a schedule is fixed."""
        seconds = self.backhaul.latency if self.backhaul.lead < 0 else self.backhaul.lead
        return frames_until(seconds, self.simulation.frame_duration)

    @cached_property
    def moving(self) -> bool:
        """Whether users or targets move."""
        m = self.mobility
        return m.model == "file" or m.user_speed > 0 or m.target_speed > 0

    @property
    def silent(self) -> bool:
        """Whether users receive the stations of their cluster and nothing else."""
        n, cluster = self.network, self.allocation.communication_cluster
        alone = n.layout != "file" and n.far_field == "torus" and n.bs_density * n.area <= cluster
        return alone and self.user_noise == 0 and self.cooperation.communication == "nulling"


SECTIONS: dict[str, type[Section]] = {name: kind for name, kind in get_type_hints(ScenarioValues).items()
                                      if isinstance(kind, type) and issubclass(kind, Section)}  # in order


def split(dotted: str, value: Any) -> tuple[str, str, str]:
    """Split the name of a setting into section, key, and, in a table of parameters, the name of one."""
    dotted = MOVED.get(dotted, dotted)
    section, _, key = dotted.partition(".")
    check_section(section, dotted, value)
    rules = SECTIONS[section].rules()
    table, _, inner = key.partition(".")
    if inner and table in rules and rules[table].kind == "table":
        return section, table, inner
    if key not in rules:
        near = difflib.get_close_matches(key, rules, n=1, cutoff=0.5)
        hint = f"did you mean {section}.{near[0]}?" if near else f"[{section}] has {', '.join(rules)}"
        raise ConfigError(dotted, value, f"no such key; {hint}")
    return section, key, ""


def check_section(section: str, dotted: str, value: Any) -> None:
    """Raise ConfigError where there is no such section, suggesting the nearest one."""
    if section in SECTIONS:
        return
    near = difflib.get_close_matches(section, SECTIONS, n=1, cutoff=0.6)
    homes = [f"{name}.{section}" for name, s in SECTIONS.items() if section in s.rules()]
    meant = dotted.replace(section, near[0], 1) if near else homes[0] if homes else ""
    hint = f"did you mean {meant}?" if meant else f"the sections are {', '.join(SECTIONS)}"
    raise ConfigError(dotted, value, f"no such key; {hint}")
