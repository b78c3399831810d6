"""Random vector quantisation: drawn by its law, and by a codebook that is searched."""

import numpy as np
import pytest

from isacsys import analysis
from isacsys.channel import feedback
from tests.statistics import has_mean, same_law


def gaussian(rng, *shape):
    return rng.standard_normal((*shape, 2)) @ [1, 1j] / np.sqrt(2)


def sine2(one, other):
    overlap = np.abs(np.sum(one.conj() * other, axis=-1)) ** 2
    return 1 - overlap / (np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)) ** 2


@pytest.mark.parametrize(("bits", "antennas"), [(0, 4), (1, 2), (4, 4), (10, 16)])
def test_mean_squared_sine(bits, antennas):
    found = feedback.squared_sine(np.random.default_rng(1), bits, antennas, 40000)
    has_mean(found, analysis.quantisation_error(B=bits, M_t=antennas))


def test_law_is_that_of_a_searched_codebook():
    rng, bits, antennas, n = np.random.default_rng(2), 5, 4, 2500
    h = gaussian(rng, n, antennas)
    codebook = gaussian(rng, n, 2**bits, antennas)
    angles = sine2(h[:, None], codebook)
    best = angles.argmin(-1)
    chosen = codebook[np.arange(n), best]
    believed = feedback.quantised(rng, h, bits)
    same_law(angles.min(-1), sine2(h, believed))
    assert np.linalg.norm(believed, axis=-1) == pytest.approx(np.linalg.norm(h, axis=-1))
    other = gaussian(rng, n, antennas)
    same_law(sine2(other, chosen), sine2(other, believed))


def test_many_bits_are_the_channel_itself():
    rng = np.random.default_rng(3)
    h = gaussian(rng, 100, 6)
    assert feedback.quantised(rng, h, 300) == pytest.approx(h, abs=1e-6)
    assert np.all(feedback.quantised(rng, h[:, :1], 1) == h[:, :1])
