"""A run in one picture: distributions, what interferes, and rate over distance."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import means_by, quantiles, survival
from isacsys.core.arrays import Array, Index, Table
from isacsys.core.errors import ConfigError
from isacsys.plotting.style import COLOURS, HATCHES, axis, figure, legend, simulated
from isacsys.plotting.user_distributions import draw_users
from isacsys.services.link_terms import INTERFERENCE, ratio_word

KINDS = {"communication": "users", "sensing": "targets"}
BINS = 12  # of distance, equally likely
BAND = 120  # points of a distribution
ENOUGH = 5  # drops from which a confidence band means something


class LinkSamples(NamedTuple):
    """The links of one kind: a name for people, their table, and the drops."""

    family: int
    name: str
    table: Table
    drops: Index  # [drop]

    def where(self) -> tuple[Array, Index, Index]:
        """Return the weight and drop of every link [link], and the drops [drop], for an estimate over drops."""
        return self.table["weight"], self.table["drop"], self.drops


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
    links = list(_links(run))
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


def _links(run: Run) -> Iterator[LinkSamples]:
    drops = np.unique(run.table("drops")["drop"])
    for family, (kind, name) in enumerate(KINDS.items()):
        table = run.table(f"links/{kind}")
        if len(table["drop"]):
            yield LinkSamples(family, name, table, drops)


def _distribution(axes: Any, links: list[LinkSamples], column: str, label: str) -> None:
    for kind in links:
        values = kind.table[column]
        at = quantiles(values[np.isfinite(values)], kind.table["weight"][np.isfinite(values)], BAND)
        found = survival(values, *kind.where(), at)
        x = 10 * np.log10(at) if column == "sir" else at
        colour = COLOURS[kind.family]
        axes.plot(x, 1 - found.mean, color=colour, linestyle=("-", "--")[kind.family])
        if len(kind.drops) >= ENOUGH:
            axes.fill_between(x, 1 - found.mean - found.half_width, 1 - found.mean + found.half_width, color=colour,
                              alpha=0.25, linewidth=0)
    axis(axes, label, f"P({label.partition(' (')[0] if column == 'sir' else column} below)")
    axes.set_ylim(0, 1)


def _shares(axes: Any, links: list[LinkSamples], echoes_count: bool) -> None:
    """Draw by how much each term makes up the interference of a typical link."""
    for place, kind in enumerate(links):
        present = [t for t in INTERFERENCE if t in kind.table and (t != "inter_target" or echoes_count)]
        powers = np.array([kind.table[term] for term in present])
        total = powers.sum(axis=0)
        shares = np.divide(powers, total, out=np.zeros_like(powers), where=total > 0) @ kind.table["weight"]
        left = 0.0
        for term, share in zip(present, shares / kind.table["weight"].sum(), strict=True):
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
        distance = kind.table["distance"]
        edges = quantiles(distance, kind.table["weight"], BINS)[1:]
        place = np.searchsorted(edges, distance)
        found = means_by(place, len(edges) + 1, kind.table["rate"], *kind.where())
        centre = means_by(place, len(edges) + 1, distance, *kind.where())
        simulated(axes, centre.mean, found.mean, found.half_width, kind.family)
    axis(axes, "distance to the serving BS (km)", "mean rate (bit/s/Hz)")
    axes.set_ylim(bottom=0)
