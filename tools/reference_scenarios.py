"""Scenarios whose numbers are compared: static ones, everything on, every policy, every layout, files.

`tools/same` runs `CASES` in two checkouts, and `tools.processors` runs these and `MORE` under two BLAS kernels.
"""

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

FILES = Path(__file__).parents[1] / "scenarios"
TRACKED = {"tracking.enabled": True, "mobility.target_speed": 20.0, "sensing.coherent_time": 0.01,
           "radio.bandwidth": 20e6, "simulation.frames": 20}
DESIGNS = {
    "regularized": {"precoding.policy": "regularized"}, "slnr": {"precoding.policy": "slnr"},
    "maximum ratio": {"precoding.policy": "maximum_ratio"}, "few bits": {"csi.feedback_bits": 8},
    "line of sight": {"propagation.rician_factor_db": 6.0}, "vectors": {"simulation.engine": "vectors"},
    "zero-forcing filters": {"combining.policy": "zero_forcing"}, "mvdr": {"combining.policy": "mvdr"},
    "sensing beams": {"precoding.sensing_power": 0.3},
    "sensing beams, mvdr": {"precoding.sensing_power": 0.3, "combining.policy": "mvdr"},
    "sensing beams, slnr": {"precoding.sensing_power": 0.3, "precoding.policy": "slnr"},
    "vectors, mvdr": {"simulation.engine": "vectors", "combining.policy": "mvdr", "precoding.sensing_power": 0.3},
    "joint": {"cooperation.communication": "joint"}, "coherent": {"cooperation.communication": "joint_coherent"},
    "joint, beams": {"cooperation.communication": "joint", "precoding.sensing_power": 0.3,
                     "precoding.policy": "regularized"},
    "multistatic": {"cooperation.sensing": "multistatic"},
    "multistatic, beams": {"cooperation.sensing": "multistatic", "precoding.sensing_power": 0.3},
    "tracks, mvdr": {**TRACKED, "combining.policy": "mvdr", "precoding.sensing_power": 0.3}}
FULL = {"recording.level": "full"}
# name: file, or none; what is set otherwise; drops
MORE = {
    **{name: ("", {**SMALL, **CLUSTERS, **design}, 1) for name, design in DESIGNS.items()},
    "drones": ("drones.toml", {**FULL, "simulation.frames": 15, "simulation.seed": 3}, 1),
    "drones, 150 frames": ("drones.toml", FULL, 1),
    "uma": ("uma.toml", {**FULL, "simulation.frames": 2}, 1),
    "uma, mvdr": ("uma.toml", {**FULL, "simulation.frames": 2, "combining.policy": "mvdr",
                               "allocation.targets_per_bs": 2, "allocation.sensing_cluster": 2}, 1),
    "umi": ("umi_street.toml", {**FULL, "simulation.frames": 2}, 1),
    "country": ("country.toml", {**FULL, "simulation.frames": 1}, 1),
    "factory": ("factory.toml", {**FULL, "simulation.frames": 3}, 1),
    "surveillance": ("surveillance.toml", {**FULL, "simulation.frames": 10}, 1),
    "tracking": ("tracking.toml", {**FULL, "simulation.frames": 20}, 1),
    "stations that sleep": ("", {**SMALL, **STATIC, "network.users_per_cell": 1.0, "network.targets_per_cell": 1.0,
                                 "precoding.sensing_power": 0.3, "energy.model": "tr38864",
                                 "targets.revisit_period": 0.03, "scheduling.target_policy": "due",
                                 "simulation.frames": 8}, 1),
    "my city": ("my_city/city.toml", {**FULL, "simulation.frames": 3}, 1),
    "traffic": ("traffic.toml", {**FULL, "simulation.frames": 20}, 1),
    "throughput": ("throughput.toml", {**FULL, "simulation.frames": 20}, 1),
    "dense urban": ("dense_urban.toml", {**FULL, "simulation.frames": 3}, 1),
    "clustered channels": ("uma.toml", {**FULL, "simulation.frames": 2, "fading.model": "tr38901"}, 1)}


def scenario(name, files):
    """The scenario of a case, and its number of drops; ``files`` is where the files are that cases name."""
    from isacsys import Scenario

    path, changes, drops = MORE.get(name) or ("", {**SMALL, **CASES[name]}, DROPS)
    changes = {key: str(Path(files) / value) if str(value).endswith(".csv") else value
               for key, value in changes.items()}
    return (Scenario.load(FILES / path) if path else Scenario()).replace(changes), drops


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
    from isacsys.simulation import simulate_drop

    try:
        from isacsys.recording.memory_recorder import MemoryRecorder
    except ImportError:  # version 0.2
        from isacsys.recording.memory import MemoryRecorder
    (chosen, drops), recorder = scenario(name, files), MemoryRecorder("full")
    for drop in range(drops):
        simulate_drop(chosen, drop, recorder)
    return {table: recorder.read(table) for table in recorder.tables()}
