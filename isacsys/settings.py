"""Fields of a scenario that know their type, range and meaning, and check themselves."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from isacsys.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a field accepts."""

    kind: str
    meaning: str
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What a user may write, in words."""
        if self.choices:
            return "one of " + ", ".join(f'"{c}"' for c in self.choices)
        bounds = [f"{word} {bound:g}" for word, bound in
                  (("at least", self.minimum), ("greater than", self.above), ("at most", self.maximum))
                  if bound is not None]
        return " ".join([{"real": "a finite number", "integer": "a whole number", "flag": "true or false",
                          "text": "text in quotes"}[self.kind], " and ".join(bounds)]).strip()

    def convert(self, value: Any) -> Any:
        """Return ``value`` in the field's own type, or None where it is not acceptable."""
        if self.kind == "flag":
            return bool(value) if isinstance(value, bool) else None
        if self.kind in ("text", "choice"):
            return value if isinstance(value, str) and (not self.choices or value in self.choices) else None
        return self._number(value)

    def _number(self, value: Any) -> float | int | None:
        kind = numbers.Integral if self.kind == "integer" else numbers.Real
        if isinstance(value, bool) or not isinstance(value, kind):
            return None
        try:
            number = int(value) if self.kind == "integer" else float(value)  # type: ignore[call-overload]
        except OverflowError:
            return None
        inside = (math.isfinite(number) and (self.minimum is None or number >= self.minimum)
                  and (self.above is None or number > self.above) and (self.maximum is None or number <= self.maximum))
        return number if inside else None


@dataclass(frozen=True, kw_only=True)
class Section:
    """Base of the tables of a scenario: checks every field against its rule when it is made."""

    name: ClassVar[str]

    def __post_init__(self) -> None:
        for key, rule in self.rules().items():
            given = getattr(self, key)
            value = rule.convert(given)
            if value is None:
                raise ConfigError(f"{self.name}.{key}", given, rule.allowed)
            object.__setattr__(self, key, value)

    @classmethod
    def rules(cls) -> dict[str, Rule]:
        """Return the rule of every key of this section."""
        return {f.name: f.metadata["rule"] for f in dataclasses.fields(cls)}


def real(default: float, meaning: str, *, minimum: float | None = None, above: float | None = None,
         maximum: float | None = None) -> Any:
    """Declare a finite number."""
    return _declare(default, Rule(kind="real", meaning=meaning, minimum=minimum, above=above, maximum=maximum))


def integer(default: int, meaning: str, *, minimum: int | None = None, maximum: int | None = None) -> Any:
    """Declare a whole number."""
    return _declare(default, Rule(kind="integer", meaning=meaning, minimum=minimum, maximum=maximum))


def choice(default: str, meaning: str, choices: Sequence[str]) -> Any:
    """Declare a word out of a few."""
    return _declare(default, Rule(kind="choice", meaning=meaning, choices=tuple(choices)))


def flag(default: bool, meaning: str) -> Any:
    """Declare true or false."""
    return _declare(default, Rule(kind="flag", meaning=meaning))


def text(default: str, meaning: str) -> Any:
    """Declare free text."""
    return _declare(default, Rule(kind="text", meaning=meaning))


def _declare(default: Any, rule: Rule) -> Any:
    return dataclasses.field(default=default, metadata={"rule": rule})
