"""List all settings as data, as text, and as a JSON Schema, derived from `isacsys.config.sections`."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from isacsys.config.rules import Rule
from isacsys.config.scenario import Scenario
from isacsys.config.scenario_values import SECTIONS
from isacsys.config.toml_text import toml_value
from isacsys.core.errors import ConfigError
from isacsys.plugins.kinds import KINDS

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
MODEL = "propagation.model"
PLACES = ("network.cells", "network.users_file", "network.targets_file")  # CSV files with columns as wanted
_TYPES: Mapping[str, str] = {"real": "number", "integer": "integer", "flag": "boolean", "text": "string",
                             "choice": "string", "table": "object", "pair": "array"}
_WIDTH = 100


@dataclass(frozen=True)
class Setting:
    """One key of a scenario."""

    section: str
    key: str
    default: Any
    rule: Rule

    @property
    def name(self) -> str:
        """As ``--set`` takes it."""
        return f"{self.section}.{self.key}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything that is known of it, as JSON has it."""
        rule = self.rule
        bounds = {"minimum": rule.minimum, "above": rule.above, "maximum": rule.maximum}
        return {"key": self.name, "kind": rule.kind, "default": self.default, "unit": rule.unit or None,
                "allowed": rule.allowed, "meaning": rule.meaning,
                **{name: bound for name, bound in bounds.items() if bound is not None},
                **({"choices": list(rule.choices)} if rule.choices else {}),
                **({"columns": dict(rule.columns)} if rule.columns else {})}

    def to_text(self) -> str:
        """Return it for people: name, default and unit in one line, and what it means below."""
        unit = self.rule.unit if self.rule.unit != "1" else ""
        lines = [f"{self.name} = {toml_value(self.default)}{' ' * bool(unit)}{unit}",
                 *textwrap.wrap(self.rule.meaning, _WIDTH, initial_indent="    ", subsequent_indent="    "),
                 *textwrap.wrap(f"allowed: {self.rule.allowed}", _WIDTH, initial_indent="    ",
                                subsequent_indent="    "),
                 *(f"    column {name}: {meaning}" for name, meaning in self.rule.columns)]
        return "\n".join(lines)


def settings(name: str | None = None) -> list[Setting]:
    """Return all settings, or those of a section, or one.

    Parameters
    ----------
    name : str, optional
        A section, a ``section.key``, or a key alone.

    Raises
    ------
    ConfigError
        Where there is none of this name; the nearest is suggested.
    """
    everything = list(_all())
    if name is None:
        return everything
    found = ([s for s in everything if s.section == name] or [s for s in everything if s.name == name]
             or [s for s in everything if s.key == name])
    if not found:
        names = [*SECTIONS, *(s.name for s in everything), *(s.key for s in everything)]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
        word = name.lower().replace("_", " ")
        spoken = [s.name for s in everything if word and word in f"{s.key} {s.rule.meaning}".replace("_", " ").lower()]
        hint = f"did you mean {near[0]}?" if near else f"of it speak {', '.join(spoken[:6])}" if spoken else \
            f"the sections are {', '.join(SECTIONS)}"
        raise ConfigError("settings", name, f"a section or a key; {hint}")
    return found


def files() -> list[Setting]:
    """Return the settings that name a CSV file."""
    return [setting for setting in _all() if setting.rule.columns]


def files_text() -> str:
    """Return the formats of all CSV files for ``--help``."""
    lines = []
    for setting in files():
        columns = setting.rule.columns
        lines += [f"  {setting.name}: header {','.join(name for name, _ in columns)}",
                  *(f"    {name}: {meaning}" for name, meaning in columns)]
    for name in PLACES:
        lines += [f"  {name}:", *textwrap.wrap(settings(name)[0].rule.meaning, _WIDTH, initial_indent="    ",
                                               subsequent_indent="    ")]
    return "\n".join(["CSV files that a scenario may name, relative to it (UTF-8, a header, a row each):", *lines])


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, by which editors complete and check TOML."""
    sections = {name: {"type": "object", "description": " ".join((section.__doc__ or "").split()),
                       "additionalProperties": False,
                       "properties": {s.key: _property(s) for s in settings(name)}}
                for name, section in SECTIONS.items()}
    return {"$schema": SCHEMA, "title": "isacsys scenario", "type": "object", "additionalProperties": False,
            "properties": sections}


def models() -> tuple[str, ...]:
    """Return the propagation models that a new scenario can start from: all but "file", which needs a file."""
    known = next((kind.available() for kind in KINDS.values() if kind.key == MODEL), ("power_law",))
    return tuple(name for name in known if name != "file")


def new_scenario(model: str | None = None) -> str:
    """Return a commented scenario file to start from, with every setting at its default but for the model.

    Raises
    ------
    ConfigError
        Where there is no such model.
    """
    if model is not None and model not in models() and ":" not in model:
        raise ConfigError("--model", model, f"one of {', '.join(models())}, or \"module:Class\"")
    return Scenario().replace({MODEL: model or models()[0]}).to_toml(comments=True)


def _all() -> Iterator[Setting]:
    for name, section in SECTIONS.items():
        for key, rule in section.rules().items():
            yield Setting(name, key, section.default(key), rule)


def _property(setting: Setting) -> dict[str, Any]:
    rule = setting.rule
    bounds = {"minimum": rule.minimum, "exclusiveMinimum": rule.above, "maximum": rule.maximum}
    unit = f" ({rule.unit})" if rule.unit not in ("", "1") else ""
    allowed = {"type": _TYPES[rule.kind], **{name: bound for name, bound in bounds.items() if bound is not None}}
    if rule.kind == "pair":
        allowed = {"type": "array", "items": {**allowed, "type": "number"}, "minItems": 2, "maxItems": 2}
    words = {"enum": list(rule.choices)} if rule.choices else {}
    kinds = {"anyOf": [allowed, words]} if rule.kind in ("real", "integer") and words else {**allowed, **words}
    default = list(setting.default) if rule.kind == "pair" else setting.default
    return {**kinds, "description": f"{rule.meaning}{unit}", "default": default}
