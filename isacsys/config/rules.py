"""Fields of a scenario that know their type, range and meaning, and check themselves."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar

from isacsys.core.errors import ConfigError

DEEPEST, LARGEST_WHOLE = 32, 2**63 - 1  # of tables and lists in each other; of whole numbers in TOML
# What is beyond can only be a slip, and powers and products of it overflow.
LARGEST_COUNT = 10**9
_LARGEST, _LARGEST_OF = 1e15, {"1": 1e30, "dB": 500.0, "dBm": 500.0, "s": 1e9, "m/s": 3e8}


class Parameters(dict[str, Any]):
    """Keyword arguments for a plug-in, as a table of plain values that cannot be changed."""

    def __init__(self, values: Mapping[str, Any], depth: int = 0) -> None:
        super().__init__({key: _plain(value, depth + 1) for key, value in values.items()})
        if not all(isinstance(key, str) and key for key in self):
            raise TypeError("names are text")

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        return Parameters, (dict(self),)

    def _fixed(self, *_: Any, **__: Any) -> Any:
        raise TypeError("parameters of a scenario are changed by Scenario.replace")

    __setitem__ = __delitem__ = __ior__ = update = pop = popitem = clear = setdefault = _fixed


def _plain(value: Any, depth: int) -> Any:
    """Return an immutable value that TOML and JSON can hold. Raises TypeError for others."""
    if depth > DEEPEST:
        raise TypeError("nested too deep")
    if isinstance(value, Mapping):
        return Parameters(value, depth)
    if isinstance(value, list | tuple):
        return tuple(_plain(inner, depth + 1) for inner in value)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if not isinstance(value, bool | int | float | str) or value != value:
        raise TypeError("no plain value")
    if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
        raise TypeError("no whole number of TOML")
    return value


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a field accepts.

    Attributes
    ----------
    unit : str
        "1" for numbers without one, empty for what is no number.
    columns : tuple of (str, str)
        Where the field names a CSV file: its columns, and what each holds.
    """

    kind: str
    meaning: str
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    infinite: bool = False

    @property
    def allowed(self) -> str:
        """What a user may write, in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(f'"{c}"' for c in self.choices)
        bounds = [f"{word} {bound:g}" for word, bound in
                  (("at least", self.minimum), ("greater than", self.above), ("at most", self.maximum))
                  if bound is not None]
        words = "".join(f'"{c}" or ' for c in self.choices)
        kinds = {"real": "a number" if self.infinite else "a finite number", "integer": "a whole number",
                 "flag": "true or false", "pair": "two numbers in brackets", "text": "text in quotes",
                 "table": "a table of numbers, text, true or false, and lists of them"}
        return words + " ".join([kinds[self.kind], " and ".join(bounds)]).strip()

    def describe(self, default: str) -> str:
        """Return what is allowed, the unit, and the default, in words."""
        unit = f" ({self.unit})" if self.unit not in ("", "1") else ""
        return f"{self.allowed}{unit}, default {default}"

    def convert(self, value: Any) -> Any:
        """Return ``value`` in the field's own type, or None where it is not acceptable."""
        if self.kind == "flag":
            return bool(value) if isinstance(value, bool) else None
        if self.kind in ("text", "choice"):
            return value if isinstance(value, str) and (not self.choices or value in self.choices) else None
        if self.kind == "table":
            return _table(value)
        if self.kind == "pair":
            return self._pair(value)
        if self.choices and isinstance(value, str):
            return value if value in self.choices else None
        return self._number(value)

    def _pair(self, value: Any) -> tuple[float, float] | None:
        if not isinstance(value, list | tuple) or len(value) != 2:
            return None
        one, other = map(self._number, value)
        return None if one is None or other is None else (one, other)

    def _number(self, value: Any) -> float | int | None:
        kind = numbers.Integral if self.kind == "integer" else numbers.Real
        if isinstance(value, bool) or not isinstance(value, kind):
            return None
        try:
            number = int(value) if self.kind == "integer" else float(value)  # type: ignore[call-overload]
        except OverflowError:
            return None
        known = isinstance(number, int) or (number == number if self.infinite else math.isfinite(number))
        inside = (known and (self.minimum is None or number >= self.minimum)
                  and (self.above is None or number > self.above) and (self.maximum is None or number <= self.maximum))
        return number if inside else None


@dataclass(frozen=True, kw_only=True)
class Section:
    """Base of the tables of a scenario: checks every field against its rule when it is made.

    The table of a class ``LinkSettings`` is called ``link``.
    """

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__.removesuffix("Settings").lower()

    def __post_init__(self) -> None:
        for key, rule in self.rules().items():
            given = getattr(self, key)
            value = rule.convert(given)
            if value is None:
                raise ConfigError(f"{self.name}.{key}", given, rule.allowed)
            object.__setattr__(self, key, value)

    @classmethod
    def default(cls, key: str) -> Any:
        """Return the default of a key."""
        return cls.__dataclass_fields__[key].default

    @classmethod
    @cache
    def rules(cls) -> Mapping[str, Rule]:
        """Return the rule of every key of this section."""
        return MappingProxyType({f.name: f.metadata["rule"] for f in dataclasses.fields(cls)})


def real(default: float, meaning: str, *, unit: str = "1", minimum: float | None = None, above: float | None = None,
         maximum: float | None = None) -> Any:
    """Declare a finite number."""
    least, most = _bounds(unit, minimum, above, maximum)
    return _declare(default, Rule(kind="real", meaning=meaning, unit=unit, minimum=least, above=above, maximum=most))


def real_or(words: Sequence[str], default: str, meaning: str, *, unit: str = "1", minimum: float | None = None,
            above: float | None = None, maximum: float | None = None, infinite: bool = False) -> Any:
    """Declare a number, which may be infinite, or one of a few words."""
    least, most = (minimum, maximum) if infinite else _bounds(unit, minimum, above, maximum)
    return _declare(default, Rule(kind="real", meaning=meaning, unit=unit, minimum=least, above=above, maximum=most,
                                  choices=tuple(words), infinite=infinite))


def integer(default: int | str, meaning: str, *, unit: str = "1", minimum: int | None = None,
            maximum: int | None = None, words: Sequence[str] = ()) -> Any:
    """Declare a whole number, or one of a few words."""
    most = LARGEST_COUNT if maximum is None else maximum
    return _declare(default, Rule(kind="integer", meaning=meaning, unit=unit, minimum=minimum, maximum=most,
                                  choices=tuple(words)))


def pair(default: tuple[float, float], meaning: str, *, unit: str = "1") -> Any:
    """Declare two finite numbers."""
    least, most = _bounds(unit, None, None, None)
    return _declare(default, Rule(kind="pair", meaning=meaning, unit=unit, minimum=least, maximum=most))


def choice(default: str, meaning: str, choices: Sequence[str]) -> Any:
    """Declare a word out of a few."""
    return _declare(default, Rule(kind="choice", meaning=meaning, choices=tuple(choices)))


def flag(default: bool, meaning: str) -> Any:
    """Declare true or false."""
    return _declare(default, Rule(kind="flag", meaning=meaning))


def text(default: str, meaning: str, *, columns: Mapping[str, str] | None = None) -> Any:
    """Declare free text; with ``columns``, the name of a CSV file, and what is in each of its columns."""
    return _declare(default, Rule(kind="text", meaning=meaning, columns=tuple((columns or {}).items())))


def table(meaning: str) -> Any:
    """Declare a table of any keys with plain values, empty unless given."""
    return _declare(Parameters({}), Rule(kind="table", meaning=meaning))


def _bounds(unit: str, minimum: float | None, above: float | None, maximum: float | None
            ) -> tuple[float | None, float | None]:
    largest = _LARGEST_OF.get(unit, _LARGEST)
    if minimum is None and above in (None, 0):
        minimum = -largest if above is None else 1e-15 if unit == "s" else 1 / largest
    return minimum, largest if maximum is None else maximum


def _table(value: Any) -> Parameters | None:
    try:
        return Parameters(value) if isinstance(value, Mapping) else None
    except TypeError:
        return None


def _declare(default: Any, rule: Rule) -> Any:
    return dataclasses.field(default=default, metadata={"rule": rule})
