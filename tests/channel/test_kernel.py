"""Sums over rays against the definition: a loop over ports, and one product of phases."""

import numpy as np
import pytest

from isacsys.channel import kernel


def definition(amplitude, cosine, phase, delay, way, walked, bands, ports):
    found = np.zeros((len(cosine), bands.count, ports), complex)
    for cell in range(len(cosine)):
        for band in range(bands.count):
            for port in range(ports):
                turns = (phase + way[0] * walked[0] + way[1] * walked[1]
                         - (bands.first + band * bands.step) * delay + (port - (ports - 1) / 2) * cosine[cell] / 2)
                found[cell, band, port] = np.sum(amplitude[cell] * np.exp(2j * np.pi * turns))
    return found


@pytest.mark.parametrize(("dtype", "tolerance"), [(float, 1e-9), (np.float32, 3e-4)])
@pytest.mark.parametrize("ports", [1, 2, 3, 8, 15, 16, 17, 20, 32, 64])
@pytest.mark.parametrize("count", [1, 4])
def test_sums_equal_their_definition(ports, count, dtype, tolerance):
    rng = np.random.default_rng(ports)
    cells, rays, bands = 3, 97, kernel.Bands(count, 20e6)
    amplitude, cosine = rng.random((cells, rays)), rng.uniform(-1, 1, (cells, rays))
    phase, delay, way = rng.random(rays), rng.exponential(3e-7, rays), rng.uniform(-20, 20, (2, rays))
    walked = np.array([0.7, -1.3])
    turning = kernel.turning(phase, delay, way, bands, dtype)
    found = kernel.summed(kernel.site(amplitude, cosine, ports, dtype), kernel.turned(turning, walked, count))
    expected = definition(amplitude, cosine, phase, delay, way, walked, bands, ports)
    np.testing.assert_allclose(found, expected, atol=tolerance * np.sqrt(rays))


def test_bands_are_centred():
    bands = kernel.Bands(4, 20e6)
    centres = bands.first + bands.step * np.arange(4)
    np.testing.assert_allclose(centres, [-7.5e6, -2.5e6, 2.5e6, 7.5e6])
