"""The content of a report: sections with lines, figures and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_UNSEEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class PageTable:
    """A table that readers can sort.

    Attributes
    ----------
    header : sequence of str
    rows : sequence of sequences of str
    caption : str
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture, and its numbers.

    Attributes
    ----------
    title : str
    svg : str
        Markup; every text in it has been escaped.
    table : Table
    note : str
        What to know when looking at it.
    layers : mapping
        From the class of a layer of the picture to its name, for layers that readers can switch off.
    """

    title: str
    svg: str
    table: PageTable
    note: str = ""
    layers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Card:
    """One answer in large type.

    Attributes
    ----------
    title : str
        The question.
    values : sequence of (str, str, str)
        Mean, half-width and name of every run.
    unit, metric, meaning : str
    """

    title: str
    values: Sequence[tuple[str, str, str]]
    unit: str
    metric: str
    meaning: str


@dataclass(frozen=True)
class PageSection:
    """A part of a report under a heading of its own.

    Attributes
    ----------
    name : str
        A word without spaces, for links.
    title : str
    lines : sequence of str
        Paragraphs.
    tables, figures : sequences
    code : sequence of (str, str)
        Titles and texts that can be copied.
    cards : sequence of Card
    played : str
        JSON of a drop that is played back; empty: none.
    summary : str
        Where the section is folded: the line that is seen.
    details : sequence of PageTable
        Tables that follow the figures, folded.
    """

    name: str
    title: str
    lines: Sequence[str] = ()
    tables: Sequence[PageTable] = ()
    figures: Sequence[Figure] = ()
    code: Sequence[tuple[str, str]] = field(default=())
    cards: Sequence[Card] = ()
    played: str = ""
    summary: str = ""
    details: Sequence[PageTable] = ()

    def __bool__(self) -> bool:
        return bool(self.lines or self.tables or self.figures or self.code or self.cards or self.played)


def visible(text: object) -> str:
    """Return a text in which invisible characters, or those that change the direction of others, are spelt out."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text))
