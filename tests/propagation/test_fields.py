"""Fields: their law at a place, their likeness over distance, no seam, the same value on return."""

import numpy as np
import pytest
from scipy.special import ndtr

from isacsys.propagation.fields import Field, Waves

SIDE = np.array([2000.0, 1500.0])


def fields(correlation, sites=1, common=0.0, seed=0, side=SIDE):
    rng = np.random.default_rng(seed)
    return Field(Waves(side, correlation, rng), sites, rng, common)


def products(correlation, shift, draws=300, sites=20):
    """Mean product of the values at two places, one number a set of waves."""
    here = np.array([[300.0, 700.0]])
    means = []
    for seed in range(draws):
        field = fields(correlation, sites, seed=seed)
        means.append(np.mean(field.everywhere(here) * field.everywhere(here + shift)))
    return np.array(means)


@pytest.mark.parametrize("correlation", [10.0, 50.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0, 2.5])
def test_likeness_falls_exponentially(correlation, share):
    means = products(correlation, np.array([0.6, 0.8]) * share * correlation)
    assert means.mean() == pytest.approx(np.exp(-share), abs=4 * means.std() / np.sqrt(len(means)))


def test_values_are_standard_normal():
    values = np.concatenate([fields(37.0, 40, seed=s).everywhere(np.zeros((1, 2)))[0] for s in range(50)])
    assert values.mean() == pytest.approx(0, abs=4 / np.sqrt(2000))
    assert values.var() == pytest.approx(1, abs=4 * np.sqrt(2 / 2000))


def test_there_is_no_seam():
    field, y = fields(30.0, 5), np.linspace(0, 1499, 40)
    left, right = (np.stack([np.full(40, x), y], axis=1) for x in (0.0, SIDE[0]))
    np.testing.assert_allclose(field.everywhere(left), field.everywhere(right), atol=2e-3)  # of a look-up's step


def test_who_returns_finds_the_same_value():
    field, places = fields(7.0, 3), np.random.default_rng(5).random((50, 2)) * SIDE
    first = field.everywhere(places)
    field.everywhere(places + 1)
    np.testing.assert_array_equal(field.everywhere(places), first)
    np.testing.assert_allclose(field.of(places, np.tile([2, 0], (50, 1))), first[:, [2, 0]], atol=1e-5)


@pytest.mark.parametrize("common", [0.0, 0.5])
def test_sites_are_as_alike_as_they_are_told(common):
    pairs = np.array([fields(40.0, 2, common, seed=s).everywhere(np.zeros((1, 2)))[0] for s in range(1500)])
    product = pairs[:, 0] * pairs[:, 1]
    assert product.mean() == pytest.approx(common, abs=4 * product.std() / np.sqrt(1500))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_a_threshold_keeps_its_share(share):
    values = ndtr(np.concatenate([fields(50.0, 30, seed=s).everywhere(np.zeros((1, 2)))[0] for s in range(60)]))
    assert np.mean(values < share) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 1800))


def test_a_distance_of_nothing_is_independence():
    close = products(0.0, np.array([0.5, 0.0]))
    assert close.mean() == pytest.approx(0, abs=4 * close.std() / np.sqrt(len(close)))
