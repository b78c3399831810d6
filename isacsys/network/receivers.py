"""The two types of receiver: users and targets."""

from __future__ import annotations

from enum import IntEnum


class ReceiverType(IntEnum):
    """What a station serves; the number stands in logs.

    Attributes
    ----------
    word, words : str
        One of them, and several, as attributes of a network are called.
    service : str
        What is done for them.
    """

    word: str
    words: str
    service: str

    def __new__(cls, number: int, word: str, service: str) -> ReceiverType:
        """Keep the words as plain attributes: the frame asks for them often."""
        self = int.__new__(cls, number)
        self._value_, self.word, self.words, self.service = number, word, f"{word}s", service
        return self

    USER = 0, "user", "communication"
    TARGET = 1, "target", "sensing"
