"""Means, deviations and cross-correlations of large-scale parameters over 10^5 links, and their caps."""

import numpy as np
import pytest

from isacsys.channel import spatial_tables
from isacsys.channel.parameters import Environment, correlations

LINKS = 100_000
CASES = [(name, state) for name in ("uma", "umi", "rma", "inh", "inf_sl", "inf_dh")
         for state in Environment(name, 6e9).states]


def drawn(environment, state, sight=None, seed=1):
    rng = np.random.default_rng(seed)
    standard = rng.standard_normal((LINKS, 7)) @ state.lower.T
    place = np.full(LINKS, 150.0), np.full(LINKS, 1.5), np.full(LINKS, 25.0)
    return standard, environment.spreads(state, standard, *place, sight)


@pytest.mark.parametrize(("name", "state"), CASES)
def test_statistics_of_table_7_5_6(name, state, monkeypatch):
    monkeypatch.setattr(spatial_tables, "AZIMUTH_CAP", np.inf)
    monkeypatch.setattr(spatial_tables, "ZENITH_CAP", np.inf)
    environment = Environment(name, 6e9)
    values = environment.state(state)
    standard, found = drawn(environment, values)
    named = {"SF": standard[:, 0], "K": found.factor, "DS": np.log10(found.delay), "ASD": np.log10(found.departure),
             "ASA": np.log10(found.arrival), "ZSD": np.log10(found.zenith_departure),
             "ZSA": np.log10(found.zenith_arrival)}
    if state != "los":
        del named["K"]
    for key, sample in named.items():
        i = spatial_tables.ORDER.index(key)
        mean = values.mean[i] + np.log10(found.mean_zenith_departure[0]) * (key == "ZSD")
        assert abs(sample.mean() - mean) < 4 * values.deviation[i] / np.sqrt(LINKS)
        assert abs(sample.std() - values.deviation[i]) < 4 * values.deviation[i] / np.sqrt(2 * LINKS)
    expected = correlations(spatial_tables.RELEASE_19[environment.family, state])
    for one in named:
        for other in named:
            i, j = spatial_tables.ORDER.index(one), spatial_tables.ORDER.index(other)
            error = (1 - expected[i, j] ** 2) / np.sqrt(LINKS)
            assert abs(np.corrcoef(named[one], named[other])[0, 1] - expected[i, j]) < 4 * error + 1e-12


def test_spreads_are_capped():
    environment = Environment("uma", 6e9)
    _, found = drawn(environment, environment.state("nlos"))
    assert found.arrival.max() == 104.0
    _, found = drawn(environment, environment.state("o2i"), True)
    assert found.zenith_arrival.max() == 52.0


def test_into_buildings_the_zenith_of_departure_is_that_outdoors(monkeypatch):
    monkeypatch.setattr(spatial_tables, "ZENITH_CAP", np.inf)
    environment = Environment("uma", 6e9)
    state = environment.state("o2i")
    for sight, mean, deviation in ((True, 0.75, 0.40), (False, 0.9, 0.49)):
        _, found = drawn(environment, state, sight)
        sample = np.log10(found.zenith_departure)
        assert abs(sample.mean() - (mean - 2.1 * 0.15)) < 4 * deviation / np.sqrt(LINKS)
        assert abs(sample.std() - deviation) < 4 * deviation / np.sqrt(2 * LINKS)
    assert (environment.offset("los", np.array([150.0]), np.array([1.5])) == 0).all()


def test_between_stations_arrival_is_as_departure():
    environment = Environment("uma", 6e9)
    state = environment.between_stations("nlos")
    standard = np.random.default_rng(2).standard_normal((LINKS, 7)) @ state.lower.T
    place = np.full(LINKS, 500.0), np.full(LINKS, 25.0), np.full(LINKS, 25.0)
    found = environment.spreads(state, standard, *place, symmetric=True)
    for one, other in ((found.departure, found.arrival), (found.zenith_departure, found.zenith_arrival)):
        gap = np.median(np.log10(one)) - np.median(np.log10(other))
        assert abs(gap) < 4 * 1.2533 * np.log10(one).std() * np.sqrt(2 / LINKS)
    assert (found.offset == 0).all()
