"""Whole networks in plain loops over explicit channels, written from the model alone: rates of typical links.

They share no code with the package, and draw everything themselves: positions, selections, channels.
"""

from __future__ import annotations

import numpy as np

ALPHA, NEAR = 4.0, 16


def complex_normal(rng, *shape):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def response(antennas, cosine):
    return np.exp(1j * np.pi * np.arange(antennas) * cosine)


def ways(places, stations, side):
    """Vectors from stations to places on the torus [place, station, 2], and their lengths."""
    d = places[:, None] - stations[None]
    d -= side * np.round(d / side)
    return d, np.hypot(d[..., 0], d[..., 1])


def far(density, radius):
    return 2 * np.pi * density * radius ** (2 - ALPHA) / (ALPHA - 2)


def users_in_sight(seed, M_t, K, L, factor_db, area=49.0, per_cell=60.0):
    """Sum of weight x rate (nats) and of weights of a drop: zero forcing, Rician links, requests granted at random."""
    rng, side, k = np.random.default_rng(seed), np.sqrt(area), 10 ** (factor_db / 10)
    stations = rng.random((rng.poisson(area), 2)) * side
    d, r = ways(rng.random((rng.poisson(per_cell * area), 2)) * side, stations, side)
    serving, channels = r.argmin(axis=1), {}

    def channel(u, b):
        if (u, b) not in channels:
            seen = np.sqrt(k / (k + 1)) * np.exp(2j * np.pi * rng.random()) * response(M_t, d[u, b, 0] / r[u, b])
            channels[u, b] = seen + np.sqrt(1 / (k + 1)) * complex_normal(rng, M_t)
        return channels[u, b]

    own = [list(rng.permutation(np.flatnonzero(serving == b))[:K]) for b in range(len(stations))]
    requests = [(u, m) for b in range(len(own)) for u in own[b] for m in np.argsort(r[u])[1:L]]
    granted = [[] for _ in own]
    for i in rng.permutation(len(requests)):
        u, m = requests[i]
        if len(own[m]) + len(granted[m]) < M_t - 1:
            granted[m].append(u)
    beams = []
    for b, mine in enumerate(own):
        known = np.array([channel(u, b) for u in mine + granted[b]]).reshape(-1, M_t).conj()
        inverse = np.linalg.pinv(known)[:, :len(mine)]
        beams.append(inverse / np.linalg.norm(inverse, axis=0) / np.sqrt(max(len(mine), 1)))
    active, total, weights = np.mean([len(mine) > 0 for mine in own]), 0.0, 0.0
    for b, mine in enumerate(own):
        for j, u in enumerate(mine):
            drawn = np.argsort(r[u])[:NEAR]
            heard = np.abs(channel(u, b).conj() @ beams[b]) ** 2 * r[u, b] ** -ALPHA
            others = heard.sum() - heard[j] + active * far(1.0, r[u, drawn[-1]])
            for m in drawn:
                if m != b and own[m]:
                    others += np.sum(np.abs(channel(u, m).conj() @ beams[m]) ** 2) * r[u, m] ** -ALPHA
            weight = np.count_nonzero(serving == b) / len(mine)
            total, weights = total + weight * np.log1p(heard[j] / others), weights + weight
    return total, weights


def targets_through_filters(seed, M_t, M_r, K, c, area=49.0, per_cell=60.0):
    """Sums of weight x rate (nats) by MRC and by MVDR, and of weights, of a drop: one target a station, no requests."""
    rng, side = np.random.default_rng(seed), np.sqrt(area)
    stations = rng.random((rng.poisson(area), 2)) * side
    users = ways(rng.random((rng.poisson(per_cell * area), 2)) * side, stations, side)[1].argmin(axis=1)
    d, r = ways(rng.random((rng.poisson(per_cell * area), 2)) * side, stations, side)
    nearest, apart = r.argmin(axis=1), ways(stations, stations, side)[1]
    beams = []
    for b in range(len(stations)):
        streams = min(K, np.count_nonzero(users == b))
        inverse = np.linalg.pinv(complex_normal(rng, streams, M_t))
        beams.append(inverse / np.linalg.norm(inverse, axis=0) / np.sqrt(max(streams, 1)))
    active, sums = np.mean([w.shape[1] > 0 for w in beams]), np.zeros(3)
    for b in range(len(stations)):
        mine = np.flatnonzero(nearest == b)
        if not len(mine) or not beams[b].shape[1]:
            continue
        t = rng.choice(mine)
        cosine = d[t, b, 0] / r[t, b]
        others = np.argsort(apart[b])[1:NEAR + 1]
        covariance = active * far(1.0, apart[b, others[-1]]) * np.eye(M_r, dtype=complex)
        for m in others:
            arrives = complex_normal(rng, M_r, M_t) @ beams[m]
            covariance += apart[b, m] ** -ALPHA * arrives @ arrives.conj().T
        lit = np.sum(np.abs(response(M_t, cosine).conj() @ beams[b]) ** 2)
        echo, towards = c / M_r * lit * r[t, b] ** -4.0, response(M_r, cosine)
        plain = echo * M_r**2 / (towards.conj() @ covariance @ towards).real
        best = echo * (towards.conj() @ np.linalg.solve(covariance, towards)).real
        sums += len(mine) * np.array([np.log1p(plain), np.log1p(best), 1.0])
    return sums

