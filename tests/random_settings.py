"""Settings drawn at random, of which a package that is right makes something, or refuses it in one line."""

import random

SMALL_FRAMES = {
    "network.users_per_cell": [1.0, 6.0], "antennas.transmit": [6, 10, 14], "antennas.receive": [1, 3, 5],
    "allocation.users_per_bs": [1, 2, 4], "allocation.targets_per_bs": [0, 1, 2, 3],
    "allocation.communication_cluster": [1, 2, 3], "allocation.sensing_cluster": [1, 2, 3],
    "sensing.cluster_center": ["serving_bs", "target"], "sensing.inter_target_echo": [False, True],
    "precoding.policy": ["zero_forcing", "zero_forcing", "regularized", "maximum_ratio", "slnr"],
    "precoding.regularization": ["automatic", 2.0], "precoding.sensing_power": [0.0, 0.0, 0.4],
    "combining.policy": ["mrc", "mrc", "zero_forcing", "mvdr"],
    "cooperation.communication": ["nulling", "nulling", "joint", "joint_coherent"],
    "cooperation.sensing": ["nulling", "nulling", "multistatic"],
    "scheduling.policy": ["random", "random", "semi_orthogonal", "max_rate"], "nulling.policy": ["strongest", "random"],
    "csi.feedback_bits": [0, 0, 5], "csi.own_age": [0.0, 0.003],
    "propagation.rician_factor_db": [float("-inf"), float("-inf"), 4.0], "sensing.coherent_time": [0.0, 1e-4],
    "tracking.enabled": [False, False, True], "propagation.noise_power": [0.0, 0.3],
    "network.far_field": ["infinite_plane", "torus"]}
WHOLE_RUNS = {
    **SMALL_FRAMES, "network.users_per_cell": [20.0, 60.0], "network.targets_per_cell": [0.5, 20.0],
    "network.area": [25.0, 36.0], "antennas.transmit": [2, 4, 9, 20], "allocation.users_per_bs": [1, 2, 5],
    "network.layout": ["poisson", "poisson", "fixed_count", "hexagonal"], "network.sectors": [1, 1, 3],
    "network.bs_density": [1.0, 1.0, 5.0], "network.minimum_distance": [0.0, 0.0, 20.0],
    "propagation.model": ["power_law"] * 4 + ["uma", "umi", "rma", "inh", "inf_dh", "free_space"],
    "propagation.path_loss_exponent": [2.2, 3.0, 4.0, 5.5], "propagation.echo_exponent": [1.0, 2.0, 2.8],
    "propagation.site_correlation": [0.0, 0.0, 0.5], "sensing.target_type": ["none", "none", "uav_small"],
    "sensing.fluctuation": ["none", "swerling1", "lognormal"], "sensing.cfar_cells": [0, 0, 8],
    "sensing.clutter": [False, False, True], "simulation.engine": ["short", "short", "vectors"],
    "simulation.frames": [1, 2], "mobility.user_speed": [0.0, 0.0, 10.0], "backhaul.latency": [0.0, 0.0, 0.004]}


def draw(seed, options, least, most):
    """Some settings, others at their defaults."""
    rng = random.Random(seed)
    return {key: rng.choice(options[key]) for key in rng.sample(sorted(options), rng.randint(least, most))}
