"""An animated picture of a recorded drop for the README: python -m tools.animate RUN.h5 docs/played.gif

The run is made with recording.level = "full". Stations are triangles, served users points coloured by their rate,
targets rings, tracks their 95 % ellipses, dashed lines looks at targets.
"""

import argparse

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import EllipseCollection, LineCollection
from PIL import Image

from isacsys import open_run

SIZE, DOTS, COLOURS = 3.6, 100, 12  # inches, dots per inch


def of_frame(table, frame, drop):
    """Rows of a table of one frame."""
    mine = (table["drop"] == drop) & (table["frame"] == frame)
    return {name: column[mine] for name, column in table.items()}


def ellipses(track):
    """Axes, m, and angles, degrees, of what tracks believe with 95 %."""
    xx, xy, yy = track["variance_x"], track["covariance_xy"], track["variance_y"]
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    scale = 2 * np.sqrt(-2 * np.log(0.05))
    return (scale * np.sqrt(middle + half) / 1e3, scale * np.sqrt(np.maximum(middle - half, 0)) / 1e3,
            np.degrees(np.arctan2(2 * xy, xx - yy) / 2))


def main(arguments=None):
    """Write the picture."""
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"lines.antialiased": False, "patch.antialiased": False})
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log")
    parser.add_argument("output")
    parser.add_argument("--frames", type=int, default=12)
    options = parser.parse_args(arguments)
    run = open_run(options.log)
    tables = {name: run.table(name) for name in ("positions/stations", "paths/users", "paths/targets", "paths/tracks",
                                                 "links/communication", "links/sensing")}
    drop = int(tables["positions/stations"]["drop"][0])
    everywhere = tables["positions/stations"]
    stations = {name: column[everywhere["drop"] == drop] for name, column in everywhere.items()}
    figure, axes = plt.subplots(figsize=(SIZE, SIZE), dpi=DOTS)
    figure.subplots_adjust(0, 0, 1, 1)
    places = np.stack([stations["x"], stations["y"]], axis=-1)

    def draw(frame):
        axes.clear()
        axes.set_axis_off()
        axes.set_aspect("equal")
        users, targets, track = (
            of_frame(tables[f"paths/{name}"], frame, drop) for name in ("users", "targets", "tracks")
        )
        served, looks = (of_frame(tables[f"links/{name}"], frame, drop) for name in ("communication", "sensing"))
        where = np.full((users["user"].max() + 1, 2), np.nan)
        where[users["user"]] = np.stack([users["x"], users["y"]], axis=-1)
        there = np.full((targets["target"].max() + 1, 2), np.nan)
        there[targets["target"]] = np.stack([targets["x"], targets["y"]], axis=-1)
        lines = np.stack([places[looks["station"]], there[looks["target"]]], axis=1)
        axes.add_collection(LineCollection(lines, colors="#b0558c", linewidths=0.7, linestyles="--"))
        axes.scatter(*where[served["user"]].T, c=np.minimum(served["rate"], 8), cmap="viridis", vmin=0, vmax=8, s=7)
        axes.plot(*places.T, "^", color="#1b1f24", markersize=5)
        axes.plot(*there.T, "o", markerfacecolor="none", color="#b0558c", markersize=6, markeredgewidth=1)
        width, height, angle = ellipses(track)
        axes.add_collection(
            EllipseCollection(
                width,
                height,
                angle,
                units="xy",
                offsets=np.stack([track["x"], track["y"]], -1),
                offset_transform=axes.transData,
                facecolors="#58b2ec66",
                edgecolors="#0072b2",
            )
        )
        axes.text(0.02, 0.02, f"{frame * run.scenario.simulation.frame_duration:.1f} s", transform=axes.transAxes)

    pictures = []
    for frame in range(0, run.frames, max(1, run.frames // options.frames)):
        draw(frame)
        figure.canvas.draw()
        picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
        pictures.append(picture.quantize(COLOURS, dither=Image.Dither.NONE))
    pictures[0].save(options.output, save_all=True, append_images=pictures[1:], duration=250, loop=0, optimize=True)


if __name__ == "__main__":
    main()
