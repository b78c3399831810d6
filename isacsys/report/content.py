"""The content of a report, sections with lines, figures and tables, and the templates of pages: every text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from isacsys.core.errors import ConfigError, IsacError, writing
from isacsys.recording.atomic_files import write_whole

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


def template(name: str) -> Any:
    """Return a template of this folder. Raises IsacError where Jinja2 is missing."""
    try:
        import jinja2
        import markupsafe
    except ImportError:
        raise IsacError("reports need Jinja2: pip install \"isacsys[report]\"") from None
    environment = jinja2.Environment(loader=jinja2.PackageLoader("isacsys.report", ""), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    folder = files("isacsys.report")
    environment.filters["visible"] = visible
    environment.filters["lines"] = lambda text: "\n".join(map(visible, str(text).splitlines()))
    table = environment.get_template("table.html.j2")
    environment.globals.update({
        "show": lambda shown: markupsafe.Markup(table.render(table=shown)),
        **{name: markupsafe.Markup(folder.joinpath(file).read_text(encoding="utf-8")) for name, file in (
            ("style", "page.css"), ("script", "page.js"), ("player_style", "player.css"),
            ("player_script", "player.js"))}})
    return environment.get_template(name)


def page_path(output: str | Path) -> Path:
    """Return where to write a page. Raises ConfigError for a name of another kind of file."""
    path = Path(output)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ConfigError("output", str(path), "a name that ends with .html")
    return path


def write_page(path: Path, page: str) -> Path:
    """Write a page, all of it or nothing, and return where it is. Raises ConfigError where it cannot be written."""
    with writing("output", path):
        write_whole(path, page.encode())
    return path
