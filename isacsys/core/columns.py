"""Columns of tables, and the units that columns have."""

from __future__ import annotations

from dataclasses import dataclass

RATE, ASE, KM, KM2 = "bit/s/Hz", "bit/s/Hz/km^2", "km", "km^2"

MOST_COLUMNS = 4096  # of a table: so many are written, and read

_REPEATING = ("noise",)
_RANDOM = ("user", "target", "receiver", "asked")


@dataclass(frozen=True)
class Column:
    """One column: its name, numpy type, unit ("1" where it has none) and meaning.

    Attributes
    ----------
    optional : bool
        Only some recordings have it. Columns that version 0.1 did not know are of this kind: its logs lack them.
    """

    name: str
    dtype: str
    unit: str
    description: str
    optional: bool = False

    @property
    def repeats(self) -> bool:
        """Whether neighbouring rows tend to be alike, so that compression pays."""
        return (self.dtype != "f8" or self.name in _REPEATING) and self.name not in _RANDOM


def count(name: str, description: str, *, optional: bool = False) -> Column:
    """Declare a column of whole numbers that may grow large."""
    return Column(name, "i8", "1", description, optional)


def index(name: str, description: str, *, optional: bool = False) -> Column:
    """Declare a number of something in its drop: four bytes hold the largest network that a scenario may ask for."""
    return Column(name, "i4", "1", description, optional)


def real(name: str, unit: str, description: str, *, optional: bool = False) -> Column:
    """Declare a column of real numbers."""
    return Column(name, "f8", unit, description, optional)
