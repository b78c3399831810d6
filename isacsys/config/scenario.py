"""The scenario: frozen, validated dataclasses, read from and written to TOML.

Every key, its default, range, unit and meaning stands once, in `isacsys.config.sections`; validation and the error
messages are derived from there.
"""

from __future__ import annotations

import dataclasses
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isacsys.config import scenario_checks
from isacsys.config.scenario_values import SECTIONS, ScenarioValues, check_section, split
from isacsys.config.toml_text import parse_toml, read_text, toml_value
from isacsys.core.display import Shape, Shown, pretty_unit
from isacsys.core.errors import ConfigError

_WIDTH = 100  # of comments


@dataclass(frozen=True, kw_only=True, repr=False)
class Scenario(ScenarioValues, Shown):
    """All settings of a simulation; the defaults are Section V of Meng & Masouros.

    Examples
    --------
    >>> Scenario().replace({"allocation.users_per_bs": 5}).allocation.users_per_bs
    5
    """

    beside: tuple[str, ...] = field(default=(), repr=False, compare=False)  # where modules of policies are searched
    file: str = field(default="", repr=False, compare=False)  # name of the file that it was read from

    def __post_init__(self) -> None:
        scenario_checks.check(self)

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
        return dataclasses.replace(scenario.replace(files), beside=(str(path.parent.resolve()),), file=path.name)

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
            check_section(name, name, content)
            if not isinstance(content, Mapping):
                raise ConfigError(name, content, f"a table: write [{name}] and its keys below it")
            flat.update({f"{name}.{key}": value for key, value in content.items()})
        return cls().replace(flat)

    def replace(self, changes: Mapping[str, Any]) -> Scenario:
        """Return a scenario with ``{"section.key": value}`` changed, checked as a whole."""
        updates: dict[str, dict[str, Any]] = {}
        for dotted, value in changes.items():
            section, key, inner = split(dotted, value)
            keys = updates.setdefault(section, {})
            keys[key] = {**keys.get(key, getattr(getattr(self, section), key)), inner: value} if inner else value
        sections = {name: dataclasses.replace(getattr(self, name), **keys) for name, keys in updates.items()}
        return dataclasses.replace(self, **sections)

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
        drops, frames = f"{s.drops} drop{'s' * (s.drops != 1)}", f"{s.frames} frame{'s' * (s.frames != 1)}"
        line = f"{self.file or 'scenario'}: {drops} of {frames}, seed {s.seed}"
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
            lines += [*(_comment(section.__doc__ or "") if comments else []), f"[{name}]"]
            for key, rule in section.rules().items():
                if comments:
                    lines += _comment(f"{rule.meaning}; {rule.describe(toml_value(section.default(key)))}")
                lines.append(f"{key} = {toml_value(getattr(getattr(self, name), key))}")
            lines.append("")
        return "\n".join(lines)

    def warnings(self) -> list[str]:
        """Return one line for every setting that is feasible but easily meant otherwise."""
        return scenario_checks.remarks(self)


def _beside(directory: Path, key: str, name: str) -> str:
    """Return the path of a file that a scenario in ``directory`` names. Raises ConfigError for what is no name."""
    try:
        return str((directory / name).resolve())
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, a loop of links
        raise ConfigError(key, name, f"the name of a file ({error})") from None


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(" ".join(text.split()), _WIDTH)]


