"""Scenarios whose numbers are to stay: static ones, everything on, every policy, every layout, files.

They are run by `tests/test_numbers_of_today.py`, and by `tools/same`, which runs them in two checkouts. The numbers in
`tests/today.json` are those of another checkout: ``PYTHONPATH=CHECKOUT python -P tests/today.py > tests/today.json``.
"""

import json
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np

SMALL = {"network.area": 36.0, "network.users_per_cell": 12.0, "network.targets_per_cell": 8.0,
         "recording.level": "full", "simulation.frames": 3, "simulation.seed": 11}
CLUSTERS = {"antennas.transmit": 12, "allocation.users_per_bs": 3, "allocation.communication_cluster": 3,
            "allocation.targets_per_bs": 3, "allocation.sensing_cluster": 3}
STATIC = {"antennas.transmit": 14, "allocation.users_per_bs": 4, "allocation.communication_cluster": 2,
          "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2}
TIME = {"backhaul.latency": 0.012, "backhaul.latency_law": "exponential", "backhaul.loss": 0.05, "csi.own_age": 0.002,
        "mobility.user_speed": 20.0, "mobility.target_speed": 30.0, "mobility.hysteresis": 0.5,
        "traffic.model": "poisson", "traffic.arrival_rate": 5.0, "targets.lifetime": 1.0,
        "targets.revisit_period": 0.1, "simulation.frames": 12}
FEW = {"antennas.transmit": 5, "allocation.users_per_bs": 2, "allocation.weight": 1.0}  # the best K is 3, or 4
SCHEDULERS = ("random", "round_robin", "proportional_fair", "max_rate", "nearest", "longest_queue", "semi_orthogonal",
              "stalest_first", "deadline")
GRANTS = ("strongest", "random", "communication_first", "sensing_first")
CASES = {
    "paper": {}, "one frame": {"simulation.frames": 1}, "static": STATIC, "clusters": CLUSTERS,
    "clusters of targets": {**CLUSTERS, "sensing.cluster_center": "target", "sensing.inter_target_echo": True},
    "no sensing": {**STATIC, "allocation.targets_per_bs": 0, "propagation.noise_power": 0.3},
    "shared filters": {"allocation.users_per_bs": 1, "allocation.targets_per_bs": 9, "allocation.sensing_cluster": 3},
    "all antennas": {"allocation.users_per_bs": 20, "network.users_per_cell": 25.0},
    "hexagonal": {**CLUSTERS, "network.layout": "hexagonal"},
    "fixed count": {**CLUSTERS, "network.layout": "fixed_count"},
    "torus": {**CLUSTERS, "network.far_field": "torus", "propagation.noise_power": 0.1},
    "file": {**STATIC, "network.layout": "file", "network.positions": "positions.csv"},
    "everything on": {**CLUSTERS, **TIME},
    "everything on, targets": {**CLUSTERS, **TIME, "sensing.cluster_center": "target", "backhaul.capacity": 400.0},
    "waypoints": {**STATIC, **TIME, "mobility.model": "random_waypoint", "backhaul.latency_law": "constant",
                  "mobility.user_speed": 400.0},
    "tracks and arrivals": {**STATIC, **TIME, "network.layout": "file", "network.positions": "positions.csv",
                            "targets.lifetime": 0.0, "mobility.model": "file", "mobility.positions": "tracks.csv",
                            "traffic.model": "file", "traffic.arrivals": "arrivals.csv"},
    "optimal": {"allocation.policy": "optimal", **FEW},
    "approximate": {"allocation.policy": "approximate", **FEW},
    **{name: {**STATIC, "scheduling.policy": name} for name in SCHEDULERS if name not in ("random", "deadline")},
    **{f"{name}, in time": {**STATIC, **TIME, "scheduling.policy": name} for name in SCHEDULERS},
    **{f"grants {name}": {**CLUSTERS, **TIME, "simulation.frames": 5, "nulling.policy": name} for name in GRANTS},
}
DROPS = 2


def settings(name, files):
    """The settings of a case; ``files`` is where its files are."""
    named = {**SMALL, **CASES[name]}
    return {key: str(Path(files) / value) if str(value).endswith(".csv") else value for key, value in named.items()}


def write_files(directory):
    """Write the files that the cases name."""
    rng, place = np.random.default_rng(5), lambda: ",".join(f"{x:.4f}" for x in rng.random(2) * 6)
    kinds = {"station": 30, "user": 300, "target": 200}
    Path(directory, "positions.csv").write_text("kind,x,y\n" + "".join(
        f"{kind},{place()}\n" for kind, count in kinds.items() for _ in range(count)))
    Path(directory, "tracks.csv").write_text("time,kind,id,x,y\n" + "".join(
        f"{time},{kind},{number},{place()}\n" for kind in ("user", "target") for number in range(5)
        for time in (0, 60)))
    Path(directory, "arrivals.csv").write_text("time,user,bits\n" + "".join(
        f"{time:.4f},{rng.integers(300)},{rng.integers(1, 4) * 1e5}\n" for time in np.sort(rng.random(400) * 0.12)))


def tables(name, files):
    """Every table of a case over its drops, {"table": {"column": array}}."""
    from isacsys import Scenario
    from isacsys.recording import MemoryRecorder
    from isacsys.simulation import simulate_drop

    scenario, recorder = Scenario().replace(settings(name, files)), MemoryRecorder("full")
    for drop in range(DROPS):
        simulate_drop(scenario, drop, recorder)
    return {table: recorder.read(table) for table in recorder.tables()}


def sums(columns):
    """The sum of every column; of integers and words a check sum of every digit."""
    return {name: float(f"{column.sum():.13g}") if column.dtype.kind == "f" else
            zlib.crc32(np.ascontiguousarray(column, np.int64 if column.dtype.kind in "biu" else None).tobytes())
            for name, column in sorted(columns.items())}


def numbers():
    """Columns of every table, and for every case the numbers of rows and the sums of these columns."""
    names, cases = {}, {}
    with tempfile.TemporaryDirectory() as files:
        write_files(files)
        for case in CASES:
            found = {table: (len(next(iter(columns.values()))), sums(columns))
                     for table, columns in tables(case, files).items()}
            names |= {table: list(values) for table, (_, values) in found.items()}
            cases[case] = {table: [rows, *values.values()] for table, (rows, values) in found.items()}
    return {"columns": names, "cases": cases}


if __name__ == "__main__":
    json.dump(numbers(), sys.stdout, separators=(",", ":"))
