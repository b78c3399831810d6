"""The tables of 3GPP TR 38.901 written down a second time, from public sources, against the package's models.

Written without sight of the package. Sources: the data of 3gpp-tr-library (TR 38.901 v19.4.0: Tables 7.4.1-1, 7.4.2-1,
7.4.3-1, 7.4.3-2, 7.5-6, 7.6.3.1-2), checked against Sionna (v19.2), ns-3 and QuaDRiGa (v14 to v16); the notes of
Table 7.4.1-1 from the SEAMCAT manual, A17.21; Table 7.3-1 from ns-3 and Sionna; clutter of Table 7.8-7 from Sionna.
Distances in m, frequencies in GHz, losses in dB.
"""

import math

import numpy as np
import pytest

from isacsys.propagation import MODELS, Correlation, buildings, links
from isacsys.propagation.antenna_patterns import Element

C = 3.0e8  # the speed of light of Table 7.4.1-1, notes 1 and 5


def slant(d_2d, h_bs, h_ut):
    return math.sqrt(d_2d**2 + (h_bs - h_ut) ** 2)


# ---- Table 7.4.1-1, path loss and sigma_SF


def breakpoint_rma(f, h_bs, h_ut):
    return 2.0 * math.pi * h_bs * h_ut * (f * 1e9) / C  # note 5


def breakpoint_urban(f, h_bs, h_ut, h_e):
    return 4.0 * (h_bs - h_e) * (h_ut - h_e) * (f * 1e9) / C  # note 1


def uma_excess(d_2d, h_ut):
    """C(d_2D, h_UT) of note 1."""
    if h_ut < 13.0 or d_2d <= 18.0:
        return 0.0
    return ((h_ut - 13.0) / 10.0) ** 1.5 * 1.25 * (d_2d / 100.0) ** 3 * math.exp(-d_2d / 150.0)


def uma_low_probability(d_2d, h_ut):
    """Probability that h_E is 1 m, note 1."""
    return 1.0 / (1.0 + uma_excess(d_2d, h_ut))


def uma_high_values(h_ut):
    """The heights h_E has otherwise, each as likely as the next: 12, 15, ..., h_UT - 1.5."""
    values = []
    height = 12.0
    while height <= h_ut - 1.5 + 1e-9:
        values.append(height)
        height += 3.0
    return values


def rma_los(f, d_2d, h_bs, h_ut, h=5.0):
    def near(d):
        loss = 20.0 * math.log10(40.0 * math.pi * d * f / 3.0)
        loss += min(0.03 * h**1.72, 10.0) * math.log10(d)
        loss -= min(0.044 * h**1.72, 14.77)
        return loss + 0.002 * math.log10(h) * d

    d_bp = breakpoint_rma(f, h_bs, h_ut)
    d_3d = slant(d_2d, h_bs, h_ut)
    if d_2d <= d_bp:
        return near(d_3d)
    return near(d_bp) + 40.0 * math.log10(d_3d / d_bp)


def rma_nlos(f, d_2d, h_bs, h_ut, h=5.0, w=20.0):
    d_3d = slant(d_2d, h_bs, h_ut)
    loss = 161.04 - 7.1 * math.log10(w) + 7.5 * math.log10(h)
    loss -= (24.37 - 3.7 * (h / h_bs) ** 2) * math.log10(h_bs)
    loss += (43.42 - 3.1 * math.log10(h_bs)) * (math.log10(d_3d) - 3.0)
    loss += 20.0 * math.log10(f)
    loss -= 3.2 * math.log10(11.75 * h_ut) ** 2 - 4.97
    return max(rma_los(f, d_2d, h_bs, h_ut, h), loss)


def uma_los(f, d_2d, h_bs, h_ut, h_e=1.0):
    d_3d = slant(d_2d, h_bs, h_ut)
    d_bp = breakpoint_urban(f, h_bs, h_ut, h_e)
    if d_2d <= d_bp:
        return 28.0 + 22.0 * math.log10(d_3d) + 20.0 * math.log10(f)
    return 28.0 + 40.0 * math.log10(d_3d) + 20.0 * math.log10(f) - 9.0 * math.log10(d_bp**2 + (h_bs - h_ut) ** 2)


def uma_nlos(f, d_2d, h_bs, h_ut, h_e=1.0):
    loss = 13.54 + 39.08 * math.log10(slant(d_2d, h_bs, h_ut)) + 20.0 * math.log10(f) - 0.6 * (h_ut - 1.5)
    return max(uma_los(f, d_2d, h_bs, h_ut, h_e), loss)


def umi_los(f, d_2d, h_bs, h_ut):
    d_3d = slant(d_2d, h_bs, h_ut)
    d_bp = breakpoint_urban(f, h_bs, h_ut, 1.0)
    if d_2d <= d_bp:
        return 32.4 + 21.0 * math.log10(d_3d) + 20.0 * math.log10(f)
    return 32.4 + 40.0 * math.log10(d_3d) + 20.0 * math.log10(f) - 9.5 * math.log10(d_bp**2 + (h_bs - h_ut) ** 2)


def umi_nlos(f, d_2d, h_bs, h_ut):
    loss = 22.4 + 35.3 * math.log10(slant(d_2d, h_bs, h_ut)) + 21.3 * math.log10(f) - 0.3 * (h_ut - 1.5)
    return max(umi_los(f, d_2d, h_bs, h_ut), loss)


def inh_los(f, d_2d, h_bs, h_ut):
    return 32.4 + 17.3 * math.log10(slant(d_2d, h_bs, h_ut)) + 20.0 * math.log10(f)


def inh_nlos(f, d_2d, h_bs, h_ut):
    loss = 17.3 + 38.3 * math.log10(slant(d_2d, h_bs, h_ut)) + 24.9 * math.log10(f)
    return max(inh_los(f, d_2d, h_bs, h_ut), loss)


def inf_los(f, d_2d, h_bs, h_ut):
    return 31.84 + 21.5 * math.log10(slant(d_2d, h_bs, h_ut)) + 19.0 * math.log10(f)


INF_NLOS = {"inf_sl": (33.0, 25.5), "inf_dl": (18.6, 35.7), "inf_sh": (32.4, 23.0), "inf_dh": (33.63, 21.9)}


def inf_nlos(kind, f, d_2d, h_bs, h_ut):
    def own(name):
        constant, slope = INF_NLOS[name]
        return constant + slope * math.log10(slant(d_2d, h_bs, h_ut)) + 20.0 * math.log10(f)

    loss = max(own(kind), inf_los(f, d_2d, h_bs, h_ut))
    if kind == "inf_dl":
        loss = max(loss, own("inf_sl"))
    return loss


# LOS, NLOS, O2I; RMa LOS is a function of distance, below. O2I is in Table 7.5-6
SIGMA = {
    "uma": (4.0, 6.0, 7.0),
    "umi": (4.0, 7.82, 7.0),
    "rma": (None, 8.0, 8.0),
    "inh": (3.0, 8.03, None),
    "inf_sl": (4.3, 5.7, None),
    "inf_dl": (4.3, 7.2, None),
    "inf_sh": (4.3, 5.9, None),
    "inf_dh": (4.3, 4.0, None),
}


def sigma_rma_los(f, d_2d, h_bs, h_ut):
    return 4.0 if d_2d < breakpoint_rma(f, h_bs, h_ut) else 6.0


# ---- Table 7.4.2-1, LOS probability (d_2D-out, or d_2D-in indoors)


def p_rma(d):
    return 1.0 if d <= 10.0 else math.exp(-(d - 10.0) / 1000.0)


def p_umi(d):
    return 1.0 if d <= 18.0 else 18.0 / d + math.exp(-d / 36.0) * (1.0 - 18.0 / d)


def p_uma(d, h_ut):
    if d <= 18.0:
        return 1.0
    high = 0.0 if h_ut <= 13.0 else ((h_ut - 13.0) / 10.0) ** 1.5
    low = 18.0 / d + math.exp(-d / 63.0) * (1.0 - 18.0 / d)
    return low * (1.0 + high * 1.25 * (d / 100.0) ** 3 * math.exp(-d / 150.0))


def p_inh_mixed(d):
    if d <= 1.2:
        return 1.0
    if d < 6.5:
        return math.exp(-(d - 1.2) / 4.7)
    return 0.32 * math.exp(-(d - 6.5) / 32.6)


def p_inh_open(d):
    if d <= 5.0:
        return 1.0
    if d <= 49.0:
        return math.exp(-(d - 5.0) / 70.8)
    return 0.54 * math.exp(-(d - 49.0) / 211.7)


def p_inf(kind, d, h_bs, h_ut, size, density, height):
    k = -size / math.log(1.0 - density)
    if kind in ("inf_sh", "inf_dh"):
        k *= (h_bs - h_ut) / (height - h_ut)
    return math.exp(-d / k)


# ---- Tables 7.4.3-1 and 7.4.3-2, O2I


MATERIAL = {
    "glass": (2.0, 0.2),
    "irr_glass": (25.4, 0.11),
    "irr_glass of release 14": (23.0, 0.3),  # ns-3 has this one
    "concrete": (5.0, 4.0),
    "wood": (4.85, 0.12),
}


def wall(f, *parts):
    """Loss of a wall of (material, share) parts."""
    through = 0.0
    for name, share in parts:
        constant, slope = MATERIAL[name]
        through += share * 10.0 ** (-(constant + slope * f) / 10.0)
    return 5.0 - 10.0 * math.log10(through)


def wall_low(f):
    return wall(f, ("glass", 0.3), ("concrete", 0.7))


def wall_high(f, release):
    return wall(f, ("irr_glass" if release == 19 else "irr_glass of release 14", 0.7), ("concrete", 0.3))


INDOOR_SLOPE = 0.5  # dB per m of d_2D-in
SIGMA_P = {"low": 4.4, "high": 6.5}
# d_2D-in is the smaller of two uniform draws from 0 to this
DEPTH = {"uma": 25.0, "umi": 25.0, "rma": 10.0}


# ---- Table 7.3-1, one element


def element(zenith, azimuth):
    """Gain (dBi) at angles in degrees."""
    vertical = -min(12.0 * ((zenith - 90.0) / 65.0) ** 2, 30.0)
    horizontal = -min(12.0 * (azimuth / 65.0) ** 2, 30.0)
    return 8.0 - min(-(vertical + horizontal), 30.0)


# ---- Table 7.5-6: correlation distance of SF in LOS, NLOS, O2I; K in LOS: mean (dB), sigma (dB), correlation distance

SF_DISTANCE = {
    "uma": (37.0, 50.0, 7.0),
    "umi": (10.0, 13.0, 7.0),
    "rma": (37.0, 120.0, 120.0),
    "inh": (10.0, 6.0, None),
    "inf": (10.0, 10.0, None),
}
K_FACTOR = {
    "uma": (9.0, 3.5, 12.0),
    "umi": (9.0, 5.0, 15.0),
    "rma": (7.0, 4.0, 40.0),
    "inh": (7.0, 4.0, 4.0),
    "inf": (7.0, 8.0, 10.0),
}

# ---- Table 7.6.3.1-2, correlation distance of the LOS state (InF: half the clutter size), and of being indoors

LOS_DISTANCE = {"uma": 50.0, "umi": 50.0, "rma": 60.0, "inh": 10.0}
INDOOR_DISTANCE, DEPTH_DISTANCE, WALL_DISTANCE = 50.0, 25.0, 10.0  # the last two: section 7.6.3.3

# ---- Table 7.8-7: size, density and height of clutter

CLUTTER = {"inf_sl": (10.0, 0.2, 2.0), "inf_dl": (2.0, 0.6, 6.0), "inf_sh": (10.0, 0.2, 2.0), "inf_dh": (2.0, 0.6, 6.0)}

# ---- The package against all this

# Where a formula holds: frequency, distance, height of stations and of users
RANGE = {
    "uma": ((0.5, 100), (10, 5000), (25, 25), (1.5, 22.5)),
    "umi": ((0.5, 100), (10, 5000), (10, 10), (1.5, 22.5)),
    "rma": ((0.5, 30), (10, 10000), (10, 150), (1, 10)),
    "inh": ((0.5, 100), (1, 150), (2, 4), (0.8, 1.8)),
    "inf_sl": ((0.5, 100), (1, 600), (1, 1.9), (0.5, 1.9)),
    "inf_dl": ((0.5, 100), (1, 600), (1, 5.5), (0.5, 5.5)),
    "inf_sh": ((0.5, 100), (1, 600), (4, 25), (0.5, 1.9)),
    "inf_dh": ((0.5, 100), (1, 600), (7, 25), (0.5, 5.5)),
}
LOSS = {"uma": (uma_los, uma_nlos), "umi": (umi_los, umi_nlos), "rma": (rma_los, rma_nlos), "inh": (inh_los, inh_nlos)}
EXACT = {"rtol": 1e-9, "atol": 0}
names = pytest.mark.parametrize("name", RANGE)


def points(name, count=200):
    """Frequency (GHz), distance and both heights, anywhere the model holds."""
    rng = np.random.default_rng(38901)
    f, d, high, low = RANGE[name]
    for _ in range(count):
        reach = math.exp(rng.uniform(*np.log(f))), math.exp(rng.uniform(*np.log(d)))
        yield *reach, rng.uniform(*high), rng.uniform(*low)


def ask(f, d_2d, h_bs, h_ut, sight=True, h_e=1.0):
    return links(np.array([d_2d]), h_bs, h_ut, f * 1e9, sight, h_e)


def one(values):
    return float(np.ravel(values)[0])


@names
def test_path_loss(name):
    model, h_e_rng, beyond = MODELS[name](), np.random.default_rng(7), 0
    for f, d_2d, h_bs, h_ut in points(name):
        h_e = h_e_rng.choice([1.0, *uma_high_values(h_ut)]) if name == "uma" else 1.0
        extra = (h_e,) if name == "uma" else ()
        for state, sight in enumerate((True, False)):
            if name in LOSS:
                expected = LOSS[name][state](f, d_2d, h_bs, h_ut, *extra)
            else:
                expected = inf_los(f, d_2d, h_bs, h_ut) if sight else inf_nlos(name, f, d_2d, h_bs, h_ut)
            found = one(model.path_loss(ask(f, d_2d, h_bs, h_ut, sight, h_e)))
            np.testing.assert_allclose(found, expected, **EXACT)
        d_bp = breakpoint_rma(f, h_bs, h_ut) if name == "rma" else breakpoint_urban(f, h_bs, h_ut, h_e)
        beyond += d_2d > d_bp
    assert name not in ("uma", "umi", "rma") or 5 < beyond < 195  # both branches are asked


def test_path_loss_of_rural_streets_and_houses():
    rng = np.random.default_rng(5)
    for f, d_2d, h_bs, h_ut in points("rma"):
        h, w = rng.uniform(5, 50, 2)
        model = MODELS["rma"](h, w)
        for sight, expected in ((True, rma_los(f, d_2d, h_bs, h_ut, h)), (False, rma_nlos(f, d_2d, h_bs, h_ut, h, w))):
            np.testing.assert_allclose(one(model.path_loss(ask(f, d_2d, h_bs, h_ut, sight))), expected, **EXACT)


@pytest.mark.parametrize("name", ["uma", "umi", "rma"])
@pytest.mark.parametrize("side", [-1, 1])
def test_path_loss_next_to_the_breakpoint(name, side):
    """Which branch holds is up to d_2D, and the slopes take d_3D: between the two, they differ."""
    model = MODELS[name]()
    for f, _, h_bs, h_ut in points(name):
        d_bp = breakpoint_rma(f, h_bs, h_ut) if name == "rma" else breakpoint_urban(f, h_bs, h_ut, 1.0)
        d_2d = d_bp * (1 + side * 1e-6)
        if 10 <= d_2d <= 5000:
            expected = LOSS[name][0](f, d_2d, h_bs, h_ut)
            np.testing.assert_allclose(one(model.path_loss(ask(f, d_2d, h_bs, h_ut))), expected, **EXACT)


def test_environment_heights():
    """Up to 13.5 m there are no others: the report says nothing, and 1 m is as good as any."""
    model, several = MODELS["uma"](), 0
    shares = (np.arange(2000) + 0.5) / 2000
    for f, d_2d, h_bs, h_ut in points("uma"):
        others, low = uma_high_values(h_ut), uma_low_probability(d_2d, h_ut)
        likely = low if others else 1.0
        expected = [(likely, 1.0)] + [((1.0 - low) / len(others), height) for height in others]
        found = [(one(p), height) for p, height in model.environment_heights(ask(f, d_2d, h_bs, h_ut))]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
        drawn = model.environment_height(links(np.full(2000, d_2d), h_bs, h_ut, f * 1e9), shares)
        for p, height in expected:
            assert abs(np.sum(np.broadcast_to(drawn, 2000) == height) - 2000 * p) <= 1.001
        several += len(others) > 1
    assert several > 20


@names
def test_los_probability(name):
    for f, d_2d, h_bs, h_ut in points(name):
        if name == "inh":
            cases = [(MODELS[name](), p_inh_mixed(d_2d)), (MODELS[name]("open"), p_inh_open(d_2d))]
        elif name.startswith("inf"):
            other = (7.0, 0.35, 5.6 if name[-2] == "d" else 1.95)
            cases = [(MODELS[name](*clutter), p_inf(name, d_2d, h_bs, h_ut, *clutter)) for clutter in
                     (CLUTTER[name], other)] + [(MODELS[name](), p_inf(name, d_2d, h_bs, h_ut, *CLUTTER[name]))]
        else:
            cases = [(MODELS[name](), p_uma(d_2d, h_ut) if name == "uma" else {"umi": p_umi, "rma": p_rma}[name](d_2d))]
        for model, expected in cases:
            np.testing.assert_allclose(one(model.los_probability(ask(f, d_2d, h_bs, h_ut))), expected, **EXACT)


@names
def test_shadowing(name):
    model, (los, nlos, indoor) = MODELS[name](), SIGMA[name]
    for point in points(name):
        seen, hidden = (one(model.shadowing_db(ask(*point, sight))) for sight in (True, False))
        assert seen == (sigma_rma_los(*point) if los is None else los)
        assert hidden == nlos
    assert model.sigma_indoor == indoor


@names
def test_distances_of_likeness_and_rician_factors(name):
    model, kind = MODELS[name](), name[:3]
    los, nlos, indoor = SF_DISTANCE[kind]
    found: Correlation = model.correlation
    assert (found.los, found.nlos) == (los, nlos)
    assert indoor is None or found.indoor == indoor
    assert found.state == (CLUTTER[name][0] / 2 if kind == "inf" else LOS_DISTANCE[name])
    assert (model.factor.mean, model.factor.spread, model.factor.correlation) == K_FACTOR[kind]
    (low, high), reach = RANGE[name][:2]
    assert (model.validity.frequency, model.validity.distance) == ((low * 1e9, high * 1e9), reach)


@pytest.mark.parametrize("release", [19, 14])
@pytest.mark.parametrize("high", [False, True])
def test_walls(high, release):
    rng = np.random.default_rng(2)
    for f, depth, normal in zip(rng.uniform(0.5, 100, 200), rng.uniform(0, 25, 200), rng.normal(size=200), strict=True):
        expected = (wall_high(f, release) if high else wall_low(f)) + INDOOR_SLOPE * depth
        expected += SIGMA_P["high" if high else "low"] * normal
        found = buildings.penetration(f, np.array([high]), np.array([depth]), np.array([normal]), release)
        np.testing.assert_allclose(one(found), expected, **EXACT)


def test_buildings():
    assert (buildings.STATE, buildings.DEPTH, buildings.WALL) == (INDOOR_DISTANCE, DEPTH_DISTANCE, WALL_DISTANCE)
    for name, depth in DEPTH.items():
        assert MODELS[name].indoor_depth == depth
        assert MODELS[name].high_loss_buildings == (name != "rma")  # section 7.4.3.1


def test_element():
    rng = np.random.default_rng(3)
    for zenith, azimuth in zip(rng.uniform(0, 180, 200), rng.uniform(-180, 180, 200), strict=True):
        found = Element().gain(np.array([azimuth]), np.array([zenith]))
        np.testing.assert_allclose(one(found), element(zenith, azimuth), rtol=1e-9, atol=1e-9)
