"""Sets of drops as sorted, disjoint ranges."""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[int, int]  # first drop, and the one after the last


def missing(done: Iterable[Range], first: int, stop: int) -> list[Range]:
    """Return what of ``first`` up to ``stop`` is not in ``done``."""
    gaps = []
    for begin, end in sorted(done):
        if begin >= stop:
            break
        if begin > first:
            gaps.append((first, begin))
        first = max(first, end)
    return [*gaps, (first, stop)] if first < stop else gaps


class Finished:
    """Drops that are done, from ``first`` on, in whatever order they come in."""

    def __init__(self, first: int) -> None:
        self.front = first  # all drops before this one are done
        self._ahead: dict[int, int] = {}

    def add(self, first: int, stop: int) -> None:
        """Count drops as done."""
        if first < stop:
            self._ahead[first] = stop
        while self.front in self._ahead:
            self.front = self._ahead.pop(self.front)


class Waiting:
    """Drops that still have to be distributed."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._ranges = sorted(ranges)

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(stop - first for first, stop in self._ranges)

    @property
    def first(self) -> int | None:
        """The first of them."""
        return self._ranges[0][0] if self._ranges else None

    def take(self, size: int, before: int) -> Range | None:
        """Take up to ``size`` drops that follow each other, the first there are, all of them before ``before``."""
        if not self._ranges or self._ranges[0][0] >= before:
            return None
        first, stop = self._ranges.pop(0)
        end = min(first + size, stop, before)
        self.put_back(end, stop)
        return first, end

    def put_back(self, first: int, stop: int) -> None:
        """Return drops that were taken and not done."""
        if first < stop:
            self._ranges = sorted([*self._ranges, (first, stop)])
