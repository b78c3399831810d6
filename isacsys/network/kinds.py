"""Users and targets, told apart."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """What a station serves; the number stands in logs."""

    USER = 0
    TARGET = 1

    @property
    def word(self) -> str:
        """One of them."""
        return self.name.lower()

    @property
    def words(self) -> str:
        """Several of them, as attributes of a network are called."""
        return f"{self.word}s"

    @property
    def service(self) -> str:
        """What is done for them."""
        return ("communication", "sensing")[self]
