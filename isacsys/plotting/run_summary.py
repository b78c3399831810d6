"""A run in one picture: distributions over links and users, what interferes, and rate over distance."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import ENOUGH, Averages, LinkSamples, links_of, users_of
from isacsys.core.arrays import Array, Index
from isacsys.core.display import figure as short
from isacsys.core.errors import ConfigError
from isacsys.plotting.style import COLOURS, HATCHES, axis, figure, legend, simulated
from isacsys.services.link_terms import INTERFERENCE, ratio_word

BINS = 12  # of distance, equally likely
BAND = 120  # points of a distribution
EDGE = 5  # percent
PANELS = (("throughput", "throughput of a user (Mbit/s)"), ("geometry", "wideband SINR of a user (dB)"),
          ("mean_rate", "mean rate of a user (bit/s/Hz)"))


def draw_run(run: Run) -> Any:
    """Draw the distribution of SIR and rate, shares of interference, and rate over distance, of typical links, and
    distributions over users; of a run that recorded users alone, these.

    Raises
    ------
    ConfigError
        Where the run recorded neither.
    """
    level = run.scenario.recording.level
    if level == "summary":
        raise ConfigError("recording.level", level, "\"users\", \"links\" or \"full\" when the run is made, to draw it")
    if "links/communication" not in run.tables and run.drops and "users/communication" in run.tables:
        return _users_alone(run)
    links = links_of([run], [run.name])
    if not links:
        raise ConfigError("simulation.drops", run.drops, "a run with links to draw")
    users = "users/communication" in run.tables
    made, panels = figure(4 + 3 * users, rows=2)
    if users:
        draw_users(panels[4:7], run)
        panels[7].set_axis_off()
    _distribution(panels[0], links, "sir", f"{ratio_word(kind.table for kind in links)} (dB)")
    _distribution(panels[1], links, "rate", "rate (bit/s/Hz)")
    _shares(panels[2], links, run.scenario.sensing.inter_target_echo)
    _over_distance(panels[3], links)
    names = [kind.name for kind in links]
    legend(made, names, {"simulated": "simulated, with 95 % intervals"})
    _name(made, run)
    return made


def _users_alone(run: Run) -> Any:
    made, panels = figure(3)
    draw_users(panels, run)
    _name(made, run)
    return made


def _name(made: Any, run: Run) -> None:
    made.suptitle("\n".join(textwrap.fill(line, 120) for line in run.provenance[:1]), fontsize=9)


def _distribution(axes: Any, links: list[LinkSamples], column: str, label: str) -> None:
    for kind in links:
        found = kind.distribution(column, BAND)
        if found is not None:
            x = 10 * np.log10(found[0]) if column == "sir" else found[0]
            share_below(axes, x, found[1], kind.drops, kind.colour, linestyle=("-", "--")[kind.kind])
    axis(axes, label, f"P({label.partition(' (')[0] if column == 'sir' else column} below)")
    axes.set_ylim(0, 1)


def _shares(axes: Any, links: list[LinkSamples], echoes_count: bool) -> None:
    """Draw by how much each term makes up the interference of a typical link."""
    for place, kind in enumerate(links):
        present = [t for t in INTERFERENCE if t in kind.table and (t != "inter_target" or echoes_count)]
        left = 0.0
        for term, share in zip(present, kind.shares(present), strict=True):
            number = list(INTERFERENCE).index(term)
            if share > 0:
                axes.barh([place], [share], left=left, color=COLOURS[number % len(COLOURS)],
                          hatch=HATCHES[number % len(HATCHES)], edgecolor="white", label=INTERFERENCE[term])
            left += share
    axes.set_yticks(range(len(links)), [kind.name for kind in links])
    axis(axes, "mean share of the interference", "")
    named = {label: bar for bar, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    axes.legend(list(named.values()), list(named), loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=7,
                frameon=False)


def _over_distance(axes: Any, links: list[LinkSamples]) -> None:
    for kind in links:
        centre, rate = kind.over_distance(BINS)
        simulated(axes, centre, rate.mean, rate.half_width, kind.colour)
    axis(axes, "distance to the serving BS (km)", "mean rate (bit/s/Hz)")
    axes.set_ylim(bottom=0)


def draw_users(axes: list[Any], run: Run) -> None:
    """Draw the share of users below, for each of `PANELS`, on as many axes; bands are 95 % intervals over drops."""
    for panel, (column, label) in zip(axes, PANELS, strict=True):
        found = users_of(run, column, BAND)
        if found is None:
            continue
        share_below(panel, found.at, found.above, found.drops, 0)
        edge = float(np.percentile(found.values, EDGE))
        panel.axhline(EDGE / 100, color="0.6", linewidth=0.8, linestyle=":")
        panel.plot([edge], [EDGE / 100], "o", color=COLOURS[1])
        panel.annotate(f"{EDGE} % of all: {short(edge)}", (edge, EDGE / 100), xytext=(6, 6), textcoords="offset points",
                       fontsize=8)
        axis(panel, label, "share of users below")
        panel.set_ylim(0, 1)


def share_below(axes: Any, x: Array, above: Averages, drops: Index, colour: int, **style: Any) -> None:
    """Draw the share below ``x`` [point], of ``drops`` [drop], with a band where these are enough."""
    axes.plot(x, 1 - above.mean, color=COLOURS[colour], **style)
    if len(drops) >= ENOUGH:
        axes.fill_between(x, 1 - above.mean - above.half_width, 1 - above.mean + above.half_width,
                          color=COLOURS[colour], alpha=0.25, linewidth=0)
