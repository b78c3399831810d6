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

from isacsys.errors import ConfigError, IsacError

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES: Mapping[str, Any] = {"exact": "-", "approximate": "--", "measured": ":"}
LOOK = {
    "font.size": 9, "axes.grid": True, "grid.alpha": 0.3, "grid.linewidth": 0.5, "axes.spines.top": False,
    "axes.spines.right": False, "lines.linewidth": 1.3, "lines.markersize": 4.5, "legend.frameon": False,
    "legend.fontsize": 8, "savefig.dpi": 150, "svg.fonttype": "none", "svg.hashsalt": "isacsys",
}
FORMATS = (".png", ".svg", ".pdf")


def figure(panels: int = 1, *, width: float = 4.8, height: float = 3.6) -> tuple[Any, list[Any]]:
    """Return a matplotlib figure and its panels, side by side; ``width`` and ``height`` of one, in inches."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(LOOK):
        made = matplotlib.figure.Figure(figsize=(width * panels, height), layout="constrained")
        found = made.subplots(1, panels, squeeze=False)
    return made, list(found[0])


def axis(axes: Any, x: str, y: str, title: str = "") -> None:
    """Name the axes, with their units."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title, fontsize=9)


def curve(axes: Any, x: npt.ArrayLike, y: Sequence[float | None] | npt.ArrayLike, family: int, kind: str,
          label: str | None = None) -> None:
    """Draw a computed curve; ``kind`` is "exact", "approximate" or "measured", None in ``y`` a gap."""
    axes.plot(x, np.asarray(y, float), linestyle=LINES[kind], color=COLOURS[family % len(COLOURS)], label=label)


def simulated(axes: Any, x: npt.ArrayLike, mean: Sequence[float | None] | npt.ArrayLike,
              half_width: Sequence[float | None] | npt.ArrayLike, family: int, label: str | None = None,
              *, hollow: bool = False) -> None:
    """Draw simulated points with their intervals."""
    axes.errorbar(x, np.asarray(mean, float), np.nan_to_num(np.asarray(half_width, float)), linestyle="none",
                  marker=MARKERS[family % len(MARKERS)], color=COLOURS[family % len(COLOURS)], capsize=2,
                  elinewidth=0.9, markerfacecolor="white" if hollow else None, label=label)


def mark(axes: Any, x: float, y: float, text: str, *, offset: tuple[float, float] = (0, 12)) -> None:
    """Ring a point and say why."""
    axes.plot([x], [y], marker="o", markersize=11, markerfacecolor="none", markeredgecolor="black", linestyle="none")
    axes.annotate(text, (x, y), xytext=offset, textcoords="offset points", ha="center", fontsize=8)


def legend(made: Any, columns: int = 3) -> None:
    """Put one legend of everything that has a label below the panels, where there are no data."""
    named = {label: handle for axes in made.axes
             for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    made.legend(list(named.values()), list(named), loc="outside lower center", ncols=columns, fontsize=8,
                frameon=False)


def save(made: Any, *paths: str | Path | None) -> Any:
    """Write a figure to every path, PNG, SVG or PDF by its suffix, and return it."""
    matplotlib = _matplotlib()
    for path in [Path(p) for p in paths if p is not None]:
        if path.suffix.lower() not in FORMATS:
            raise ConfigError("output", str(path), f"a name that ends with {', '.join(FORMATS)}")
        plain = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        try:
            with matplotlib.rc_context(LOOK):
                made.savefig(path, metadata=plain[path.suffix.lower()])
        except OSError as error:
            raise ConfigError("output", str(path), f"a file that can be written ({error.strerror})") from None
    return made


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError:
        raise IsacError("pictures need matplotlib: pip install \"isacsys[plot]\"") from None
    return matplotlib
