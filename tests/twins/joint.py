"""A plain frame of joint transmission, station by station and user by user, on channels that are given.

From the model alone: all stations of a user's cluster that granted it a stream send to it, each with zero-forcing beams
among all of its streams and the filters that it granted, and with even power.
"""

import numpy as np

from tests import naive


def stream_lists(scene, grants):
    """Who every station sends to: its own users, then those that it was granted to serve."""
    lists = []
    for station in range(scene.count):
        members = [user for user in scene.users if ("user", user, station) in grants]
        lists.append(list(scene.own_users[station]) + members)
    return lists


def filters_to_mind(scene, station, known, grants):
    """Channels ``G v`` of a basis of the filters that a station granted, one list."""
    columns = []
    for receiver in range(scene.count):
        granted = [t for t in scene.own_targets[receiver] if ("target", t, station) in grants]
        if granted:
            columns += list((known.station(receiver, station) @ naive._span(scene.filters(granted), 1e-10)).T)
    return columns


def beams_of(scene, streams, known, grants):
    """Beams [M_t, S] of every station: each null towards all other streams and all granted filters."""
    beams = []
    for station, users in enumerate(streams):
        if not users:
            beams.append(None)
            continue
        mind = [known.user(user, station) for user in users] + filters_to_mind(scene, station, known, grants)
        beams.append(naive._zero_forcing(np.stack(mind, axis=1), len(users)))
    return beams


def users_of(parameters, layout, choice, known, grants, coherent):
    """Terms of every scheduled user: a list of dicts."""
    scene = naive._Scene(parameters, layout, choice)
    streams = stream_lists(scene, grants)
    beams = beams_of(scene, streams, known, grants)
    sending = sum(users != [] for users in streams) / scene.count
    rows = []
    for user in scene.users:
        d, cluster = scene.from_user(user), scene.user_cluster(user)
        drawn, rho = naive._drawn(scene, d, cluster, parameters.L, None)
        row = dict.fromkeys(("intra_cell", "leakage_granted", "interference_refused", "interference_other"), 0.0)
        powers, amplitude = 0.0, 0.0
        for station in drawn:
            if beams[station] is None:
                continue
            for stream, meant_for in enumerate(streams[station]):
                arriving = known.user(user, station).conj() @ beams[station][:, stream]
                power = abs(arriving) ** 2 / len(streams[station]) * d[station] ** -parameters.alpha
                if meant_for == user:
                    powers, amplitude = powers + power, amplitude + np.sqrt(power)
                elif station == cluster[0]:
                    row["intra_cell"] += power
                elif user in streams[station]:
                    row["leakage_granted"] += power
                elif station in cluster:
                    row["interference_refused"] += power
                else:
                    row["interference_other"] += power
        row["signal"] = amplitude**2 if coherent else powers
        row["far_field"] = sending * parameters.bs_density * naive.outside_disc(rho, parameters.alpha)
        rows.append(row)
    return rows


def echoes_of(parameters, layout, choice, known, grants):
    """Echo of every scheduled target, lit by all streams of its station."""
    scene = naive._Scene(parameters, layout, choice)
    streams = stream_lists(scene, grants)
    beams, found = beams_of(scene, streams, known, grants), {}
    for station in range(scene.count):
        for target in scene.own_targets[station]:
            distance, cosine = scene.to_target(target)
            lit = 0.0
            for stream in range(len(streams[station])):
                towards = naive.steering(parameters.M_t, np.array([cosine]))[:, 0]
                lit += abs(towards.conj() @ beams[station][:, stream]) ** 2 / len(streams[station])
            found[target] = parameters.c * lit * distance ** (-2 * parameters.beta)
    return [found[target] for target in scene.targets]
