"""The full calibration of users, beside loops: gains of links, RSRP through panels, spreads of the serving cell."""

import cmath
import math

import numpy as np
import pytest

from isacsys.calibration import full
from isacsys.channel.draws import AOA, AOD, ZOA, ZOD
from isacsys.channel.parameters import Environment
from isacsys.core.random_streams import Name, Purpose, stream
from isacsys.propagation.buildings import coated_glass, concrete, glass
from tests.twins import standard_rays as twin

COUNT, CARRIER = 6, 6e9


@pytest.fixture(scope="module")
def uma():
    """A drop of six users, the rays of all links by (user, site), and its metrics."""
    environment = Environment("uma", CARRIER, 14)
    drop = full.deploy(full.LAYOUTS["uma"], environment, COUNT, stream(1, 0, 0, Purpose.USERS))

    def streams(user, site):
        return np.random.Generator(np.random.SFC64(Name(1, 0, 0, Purpose.LINK_CHANNELS, user, site)))

    rays = {}
    for users, sites, some in full.groups(environment, drop, streams):
        for i, place in enumerate(zip(users.tolist(), sites.tolist(), strict=True)):
            rays[place] = [(some.power[i, r], some.delay[i, r], some.angle[i, :, r], some.phase[i, r], some.cross[i, r])
                           for r in np.flatnonzero(some.power[i])]
    return drop, rays, full.sample(full.LAYOUTS["uma"], CARRIER, 14, COUNT, 1, 0)


def test_gains_of_links(uma):
    """Table 7.4.1-1 within the breakpoint, walls without their spread, and more power where the first number is."""
    drop, _, _ = uma
    states = set()
    for user in range(COUNT):
        for site in range(19):
            state, height = drop.state[user, site], drop.users.height[user]
            distance = math.hypot(*drop.users.step[user, site])
            lg, sight = math.log10(math.hypot(distance, 25.0 - height)), drop.some.line_of_sight[user, site]
            if distance > 900:  # the breakpoint is at 960 m, of a user at 1.5 m
                continue
            states.add((int(state), bool(sight)))
            loss = 28.0 + 22.0 * lg + 20.0 * math.log10(6.0)
            if not sight:
                loss = max(loss, 13.54 + 39.08 * lg + 20.0 * math.log10(6.0) - 0.6 * (height - 1.5))
            sigma = 7.0 if state == 2 else 4.0 if sight else 6.0
            expected = sigma * drop.standard[user, site, 0] - loss - drop.users.wall[user]
            assert drop.gain_db[user, site] == pytest.approx(expected, abs=1e-9)
    assert len(states) > 2
    low, high = (5 - 10 * math.log10(a * 10 ** (-x / 10) + (1 - a) * 10 ** (-concrete(6.0) / 10))
                 for a, x in ((0.3, glass(6.0)), (0.7, coated_glass(6.0, 14))))
    inside = drop.users.wall[drop.users.indoor] - 0.5 * drop.users.depth[drop.users.indoor]
    assert (np.minimum(abs(inside - low) / 4.4, abs(inside - high) / 6.5) < 4).all()
    assert (drop.users.wall[~drop.users.indoor] == 0).all()


def panel(zenith, azimuth):
    """Power gain of 4 by 4 elements on one port, phased for 102 degrees from straight up."""
    aside = twin.unit(zenith, azimuth)[1]
    row = sum(cmath.exp(1j * math.pi * n * aside) for n in range(4)) / 2
    return 10 ** (twin.element_gain_db(zenith, azimuth) / 10) * abs(twin.column_factor(zenith, 4, 102.0) * row) ** 2


def power(ray, gain, slant):
    """Power of a ray from a slanted port, mean of a vertical and a horizontal one that receive."""
    size, _, _, phases, cross = ray
    theta, phi = math.cos(math.radians(slant)), math.sin(math.radians(slant))
    turns = [cmath.exp(2j * math.pi * p) for p in phases]
    heard = abs(turns[0] * theta + cross * turns[1] * phi) ** 2 + abs(cross * turns[2] * theta + turns[3] * phi) ** 2
    return size * gain * heard / 2


@pytest.mark.parametrize(("suffix", "slant"), [("", 45.0), ("_config2", 0.0)])
def test_coupling_loss_and_sir(uma, suffix, slant):
    drop, rays, metrics = uma
    for user in range(1 if suffix == "" else 2):
        received = np.zeros((19, 3))
        for site in range(19):
            for k, boresight in enumerate((30.0, 150.0, 270.0)):
                for ray in rays[user, site]:
                    zenith, azimuth = ray[2][ZOD], ray[2][AOD] - boresight
                    gain = 10 ** (twin.element_gain_db(zenith, azimuth) / 10) if suffix else panel(zenith, azimuth)
                    received[site, k] += power(ray, gain, slant)
            received[site] *= 10 ** (drop.gain_db[user, site] / 10)
        best = received.max()
        assert metrics["coupling_loss" + suffix][user] == pytest.approx(10 * math.log10(best), abs=1e-6)
        sir = best / (received.sum() - best)
        assert metrics["wideband_sir" + suffix][user] == pytest.approx(10 * math.log10(sir), abs=1e-6)
        if not suffix:
            some = rays[user, int(received.max(1).argmax())]
            for name, number in (("asd", AOD), ("zsd", ZOD), ("asa", AOA), ("zsa", ZOA)):
                mean = abs(sum(ray[0] * cmath.exp(1j * math.radians(ray[2][number])) for ray in some)
                           / sum(ray[0] for ray in some))
                spread = math.degrees(math.sqrt(-2 * math.log(mean)))
                assert metrics[name][user] == pytest.approx(spread, rel=1e-6)
            total, mean = sum(ray[0] for ray in some), sum(ray[0] * ray[1] for ray in some)
            square = sum(ray[0] * (ray[1] - mean / total) ** 2 for ray in some) / total
            assert metrics["delay_spread"][user] == pytest.approx(1e9 * math.sqrt(square), rel=1e-6)
