"""A path loss map of one's own: a grid for every cell, measured or ray traced, as a plug-in of ten lines.

The map here is computed (a street canyon along both axes through every site, walls elsewhere), written as a plain npz
file, and read back as any other map would be.

    python scenarios/measured_map.py [--drops N]
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

import isacsys

CELLS = "site,x,y,azimuth,power_dbm\nA,0.3,0.3,45,43\nA,0.3,0.3,225,43\nB,1.1,0.5,180,40\nC,0.6,1.2,300,46\n"
STEP = 0.02  # km, of the grid


class MeasuredMap(isacsys.Propagation):
    """Path loss from a grid for every cell, bilinear in between."""

    def __init__(self, file: str) -> None:
        with np.load(file, allow_pickle=False) as found:
            self.loss, self.corner, self.step = found["loss_db"], found["corner"], float(found["step"])  # [cell, y, x]

    def path_loss(self, links):
        """Look up the loss at the receiver in the map of its cell."""
        x, y = np.moveaxis((links.user_position - self.corner) / self.step, -1, 0)
        where = np.broadcast_arrays(links.station, y, x)
        return map_coordinates(self.loss, where, order=1, mode="nearest").astype(float)


def write_map(path: Path, sites: np.ndarray) -> None:
    """Write a map [cell, y, x] of loss in dB over the box around sites, 0.5 km wider."""
    corner = sites.min(axis=0) - 0.5
    size = np.ceil((np.ptp(sites, axis=0) + 1.0) / STEP).astype(int) + 1
    y, x = np.mgrid[:size[1], :size[0]] * STEP
    way = np.abs(np.stack([x, y], axis=-1) + corner - sites[:, None, None])  # km, [cell, y, x, 2]
    distance = np.maximum(1e3 * np.hypot(*np.moveaxis(way, -1, 0)), 10)
    walls = np.where(way.min(axis=-1) < 0.03, 0.0, 22.0)
    np.savez(path, loss_db=(38 + 25 * np.log10(distance) + walls).astype(np.float32), corner=corner, step=STEP)


def main(drops: int) -> None:
    """Compare a network in the map with one in free space."""
    with tempfile.TemporaryDirectory() as folder:
        cells, grid = Path(folder) / "cells.csv", Path(folder) / "map.npz"
        cells.write_text(CELLS)
        write_map(grid, np.array([[float(v) for v in line.split(",")[1:3]] for line in CELLS.splitlines()[1:]]))
        scenario = isacsys.Scenario().replace({
            "network.cells": str(cells), "network.users_per_cell": 20, "allocation.users_per_bs": 2,
            "allocation.targets_per_bs": 0, "antennas.transmit": 8, "antennas.pattern": "tr38901",
            "propagation.model": "free_space"})
        mapped = scenario.replace({"propagation.model": "measured_map:MeasuredMap",
                                   "propagation.parameters": {"file": str(grid)}})
        for name, one in (("free space", scenario), ("the map", mapped)):
            print(f"{name}: {isacsys.run(one, drops=drops)['communication_rate']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=20)
    main(parser.parse_args().drops)
