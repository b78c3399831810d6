"""Pictures as SVG, in classes and not in colours: the style sheet of the page colours them, light or dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from isacsys.campaign.distributions import ENOUGH, Averages
from isacsys.core.arrays import Array, Index
from isacsys.report.content import visible

WIDTH, HEIGHT = 440.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 14.0, 12.0, 44.0
COLOURS = 8  # series that the style sheet can paint


@dataclass(frozen=True)
class Series:
    """A line or points, with an interval where there is one.

    Attributes
    ----------
    name : str
    x, y : [point]
    low, high : [point] or None
        The interval.
    colour : int
    points : bool
        Points with bars instead of a line with a band.
    dashed : bool
    """

    name: str
    x: Array
    y: Array
    low: Array | None = None
    high: Array | None = None
    colour: int = 0
    points: bool = False
    dashed: bool = False


def share_below(name: str, x: Array, above: Averages, drops: Index, colour: int, *, dashed: bool = False) -> Series:
    """Return the share below ``x`` [point], of ``drops`` [drop], with a band where these are enough."""
    below, band = 1 - above.mean, above.half_width if len(drops) >= ENOUGH else None
    low, high = (None, None) if band is None else (np.clip(below - band, 0, 1), np.clip(below + band, 0, 1))
    return Series(name, x, below, low, high, colour, dashed=dashed)


def text(x: float, y: float, words: object, *, anchor: str = "middle", turn: float | None = None,
         kind: str = "") -> str:
    """Return a text, escaped."""
    turned = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn is not None else ""
    look = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turned}{look}>{escape(visible(words))}</text>'


def svg(body: str, title: str, *, width: float = WIDTH, height: float = HEIGHT, kind: str = "chart") -> str:
    """Return a picture that says to screen readers what it is."""
    return (f'<svg viewBox="0 0 {width:.0f} {height:.0f}" class="{kind}" role="img" '
            f'aria-label="{escape(visible(title))}">{body}</svg>')


def lines(series: Sequence[Series], x: str, y: str, title: str, *, bottom: float | None = None,
          top: float | None = None) -> str:
    """Draw series over one pair of axes."""
    frame = _Frame(_extent([s.x for s in series]), _extent(
        [part for s in series for part in (s.y, s.low, s.high) if part is not None], bottom, top))
    drawn = [frame.axes(x, y), *(_series(frame, s) for s in series if len(s.x))]
    return svg("".join(drawn), title) + key([(_sample(s), s.name) for s in series])


def bars(rows: Sequence[tuple[str, Sequence[float]]], names: Sequence[str], x: str, title: str) -> str:
    """Draw rows of bars that are stacked, each from 0 to at most 1."""
    left, height = 90.0, 34.0 * len(rows)
    scale, drawn = WIDTH - left - 2 * RIGHT, []  # half of "100%" stands beyond the end
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = left + scale * share
        drawn += [f'<line class="grid" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{TOP + height:.1f}"/>',
                  text(at, TOP + height + 16, f"{share:.0%}")]
    for place, (name, shares) in enumerate(rows):
        at, y = left, TOP + 34 * place
        drawn.append(text(left - 8, y + 20, name, anchor="end"))
        for number, share in enumerate(shares):
            words = escape(visible(f"{name}, {names[number]}: {share:.1%}"))
            drawn.append(f'<rect class="f{number % COLOURS}" x="{at:.1f}" y="{y + 4:.1f}" width="{scale * share:.2f}" '
                         f'height="24"><title>{words}</title></rect>')
            at += scale * share
    drawn.append(text(left + scale / 2, TOP + height + 36, x))
    return svg("".join(drawn), title, height=TOP + height + 44) + key(
        [(f'<rect class="f{i % COLOURS}" width="18" height="12"/>', name) for i, name in enumerate(names)])


def key(entries: Sequence[tuple[str, str]]) -> str:
    """Return what stands for what, as text of the page, which stays readable however small a picture is."""
    parts = [f'<span><svg viewBox="0 0 18 12" aria-hidden="true">{sample}</svg> '
             f'<bdi>{escape(visible(name))}</bdi></span>' for sample, name in entries]
    return f'<p class="key">{"".join(parts)}</p>'


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Return round numbers that divide an interval."""
    step = (high - low) / about
    unit = 10 ** math.floor(math.log10(step))
    step = next(unit * n for n in (1, 2, 2.5, 5, 10) if unit * n >= step * (1 - 1e-9))
    return [step * i for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def path(x: Array, y: Array) -> str:
    """Return the SVG points of a line through x [n], y [n], broken where one is not finite."""
    said, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if math.isfinite(a) and math.isfinite(b):
            said.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        else:
            pen = "M"
    return "".join(said)


class _Frame:
    """Axes: from data to the places of a picture."""

    def __init__(self, across: tuple[float, float], up: tuple[float, float]) -> None:
        self.across, self.up = across, up

    def x(self, values: Array) -> Array:
        low, high = self.across
        return np.asarray(LEFT + (values - low) / (high - low) * (WIDTH - LEFT - RIGHT))

    def y(self, values: Array) -> Array:
        low, high = self.up
        return np.asarray(HEIGHT - BOTTOM - (np.clip(values, low, high) - low) / (high - low) * (HEIGHT - TOP - BOTTOM))

    def axes(self, x: str, y: str) -> str:
        """Return grid, ticks and names."""
        drawn, right, floor = [], WIDTH - RIGHT, HEIGHT - BOTTOM
        for value in ticks(*self.across):
            at = float(self.x(np.array(value)))
            drawn += [f'<line class="grid" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{floor}"/>',
                      text(at, floor + 16, f"{value:.6g}")]
        for value in ticks(*self.up):
            at = float(self.y(np.array(value)))
            drawn += [f'<line class="grid" x1="{LEFT}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}"/>',
                      text(LEFT - 6, at + 4, f"{value:.6g}", anchor="end")]
        drawn.append(f'<path class="axis" d="M{LEFT} {TOP}V{floor}H{right}"/>')
        drawn += [text((LEFT + right) / 2, floor + 36, x), text(15, (TOP + floor) / 2, y, turn=-90)]
        return "".join(drawn)


def _series(frame: _Frame, s: Series) -> str:
    x, y, number = frame.x(s.x), frame.y(s.y), s.colour % COLOURS
    interval = None if s.low is None or s.high is None else (frame.y(s.low), frame.y(s.high))
    if s.points:
        said = [f"{s.name}: {b:.4g} at {a:.4g}" for a, b in zip(s.x.tolist(), s.y.tolist(), strict=True)]
        bar = "" if interval is None else "".join(
            f'<line class="l{number}" x1="{a:.1f}" y1="{lo:.1f}" x2="{a:.1f}" y2="{hi:.1f}"/>'
            for a, lo, hi in zip(x, *interval, strict=True) if math.isfinite(lo + hi))
        return bar + "".join(f'<circle class="f{number}" cx="{a:.1f}" cy="{b:.1f}" r="4"><title>'
                             f"{escape(visible(words))}</title></circle>"
                             for a, b, words in zip(x, y, said, strict=True) if math.isfinite(a + b))
    band = "" if interval is None else (
        f'<path class="b{number}" d="{path(np.r_[x, x[::-1]], np.r_[interval[1], interval[0][::-1]])}Z"/>')
    dash = ' stroke-dasharray="6 4"' if s.dashed else ""
    return f'{band}<path class="l{number}"{dash} d="{path(x, y)}"><title>{escape(visible(s.name))}</title></path>'


def _extent(parts: Sequence[Array], low: float | None = None, high: float | None = None) -> tuple[float, float]:
    """Return an interval that holds all that is finite, a little wider, and never empty."""
    values = np.concatenate([np.asarray(part, float).ravel() for part in parts]) if parts else np.zeros(0)
    values = values[np.isfinite(values)]
    least, most = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    slack = 0.04 * (most - least) or 0.05 * abs(most) or 0.5
    first, last = least - slack if low is None else low, most + slack if high is None else high
    return first, last if last > first else first + 1


def _sample(s: Series) -> str:
    number, dash = s.colour % COLOURS, ' stroke-dasharray="6 4"' if s.dashed else ""
    return (f'<circle class="f{number}" cx="9" cy="6" r="4"/>' if s.points else
            f'<path class="l{number}"{dash} d="M0 6h18"/>')
