"""Paths to a target and back, of TR 38.901 section 7.9.4.1, against plain loops."""

import cmath
import math

import numpy as np

from isacsys.calibration import full_sensing
from isacsys.channel.draws import AOD, ZOD, draw
from isacsys.channel.parameters import Environment
from isacsys.channel.rays import rays

MEAN, DEVIATION, SPREAD = 13.75, 7.07, 3.74  # XPR of a UAV (Table 7.9.2.2-1); sigma_S (Table 7.9.6.2-1), dB


def link(seed):
    """Rays of one link in the line of sight."""
    state, rng = full_sensing._aerial(Environment("uma", 6e9)), np.random.default_rng(seed)
    standard = rng.standard_normal((1, 7)) @ state.lower.T
    place = np.array([210.0]), np.array([200.0]), np.array([25.0])
    spreads = Environment("uma", 6e9).spreads(state, standard, *place)
    sight = np.array([[30.0, 210.0, 130.0, 50.0]])
    stream = np.random.Generator(np.random.SFC64(seed))
    return rays(state, spreads, sight, np.array([4321.3]), draw([stream], 1, state.clusters, True))


def product(one, other):
    return [[sum(one[i][k] * other[k][j] for k in range(2)) for j in range(2)] for i in range(2)]


def polarisation(some, ray):
    """CPM of a ray, (7.9.4-7)."""
    if ray == some.power.shape[1] - 1:
        return [[1, 0], [0, -1]]
    turns = [cmath.exp(2j * math.pi * p) for p in some.phase[0, ray]]
    return [[turns[0], some.cross[0, ray] * turns[1]], [some.cross[0, ray] * turns[2], turns[3]]]


def test_paths_equal_loops():
    """Straight both ways, one way, and ray by ray (option 2): power, delay and directions of every path."""
    sent, heard, many = link(1), link(2), link(1).power.shape[1]
    rng = np.random.default_rng(3)
    order = np.argsort(rng.random((1, many - 1)), axis=1)[0]
    pairs = [(many - 1, many - 1), *((m, many - 1) for m in range(many - 1)), *((many - 1, m) for m in range(many - 1)),
             *((m, int(order[m])) for m in range(many - 1))]
    normal = rng.standard_normal((1, len(pairs)))[0]
    turns = rng.random((1, len(pairs), 2, 2))[0]
    ratio = rng.standard_normal((1, len(pairs)))[0]
    found = full_sensing._coupled(sent, heard, np.random.default_rng(3))
    expected = []
    for path, (m, n) in enumerate(pairs):
        mean_db = -math.log(10) / 20 * SPREAD**2  # so that the linear mean of sigma_S is 1
        scattered = min(10 ** ((mean_db + SPREAD * normal[path]) / 10), 10 ** ((mean_db + 3 * SPREAD) / 10))
        expected.append(scattered * sent.power[0, m] * heard.power[0, n])
    strongest = max(expected)
    for path, (m, n) in enumerate(pairs):
        if expected[path] < 1e-4 * strongest:
            expected[path] = 0.0
        kappa = 10 ** ((MEAN + DEVIATION * ratio[path]) / 10)
        one = [[cmath.exp(2j * math.pi * turns[path, i, j]) / (math.sqrt(kappa) if i != j else 1.0) for j in range(2)]
               for i in range(2)]
        way = polarisation(heard, n)
        back = [[way[j][i] for j in range(2)] for i in range(2)]  # the other way round
        through = product(product(back, one), polarisation(sent, m))
        direct = (abs(through[0][0]) ** 2 + abs(through[1][1]) ** 2) / 2
        expected[path] *= sum(abs(entry) ** 2 for row in through for entry in row) / direct
    np.testing.assert_allclose(found["power"][0], expected, rtol=1e-9)
    for name, some, number, place in (("asd", sent, AOD, 0), ("zsd", sent, ZOD, 0), ("asa", heard, AOD, 1),
                                      ("zsa", heard, ZOD, 1)):
        np.testing.assert_array_equal(found[name][0], [some.angle[0, number, pair[place]] for pair in pairs])
    np.testing.assert_allclose(found["delay"][0], [sent.delay[0, m] + heard.delay[0, n] for m, n in pairs])


def test_rician_factor_of_what_flies():
    """15 dB, whatever the other parameters (TR 36.777 section B.1.3)."""
    some = link(4)
    np.testing.assert_allclose(10 * np.log10(some.power[0, -1] / (1 - some.power[0, -1])), 15.0)
