"""Text and HTML representations of figures and tables."""

from __future__ import annotations

import csv
import html
import importlib
import io
import math
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PLUS_MINUS = "±"
_NOISE = 1e-12  # of a mean: no more than what rounding makes of a spread that is none


class Shape(NamedTuple):
    """What there is to show: lines of text, and a table below them."""

    lines: Sequence[str]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


class Shown:
    """Base of what people look at: says what there is to show, and has a text and an HTML representation of it."""

    __slots__ = ()

    @abstractmethod
    def shape(self) -> Shape:
        """Return what there is to show."""

    def __str__(self) -> str:
        lines, header, rows = self.shape()
        return "\n".join([*lines, *([text_table(header, rows)] if rows else [])])

    def _repr_html_(self) -> str:
        lines, header, rows = self.shape()
        return "".join([*(f"<p>{html.escape(line)}</p>" for line in lines), html_table(header, rows) if rows else ""])


def figure(value: float | None) -> str:
    """Return a figure to four digits, or a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.4g}"


def plus_minus(half_width: float | None, mean: float | None) -> str:
    """Return ``± 0.02``: nothing where there is no half-width, ``± 0`` where it is rounding of the mean."""
    if half_width is None:
        return ""
    return f"{PLUS_MINUS} {figure(0.0 if half_width <= _NOISE * abs(mean or 0.0) else half_width)}"


def pretty_unit(unit: str) -> str:
    """Return a unit as people write it: ``bit/s/Hz/km²``; nothing for a plain number."""
    return "" if unit == "1" else unit.replace("^2", "²").replace("^3", "³")


def with_interval(mean: float | None, half_width: float | None, unit: str = "1") -> str:
    """Return ``3.716 ± 0.010 bit/s/Hz``: as many digits as the half-width, to two of its own, says are known."""
    if mean is None or not math.isfinite(mean):
        return "no data"
    if half_width is not None and half_width <= _NOISE * abs(mean):
        half_width = 0.0
    if half_width is None or not math.isfinite(half_width) or half_width <= 0:
        said = f"{mean:.4g}" + (f" {PLUS_MINUS} 0" if half_width == 0 else "")
    else:
        places = 1 - int(f"{half_width:.1e}".partition("e")[2])
        shown = max(places, 0)
        if max(abs(mean), half_width) < 1e-4 or abs(mean) >= 1e7 or places > 12:
            said = f"{mean:.{max(places + _magnitude(mean), 0)}e} {PLUS_MINUS} {half_width:.1e}"
        else:
            said = f"{round(mean, places):.{shown}f} {PLUS_MINUS} {round(half_width, places):.{shown}f}"
    return f"{said} {pretty_unit(unit)}".rstrip()


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as CSV, with nothing where a value is None."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Align a table: the first column to the left, figures to the right."""
    cells = [list(header), *[[str(c) for c in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in cells)
    return "\n".join("  ".join(line).rstrip() for line in lines)


def html_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table for a notebook; everything in it is text."""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def draw(picture: str, function: str, subject: Any, path: str | Path | None, **options: Any) -> Any:
    """Draw a subject with a function of `isacsys.plotting`, write it to ``path`` if given, return the figure.

    Pictures stand above what they are of, and need matplotlib, so they are looked for only when one is wanted.
    """
    style = importlib.import_module("isacsys.plotting.style")
    if path is not None:
        style.check_output(path)
    made = getattr(importlib.import_module(f"isacsys.plotting.{picture}"), function)(subject, **options)
    return style.save(made, path)


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0
