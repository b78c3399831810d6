"""Grids of settings: their points, conditions on them, those that the scenario refuses, and the names of their logs.

A condition is text: arithmetic and comparisons, and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import numpy as np

from isacsys.config.grid import check_grid
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError

# The paper's symbols.
SYMBOLS: Mapping[str, str] = {
    "K": "allocation.users_per_bs", "L": "allocation.communication_cluster", "J": "allocation.targets_per_bs",
    "Q": "allocation.sensing_cluster", "M_t": "antennas.transmit", "M_r": "antennas.receive"}
_ALLOWED = "a condition on settings, such as \"K * L + J * (Q - 1) <= 12 and scheduling.policy == 'nearest'\""
_LONGEST = 1000
_ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod}
_COMPARISONS: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge}
_SIGNS: Mapping[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
MAXIMUM_RUNS = 100_000
_LONGEST_NAME = 150
T = TypeVar("T")


@dataclass(frozen=True)
class Condition:
    """A condition that a setting meets or does not.

    Attributes
    ----------
    text : str
        Python's arithmetic (without powers), comparisons, ``and``, ``or``, ``not``, numbers and text, over settings
        ``section.key`` and the symbols K, L, J, Q, M_t, M_r.

    Examples
    --------
    >>> Condition("K * L <= 12").holds(Scenario(), {"allocation.users_per_bs": 13})
    False
    """

    text: str

    def holds(self, scenario: Scenario, changes: Mapping[str, Any]) -> bool:
        """Return whether a scenario with some settings changed meets it. Raises ConfigError where it is no
        condition.
        """
        try:
            return bool(self._value(self._tree(), lambda key: changes[key] if key in changes else scenario.get(key)))
        except (TypeError, ArithmeticError, RecursionError):
            raise self._refused() from None

    def _tree(self) -> ast.expr:
        if not isinstance(self.text, str) or len(self.text) > _LONGEST:
            raise self._refused()
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise self._refused() from None

    def _value(self, node: ast.expr, get: Callable[[str], Any]) -> Any:
        if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str):
            return node.value
        if isinstance(node, ast.Name | ast.Attribute):
            return get(self._key(node))
        if isinstance(node, ast.BoolOp):
            results = (self._value(value, get) for value in node.values)
            return all(results) if isinstance(node.op, ast.And) else any(results)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
            return _SIGNS[type(node.op)](self._value(node.operand, get))
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            one, other = self._value(node.left, get), self._value(node.right, get)
            if not all(isinstance(value, int | float) for value in (one, other)):
                raise self._refused()
            return _ARITHMETIC[type(node.op)](one, other)
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
            values = [self._value(value, get) for value in (node.left, *node.comparators)]
            return all(_COMPARISONS[type(op)](one, other)
                       for op, one, other in zip(node.ops, values, values[1:], strict=False))
        raise self._refused()

    def _key(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            if node.id not in SYMBOLS:
                raise self._refused()
            return SYMBOLS[node.id]
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts, node = [node.attr, *parts], node.value
        if not isinstance(node, ast.Name):
            raise self._refused()
        return ".".join([node.id, *parts])

    def _refused(self) -> ConfigError:
        return ConfigError("where", self.text, _ALLOWED)


Setting = dict[str, Any]


@dataclass(frozen=True)
class Feasible(Generic[T]):
    """The settings of a grid that can be simulated, and those that cannot.

    Attributes
    ----------
    settings : list of dict
    made : list
        What was made of each.
    left_out : list of (dict, str)
        The others, each with the reason.
    """

    settings: list[Setting]
    made: list[T]
    left_out: list[tuple[Setting, str]]


def read_axes(axes: Mapping[str, Iterable[Any]], argument: str = "axes") -> dict[str, list[Any]]:
    """Return the values of every axis. Raises ConfigError for what is no grid."""
    if not isinstance(axes, Mapping) or not axes:
        raise ConfigError(argument, axes, "a mapping from \"section.key\" to values")
    found = {key: _values(key, given) for key, given in axes.items()}
    check_grid(found, MAXIMUM_RUNS)
    return found


def feasible(scenario: Scenario, axes: Mapping[str, list[Any]], where: str | None,
             make: Callable[[Scenario, Setting], T], *, constrained: bool = False) -> Feasible[T]:
    """Place a scenario at every point of a grid, and leave out where it is refused.

    Parameters
    ----------
    scenario : Scenario
    axes : mapping
    where : str, optional
        A `Condition`; other points are no points of the grid.
    make : callable
        Takes the scenario at a point, and the point; a ConfigError says that it cannot be.
    constrained : bool
        Leave out what breaks ``K L + J (Q - 1) + 1 <= M_t``, Meng & Masouros (16a).

    Raises
    ------
    ConfigError
        That of the first point, where none is left; or for a condition that is none, or that no point meets.
    """
    found: Feasible[T] = Feasible([], [], [])
    first: ConfigError | None = None
    for setting in _points(scenario, axes, where):
        try:
            made = make(place(scenario, setting, constrained), setting)
        except ConfigError as error:
            first = first or ConfigError(error.key, error.value, f"{error.allowed} (at {in_words(setting)})")
            found.left_out.append((setting, str(error)))
        else:
            found.settings.append(setting)
            found.made.append(made)
    if not found.settings:
        raise first or ConfigError("where", where, "a condition that some point of the grid meets")
    return found


def in_words(setting: Mapping[str, Any]) -> str:
    """Return a setting as people write it."""
    return ", ".join(f"{key} = {value}" for key, value in setting.items())


def file_name(setting: Mapping[str, Any]) -> str:
    """Return a name that says where in the grid a log belongs, and stays the same when the grid grows."""
    name = quote(",".join(f"{key}={value}" for key, value in setting.items()), safe="=,+ ").replace("%", "_")
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return f"{name}.h5"


def _values(key: str, given: Iterable[Any]) -> list[Any]:
    values = [value.item() if isinstance(value, np.generic) else value
              for value in itertools.islice(given if isinstance(given, Iterable) and not isinstance(given, str)
                                            else [given], MAXIMUM_RUNS + 1)]
    if len(values) > MAXIMUM_RUNS:
        raise ConfigError(key, values[:3], f"at most {MAXIMUM_RUNS} values")
    if not values or len(set(map(repr, values))) < len(values):
        raise ConfigError(key, values, "at least one value, and none of them twice")
    return values


def _points(scenario: Scenario, axes: Mapping[str, list[Any]], where: str | None) -> Iterator[Setting]:
    """Yield the points of a grid at which a condition holds."""
    condition = None if where is None else Condition(where)
    for values in itertools.product(*axes.values()):
        setting = dict(zip(axes, values, strict=True))
        if condition is None or condition.holds(scenario, setting):
            yield setting


def place(scenario: Scenario, setting: Setting, constrained: bool) -> Scenario:
    """Return a scenario at a point of a grid. Raises ConfigError where it refuses it, or, ``constrained``, (16a) does.
    """
    placed = scenario.replace(setting)
    if constrained and placed.demand > placed.antennas.transmit:
        raise ConfigError("K L + J (Q - 1) + 1", placed.demand, f"at most antennas.transmit = "
                          f"{placed.antennas.transmit} (16a)")
    return placed
