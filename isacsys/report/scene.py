"""The map of one drop: stations, served users with their SINR, and outcomes of null requests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isacsys.campaign import Run
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.geometry import displacement
from isacsys.core.lazy import spatial
from isacsys.core.units import to_db
from isacsys.network import NetworkState
from isacsys.network.receivers import ReceiverType
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.report import charts
from isacsys.report.content import Figure, PageSection, PageTable
from isacsys.scheduling import allocate
from isacsys.services import FrameRecord
from isacsys.simulation.daily_processes import PROCESS
from isacsys.simulation.drop import Drop

MOST_STATIONS = 150  # on a map
WIDTH = 640.0  # of a map
MOST_FRAMES = 200  # looked through for one in which anybody is served
SHADES = 7  # of SINR
HANDED = ("scheduler", "grant_policy", "positions", "precoder", "combiner", "tracker", "link_model", "energy_model",
          "processes")
LAYERS = (("cells", "cells"), ("served", "serving links"), ("granted", "nulls granted"), ("refused", "nulls refused"),
          ("targets", "targets"))


@dataclass(frozen=True)
class Served:
    """Users or targets that a frame serves: their places, their stations, and their SINR."""

    place: Array  # [link, 2]
    station: Index  # [link]
    sinr: Array  # [link], dB


@dataclass(frozen=True)
class Scene:
    """One frame of one drop.

    Attributes
    ----------
    side, extent : [2]
        Of the torus, and of what is covered, km: the same but where a network ends.
    stations, sites : [bs, 2], [site, 2]
    served : two of Served
        Users and targets.
    asked, towards : [request, 2]
        Where the station stands that was asked for a null, and for whose sake.
    granted : [request]
    frame : int
        Its number, from 0 on.
    """

    side: Array
    extent: Array
    stations: Array
    sites: Array
    served: tuple[Served, Served]
    asked: Array
    towards: Array
    granted: Flags
    frame: int = 0

    @property
    def wrapped(self) -> bool:
        """Whether the network is a torus."""
        return bool(np.array_equal(self.side, self.extent))


def map_of(run: Run, name: str, *, folded: bool = False) -> PageSection:
    """Draw the first frame of the first drop of a run in which anybody is served, made again from its scenario."""
    handed = [what for what in HANDED if run.attributes.get(what)]
    if handed:
        return PageSection(
            "map", f"Map: {name}",
            [f"{name} used a {' and '.join(handed)} from Python, without which its drops cannot be made again here."],
        )
    drop = int(run.attributes.get("first_drop", 0))
    try:
        scene = scene_of(run, drop)
    except Exception as error:  # whatever a plug-in raises here must not take the report with it
        return PageSection("map", f"Map: {name}", [f"Drop {drop} of {name} cannot be made again here: {error}"])
    summary = "one frame: SINR of users, and what became of requests for nulls" if folded else ""
    return PageSection("map", f"Map: {name}, drop {drop}", figures=[draw(scene, name)], summary=summary)


def scene_of(run: Run, drop: int) -> Scene:
    """Simulate the first frame that counts of a drop again, or the first one after it in which anybody is served."""
    scenario = allocate(run.scenario).replace({"recording.level": "summary"})
    again = Drop(scenario, drop, MemoryRecorder("summary"), processes=PROCESS.all_of(scenario))
    again.begin()
    state, counted = again.stage.state, scenario.simulation.warm_up
    for _ in range(counted + MOST_FRAMES):
        if again.ended:
            break
        places = {kind: state.population(kind).position.copy() for kind in ReceiverType}
        record = again.step()
        if record is not None:
            last = _scene(state, record, places, record.frame_state.name.frame - counted)
            if last.frame >= 0 and any(len(served.station) for served in last.served):
                break
    return last


class View:
    """The part of a scene that is drawn: all of it, or as many stations in the middle as a map can hold."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.size = scene.extent * np.sqrt(min(1.0, MOST_STATIONS / max(len(scene.stations), 1)))
        self.corner = (scene.extent - self.size) / 2
        self.scale = (WIDTH - 20) / self.size[0]
        self.height = float(self.size[1] * self.scale)
        within = (scene.stations >= self.corner) & (scene.stations <= self.corner + self.size)
        self.inside = np.flatnonzero(np.all(within, axis=1))

    def at(self, place: Array) -> Array:
        """Return the coordinates in the picture [n, 2] of ``place`` [n, 2] on the torus."""
        return self.plain(self.corner + np.mod(place - self.corner, self.scene.side))

    def plain(self, place: Array) -> Array:
        """Return the coordinates in the picture [n, 2] of ``place`` [n, 2] in the plane."""
        away = place - self.corner
        return np.stack([10 + away[..., 0] * self.scale, 10 + self.height - away[..., 1] * self.scale], axis=-1)

    def both(self, start: Array, end: Array) -> Array:
        """Return lines [line, 2, 2] of the picture from ``start`` to ``end`` [n, 2], each as seen from both of its
        ends.
        """
        step = displacement(start, end, self.scene.side) * np.array([1, -1]) * self.scale
        first, last = self.at(start), self.at(end)
        return np.concatenate([np.stack([first, first + step], axis=1), np.stack([last - step, last], axis=1)])


def draw(scene: Scene, name: str) -> Figure:
    """Draw a scene; of a large network a part in the middle."""
    view, users, edges = View(scene), scene.served[0], _shades(scene.served[0])
    inside, ground = view.inside, f'x="10" y="10" width="{WIDTH - 20:.0f}" height="{view.height:.1f}"'
    drawn = [f'<rect class="ground" {ground}/>', _layer("cells", _cells(view)),
             _layer("served", "".join(_links(view, s) for s in scene.served)), _requests(view),
             _layer("targets", _points(view, scene.served[1], None)), _points(view, users, edges)]
    drawn += [f'<path class="station" d="M{x:.1f} {y - 6:.1f}l5 9h-10z"><title>station {i}</title></path>'
              for i, (x, y) in zip(inside, view.at(scene.stations[inside]), strict=True)]
    shown = np.isin(users.station, inside)
    rows = [[str(s), f"{x:.3f}", f"{y:.3f}", f"{v:.1f}"] for s, (x, y), v in
            zip(users.station[shown], users.place[shown], users.sinr[shown], strict=True)][:2000]
    part = "" if len(inside) == len(scene.stations) else f"; the {len(inside)} in the middle of {len(scene.stations)}"
    note = (f"Frame {scene.frame}, {len(inside)} cells{part}. {len(scene.granted)} requests for nulls, "
            f"{int(np.count_nonzero(~scene.granted))} refused.")
    note += " What leaves on one side comes back on the other." * scene.wrapped
    inner = f'<svg {ground} viewBox="10 10 {WIDTH - 20:.0f} {view.height:.1f}">{"".join(drawn)}</svg>'
    svg = charts.svg(inner, f"Map of {name}", width=WIDTH, height=view.height + 20, kind="chart map") + _key(edges)
    table = PageTable(["station", "x (km)", "y (km)", "SINR (dB)"], rows, "users that are served")
    return Figure(f"Map of {name}", svg, table, note, LAYERS)


def _scene(state: NetworkState, record: FrameRecord, places: Mapping[ReceiverType, Array], frame: int) -> Scene:
    frame_state, deployment = record.frame_state, state.deployment
    served = [Served(places[kind][links.ids], links.station, to_db(terms.sir)) for kind, links, terms in record.links]
    requests = frame_state.requests
    towards = deployment.stations[requests.station]
    users = requests.kind == ReceiverType.USER
    towards[users] = places[ReceiverType.USER][requests.receiver[users]]
    return Scene(deployment.side, deployment.extent, deployment.stations, deployment.sites, (served[0], served[1]),
                 deployment.stations[requests.asked], towards, frame_state.grants.granted, frame)


def _cells(view: View) -> str:
    """Return the borders of the Voronoi cells: those of all images that are near, in the plane."""
    scene, low, high = view.scene, view.corner, view.corner + view.size
    if not len(scene.sites):
        return ""
    shifts = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]) * scene.extent
    images = (scene.sites[None] + shifts[:, None]).reshape(-1, 2)
    reach = view.size / 4 + 3 * scene.extent / np.sqrt(len(scene.sites))
    diagram = spatial.Voronoi(images[np.all((images > low - reach) & (images < high + reach), axis=1)])
    ends = diagram.vertices[np.array([pair for pair in diagram.ridge_vertices if -1 not in pair])]
    near = np.any(np.all((ends >= low) & (ends <= high), axis=2), axis=1)
    return f'<path class="cell" d="{_strokes(view.plain(ends[near]))}"/>'


def _links(view: View, served: Served) -> str:
    chosen = np.isin(served.station, view.inside)
    lines = view.both(view.scene.stations[served.station[chosen]], served.place[chosen])
    return f'<path class="served" d="{_strokes(lines)}"/>' if len(lines) else ""


def _requests(view: View) -> str:
    scene, parts = view.scene, []
    near = np.all((scene.asked >= view.corner) & (scene.asked <= view.corner + view.size), axis=1)
    for kind, which in (("granted", scene.granted), ("refused", ~scene.granted)):
        lines = view.both(scene.asked[near & which], scene.towards[near & which])
        parts.append(_layer(kind, f'<path class="{kind}" d="{_strokes(lines)}"/>' if len(lines) else ""))
    return "".join(parts)


def _points(view: View, served: Served, edges: Array | None) -> str:
    chosen = np.isin(served.station, view.inside)
    places, values, stations = view.at(served.place[chosen]), served.sinr[chosen], served.station[chosen]
    shades = np.zeros(len(places), int) if edges is None else np.searchsorted(edges, values)
    drawn = []
    for (x, y), value, station, shade in zip(places, values, stations, shades, strict=True):
        words = f"<title>{'target' if edges is None else 'user'} of station {station}, SINR {value:.1f} dB</title>"
        if edges is None:
            drawn.append(f'<path class="target" d="M{x:.1f} {y - 4:.1f}l4 4l-4 4l-4-4z">{words}</path>')
        else:
            drawn.append(f'<circle class="v{shade}" cx="{x:.1f}" cy="{y:.1f}" r="3.2">{words}</circle>')
    return "".join(drawn)


def _shades(users: Served) -> Array:
    """Return the bounds between shades of SINR, round numbers."""
    values = users.sinr[np.isfinite(users.sinr)]
    if not len(values):
        return np.arange(SHADES - 1) * 5.0
    low, high = np.percentile(values, (5, 95))
    return np.asarray(np.unique(np.linspace(low, max(high, low + SHADES), SHADES - 1).round()) + 0.0)


def _key(edges: Array) -> str:
    between = [f"{a:.0f} to {b:.0f} dB" for a, b in itertools.pairwise(edges)]
    names = [f"SINR of users below {edges[0]:.0f} dB", *between, f"above {edges[-1]:.0f} dB"]
    samples = [(f'<circle class="v{i}" cx="9" cy="6" r="5"/>', word) for i, word in enumerate(names)]
    samples += [('<path class="station" d="M9 1l5 9h-10z"/>', "site"),
                ('<path class="target" d="M9 1l5 5l-5 5l-5-5z"/>', "target that is looked at")]
    samples += [(f'<path class="{kind}" d="M0 6h18"/>', words) for kind, words in (
        ("served", "serves, looks at"), ("granted", "null granted"), ("refused", "null refused"))]
    return charts.key(samples)


def _strokes(lines: Array) -> str:
    return "".join(f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" for (a, b), (c, d) in lines.tolist())


def _layer(name: str, body: str) -> str:
    return f'<g data-layer="{name}">{body}</g>'

