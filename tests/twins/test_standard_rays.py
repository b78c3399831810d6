"""Channels of TR 38.901 from raw numbers to coefficients, against a twin written from the report alone."""

import math

import numpy as np
import pytest

from isacsys.channel import polarised
from isacsys.channel.clustered import LIGHT, STATES, ClusteredLinks, FirstPlaces, SiteRays
from isacsys.channel.draws import GROUP, ORDER, coupling, draw
from isacsys.channel.kernel import Bands
from isacsys.channel.parameters import Environment
from isacsys.channel.rays import rays
from isacsys.propagation.antenna_patterns import Element
from isacsys.propagation.cell_antennas import CellAntennas, Cells
from tests.twins import standard_rays as twin
from tests.twins import standard_tables as tables

# Environment, code of the state (2 and 3: into a building, outdoors in the line of sight or not)
CASES = [(name, code) for name in ("uma", "umi", "rma") for code in range(4)] + [
    (name, code) for name in ("inh", "inf_sl", "inf_dh") for code in range(2)]
CARRIER, BAND, PORTS, BANDS = 3.5e9, 20e6, 3, 2
BORESIGHTS, TILT, COLUMN = (20.0, 140.0, -100.0), 97.0, 4
HEIGHTS = {"uma": 25.0, "umi": 10.0, "rma": 35.0, "inh": 3.0, "inf_sl": 1.4, "inf_dh": 8.0}


class World:
    """Two users and two masts, with numbers of their own for every link."""

    def __init__(self, environment):
        self.environment, self.high = environment, HEIGHTS[environment.name]
        reach = 40.0 if environment.name[:2] == "in" else 300.0
        rng = np.random.default_rng(len(environment.name))
        self.step = rng.uniform(-reach, reach, (2, 2, 2))
        self.low = np.array([1.5, 7.5 if environment.name in ("uma", "umi") else 1.0])
        self.normals = rng.standard_normal((2, 2, 7))

    def places(self, user, mast, code):
        lower = self.environment.state(STATES[code]).lower
        return FirstPlaces(self.step[user, mast], self.low[user], np.full(len(user), self.high),
                           self.normals[user, mast] @ lower.T)

    def stream(self, user, mast, code):
        return np.random.Generator(np.random.SFC64([user, mast, code]))


def antennas(column=COLUMN):
    two = np.arange(2)
    nothing = np.zeros(6)
    return CellAntennas(Cells(two.repeat(3), two.repeat(3), np.radians(np.tile(BORESIGHTS, 2)), TILT, nothing, nothing,
                              np.zeros(6, int), (Element(),)), column)


def expected_rays(world, code, user, mast):
    """Rays of a link by the report, from its raw numbers; the couplings are read out."""
    environment, name = world.environment, STATES[code]
    gigahertz = environment.frequency / 1e9
    values = tables.column(environment.name, name, gigahertz)
    distance, low = float(np.hypot(*world.step[user, mast])), float(world.low[user])
    outdoors = {0: "los", 1: "nlos", 2: "nlos" if environment.name == "rma" else "los", 3: "nlos"}[code]
    mean_zsd, std_zsd, offset = tables.zenith_of_departure(environment.name, outdoors, gigahertz, distance, low,
                                                           world.high)
    sight = name == "los"
    means = [0.0, values["mean K"] or 0.0, values["mean DS"], values["mean ASD"], values["mean ASA"], mean_zsd,
             values["mean ZSA"]]
    deviations = [1.0, values["std K"] or 1.0, values["std DS"], values["std ASD"], values["std ASA"], std_zsd,
                  values["std ZSA"]]
    _, k, ds, asd, asa, zsd, zsa = twin.large_scale(world.normals[user, mast], tables.correlation_matrix(values), means,
                                                    deviations)
    k = k if sight else None
    drawn = draw([world.stream(user, mast, code)], 1, int(values["N"]), polarised=True)
    return link_rays(values, (k, ds, asd, asa, zsa, zsd), mean_zsd, offset, name, world.step[user, mast],
                 low - world.high, drawn, environment.frequency)


def link_rays(values, spreads, mean_zsd, offset, name, step, rise, drawn, frequency):
    k, ds, asd, asa, zsa, zsd = spreads
    distance = float(np.hypot(*step))
    aod = math.degrees(math.atan2(step[1], step[0]))
    zod = math.degrees(math.acos(rise / math.hypot(distance, rise)))
    los = {"aod": aod, "aoa": aod + 180.0, "zoa": 180.0 - zod, "zod": zod}
    unscaled = twin.delays([float(x) for x in drawn.delay[0]], values["r_tau"], ds)
    power = twin.powers(unscaled, [values["zeta"] * float(z) for z in drawn.shadowing[0]], values["r_tau"], ds)
    seen = twin.powers_of_angles(power, k)
    signs, jitters = drawn.sign[0].astype(float), drawn.jitter[0].astype(float)
    of_clusters = {
        "aod": twin.azimuths(seen, asd, k, signs[0], jitters[0], los["aod"]),
        "aoa": twin.azimuths(seen, asa, k, signs[1], jitters[1], los["aoa"]),
        "zoa": twin.zeniths(seen, zsa, k, signs[2], jitters[2], 90.0 if name == "o2i" else los["zoa"]),
        "zod": twin.zeniths(seen, zsd, k, signs[3], jitters[3], los["zod"], offset)}
    late = twin.los_delays(unscaled, k) if k is not None else unscaled
    delay = twin.ray_delays(late, power, 1e-9 * (values["c_DS"] or 3.91))
    strongest = sorted(range(len(power)), key=lambda n: -power[n])[:2]
    orders = coupling(drawn.keys, np.array([strongest]))[0]
    found = []
    for n in twin.kept(power):
        for place in range(20):
            m, others = int(ORDER[place]), [int(ORDER[orders[i, n, place]]) for i in range(3)]
            if n in strongest:  # coupled within the sub-cluster
                assert len({twin.SUBCLUSTER[ray + 1] for ray in (m, *others)}) == 1
            found.append(twin.Ray(
                power[n] / 20, delay[n][m], twin.fold(of_clusters["zod"][n] + 3 / 8 * 10**mean_zsd
                                                      * twin.OFFSETS[others[2]]),
                of_clusters["aod"][n] + values["c_ASD"] * twin.OFFSETS[m],
                twin.fold(of_clusters["zoa"][n] + values["c_ZSA"] * twin.OFFSETS[others[1]]),
                of_clusters["aoa"][n] + values["c_ASA"] * twin.OFFSETS[others[0]],
                10 ** ((values["mean XPR"] + values["std XPR"] * float(drawn.cross_polar[0, n, place])) / 10),
                tuple(2 * math.pi * float(p) for p in drawn.phase[0, n, place])))
    if k is None:
        return found
    straight = twin.los_phase(math.hypot(distance, rise), LIGHT / frequency)
    found.append(twin.Ray(1.0, late[0], los["zod"], los["aod"], los["zoa"], los["aoa"], phases=(straight,), los=True))
    return twin.rician(found, k)


def amplitude(ray, boresight):
    """Amplitude of a cell's antenna towards a ray; the sign of the column's sum is left to the random phases."""
    zenith, azimuth, _ = twin.local_direction(ray.zod, ray.aod, boresight)
    decibel = twin.element_gain_db(zenith, azimuth)
    return 10 ** (decibel / 20) * abs(twin.column_factor(ray.zod, COLUMN, TILT))


def expected_vector(found, boresight, sizes, velocity, time, offset_hz):
    """Channel of a cell [port], mean power one, ports half a wavelength apart across the boresight."""
    wavelength, total = LIGHT / CARRIER, sum(ray.power * size**2 for ray, size in zip(found, sizes, strict=True))
    across = twin.unit(90.0, boresight + 90.0)
    vector = []
    for port in range(PORTS):
        at = tuple((port - (PORTS - 1) / 2) * wavelength / 2 * x for x in across)
        vector.append(sum(twin.coefficient(ray, (1.0, 0.0), (size, 0.0), (0.0,) * 3, at, wavelength, velocity, time,
                                           offset_hz) for ray, size in zip(found, sizes, strict=True))
                      / math.sqrt(total))
    return vector


@pytest.mark.parametrize(("name", "code"), CASES)
def test_channels_of_every_state(name, code):
    """Three cells of two masts, ports, sub-bands and times; drawn in double precision, to 1e-9 of the largest entry."""
    world = World(Environment(name, CARRIER))
    own = antennas()
    axis = own.cells.boresight + np.pi / 2
    sites = SiteRays(np.zeros((2, 2)), np.full(2, world.high), own.cells.mast, axis, own)
    links = ClusteredLinks(world.environment, sites, world, Bands(BANDS, BAND), PORTS, float)
    users, cells = np.array([0, 1]), np.array([[1, 0, 5], [3, -1, -1]])
    velocity = np.array([[1.3, -2.2], [-0.7, 0.4]])
    found = [links.vectors(users, cells, np.full((2, 3), code), velocity * time) for time in (0.0, 0.73)]
    for user, column in ((0, 0), (0, 1), (0, 2), (1, 0)):
        cell = cells[user, column]
        some, boresight = expected_rays(world, code, user, cell // 3), BORESIGHTS[cell % 3]
        sizes = [amplitude(ray, boresight) for ray in some]
        for i, time, band in ((0, 0.0, 0), (1, 0.73, 1)):
            offset = BAND * ((band + 0.5) / BANDS - 0.5)
            vector = expected_vector(some, boresight, sizes, (*velocity[user], 0.0), time, offset)
            np.testing.assert_allclose(found[i][user, column, band], vector, rtol=0, atol=1e-9 * np.abs(vector).max())


@pytest.mark.parametrize(("name", "code"), [("uma", 0), ("umi", 2), ("inf_dh", 0)])
def test_mean_gains_of_antennas(name, code):
    """The gain that path gains are multiplied by: sum over rays of power times that of the antenna."""
    world = World(Environment(name, CARRIER))
    own = antennas()
    sites = SiteRays(np.zeros((2, 2)), np.full(2, world.high), own.cells.mast, own.cells.boresight, own)
    links = ClusteredLinks(world.environment, sites, world, Bands(1, BAND), PORTS, float)
    found = links.gains(np.array([0]), np.full((1, 2), code))
    for mast in range(2):
        some = expected_rays(world, code, 0, mast)
        total = sum(ray.power for ray in some)
        for cell in range(3):
            gain = sum(ray.power / total * amplitude(ray, BORESIGHTS[cell]) ** 2 for ray in some)
            assert found[0, 3 * mast + cell] == pytest.approx(gain, rel=1e-6)  # gains are kept in single precision


@pytest.mark.parametrize(("name", "code"), [("uma", 0), ("umi", 1), ("inh", 0), ("rma", 3)])
def test_polarised_channels(name, code):
    """Slanted ports of a station, two ports of a user turned by 7.1, kappa and four phases, frequency by frequency."""
    world = World(Environment(name, CARRIER))
    some, wavelength = expected_rays(world, code, 1, 0), LIGHT / CARRIER
    state = world.environment.state(STATES[code])
    found = _drawn(world, state, code)
    slants, bearing, turn, tilt = (45.0, -45.0), 33.0, 77.0, 90.0
    places = np.array([[0.0, -0.25, 0.5], [0.0, 0.25, -0.5]])
    frequencies = np.array([-7e6, 3e6])
    station = polarised.Ports(places, np.radians(slants), np.array([bearing]),
                              gain=lambda z, a: 10 ** (Element().towards(-a, z) / 10))
    phone = polarised.Ports(np.zeros((2, 3)), np.radians([0.0, 90.0]), np.array([turn]), tilt)
    channels = polarised.channels(found, station, phone, frequencies)[0]
    for f, frequency in enumerate(frequencies):
        for u, slant in enumerate((0.0, 90.0)):
            for s in range(2):
                value = 0j
                for ray in some:
                    z, a, _ = twin.local_direction(ray.zod, ray.aod, bearing)
                    sent = twin.slanted(10 ** (twin.element_gain_db(z, a) / 20), slants[s])
                    heard = twin.slanted(1.0, slant, twin.local_direction(ray.zoa, ray.aoa, turn, tilt)[2])
                    b = math.radians(bearing)
                    x, y, height = (wavelength * value for value in places[s])
                    at = (x * math.cos(b) - y * math.sin(b), x * math.sin(b) + y * math.cos(b), height)
                    value += twin.coefficient(ray, heard, sent, (0.0,) * 3, at, wavelength, (0.0,) * 3, 0.0, frequency)
                assert abs(channels[f, u, s] - value) < 1e-9
    powers = polarised.powers(found, np.full((1, found.power.shape[1]), 2.0), math.pi / 4)[0][found.power[0] > 0]
    for ray, value in zip(some, powers, strict=True):  # from a slanted port of gain 2, mean of two ports across
        rows, sent = twin.matrix(ray), twin.slanted(1.0, 45.0)
        heard = sum(abs(rows[u][0] * sent[0] + rows[u][1] * sent[1]) ** 2 for u in range(2))
        assert value == pytest.approx(2.0 * ray.power * heard / 2, abs=1e-12)


def _drawn(world, state, code):
    user, mast = np.array([1]), np.array([0])
    there = world.places(user, mast, code)
    distance, rise = np.hypot(*there.step.T), there.low - there.high
    spreads = world.environment.spreads(state, there.standard, distance, there.low, there.high, code != 3)
    azimuth = np.degrees(np.arctan2(there.step[:, 1], there.step[:, 0]))
    zenith = np.degrees(np.arctan2(distance, rise))
    sight = np.stack([azimuth, azimuth + 180, 180 - zenith, zenith], -1)
    drawn = draw([world.stream(1, 0, code)], 1, state.clusters, True)
    return rays(state, spreads, sight, np.hypot(distance, rise) * CARRIER / LIGHT, drawn)


def test_rays_are_listed_by_sub_clusters():
    """The order in which rays are kept names those of Table 7.5-5."""
    late = [0.0, 1.28, 2.56]
    assert [late[group] for group in GROUP] == [twin.SUBCLUSTER[ray + 1] for ray in ORDER.tolist()]
