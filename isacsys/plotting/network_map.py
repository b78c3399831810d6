"""One frame of one drop as a map: cells, who is served, who nulls for whom, and who refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isacsys.beamforming import FrameState
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags
from isacsys.core.geometry import displacement
from isacsys.core.lazy import spatial
from isacsys.network import NetworkState, deploy
from isacsys.network.deployment import Deployment
from isacsys.network.receivers import ReceiverType
from isacsys.plotting.style import COLOURS, axis, check_output, figure, line_collection, save
from isacsys.propagation.cell_antennas import antennas
from isacsys.scheduling import allocate
from isacsys.services import FrameRecord
from isacsys.simulation import find_policies, run_frame

GRANTED, REFUSED, TARGETS, BEAMS = COLOURS[2], COLOURS[1], COLOURS[3], COLOURS[0]
LOBE, SHOWN = 0.45, 20.0  # length of a beam over the distance of sites; dB below its largest gain


def map(scenario: Scenario | str | Path, drop: int = 0, path: str | Path | None = None) -> Any:
    """Draw the first frame of a drop of a scenario; return the matplotlib figure.

    Parameters
    ----------
    scenario : Scenario or path
    drop : int
        Its number.
    path : path, optional
        Where to write it: PNG, SVG or PDF by its suffix.
    """
    if path is not None:
        check_output(path)
    return save(draw_map(scenario if isinstance(scenario, Scenario) else Scenario.load(scenario), drop), path)


def draw_map(scenario: Scenario, drop: int = 0) -> Any:
    """Draw the first frame of a drop, users coloured by their SINR.

    A grey line goes from a base station to those that it serves; a coloured one from a base station that was asked
    for a null to the user it was asked for, or, of a target, to the base station that receives its echo. On
    a torus, what leaves on one side comes back on the other. Cells with directions have lobes: their largest gain down
    to 20 degrees below the horizon, as far as it is within 20 dB of the largest of all. Networks from files are drawn
    in the coordinates of these: km, or km east and north of the origin that their log names.
    """
    scenario = allocate(scenario)
    state = NetworkState(scenario, deploy(scenario, drop))
    record = run_frame(state, drop, find_policies(scenario))
    frame_state, deployment = record.frame_state, _in_files(state.deployment)
    side, stations, corner = deployment.extent, deployment.sites, deployment.box.origin
    made, (axes,) = figure(1, width=6.4, height=6.4 * float(side[1] / side[0]) + 0.8)
    axes.grid(False)
    if len(stations):
        axes.add_collection(line_collection(cell_borders(stations, side), color="0.85", linewidth=0.9, zorder=1))
    _draw_beams(axes, scenario, deployment)
    _draw_requests(axes, frame_state, deployment)
    _draw_serving(axes, frame_state, deployment)
    _draw_points(made, axes, record, deployment)
    axes.set(xlim=(corner[0], corner[0] + side[0]), ylim=(corner[1], corner[1] + side[1]), aspect="equal")
    axis(axes, *_axes(deployment), _title(frame_state))
    made.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return made


def cell_borders(stations: Array, side: Array) -> Array:
    """Return the borders [border, 2, 2] of the Voronoi cells of stations [bs, 2] on the torus of ``side`` [2], images
    included.
    """
    shifts = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]) * side
    images = (stations[None] + shifts[:, None]).reshape(-1, 2)
    diagram = spatial.Voronoi(images)
    ends = np.array([pair for pair in diagram.ridge_vertices if -1 not in pair])
    return np.asarray(diagram.vertices[ends])


def _in_files(deployment: Deployment) -> Deployment:
    """Return a deployment whose places are in the coordinates of the scenario's files."""
    corner, targets = deployment.box.origin, deployment.targets
    if not corner.any():
        return deployment
    return replace(deployment, stations=deployment.stations + corner, sites=deployment.sites + corner,
                   users=deployment.users + corner, draw_targets=lambda: targets + corner)


def _axes(deployment: Deployment) -> tuple[str, str]:
    about = deployment.projection
    if not about.in_degrees:
        return "x (km)", "y (km)"
    east, north = "E" if about.longitude >= 0 else "W", "N" if about.latitude >= 0 else "S"
    return f"km east of {abs(about.longitude):.4f}° {east}", f"km north of {abs(about.latitude):.4f}° {north}"


def lobes(scenario: Scenario, deployment: Deployment) -> Array:
    """Return the outlines [cell, point, 2] of the beams of cells, km; of those without a direction, a point."""
    cells, angle = deployment.cells, np.arange(0.0, 361.0, 3.0)
    down = np.arange(90.0, 111.0, 2.0)
    gain = antennas(scenario, cells).gain_db(np.arange(len(cells))[:, None, None], angle[:, None], down).max(axis=-1)
    below = gain.max(axis=1, keepdims=True) - gain
    directed = np.ptp(gain, axis=1) > 1e-9
    spacing = np.sqrt(float(np.prod(deployment.extent)) / max(len(deployment.sites), 1))
    reach = LOBE * spacing * np.maximum(1 - below / SHOWN, 0.0) * directed[:, None]
    way = np.stack([np.cos(np.radians(angle)), np.sin(np.radians(angle))], axis=-1)
    return np.asarray(deployment.stations[:, None] + reach[..., None] * way)


def _draw_beams(axes: Any, scenario: Scenario, deployment: Deployment) -> None:
    outlines = lobes(scenario, deployment) if len(deployment.cells) else np.empty((0, 1, 2))
    drawn = outlines[np.ptp(outlines, axis=1).max(axis=-1) > 0] if len(outlines) else outlines
    if len(drawn):
        axes.add_collection(line_collection(drawn, color=BEAMS, linewidth=0.7, alpha=0.8, zorder=1.2, label="beam"))


def request_lines(frame_state: FrameState, deployment: Deployment, which: Flags) -> Array:
    """Return lines [line, 2, 2] from the stations of ``which`` [request] to their receivers, each as seen from both
    ends.
    """
    requests = frame_state.requests
    asked = deployment.stations[requests.asked[which]]
    towards = deployment.stations[requests.station[which]]
    users = requests.kind[which] == ReceiverType.USER
    towards[users] = deployment.users[requests.receiver[which][users]]
    return both_ends(asked, towards, deployment.side)


def both_ends(start: Array, end: Array, side: Array) -> Array:
    """Return the shortest lines [line, 2, 2] from ``start`` to ``end`` [n, 2] on the torus of ``side`` [2], seen from
    both ends.
    """
    step = displacement(start, end, side)
    return np.concatenate([np.stack([start, start + step], axis=1), np.stack([end - step, end], axis=1)])


def _draw_requests(axes: Any, frame_state: FrameState, deployment: Deployment) -> None:
    granted, requests = frame_state.grants.granted, frame_state.requests
    for kind, style, word in ((ReceiverType.USER, "-", "a user"), (ReceiverType.TARGET, "--", "the echo of a target")):
        for which, colour, verb in ((granted, GRANTED, "nulls for"), (~granted, REFUSED, "refuses to null for")):
            mine = which & (requests.kind == kind)
            if mine.any():
                axes.add_collection(
                    line_collection(
                        request_lines(frame_state, deployment, mine),
                        color=colour,
                        linewidth=0.8,
                        linestyle=style,
                        alpha=0.8,
                        zorder=2,
                        label=f"{verb} {word}",
                    )
                )


def _draw_serving(axes: Any, frame_state: FrameState, deployment: Deployment) -> None:
    selection = frame_state.selection
    pairs = ((deployment.users, selection.users), (deployment.targets, selection.targets))
    served = [both_ends(deployment.stations[links.station], places[links.ids], deployment.side)
              for places, links in pairs if len(links)]
    if served:
        axes.add_collection(line_collection(np.concatenate(served), color="0.35", linewidth=0.6, zorder=1.5,
                                            label="served"))


def _draw_points(made: Any, axes: Any, record: FrameRecord, deployment: Deployment) -> None:
    selection = record.frame_state.selection
    axes.plot(*deployment.stations.T, linestyle="none", marker="^", color="black", markersize=5, zorder=4,
              label="base station")
    if len(selection.targets):
        axes.plot(*deployment.targets[selection.targets.ids].T, linestyle="none", marker="D", color=TARGETS,
                  markersize=3.5, zorder=3, label="scheduled target")
    if len(selection.users):
        sinr = 10 * np.log10(record.users.sir)
        low, high = np.percentile(sinr, (5, 95))
        users = axes.scatter(*deployment.users[selection.users.ids].T, c=sinr, s=14, vmin=low, vmax=max(high, low + 1),
                             cmap="viridis", edgecolors="black", linewidths=0.3, zorder=3, label="scheduled user")
        made.colorbar(users, ax=axes, label="SINR of users (dB)", extend="both", shrink=0.7)


def _title(frame_state: FrameState) -> str:
    granted = frame_state.grants.granted
    if not len(granted):
        return "no nulls are requested: L = 1, Q = 1"
    return f"{len(granted)} requests for nulls, {np.count_nonzero(~granted)} of them refused"
