"""Conditions on the settings of a scenario, as text: arithmetic and comparisons, and nothing else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
