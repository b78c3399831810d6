"""Sections about single links: distributions, sources of interference, and whatever else was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import Averages, means_by, quantiles, survival
from isacsys.core.arrays import Array, Index
from isacsys.core.arrays import Table as Columns
from isacsys.core.display import pretty_unit
from isacsys.network.receivers import ReceiverType
from isacsys.recording.schema import LEVELS
from isacsys.report import charts
from isacsys.report.content import Figure, PageSection, PageTable
from isacsys.services import link_columns
from isacsys.services.link_terms import INTERFERENCE, ratio_word

POINTS, BINS, ENOUGH = 80, 12, 5  # of a distribution, of distance, drops from which a band means something
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
NO_QUANTITY = ("strongest_station",)
IN_DECIBEL = ("clutter", "fused_sir")  # powers: over the transmit power, and over each other


class RunLinks(NamedTuple):
    """The links of one kind in one run."""

    name: str
    kind: ReceiverType
    table: Columns
    drops: Index  # [drop]
    colour: int
    dashed: bool

    def where(self) -> tuple[Array, Index, Index]:
        """Return the weight and drop of every link [link], and the drops [drop], for an estimate over drops."""
        return self.table["weight"], self.table["drop"], self.drops


def links_of(runs: Sequence[Run], names: Sequence[str]) -> list[RunLinks]:
    """Return the links of every run that recorded any."""
    found = []
    for number, (run, name) in enumerate(zip(runs, names, strict=True)):
        if "links/communication" not in LEVELS[run.scenario.recording.level]:
            continue
        drops = np.unique(run.table("drops")["drop"])
        for kind in ReceiverType:
            table = run.table(f"links/{kind.service}")
            if len(table["drop"]):
                label = kind.words if len(runs) == 1 else f"{kind.words}, {name}"
                colour = int(kind) if len(runs) == 1 else number
                found.append(RunLinks(label, kind, table, drops, colour, kind == ReceiverType.TARGET))
    return found


def distributions(links: Sequence[RunLinks]) -> PageSection:
    """Draw SIR and rate of typical links, and the rate over distance."""
    ratio = ratio_word(kind.table for kind in links)
    figures = [_distribution(links, "sir", ratio, "dB"), _distribution(links, "rate", "Rate", "bit/s/Hz"),
               _over_distance(links)]
    return PageSection("distributions", "Distributions", [
        "Of typical links: weighted by the population of the cell over the number scheduled in it."
        + (" Bands are 95 % intervals over drops." if any(len(kind.drops) >= ENOUGH for kind in links) else
           f" Fewer than {ENOUGH} drops: no bands.")], figures=[f for f in figures if f is not None])


def _title(column: str) -> str:
    """Name a column of looks; their errors are bounds of errors."""
    words = column.replace("_", " ")
    return f"Bound of the {words}" if column.endswith("_error") else words.capitalize()


def interference(links: Sequence[RunLinks], echoes_count: bool) -> PageSection:
    """Draw by how much each term makes up the interference of a typical link, and which stations interfere most."""
    terms = [term for term in INTERFERENCE if (term != "inter_target" or echoes_count)
             and any(term in kind.table and kind.table[term].any() for kind in links)]
    shares = [_shares(kind, terms) for kind in links]
    names = [INTERFERENCE[term] for term in terms]
    rows = [[kind.name, *(f"{share:.1%}" for share in mine)] for kind, mine in zip(links, shares, strict=True)]
    drawn = charts.bars([(kind.name, mine.tolist()) for kind, mine in zip(links, shares, strict=True)], names,
                        "mean share of the interference", "Where interference comes from")
    tables = [_strongest(kind) for kind in links if "strongest_station" in kind.table]
    return PageSection("interference", "Where interference comes from", figures=[
        Figure("Shares", drawn, PageTable(["links", *names], rows))], details=tables)


def other_columns(links: Sequence[RunLinks], kind: ReceiverType) -> list[Figure]:
    """Draw the distribution of every further column that links of a kind have."""
    mine = [some for some in links if some.kind == kind]
    columns = [c for c in link_columns(kind) if c.optional and c.dtype == "f8" and c.name not in NO_QUANTITY
               and not c.name.startswith("strongest_") and any(c.name in some.table for some in mine)]
    figures = [_distribution([some for some in mine if c.name in some.table], c.name, _title(c.name),
                             "dB" if c.name in IN_DECIBEL else pretty_unit(c.unit), c.description) for c in columns]
    return [found for found in figures if found is not None]


def _distribution(links: Sequence[RunLinks], column: str, title: str, unit: str, note: str = "") -> Figure | None:
    series, rows = [], []
    for kind in links:
        values = kind.table[column].astype(float)
        finite = np.isfinite(values) & (kind.table["weight"] > 0)
        if not finite.any():
            continue
        at = quantiles(values[finite], kind.table["weight"][finite], POINTS)
        found = survival(values, *kind.where(), at)
        x = _decibel(at) if unit == "dB" else at
        series.append(_curve(kind, x, found))
        exact = quantiles(values[finite], kind.table["weight"][finite], 1000)
        places = np.minimum((np.array(PERCENTILES) / 100 * len(exact)).astype(int), len(exact) - 1)
        chosen = _decibel(exact[places]) if unit == "dB" else exact[places]
        rows.append([kind.name, *(f"{value:.4g}" for value in chosen)])
    if not series:
        return None
    label = f"{title}{f' ({unit})' * bool(unit)}"
    drawn = charts.lines(series, label, "share below", f"Distribution of {label}", bottom=0, top=1)
    table = PageTable(["links", *(f"{p} %" for p in PERCENTILES)], rows, f"percentiles of {label}")
    return Figure(title, drawn, table, note)


def _curve(kind: RunLinks, x: Array, found: Averages) -> charts.Series:
    below, band = 1 - found.mean, found.half_width if len(kind.drops) >= ENOUGH else None
    return charts.Series(kind.name, x, below, None if band is None else np.clip(below - band, 0, 1),
                         None if band is None else np.clip(below + band, 0, 1), kind.colour, dashed=kind.dashed)


def _over_distance(links: Sequence[RunLinks]) -> Figure:
    series, rows = [], []
    for kind in links:
        distance = kind.table["distance"]
        edges = quantiles(distance, kind.table["weight"], BINS)[1:]
        place = np.searchsorted(edges, distance)
        rate = means_by(place, len(edges) + 1, kind.table["rate"], *kind.where())
        centre = means_by(place, len(edges) + 1, distance, *kind.where()).mean
        half = np.nan_to_num(rate.half_width) if len(kind.drops) >= ENOUGH else np.zeros(len(rate.mean))
        series.append(charts.Series(kind.name, centre, rate.mean, rate.mean - half, rate.mean + half, kind.colour,
                                    points=True))
        rows += [[kind.name, f"{x:.4g}", f"{y:.4g}", f"{h:.2g}"]
                 for x, y, h in zip(centre, rate.mean, half, strict=True) if np.isfinite(y)]
    title = "Rate over distance"
    drawn = charts.lines(series, "distance to the serving BS (km)", "mean rate (bit/s/Hz)", title, bottom=0)
    return Figure(title, drawn, PageTable(["links", "distance (km)", "rate (bit/s/Hz)", "± 95 %"], rows))


def _shares(kind: RunLinks, terms: Sequence[str]) -> Array:
    powers = np.array([kind.table.get(term, np.zeros(len(kind.table["drop"]))) for term in terms])
    powers = powers.reshape(len(terms), -1)
    total = powers.sum(axis=0)
    shares = np.divide(powers, total, out=np.zeros_like(powers), where=total > 0) @ kind.table["weight"]
    return np.asarray(shares / kind.table["weight"].sum())


def _strongest(kind: RunLinks) -> PageTable:
    """Return which stations interfere most, of all drops, by how many links they are worst for."""
    table = kind.table
    hit = table["strongest_station"] >= 0
    who = np.stack([table["drop"][hit], table["strongest_station"][hit]])
    pairs, back = np.unique(who, axis=1, return_inverse=True)
    worst, power = np.bincount(back.ravel()), np.bincount(back.ravel(), table["strongest_interference"][hit])
    order = np.argsort(-worst, kind="stable")[:10]
    rows = [[str(pairs[0, i]), str(pairs[1, i]), str(worst[i]),
             f"{10 * np.log10(max(power[i] / worst[i], 1e-300)):.1f}"] for i in order]
    return PageTable(["drop", "station", "links to which it is the strongest", "mean power there (dB)"], rows,
                 f"Stations that interfere most with {kind.name}")


def _decibel(values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(values))

