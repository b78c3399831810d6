"""Remarks on traces that lead too close to a site, lie beside the cells, or have nobody at the time of a drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core import geometry
from isacsys.core.lazy import spatial
from isacsys.network.deployment import ALONE, Deployment, deploy
from isacsys.network.places import Positions
from isacsys.network.receivers import ReceiverType
from isacsys.network.trajectories import Course, floating_cars, meetings, roles

MOST_DROPS = 20


def trace_remarks(scenario: Scenario, drops: Iterable[int], positions: Positions | None = None) -> list[str]:
    """Return a line on traces that miss the time of a drop or the place of its cells, and one on the first of the
    first `MOST_DROPS` drops in which a trace leads too close to a site.
    """
    lines = _outside_time(scenario)
    for drop in islice(drops, MOST_DROPS):
        d = deploy(scenario, drop, positions)
        index = geometry.tree(d.sites, d.side)
        courses = [Course(scenario, kind, d.box, d.side, index) for kind in ReceiverType]
        if found := [*_outside_cells(scenario, courses, d), *_too_close(courses, d, index)]:
            return lines + found
        if scenario.network.layout == "file":
            break  # all drops have the same sites
    return lines


def _outside_time(scenario: Scenario) -> list[str]:
    """Return a line where nobody is there in some or all of the frames by floating car data."""
    s, begin, who = scenario.simulation, scenario.mobility.begin, roles(scenario)
    if not who:
        return []
    time, words = floating_cars(scenario)[0].time, " or ".join(kind.word for kind in who)
    first, last, end = time.min(), time.max(), begin + (s.warm_up + s.frames - 1) * s.frame_duration
    if last < begin:
        return [f"no {words} at or after mobility.begin = {begin:g} s: the trace ends at {last:g} s"]
    if first > end:
        return [f"no {words} before the end of a drop, at {end:g} s of the trace, which begins at {first:g} s "
                "(mobility.begin)"]
    return [f"the trace ends at {last:g} s, a drop at {end:g} s of it (mobility.begin, simulation.frames): nobody is "
            "there after its end"] * bool(end > last)


def _outside_cells(scenario: Scenario, courses: list[Course], d: Deployment) -> Iterator[str]:
    """Yield a line where half of the points of the traces are farther from the box around the sites than these from
    each other.
    """
    place = np.concatenate([course.place for course in courses])
    if d.ground is None or not len(place):
        return  # a torus has no outside
    apart = 2 * ALONE
    if len(d.sites) > 1:
        apart = float(np.median(geometry.nearest_others(spatial.cKDTree(d.sites), 1)[0]))
    beyond = np.maximum(np.maximum(d.sites.min(axis=0) - place, place - d.sites.max(axis=0)), 0)
    away = float(np.median(geometry.length(beyond)))
    if away > apart:
        moved = " (mobility.offset)" if roles(scenario) and not floating_cars(scenario)[0].in_degrees else ""
        yield f"the trace lies {away:.3g} km outside the cells{moved}: see isacsys map"


def _too_close(courses: list[Course], d: Deployment, index: spatial.cKDTree) -> Iterator[str]:
    """Yield a line on the first kind that a trace leads closer to a site than anybody is taken."""
    for kind, course in zip(ReceiverType, courses, strict=True):
        who, site, distance = meetings(course, d.sites, index, d.side)
        if len(who):
            first = int(np.argmin(distance))
            yield (f"mobility.positions leads {kind.word} {who[first]} to {1e3 * distance[first]:.3g} m from site "
                   f"{site[first]} (drop {d.drop}): nobody is taken closer than {1e3 * course.closest:g} m")
            return
