"""What is simulated: frozen, validated dataclasses, read from and written to TOML.

Every key, its default, range, unit and meaning stands once, in `isacsys.config.sections`; validation and the error
messages are derived from there.
"""

from __future__ import annotations

import dataclasses
import difflib
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, get_type_hints

from isacsys.config import sections
from isacsys.config.energy import EnergySettings
from isacsys.config.link import LinkSettings
from isacsys.config.rules import Section
from isacsys.config.sections import TARGET_SPREADS
from isacsys.config.toml_text import parse_toml, read_text, toml_value
from isacsys.core.display import Shape, Shown, pretty_unit
from isacsys.core.errors import ConfigError
from isacsys.core.frames import frames_until, in_frames

_TOGETHER = {"combining.policy": "mrc", "sensing.cfar_cells": 0, "sensing.inter_target_echo": False}
MAXIMUM_POINTS = 1e9
MOST_LEAD_FRAMES = 10_000
SHORTEST_LIFE = 0.01  # of a frame
_WIDTH = 100  # of comments
MOVED = {"traffic.bandwidth": "radio.bandwidth"}  # as logs of version 0.1 have it
FILES = {"network.positions": "network.layout", "network.cells": "network.layout",
         "network.users_file": "network.layout", "network.targets_file": "network.layout",
         "mobility.positions": "mobility.model",
         "traffic.arrivals": "traffic.model", "fading.file": "fading.model"}
SUFFIXES = {"antennas.pattern": (".msi", ".pln", ".csv")}  # settings that name a file where it ends so


@dataclass(frozen=True, kw_only=True, repr=False)
class Scenario(Shown):
    """All settings of a simulation; the defaults are Section V of Meng & Masouros.

    Examples
    --------
    >>> Scenario().replace({"allocation.users_per_bs": 5}).allocation.users_per_bs
    5
    """

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
    beside: tuple[str, ...] = field(default=(), repr=False, compare=False)  # where modules of policies are looked for
    file: str = field(default="", repr=False, compare=False)  # name of the file that it was read from

    def __post_init__(self) -> None:
        _check_kinds(self)
        _check_allocation(self)
        _check_files(self)
        _check_network(self)
        _check_built(self)
        _check_sensing(self)
        _check_time(self)
        _check_fading(self)

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a scenario from a TOML file; names of other files in it are relative to that file."""
        path = Path(path)
        try:
            text = read_text(path)
            scenario = cls.from_toml(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError("scenario", str(path), f"a TOML file ({error})") from None
        files = {key: _beside(path.parent, key, name) for key, name in scenario.files.items()}
        return dataclasses.replace(scenario.replace(files), beside=(str(path.parent.resolve()),),
                                   file=path.name)

    @classmethod
    def from_toml(cls, text: str) -> Scenario:
        """Read a scenario from TOML text."""
        return cls.from_dict(parse_toml(text.removeprefix("\ufeff")))

    @classmethod
    def from_log(cls, text: str) -> Scenario:
        """Read the scenario of a log; sections that this version does not know are left out."""
        return cls.from_dict({name: content for name, content in parse_toml(text).items() if name in SECTIONS})

    @classmethod
    def from_dict(cls, sections: Mapping[str, Any]) -> Scenario:
        """Build a scenario from nested mappings ``{section: {key: value}}``."""
        flat = {}
        for name, content in sections.items():
            _check_section(name, name, content)
            if not isinstance(content, Mapping):
                raise ConfigError(name, content, f"a table: write [{name}] and its keys below it")
            flat.update({f"{name}.{key}": value for key, value in content.items()})
        return cls().replace(flat)

    def replace(self, changes: Mapping[str, Any]) -> Scenario:
        """Return a scenario with ``{"section.key": value}`` changed, checked as a whole."""
        updates: dict[str, dict[str, Any]] = {}
        for dotted, value in changes.items():
            section, key, inner = _split(dotted, value)
            keys = updates.setdefault(section, {})
            keys[key] = {**keys.get(key, getattr(getattr(self, section), key)), inner: value} if inner else value
        sections = {name: dataclasses.replace(getattr(self, name), **keys) for name, keys in updates.items()}
        return dataclasses.replace(self, **sections)

    def get(self, dotted: str) -> Any:
        """Return the value of ``"section.key"``, or of ``"section.parameters.name"`` (None where there is none)."""
        section, key, inner = _split(dotted, None)
        value = getattr(getattr(self, section), key)
        return value.get(inner) if inner else value

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield every ``("section.key", value)``."""
        for name, section in SECTIONS.items():
            for key in section.rules():
                yield f"{name}.{key}", getattr(getattr(self, name), key)

    def changed(self) -> dict[str, Any]:
        """Return the settings that are not at their defaults."""
        return {f"{name}.{key}": value for name, section in SECTIONS.items() for key in section.rules()
                if (value := getattr(getattr(self, name), key)) != section.default(key)}

    def shape(self) -> Shape:
        """Return the settings that are not at their defaults."""
        changed = {key: value for key, value in self.changed().items() if not key.startswith("simulation.")}
        s = self.simulation
        line = f"{self.file or 'scenario'}: {s.drops} drops of {s.frames} frame{'s' * (s.frames != 1)}, seed {s.seed}"
        rest = "everything else at its default" if changed else "every other setting at its default"
        rows = [(key, toml_value(value), pretty_unit(SECTIONS[key.split(".")[0]].rules()[key.split(".")[1]].unit))
                for key, value in changed.items()]
        return Shape([f"{line}; {rest}"], ("setting", "value", "unit"), rows)

    def __repr__(self) -> str:
        changed = ", ".join(f"{key} = {toml_value(value)}" for key, value in self.changed().items())
        return f"<Scenario {f'{self.file}: ' * bool(self.file)}{changed or 'with every setting at its default'}>"

    def to_toml(self, *, comments: bool = False) -> str:
        """Write every setting as TOML; ``from_toml`` gives the same scenario back.

        Parameters
        ----------
        comments : bool
            Say above every key what it means, its unit, what is allowed, and its default.
        """
        lines = []
        for name, section in SECTIONS.items():
            lines += [*_comment(section.__doc__ or "", comments), f"[{name}]"]
            for key, rule in section.rules().items():
                text = f"{rule.meaning}; {rule.describe(toml_value(section.default(key)))}"
                lines += [*_comment(text, comments), f"{key} = {toml_value(getattr(getattr(self, name), key))}"]
            lines.append("")
        return "\n".join(lines)

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
        found = {key: self.get(key) for key in FILES if self.get(key)}
        return found | {key: self.get(key) for key, suffixes in SUFFIXES.items()
                        if Path(self.get(key)).suffix.lower() in suffixes}

    @cached_property
    def detecting(self) -> bool:
        """Whether anything asks whether targets are detected, and how accurately they are located."""
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
        """Whether anybody moves."""
        m = self.mobility
        return m.model == "file" or m.user_speed > 0 or m.target_speed > 0

    @property
    def _silent(self) -> bool:
        """Whether users hear the stations of their cluster and nothing else."""
        n, cluster = self.network, self.allocation.communication_cluster
        alone = n.layout != "file" and n.far_field == "torus" and n.bs_density * n.area <= cluster
        return alone and self.user_noise == 0 and self.cooperation.communication == "nulling"

    def warnings(self) -> list[str]:
        """Return one line for every setting that is feasible but easily meant otherwise."""
        a, lines = self.allocation, []
        if self.simulation.engine == "short":
            lines.append("simulation.engine = \"short\" is \"auto\" by its older name, and goes in version 0.4")
        cooperative = a.communication_cluster > 1 or (a.sensing_cluster > 1 and a.targets_per_bs > 0)
        if cooperative and self.demand > self.antennas.transmit:
            lines.append(f"K L + J (Q - 1) + 1 = {self.demand} exceeds antennas.transmit = {self.antennas.transmit}: "
                         "requests for nulls will be refused")
        if self._silent:
            lines.append("every base station is in the cluster of every user, and there is no noise: nothing disturbs, "
                         "no SIR is finite, and there is no rate")
        still = self.fading.doppler_speed == 0 or (self.fading.doppler_speed == "automatic" and not self.moving)
        if self.fading.model in ("tr38901", "file") and self.simulation.frames > 1 and still:
            lines.append("nobody moves, and fading.doppler_speed is 0: channels are the same in every frame, which are "
                         "no replications")
        frame = self.simulation.frame_duration
        late = in_frames(self.backhaul.latency, frame) > self.lead_frames
        if cooperative and self.backhaul.latency_law == "constant" and late:
            ahead = self.lead_frames * frame
            lines.append(f"backhaul.latency = {self.backhaul.latency:g} exceeds the {ahead:g} s by which schedules are "
                         "fixed ahead: every request for a null will be late")
        return lines


SECTIONS: dict[str, type[Section]] = {name: kind for name, kind in get_type_hints(Scenario).items()
                                      if isinstance(kind, type) and issubclass(kind, Section)}  # in order


def _beside(directory: Path, key: str, name: str) -> str:
    """Return the path of a file that a scenario in ``directory`` names. Raises ConfigError for what is no name."""
    try:
        return str((directory / name).resolve())
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, a loop of links
        raise ConfigError(key, name, f"the name of a file ({error})") from None


def _split(dotted: str, value: Any) -> tuple[str, str, str]:
    """Split the name of a setting into section, key, and, in a table of parameters, the name of one."""
    dotted = MOVED.get(dotted, dotted)
    section, _, key = dotted.partition(".")
    _check_section(section, dotted, value)
    rules = SECTIONS[section].rules()
    table, _, inner = key.partition(".")
    if inner and table in rules and rules[table].kind == "table":
        return section, table, inner
    if key not in rules:
        near = difflib.get_close_matches(key, rules, n=1, cutoff=0.5)
        hint = f"did you mean {section}.{near[0]}?" if near else f"[{section}] has {', '.join(rules)}"
        raise ConfigError(dotted, value, f"no such key; {hint}")
    return section, key, ""


def _check_section(section: str, dotted: str, value: Any) -> None:
    if section in SECTIONS:
        return
    near = difflib.get_close_matches(section, SECTIONS, n=1, cutoff=0.6)
    homes = [f"{name}.{section}" for name, s in SECTIONS.items() if section in s.rules()]
    meant = dotted.replace(section, near[0], 1) if near else homes[0] if homes else ""
    hint = f"did you mean {meant}?" if meant else f"the sections are {', '.join(SECTIONS)}"
    raise ConfigError(dotted, value, f"no such key; {hint}")


def _check_kinds(scenario: Scenario) -> None:
    for name, section in SECTIONS.items():
        given = getattr(scenario, name)
        if not isinstance(given, section):
            raise ConfigError(name, given, f"an object of isacsys.config.sections.{section.__name__}; mappings go into "
                              "Scenario.from_dict")


def _check_allocation(scenario: Scenario) -> None:
    a, antennas = scenario.allocation, scenario.antennas
    if a.users_per_bs > antennas.transmit:
        raise ConfigError("allocation.users_per_bs", a.users_per_bs, f"at most antennas.transmit = {antennas.transmit}")
    if a.targets_per_bs > a.max_targets_per_bs:
        raise ConfigError("allocation.targets_per_bs", a.targets_per_bs,
                          f"at most allocation.max_targets_per_bs = {a.max_targets_per_bs}")


def _check_sensing(scenario: Scenario) -> None:
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


def _check_time(scenario: Scenario) -> None:
    frame, life, backhaul = scenario.simulation.frame_duration, scenario.targets.lifetime, scenario.backhaul
    key = "lead" if backhaul.lead >= 0 else "latency"
    if frames_until(getattr(backhaul, key), frame) > MOST_LEAD_FRAMES:
        raise ConfigError(f"backhaul.{key}", getattr(backhaul, key),
                          f"at most {MOST_LEAD_FRAMES} frames, {MOST_LEAD_FRAMES * frame:g} s")
    if 0 < in_frames(life, SHORTEST_LIFE * frame) < 1:
        raise ConfigError("targets.lifetime", life, f"0, or at least {SHORTEST_LIFE} frames, "
                          f"{SHORTEST_LIFE * frame:g} s")


def _check_files(scenario: Scenario) -> None:
    for key, chooser in FILES.items():
        if scenario.get(key) and scenario.get(chooser) != "file":
            raise ConfigError(key, scenario.get(key), f"a file only with {chooser} = \"file\"")
        if scenario.get(chooser) == "file" and not scenario.get(key) and chooser != "network.layout":
            raise ConfigError(chooser, "file", f"a file named by {key}")


def _check_network(scenario: Scenario) -> None:
    n, a = scenario.network, scenario.allocation
    expected = n.bs_density * n.area
    for key in ("communication_cluster", "sensing_cluster"):
        if n.layout != "file" and getattr(a, key) > expected:
            raise ConfigError(f"allocation.{key}", getattr(a, key),
                              f"at most the expected number of base stations, bs_density x area = {expected:g}")
    points = expected * (1 + n.users_per_cell + n.targets_per_cell)
    if points > MAXIMUM_POINTS:
        raise ConfigError("network.area", n.area, f"at most {MAXIMUM_POINTS:g} expected points, not {points:g}")


def _check_built(scenario: Scenario) -> None:
    n, s = scenario.network, scenario.sensing
    if scenario.propagation.model == "power_law":
        for key, off in (("network.indoor_share", 0.0), ("sensing.target_type", "none"), ("sensing.clutter", False)):
            if scenario.get(key) != off:
                raise ConfigError(key, scenario.get(key), f"{toml_value(off)} with propagation.model = \"power_law\"")
    if n.indoor_share and n.fewest_storeys == 0 and n.most_storeys > 0:
        raise ConfigError("network.fewest_storeys", 0, "at least 1 where network.most_storeys is given")
    if s.clutter and scenario.propagation.model not in ("uma", "umi", "rma", "uma_av"):
        raise ConfigError("sensing.clutter", True, "false but with \"uma\", \"umi\" or \"rma\"")


def _check_fading(scenario: Scenario) -> None:
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
    if f.model == "file" and scenario.allocation.targets_per_bs:
        raise ConfigError("allocation.targets_per_bs", scenario.allocation.targets_per_bs, "0 with fading.model = "
                          "\"file\": there are no paths between stations")
    if f.subbands > 1:
        for key, there, off in (("cooperation.sensing", scenario.multistatic, "\"nulling\""),
                                ("sensing", scenario.detecting, "settings that ask for no detection")):
            if there:
                raise ConfigError("fading.subbands", f.subbands, f"1, or {key}: {off}")


def _comment(text: str, wanted: bool) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(" ".join(text.split()), _WIDTH)] if wanted else []


