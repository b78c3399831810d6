"""Sections about single links and users: distributions, sources of interference, and whatever else was recorded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isacsys.campaign import Run
from isacsys.campaign.distributions import ENOUGH, LinkSamples, users_of
from isacsys.core.arrays import Array
from isacsys.core.display import pretty_unit
from isacsys.network.receivers import ReceiverType
from isacsys.report import charts
from isacsys.report.content import Figure, PageSection, PageTable
from isacsys.services import link_columns
from isacsys.services.link_terms import INTERFERENCE, ratio_word

POINTS, BINS = 80, 12  # of a distribution, of distance
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
NO_QUANTITY = ("strongest_station",)
IN_DECIBEL = ("clutter", "fused_sir")  # powers: over the transmit power, and over each other
EDGE = 5  # percent
OF_USERS = (5, 25, 50, 75, 95)
COLUMNS = (("throughput", "User throughput", "Mbit/s"), ("geometry", "Wideband SINR", "dB"),
           ("mean_rate", "Mean rate", "bit/s/Hz"))


def distributions(links: Sequence[LinkSamples]) -> PageSection:
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


def interference(links: Sequence[LinkSamples], echoes_count: bool) -> PageSection:
    """Draw by how much each term makes up the interference of a typical link, and which stations interfere most."""
    terms = [term for term in INTERFERENCE if (term != "inter_target" or echoes_count)
             and any(term in kind.table and kind.table[term].any() for kind in links)]
    shares = [kind.shares(terms) for kind in links]
    names = [INTERFERENCE[term] for term in terms]
    rows = [[kind.name, *(f"{share:.1%}" for share in mine)] for kind, mine in zip(links, shares, strict=True)]
    drawn = charts.bars([(kind.name, mine.tolist()) for kind, mine in zip(links, shares, strict=True)], names,
                        "mean share of the interference", "Where interference comes from")
    tables = [_strongest(kind) for kind in links if "strongest_station" in kind.table]
    return PageSection("interference", "Where interference comes from", figures=[
        Figure("Shares", drawn, PageTable(["links", *names], rows))], details=tables)


def other_columns(links: Sequence[LinkSamples], kind: ReceiverType) -> list[Figure]:
    """Draw the distribution of every further column that links of a kind have."""
    mine = [some for some in links if some.kind == kind]
    columns = [c for c in link_columns(kind) if c.optional and c.dtype == "f8" and c.name not in NO_QUANTITY
               and not c.name.startswith("strongest_") and any(c.name in some.table for some in mine)]
    figures = [_distribution([some for some in mine if c.name in some.table], c.name, _title(c.name),
                             "dB" if c.name in IN_DECIBEL else pretty_unit(c.unit), c.description) for c in columns]
    return [found for found in figures if found is not None]


def _distribution(links: Sequence[LinkSamples], column: str, title: str, unit: str, note: str = "") -> Figure | None:
    series, rows = [], []
    for kind in links:
        found, fine = kind.distribution(column, POINTS), kind.distribution(column, 1000)
        if found is None or fine is None:
            continue
        at, exact = found[0], fine[0]
        x = _decibel(at) if unit == "dB" else at
        series.append(charts.share_below(kind.name, x, found[1], kind.drops, kind.colour,
                                         dashed=kind.kind == ReceiverType.TARGET))
        places = np.minimum((np.array(PERCENTILES) / 100 * len(exact)).astype(int), len(exact) - 1)
        chosen = _decibel(exact[places]) if unit == "dB" else exact[places]
        rows.append([kind.name, *(f"{value:.4g}" for value in chosen)])
    if not series:
        return None
    label = f"{title}{f' ({unit})' * bool(unit)}"
    drawn = charts.lines(series, label, "share below", f"Distribution of {label}", bottom=0, top=1)
    table = PageTable(["links", *(f"{p} %" for p in PERCENTILES)], rows, f"percentiles of {label}")
    return Figure(title, drawn, table, note)


def _over_distance(links: Sequence[LinkSamples]) -> Figure:
    series, rows = [], []
    for kind in links:
        centre, rate = kind.over_distance(BINS)
        half = np.nan_to_num(rate.half_width) if len(kind.drops) >= ENOUGH else np.zeros(len(rate.mean))
        series.append(charts.Series(kind.name, centre, rate.mean, rate.mean - half, rate.mean + half, kind.colour,
                                    points=True))
        rows += [[kind.name, f"{x:.4g}", f"{y:.4g}", f"{h:.2g}"]
                 for x, y, h in zip(centre, rate.mean, half, strict=True) if np.isfinite(y)]
    title = "Rate over distance"
    drawn = charts.lines(series, "distance to the serving BS (km)", "mean rate (bit/s/Hz)", title, bottom=0)
    return Figure(title, drawn, PageTable(["links", "distance (km)", "rate (bit/s/Hz)", "± 95 %"], rows))


def _strongest(kind: LinkSamples) -> PageTable:
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


def over_users(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Draw how throughput, SINR and rate are distributed over the users of runs that recorded them."""
    chosen = [(run, name) for run, name in zip(runs, names, strict=True) if "users/communication" in run.tables]
    chosen = [(run, name) for run, name in chosen if len(run.table("users/communication")["drop"])]
    if not chosen:
        return PageSection("over-users", "Users")
    figures = [_figure(chosen, *column) for column in COLUMNS]
    remarks = [f"{name}: {line}." for run, name in chosen for line in run.remarks]
    lines = [*remarks, "Every user of every drop counts once, served or not. A point marks the 5 % of "
             "all of them; user_throughput_5 is the mean of each drop's own."]
    return PageSection("over-users", "Users", lines, figures=figures)


def _figure(runs: Sequence[tuple[Run, str]], column: str, title: str, unit: str) -> Figure:
    series, rows = [], []
    for number, (run, name) in enumerate(runs):
        found = users_of(run, column, POINTS)
        if found is None:
            continue
        label = "users" if len(runs) == 1 else name
        series.append(charts.share_below(label, found.at, found.above, found.drops, number))
        edge = np.array([np.percentile(found.values, EDGE)])
        series.append(charts.Series(f"5 % of all: {edge[0]:.3g} {unit}" + f", {name}" * (len(runs) > 1), edge,
                                    np.array([EDGE / 100]), None, None, number, points=True))
        rows.append([label, *(f"{value:.4g}" for value in np.percentile(found.values, OF_USERS))])
    label = f"{title} ({unit})"
    drawn = charts.lines(series, label, "share of users below", f"Distribution of {label} over users", bottom=0, top=1)
    return Figure(title, drawn, PageTable(["users", *(f"{p} %" for p in OF_USERS)], rows, f"percentiles of {label}"))
