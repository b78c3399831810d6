"""Channels of a network against the twin of section 7.5: places, heights, boresights, states and ways of its users."""

import numpy as np
import pytest

from isacsys.channel.clustered import LIGHT, STATES, ClusteredLinks
from isacsys.channel.draws import draw
from isacsys.channel.kernel import Bands
from isacsys.core.random_streams import Purpose, stream
from tests.network.test_fading import network
from tests.twins import standard_rays as twin
from tests.twins import standard_tables as tables
from tests.twins.test_standard_rays import link_rays

pytestmark = pytest.mark.filterwarnings("ignore:network.layout")
SPEED, PORTS, TILT, COLUMN = 3.0, 8, 100.0, 4


def expected_rays(state, user, mast, code, step):
    """Rays between a user and a mast: parameters of the fields at its first place, numbers of its stream."""
    world, name, carrier = state.fading.model._world, STATES[code], state.scenario.propagation.carrier_frequency
    there = world.places(np.array([user]), np.array([mast]), code)
    low, standard, values = float(there.low[0]), there.standard[0], tables.column("uma", name, carrier / 1e9)
    mean_zsd, std_zsd, offset = tables.zenith_of_departure("uma", ("los", "nlos", "los", "nlos")[code], carrier / 1e9,
                                                           float(np.hypot(*step)), low, 25.0)
    k = values["mean K"] + values["std K"] * standard[1] if name == "los" else None
    means = values["mean DS"], values["mean ASD"], values["mean ASA"], mean_zsd, values["mean ZSA"]
    deviations = values["std DS"], values["std ASD"], values["std ASA"], std_zsd, values["std ZSA"]
    ds, asd, asa, zsd, zsa = 10 ** (np.array(means) + np.array(deviations) * standard[2:])
    spreads = (k, ds, min(asd, 104.0), min(asa, 104.0), min(zsa, 52.0), min(zsd, 52.0))
    drawn = draw([world.stream(user, mast, code)], 1, int(values["N"]), polarised=True)
    return link_rays(values, spreads, mean_zsd, offset, name, step, low - 25.0, drawn, carrier)


def amplitude(ray, boresight):
    zenith, azimuth, _ = twin.local_direction(ray.zod, ray.aod, boresight)
    return 10 ** (twin.element_gain_db(zenith, azimuth) / 20) * abs(twin.column_factor(ray.zod, COLUMN, TILT))


@pytest.mark.parametrize(("seed", "frames", "count"), [(1, 1, 1), (2, 16, 2)])
def test_channels_equal_the_twin(seed, frames, count):
    """Frame by frame, or many summed at once: users' four strongest cells, ports of arrays across the boresights."""
    state = network(fading__subbands=count, simulation__seed=seed, simulation__frames=frames)
    model, d, some = state.fading.model, state.deployment, state.scenario
    single, bands, users = model._links, Bands(count, some.radio.bandwidth), np.arange(5)
    assert (model._frames > 1) == (frames > 1)
    station, both = state.around_users(users).station[:, :4], []
    double = ClusteredLinks(model._environment, model._cells, model._world, bands, PORTS, float)
    for links in (single, double):
        model._links = links
        for state.frame in (2, 3, 4, 5, 7):  # whatever is worked out ahead for frames to come
            there = users if state.frame == 7 else users[state.frame - 2:]
            found = state.fading.users(there, station[there], 0.0, None)
        both.append(found)
    np.testing.assert_allclose(both[0], both[1], atol=3e-4)
    state.frame = 9
    old = state.fading.users(users, station, 2 * some.simulation.frame_duration, None)
    np.testing.assert_allclose(old, found, atol=1e-9)
    angle = stream(seed, 0, 0, Purpose.DOPPLER).uniform(0, 2 * np.pi, len(state.users))
    time, wavelength, seen = 7 * some.simulation.frame_duration, LIGHT / some.propagation.carrier_frequency, set()
    for user in users:
        codes = model._world.codes(users[[user]], state.users.position[[user]], (station[[user]] // 3))[0]
        velocity = (SPEED * np.cos(angle[user]), SPEED * np.sin(angle[user]), 0.0)
        for column, cell in enumerate(station[user]):
            seen.add(int(codes[column]))
            step = 1e3 * (state.users.position[user] - d.masts.position[cell // 3])
            step -= 1e3 * d.side * np.rint(step / (1e3 * d.side))
            rays = expected_rays(state, user, cell // 3, codes[column], step)
            boresight = 120.0 * (cell % 3)
            sizes = [amplitude(ray, boresight) for ray in rays]
            total = sum(ray.power * size**2 for ray, size in zip(rays, sizes, strict=True))
            across = twin.unit(90.0, boresight + 90.0)
            for band, port in ((0, 0), (count - 1, 5)):
                at = tuple((port - (PORTS - 1) / 2) * wavelength / 2 * x for x in across)
                offset = some.radio.bandwidth * ((band + 0.5) / count - 0.5)
                value = sum(twin.coefficient(ray, (1.0, 0.0), (size, 0.0), (0.0,) * 3, at, wavelength, velocity, time,
                                             offset) for ray, size in zip(rays, sizes, strict=True)) / total**0.5
                assert abs(found[user, column, band, port] - value) < 1e-9
    assert len(seen) > 1


def test_arrays_lie_as_the_network_says():
    """In the line of sight phases go on from port to port by pi times the cosine that the network has of the user."""
    state = network(antennas__pattern="omni", antennas__vertical_elements=1, network__indoor_share=0.0,
                    network__user_height=24.9)
    users = np.arange(len(state.users))
    station = state.around_users(users).station[:, :1]
    found = state.fading.users(users, station, 0.0, None)[:, 0, 0]
    sight = state.fading.model._world.codes(users, state.users.position, station // 3)[:, 0] == 0
    turned = np.angle(np.sum(found[:, 1:] * found[:, :-1].conj(), axis=1))
    cosine = state.user_bearings(users, station)[:, 0]
    error = np.abs(np.angle(np.exp(1j * (turned - np.pi * cosine))))[sight]
    assert len(error) > 5
    assert np.median(error) < 0.15


@pytest.mark.parametrize(("code", "sigma"), [(0, 4.0), (1, 6.0), (2, 7.0), (3, 7.0)])
def test_shadowing_of_every_state_is_the_first_parameter(code, sigma):
    """Gains are path loss (Table 7.4.1-1, within the breakpoint), walls and sigma times the number of step 4, in dB."""
    state = network(antennas__pattern="omni", antennas__vertical_elements=1, network__users_per_cell=12.0)
    d, users, gains = state.deployment, np.arange(len(state.users)), state.large_scale.users
    masts, position, world = np.arange(len(d.masts.position)), state.users.position, state.fading.model._world
    there = world.codes(users, position, np.tile(masts, (len(users), 1)))
    user, mast = np.nonzero(there == code)
    away = np.linalg.norm(1e3 * (position[user] - d.masts.position[mast]), axis=-1)
    near = away < 200  # no way round the torus is shorter
    user, mast, away = user[near], mast[near], away[near]
    assert len(user) > 5
    link = world.places(user, mast, code)
    lg, known = np.log10(np.hypot(away, 25.0 - link.low)), world._places(users, position)
    loss = 28.0 + 22.0 * lg + 20.0 * np.log10(3.5)
    if code % 2:
        loss = np.maximum(loss, 13.54 + 39.08 * lg + 20.0 * np.log10(3.5) - 0.6 * (link.low - 1.5))
    found = 10.0 * np.log10(gains.everywhere(position, known)[user, 3 * mast]) + loss + known.loss_db[user]
    np.testing.assert_allclose(found / sigma, link.standard[:, 0], atol=1e-4)
    assert (known.loss_db[user] > 0).all() == (code > 1)


def test_phases_turn_by_the_way_that_users_went():
    """By metres from their first place, less velocity times age where a channel of the past is asked for."""
    state = network(fading__doppler_speed="automatic", mobility__user_speed=1.4)
    model, users = state.fading.model, np.arange(len(state.users))
    station = state.around_users(users).station
    state.fading.users(users, station, 0.0, None)
    state.users.position += np.array([1.3e-5, -2.1e-5])  # km
    velocity = np.random.default_rng(1).uniform(-2, 2, (len(users), 2))  # m/s
    state.users.velocity[:] = 1e-3 * velocity
    codes = model._world.codes(users, state.users.position, np.where(station < state.stations, station // 3, 0))
    cells = np.where(station < state.stations, station, -1)
    for age in (0.0, 0.02):
        found = state.fading.users(users, station, age, None)
        walked = np.array([0.013, -0.021]) - velocity * age
        expected = model._links.vectors(users, cells, codes, walked)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert np.median(np.abs(found - model._links.vectors(users, cells, codes, 0 * walked))) > 0.1
