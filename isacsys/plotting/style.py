"""One look for all pictures: readable in grey, by colour-blind readers, and with the legend beside the data.

Colours are those of Okabe and Ito; families also differ by marker. Lines: solid is exact, dashed is an approximation,
dotted is exact at what was measured; markers with bars are simulated, with 95 % intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.core.errors import ConfigError, IsacError, writing

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "//", "..", "xx", "", "\\\\", "++")
LINES: Mapping[str, Any] = {"exact": "-", "approximate": "--", "measured": ":"}
LOOK = {"font.size": 9, "axes.grid": True, "grid.alpha": 0.3, "grid.linewidth": 0.5, "axes.spines.top": False,
        "axes.spines.right": False, "lines.linewidth": 1.3, "lines.markersize": 4.5, "legend.frameon": False,
        "legend.fontsize": 8, "savefig.dpi": 150, "svg.fonttype": "none", "svg.hashsalt": "isacsys"}
# By suffix; without what would make two files of one picture differ.
METADATA: Mapping[str, Any] = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def figure(panels: int = 1, *, rows: int = 1, width: float = 4.8, height: float = 3.6) -> tuple[Any, list[Any]]:
    """Return a matplotlib figure and its panels, row by row; ``width`` and ``height`` of one, in inches."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(LOOK):
        columns = -(-panels // rows)
        made = matplotlib.figure.Figure(figsize=(width * columns, height * rows), layout="constrained")
        found = made.subplots(rows, columns, squeeze=False)
    return made, list(found.ravel())


def bare_figure(*, width: float, height: float) -> Any:
    """Return a matplotlib figure without panels, ``width`` and ``height`` in inches."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(LOOK):
        return matplotlib.figure.Figure(figsize=(width, height), layout="constrained")


def axis(axes: Any, x: str, y: str, title: str = "", *, whole: bool = False) -> None:
    """Name the axes, with their units; ``whole`` where x counts something."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title, fontsize=9)
    if whole:
        axes.locator_params(axis="x", integer=True)


def curve(axes: Any, x: npt.ArrayLike, y: Sequence[float | None] | npt.ArrayLike, family: int, kind: str,
          *, width: float = 1.3) -> None:
    """Draw a computed curve ``y`` [n] over x [n]; ``kind`` is "exact", "approximate" or "measured", None in ``y`` a
    gap.
    """
    axes.plot(x, np.asarray(y, float), linestyle=LINES[kind], color=COLOURS[family % len(COLOURS)], linewidth=width)


def simulated(axes: Any, x: npt.ArrayLike, mean: Sequence[float | None] | npt.ArrayLike,
              half_width: Sequence[float | None] | npt.ArrayLike, family: int, *, hollow: bool = False) -> None:
    """Draw simulated points ``mean`` [n] over x [n] with intervals of ``half_width`` [n]."""
    axes.errorbar(x, np.asarray(mean, float), np.nan_to_num(np.asarray(half_width, float)), linestyle="none",
                  marker=MARKERS[family % len(MARKERS)], color=COLOURS[family % len(COLOURS)], capsize=2,
                  elinewidth=0.9, markerfacecolor="white" if hollow else None)


def line_collection(lines: npt.ArrayLike, **look: Any) -> Any:
    """Return many straight lines [line, 2, 2] as one artist."""
    from matplotlib.collections import LineCollection

    return LineCollection(list(np.asarray(lines)), **look)


def mark(axes: Any, x: float, y: float, text: str, *, offset: tuple[float, float] = (0, 12)) -> None:
    """Mark a point by a ring with a label."""
    axes.plot([x], [y], marker="o", markersize=11, markerfacecolor="none", markeredgecolor="black", linestyle="none")
    axes.annotate(text, (x, y), xytext=offset, textcoords="offset points", ha="center", fontsize=8)


def legend(made: Any, families: Sequence[str], kinds: Mapping[str, str], columns: int = 4) -> None:
    """Put one legend below the panels, where there are no data.

    Parameters
    ----------
    made : figure
    families : sequence of str
        What colours and markers stand for, in their order; empty texts are left out.
    kinds : mapping
        What lines and points stand for, from a key of `LINES`, or "simulated" or "hollow".
    columns : int
        Entries side by side.
    """
    line = _matplotlib().lines.Line2D
    entries = [(line([], [], color=COLOURS[i % len(COLOURS)], marker=MARKERS[i % len(MARKERS)]), label)
               for i, label in enumerate(families) if label]
    points = {"linestyle": "none", "marker": "o", "color": "0.35"}
    looks = {kind: {"linestyle": style, "color": "0.35"} for kind, style in LINES.items()}
    looks |= {"simulated": points, "hollow": points | {"markerfacecolor": "white"}}
    entries += [(line([], [], **looks[kind]), label) for kind, label in kinds.items()]
    made.legend([handle for handle, _ in entries], [label for _, label in entries], loc="outside lower center",
                ncols=columns, fontsize=8, frameon=False)


def check_output(path: str | Path) -> None:
    """Raise ConfigError, before anything is drawn, for a name that says no format."""
    if Path(path).suffix.lower() not in METADATA:
        raise ConfigError("output", str(path), f"a name that ends with {', '.join(METADATA)}")


def save(made: Any, *paths: str | Path | None) -> Any:
    """Write a figure to every path, PNG, SVG or PDF by its suffix, and return it."""
    matplotlib = _matplotlib()
    for path in [Path(p) for p in paths if p is not None]:
        check_output(path)
        with writing("output", path), matplotlib.rc_context(LOOK):
            made.savefig(path, metadata=METADATA[path.suffix.lower()])
    return made


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.figure
        import matplotlib.lines
    except ImportError:
        raise IsacError("pictures need matplotlib: pip install \"isacsys[plot]\"") from None
    return matplotlib
