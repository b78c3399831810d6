"""Channels between stations against the twin of section 7.5, with the parameters of section 7.9.3."""

import cmath
import math

import numpy as np
import pytest

from isacsys.channel.clustered import LIGHT
from isacsys.channel.draws import ORDER, coupling, draw
from isacsys.network.station_rays import stream
from tests.network.test_fading import network
from tests.twins import standard_rays as twin
from tests.twins import standard_tables as tables

BANDS, RECEIVE, ANTENNAS = 2, 3, 8
pytestmark = pytest.mark.filterwarnings("ignore:network.layout")


def expected_rays(rays, name, low, high, step):
    """Rays from the mast of the lower number to the other; arrival spreads have the law of departure, no offset."""
    gigahertz = rays._environment.frequency / 1e9
    values = tables.column(rays._environment.name, name, gigahertz)
    distance = float(np.hypot(*step))
    mean_zsd, std_zsd, _ = tables.zenith_of_departure(rays._environment.name, name, gigahertz, distance, 25.0, 25.0)
    means = [0, values["mean K"] or 0, values["mean DS"], values["mean ASD"], values["mean ASD"], mean_zsd, mean_zsd]
    deviations = [1, values["std K"] or 1, values["std DS"], values["std ASD"], values["std ASD"], std_zsd, std_zsd]
    draws = stream(rays._network, low, high, 0)
    normals = draws.standard_normal(7).tolist()
    _, k, ds, asd, asa, zsd, zsa = twin.large_scale(normals, tables.correlation_matrix(values), means, deviations)
    k = k if name == "los" else None
    drawn = draw([draws], 1, int(values["N"]))
    unscaled = twin.delays([float(x) for x in drawn.delay[0]], values["r_tau"], ds)
    power = twin.powers(unscaled, [values["zeta"] * float(z) for z in drawn.shadowing[0]], values["r_tau"], ds)
    seen = twin.powers_of_angles(power, k)
    signs, jitters = drawn.sign[0].astype(float), drawn.jitter[0].astype(float)
    azimuth = math.degrees(math.atan2(step[1], step[0]))
    aod = twin.azimuths(seen, asd, k, signs[0], jitters[0], azimuth)
    aoa = twin.azimuths(seen, asa, k, signs[1], jitters[1], azimuth + 180.0)
    zoa = twin.zeniths(seen, zsa, k, signs[2], jitters[2], 90.0)  # masts are of one height
    zod = twin.zeniths(seen, zsd, k, signs[3], jitters[3], 90.0)
    late = twin.los_delays(unscaled, k) if k is not None else unscaled
    delay = twin.ray_delays(late, power, 1e-9 * values["c_DS"])
    strongest = sorted(range(len(power)), key=lambda n: -power[n])[:2]
    orders = coupling(drawn.keys, np.array([strongest]))[0]
    found, c_zenith = [], 3 / 8 * 10**mean_zsd  # at both ends, as azimuths have c_ASD
    for n in twin.kept(power):
        for place in range(20):
            m, others = int(ORDER[place]), [int(ORDER[orders[i, n, place]]) for i in range(3)]
            found.append(twin.Ray(
                power[n] / 20, delay[n][m], twin.fold(zod[n] + c_zenith * twin.OFFSETS[others[2]]),
                aod[n] + values["c_ASD"] * twin.OFFSETS[m], twin.fold(zoa[n] + c_zenith * twin.OFFSETS[others[1]]),
                aoa[n] + values["c_ASD"] * twin.OFFSETS[others[0]],
                phases=(2 * math.pi * float(drawn.phase[0, n, place, 0]),)))
    if k is None:
        return found
    turn = twin.los_phase(distance, LIGHT / rays._environment.frequency)
    return twin.rician([*found, twin.Ray(1.0, late[0], 90.0, azimuth, 90.0, azimuth + 180.0, phases=(turn,),
                                         los=True)], k)


def gain(zenith, azimuth, boresight):
    size = abs(twin.column_factor(zenith, 4, 100.0)) ** 2
    zenith, azimuth, _ = twin.local_direction(zenith, azimuth, boresight)
    return size * 10 ** (twin.element_gain_db(zenith, azimuth) / 10)


def port(ray, number, ports, boresight, at_departure):
    zenith, azimuth = (ray.zod, ray.aod) if at_departure else (ray.zoa, ray.aoa)
    along = twin.dot(twin.unit(zenith, azimuth), twin.unit(90.0, boresight + 90.0))
    return cmath.exp(1j * math.pi * (number - (ports - 1) / 2) * along)  # of what departs


@pytest.mark.parametrize(("backwards", "sight"), [(False, True), (False, False), (True, True)])
def test_channels_equal_the_twin(backwards, sight, monkeypatch):
    """In sight and not, of two cells of different masts, every port at both ends and every sub-band."""
    state = network(antennas__receive=RECEIVE, fading__subbands=BANDS)
    rays, d, mast = state.fading.model._between, state.deployment, 2
    monkeypatch.setattr(rays, "_sight", lambda one, other: np.full(len(one), sight))
    low_cell, high_cell, low_bore, high_bore = 1, 3 * mast + 2, 120.0, 240.0
    pair = (low_cell, high_cell) if backwards else (high_cell, low_cell)  # listening, sending
    found = rays.channels(np.array([pair[0]]), np.array([pair[1]]), RECEIVE)[0]
    step = 1e3 * (d.masts.position[mast] - d.masts.position[0])
    step -= 1e3 * d.side * np.rint(step / (1e3 * d.side))
    some = expected_rays(rays, "los" if sight else "nlos", 0, mast, step)
    weights = [ray.power * gain(ray.zod, ray.aod, low_bore) * gain(ray.zoa, ray.aoa, high_bore) for ray in some]
    listening, sending = ((low_bore, True), (high_bore, False)) if backwards else ((high_bore, False), (low_bore, True))
    for band in range(BANDS):
        offset = state.scenario.radio.bandwidth * ((band + 0.5) / BANDS - 0.5)
        for u, m in ((0, 0), (1, 5), (2, 7)):
            value = 0j
            for ray, weight in zip(some, weights, strict=True):
                turn = cmath.exp(1j * (ray.phases[0] - 2 * math.pi * offset * ray.delay))
                value += (math.sqrt(weight / sum(weights)) * turn * port(ray, u, RECEIVE, *listening).conjugate()
                          * port(ray, m, ANTENNAS, *sending))
            assert abs(found[band, u, m] - value) < 1e-9
