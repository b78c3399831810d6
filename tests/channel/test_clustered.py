"""Laws of channels of clusters and rays: covariance of ports, correlation in time and frequency, gains."""

import numpy as np
import pytest

from isacsys.channel.clustered import LIGHT, ClusteredLinks, SiteRays
from isacsys.channel.kernel import Bands
from isacsys.channel.parameters import Environment
from tests.twins import standard_rays as twin
from tests.twins.test_standard_rays import BAND, BORESIGHTS, CARRIER, World, amplitude, antennas, expected_rays

PLACES, PORTS = 800, 4
STEP = np.array([0.013, -0.021])  # m, a quarter of a wavelength


@pytest.fixture(scope="module", params=[("umi", 0), ("uma", 1)])
def sampled(request):
    """Channels [place, 2, sub-band, port] of one link, at places far from each other and a step beside, and its rays.

    Phases of rays are independent from place to place.
    """
    name, code = request.param
    world, own = World(Environment(name, CARRIER)), antennas()
    sites = SiteRays(np.zeros((2, 2)), np.full(2, world.high), own.cells.mast, own.cells.boresight + np.pi / 2, own)
    links = ClusteredLinks(world.environment, sites, world, Bands(2, BAND), PORTS, float)
    walked = np.random.default_rng(5).uniform(-1e4, 1e4, (PLACES, 2))
    found = np.array([[links.vectors(np.array([0]), np.array([[1]]), np.array([[code]]), place[None])[0, 0]
                       for place in (way, way + STEP)] for way in walked])
    return found, expected_rays(world, code, 0, 0)


def weights(rays):
    """Power of rays through the antenna of the cell, which add up to 1."""
    found = np.array([ray.power * amplitude(ray, BORESIGHTS[1]) ** 2 for ray in rays])
    return found / found.sum()


def agrees(samples, expected):
    """Means over places, real and imaginary part, within 5 standard errors."""
    for part in (np.real, np.imag):
        error = part(samples).std(0, ddof=1) / np.sqrt(len(samples))
        assert (abs(part(samples).mean(0) - part(expected)) < 5 * error + 1e-9).all()


def test_covariance_of_ports_is_the_sum_over_rays(sampled):
    found, rays = sampled
    u = np.array([twin.dot(twin.unit(ray.zod, ray.aod), twin.unit(90.0, BORESIGHTS[1] + 90.0)) for ray in rays])
    response = np.exp(1j * np.pi * np.arange(PORTS)[:, None] * u)
    expected = (weights(rays) * response) @ response.conj().T
    agrees(found[:, 0, 0, :, None] * found[:, 0, 0, None, :].conj(), expected)
    assert np.trace(expected).real == pytest.approx(PORTS)


def test_correlation_in_time_is_the_transform_of_the_doppler_profile(sampled):
    found, rays = sampled
    way = np.array([twin.dot(twin.unit(ray.zoa, ray.aoa)[:2], STEP) for ray in rays]) * CARRIER / LIGHT
    expected = np.sum(weights(rays) * np.exp(2j * np.pi * way))
    agrees(found[:, 1, 0] * found[:, 0, 0].conj(), np.full(PORTS, expected))
    assert abs(expected) < 0.99


def test_correlation_in_frequency_is_the_transform_of_the_delay_profile(sampled):
    found, rays = sampled
    late = np.array([ray.delay for ray in rays])
    expected = np.sum(weights(rays) * np.exp(-2j * np.pi * BAND / 2 * late))
    agrees(found[:, 0, 1] * found[:, 0, 0].conj(), np.full(PORTS, expected))
    assert abs(expected) < 0.99
