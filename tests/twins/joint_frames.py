"""A naive reference of one frame whose clusters send jointly, written from the model by somebody who saw no kernel.

The stations of a user's cluster that granted its request each spend a stream on it. ``joint_frame`` answers every term
of every link, requests and degrees of freedom; it builds on `tests.twins.designs` and shares no code with the package.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests import naive
from tests.twins.designs import Design, Scene, Stream, known_filters, power, project, target_row, unit


def streams(scene: Scene, station: int, known: Any, grants: set) -> tuple[list[Stream], int]:
    """Return what a station sends, each stream null to all its others and to granted filters, and their number."""
    served = list(scene.own_users[station])
    for user in scene.users:
        if ("user", user, station) in grants:
            served.append(user)
    vectors = [known.user(user, station) for user in served]
    vectors += [receiver.vector for receiver in known_filters(scene, station, known, grants, merged=True)]
    sent = []
    for k, user in enumerate(served):
        beam = unit(project(vectors[k], vectors[:k] + vectors[k + 1:]))
        sent.append(Stream(beam, 1 / len(served), user))
    return sent, len(vectors)


def user_row(scene: Scene, user: int, known: Any, grants: set, sent: list, used: list, coherent: bool) -> tuple:
    """Return the terms of a user, as `naive.USER_KEYS` has them."""
    p, d, cluster = scene.parameters, scene.from_user(user), scene.user_cluster(user)
    serving, term, wanted, intra_cell = cluster[0], [0.0] * 4, [], 0.0
    drawn, rho = naive._drawn(scene, d, cluster, p.L, None)
    for station in drawn:
        h, loss = known.user(user, station), d[station] ** -p.alpha
        mine = power(h, [s for s in sent[station] if s.user == user]) * loss
        others = power(h, [s for s in sent[station] if s.user != user]) * loss
        if station == serving:
            wanted.append(mine)
            intra_cell = others
            continue
        role = naive._role("user", user, station, cluster, grants)
        term[role] += others
        if role == naive.GRANTED:
            wanted.append(mine)
    signal = sum(np.sqrt(it) for it in wanted) ** 2 if coherent else sum(wanted)
    far = naive._far_field(scene, drawn, rho, scene.count)
    sir = signal / (intra_cell + sum(term) + far + p.noise_power)
    weight = np.count_nonzero(scene.user_station == serving) / len(scene.own_users[serving])
    terms = (term[naive.GRANTED], term[naive.REFUSED], term[naive.OTHER], far, p.noise_power)
    return (user, serving, d[serving], signal, intra_cell, *terms, sir, np.log2(1 + sir), weight,
            p.M_t - used[serving] + 1)


def joint_frame(parameters: naive.Parameters, layout: naive.Layout, choice: naive.Choice, channels: Any,
                coherent: bool) -> dict[str, Any]:
    """Return one frame: tables of the links, the requests with their answers, what every station sends.

    A station without users of its own sends to those it granted, and is silent only where there are none.
    """
    scene = Scene(parameters, Design(), layout, choice)
    requests = naive._requests(scene)
    grants = naive._strongest_first(scene, requests)
    made = [streams(scene, station, channels, grants) for station in range(scene.count)]
    sent, used = [it for it, _ in made], [constraints for _, constraints in made]
    scene.silent_share = sum(not it for it in sent) / scene.count
    users = [user_row(scene, user, channels, grants, sent, used, coherent) for user in scene.users]
    targets = [target_row(scene, target, channels, grants, sent) for target in scene.targets]
    return {
        "communication": naive._table(naive.USER_KEYS, users),
        "sensing": naive._table(naive.TARGET_KEYS, targets),
        "requests": [(*request, (request[0], request[1], request[3]) in grants) for request in requests],
        "streams": sent,
    }
