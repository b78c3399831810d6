"""What is simulated: frozen, validated dataclasses, read from and written to TOML.

Every key, its default, range, unit and meaning stands once, in the fields below; validation,
``describe`` and the error messages are derived from them.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from isacsys.errors import ConfigError
from isacsys.settings import Section, choice, flag, integer, real, text

MAXIMUM_POINTS = 1e9


@dataclass(frozen=True, kw_only=True)
class Network(Section):
    """Where base stations, users and targets are."""

    name: ClassVar[str] = "network"
    bs_density: float = real(1.0, "lambda_b, base stations per km^2", above=0)
    users_per_cell: float = real(60.0, "lambda_u / lambda_b, mean number of users in a cell", minimum=0)
    targets_per_cell: float = real(60.0, "lambda_s / lambda_b, mean number of targets in a cell", minimum=0)
    area: float = real(100.0, "area of the torus in km^2", above=0)
    layout: str = choice("poisson", "the point processes", ("poisson", "fixed_count", "hexagonal", "file"))
    positions: str = text("", "for layout \"file\": a CSV file of kind,x,y (km), kind station, user or target")
    near_stations: int = integer(16, "base stations drawn one by one for a receiver", minimum=1)
    far_field: str = choice("infinite_plane", "what lies beyond them", ("infinite_plane", "torus"))


@dataclass(frozen=True, kw_only=True)
class Antennas(Section):
    """The arrays of a base station."""

    name: ClassVar[str] = "antennas"
    transmit: int = integer(20, "M_t, transmit antennas of a base station", minimum=1)
    receive: int = integer(10, "M_r, receive antennas of a base station", minimum=1)


@dataclass(frozen=True, kw_only=True)
class Allocation(Section):
    """How the spatial degrees of freedom are shared out."""

    name: ClassVar[str] = "allocation"
    users_per_bs: int = integer(12, "K, users served by a base station in a frame", minimum=1)
    targets_per_bs: int = integer(1, "J, targets sensed by a base station in a frame (0: no sensing)", minimum=0)
    communication_cluster: int = integer(1, "L, base stations in the cluster of a user", minimum=1)
    sensing_cluster: int = integer(1, "Q, base stations in the cluster of a target", minimum=1)
    max_targets_per_bs: int = integer(10, "J_max, most targets a base station can tell apart", minimum=0)


@dataclass(frozen=True, kw_only=True)
class Propagation(Section):
    """Path loss and noise; distances in km, path loss (d / 1 km)^-alpha."""

    name: ClassVar[str] = "propagation"
    path_loss_exponent: float = real(4.0, "alpha, of one-way links", above=2)
    echo_exponent: float = real(2.0, "beta, of one way of the echo, which falls as R^(-2 beta)", above=0)
    noise_power: float = real(0.0, "noise relative to what a BS at full power gives at 1 km", minimum=0)


@dataclass(frozen=True, kw_only=True)
class Sensing(Section):
    """The echo and how it is received."""

    name: ClassVar[str] = "sensing"
    rcs: float = real(0.1, "xi, radar cross-section", above=0)
    mismatch_loss: float = real(1.0, "kappa, loss of the receive filter", above=0, maximum=1)
    matched_filter_gain: float = real(1.0, "Delta T, gain of the matched filter", above=0)
    cluster_center: str = choice("serving_bs", "around whom the sensing cluster is formed", ("serving_bs", "target"))
    inter_target_echo: bool = flag(False, "count the echoes of the other scheduled targets of the BS as interference")


@dataclass(frozen=True, kw_only=True)
class Scheduling(Section):
    """Who is served."""

    name: ClassVar[str] = "scheduling"
    policy: str = text("random", "a name of `isacsys schedulers`, or \"module:Class\"")


@dataclass(frozen=True, kw_only=True)
class Nulling(Section):
    """Which requests for nulls are granted first."""

    name: ClassVar[str] = "nulling"
    policy: str = text("strongest", "\"strongest\", \"random\", or \"module:Class\"")


@dataclass(frozen=True, kw_only=True)
class Simulation(Section):
    """How much is simulated."""

    name: ClassVar[str] = "simulation"
    drops: int = integer(100, "independent realisations of the positions", minimum=1)
    frames: int = integer(1, "scheduling intervals in a drop", minimum=1)
    frame_duration: float = real(0.01, "seconds", above=0)
    seed: int = integer(1, "of every random stream", minimum=0, maximum=2**63 - 1)


@dataclass(frozen=True, kw_only=True)
class Recording(Section):
    """What a log keeps."""

    name: ClassVar[str] = "recording"
    level: str = choice("summary", "summary: drops and frames; links: a row a link; full: also positions, "
                        "selections, null requests and events", ("summary", "links", "full"))


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """All settings of a simulation; the defaults are Section V of Meng & Masouros.

    Examples
    --------
    >>> Scenario().replace({"allocation.users_per_bs": 5}).allocation.users_per_bs
    5
    """

    network: Network = field(default_factory=Network)
    antennas: Antennas = field(default_factory=Antennas)
    allocation: Allocation = field(default_factory=Allocation)
    propagation: Propagation = field(default_factory=Propagation)
    sensing: Sensing = field(default_factory=Sensing)
    scheduling: Scheduling = field(default_factory=Scheduling)
    nulling: Nulling = field(default_factory=Nulling)
    simulation: Simulation = field(default_factory=Simulation)
    recording: Recording = field(default_factory=Recording)

    def __post_init__(self) -> None:
        _check_allocation(self)
        _check_network(self)

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a scenario from a TOML file; a relative ``network.positions`` is relative to that file."""
        path = Path(path)
        try:
            scenario = cls.from_toml(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError("scenario", str(path), f"a readable TOML file ({error.strerror})") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError("scenario", str(path), f"a TOML file ({error})") from None
        if not scenario.network.positions:
            return scenario
        return scenario.replace({"network.positions": str((path.parent / scenario.network.positions).resolve())})

    @classmethod
    def from_toml(cls, text: str) -> Scenario:
        """Read a scenario from TOML text."""
        return cls.from_dict(tomllib.loads(text))

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
            section, key = _split(dotted, value)
            updates.setdefault(section, {})[key] = value
        sections = {name: dataclasses.replace(getattr(self, name), **keys) for name, keys in updates.items()}
        return dataclasses.replace(self, **sections)

    def get(self, dotted: str) -> Any:
        """Return the value of ``"section.key"``."""
        section, key = _split(dotted, None)
        return getattr(getattr(self, section), key)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield every ``("section.key", value)``."""
        for name, section in SECTIONS.items():
            for key in section.rules():
                yield f"{name}.{key}", getattr(getattr(self, name), key)

    def to_toml(self) -> str:
        """Write every setting as TOML; ``from_toml`` gives the same scenario back."""
        lines = []
        for name, section in SECTIONS.items():
            values = (f"{key} = {_toml(getattr(getattr(self, name), key))}" for key in section.rules())
            lines += [f"[{name}]", *values, ""]
        return "\n".join(lines)

    @property
    def echo_gain(self) -> float:
        """c = xi * Delta T * kappa * M_r, the gain of an echo."""
        s = self.sensing
        return s.rcs * s.matched_filter_gain * s.mismatch_loss * self.antennas.receive

    @property
    def demand(self) -> int:
        """K L + J (Q - 1) + 1, the left side of constraint (16a) on the transmit antennas."""
        a = self.allocation
        return a.users_per_bs * a.communication_cluster + a.targets_per_bs * (a.sensing_cluster - 1) + 1

    @property
    def degrees_of_freedom(self) -> int:
        """D = M_t - K L - J (Q - 1) + 1, left for diversity when every BS gets the average number of requests."""
        return self.antennas.transmit + 2 - self.demand

    def warnings(self) -> list[str]:
        """Return one line for every setting that is feasible but easily meant otherwise."""
        a = self.allocation
        cooperative = a.communication_cluster > 1 or (a.sensing_cluster > 1 and a.targets_per_bs > 0)
        if cooperative and self.demand > self.antennas.transmit:
            return [f"K L + J (Q - 1) + 1 = {self.demand} exceeds antennas.transmit = {self.antennas.transmit}: "
                    "requests for nulls will be refused"]
        return []


SECTIONS: dict[str, type[Section]] = {
    s.name: s for s in (Network, Antennas, Allocation, Propagation, Sensing, Scheduling, Nulling, Simulation, Recording)
}


def parse_value(text: str) -> Any:
    """Read a value as a user types it: TOML, or else a bare word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``section.key=value`` as ``--set`` takes it."""
    key, separator, value = text.partition("=")
    if not separator:
        raise ConfigError("--set", text, "section.key=value")
    return key.strip(), parse_value(value.strip())


def _split(dotted: str, value: Any) -> tuple[str, str]:
    section, _, key = dotted.partition(".")
    _check_section(section, dotted, value)
    rules = SECTIONS[section].rules()
    if key not in rules:
        near = difflib.get_close_matches(key, rules, n=1, cutoff=0.5)
        hint = f"did you mean {section}.{near[0]}?" if near else f"[{section}] has {', '.join(rules)}"
        raise ConfigError(dotted, value, f"no such key; {hint}")
    return section, key


def _check_section(section: str, dotted: str, value: Any) -> None:
    if section in SECTIONS:
        return
    near = difflib.get_close_matches(section, SECTIONS, n=1, cutoff=0.6)
    homes = [f"{name}.{section}" for name, s in SECTIONS.items() if section in s.rules()]
    meant = dotted.replace(section, near[0], 1) if near else homes[0] if homes else ""
    hint = f"did you mean {meant}?" if meant else f"the sections are {', '.join(SECTIONS)}"
    raise ConfigError(dotted, value, f"no such key; {hint}")


def _check_allocation(scenario: Scenario) -> None:
    a, antennas = scenario.allocation, scenario.antennas
    if a.users_per_bs > antennas.transmit:
        raise ConfigError("allocation.users_per_bs", a.users_per_bs, f"at most antennas.transmit = {antennas.transmit}")
    if a.targets_per_bs > a.max_targets_per_bs:
        raise ConfigError("allocation.targets_per_bs", a.targets_per_bs,
                          f"at most allocation.max_targets_per_bs = {a.max_targets_per_bs}")


def _check_network(scenario: Scenario) -> None:
    n, a = scenario.network, scenario.allocation
    if n.positions and n.layout != "file":
        raise ConfigError("network.positions", n.positions, "a file only with network.layout = \"file\"")
    expected = n.bs_density * n.area
    for key in ("communication_cluster", "sensing_cluster"):
        if n.layout != "file" and getattr(a, key) > expected:
            raise ConfigError(f"allocation.{key}", getattr(a, key),
                              f"at most the expected number of base stations, bs_density x area = {expected:g}")
    points = expected * (1 + n.users_per_cell + n.targets_per_cell)
    if points > MAXIMUM_POINTS:
        raise ConfigError("network.area", n.area, f"at most {MAXIMUM_POINTS:g} expected points, not {points:g}")


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | int) else repr(value)
