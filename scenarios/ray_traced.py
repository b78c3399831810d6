"""A street canyon traced by Sionna RT on the processor: two stations serve users on its points and look at targets.

    python scenarios/ray_traced.py [--points N] [-o PICTURE.png]

Needs the extra `rt` (sionna-rt) and LLVM 16 or newer (Debian: ``apt-get install libllvm19``; where it is not found, its
path in ``DRJIT_LIBLLVM_PATH``; LLVM 15 cannot compile what Sionna RT 2.2 asks of it). The scene is the street
canyon that Sionna RT ships.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import isacsys
from isacsys.channels import from_sionna_rt

CARRIER, ANTENNAS = 3.5e9, 8
STATIONS = np.array([[-33.0, 9.0, 12.0], [30.0, -9.0, 12.0]])
TARGETS = np.array([[-40.0, -2.0], [-15.0, 3.0], [12.0, -3.0], [38.0, 2.0]])


def traced(points, path):
    """Trace the canyon to points [point, 3], and between stations, and write the paths."""
    found = [paths_to(places) for places in (points, STATIONS)]
    return from_sionna_rt(found[0], path, CARRIER, STATIONS, points, between=found[1])


def paths_to(receivers):
    """Return the paths of Sionna RT from the stations to receivers [receiver, 3]."""
    from sionna import rt

    scene = rt.load_scene(rt.scene.simple_street_canyon)
    scene.frequency = CARRIER
    scene.tx_array = scene.rx_array = rt.PlanarArray(num_rows=1, num_cols=1, vertical_spacing=0.5,
                                                     horizontal_spacing=0.5, pattern="iso", polarization="V")
    for i, place in enumerate(STATIONS):
        scene.add(rt.Transmitter(f"station {i}", position=place.tolist()))
    for i, place in enumerate(receivers):
        scene.add(rt.Receiver(f"receiver {i}", position=place.tolist()))
    return rt.PathSolver()(scene, max_depth=3, samples_per_src=200_000)


def network(file, path, folder):
    """Return a scenario whose cells and users are those of the file."""
    kinds = {"station": file.cells, "user": file.points, "target": TARGETS}
    rows = [f"{kind},{x / 1e3},{y / 1e3}" for kind, places in kinds.items() for x, y in places[:, :2]]
    (folder / "positions.csv").write_text("\n".join(["kind,x,y", *rows]) + "\n", encoding="utf-8")
    return isacsys.Scenario().replace({
        "network.layout": "file", "network.positions": str(folder / "positions.csv"), "network.boundary": "open",
        "network.bs_height": float(file.cells[0, 2]), "antennas.transmit": ANTENNAS, "antennas.receive": ANTENNAS,
        "allocation.users_per_bs": 3, "allocation.targets_per_bs": 1, "combining.policy": "mvdr",
        "propagation.model": "file", "propagation.carrier_frequency": CARRIER,
        "radio.bandwidth": 100e6, "radio.transmit_power_dbm": 30.0, "fading.model": "file", "fading.file": path,
        "fading.subbands": 4, "fading.doppler_speed": 1.4, "simulation.frames": 50, "simulation.drops": 1,
        "recording.level": "users"})


def main(arguments=None):
    """Trace, simulate, print rates of users and targets, with nulls for users of the other station too, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=120)
    parser.add_argument("-o", "--output", default="ray_traced.png")
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(1)
    points = np.column_stack([rng.uniform(-55, 55, options.points), rng.uniform(-6, 6, options.points),
                              np.full(options.points, 1.5)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = traced(points, str(folder / "canyon.h5"))
        count = np.count_nonzero(file.arrays["gain"])
        print(f"{count} paths between {len(STATIONS)} stations and {len(points)} points")
        some = network(file, str(folder / "canyon.h5"), folder)
        for cluster in (1, 2):
            run = isacsys.run(some.replace({"allocation.communication_cluster": cluster}), executor="serial")
            print(f"L = {cluster}: {run['communication_rate']}, of targets {run['sensing_rate']}")
        users = run.users()
    draw(file, users, options.output)


def draw(file, users, output):
    """Draw stations and the mean rates of users."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3))
    shown = axes.scatter(file.points[:, 0], file.points[:, 1], c=np.asarray(users["mean_rate"], float), s=14)
    axes.plot(file.cells[:, 0], file.cells[:, 1], "^", color="black")
    axes.plot(TARGETS[:, 0], TARGETS[:, 1], "x", color="red")
    axes.set(xlabel="x (m)", ylabel="y (m)")
    figure.colorbar(shown, label="mean rate (bit/s/Hz)")
    figure.savefig(output, dpi=150, bbox_inches="tight")
    print(output)


if __name__ == "__main__":
    main()
