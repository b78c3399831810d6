"""Large-scale parameters as fields: Table 7.5-6 over 10^5 links, and how they change from place to place."""

import dataclasses

import numpy as np
import pytest

from isacsys.channel.parameters import Environment
from isacsys.propagation.fields import ParameterFields
from tests.twins import standard_tables as tables
from tests.twins.standard_rays import lower_cholesky

CASES = [(name, state) for name in ("uma", "umi", "rma", "inh", "inf_sl", "inf_dl", "inf_sh", "inf_dh")
         for state in Environment(name, 6e9).states]
SIDE = np.array([6000.0, 4000.0])


def drawn(name, state, count, sites, seed=1):
    """Correlated normal numbers [count x sites, 7] at one place, of ``count`` sets of fields."""
    environment, rng, found = Environment(name, 6e9), np.random.default_rng(seed), []
    some = environment.state(state)
    for _ in range(count):
        fields = ParameterFields(environment, sites, SIDE, 1.0, rng)
        found.append(fields.standard(some, rng.uniform(0, SIDE, (1, 2)), rng.standard_normal((1, sites)))[0])
    return environment, some, np.concatenate(found)


def misses(name, state, seed):
    """Names of the means, deviations and correlations that are more than 4 standard errors off, over 10^5 links."""
    environment, some, standard = drawn(name, state, 50, 2000, seed)
    links = len(standard)
    place = np.full(links, 150.0), np.full(links, 1.5), np.full(links, 25.0)
    spreads = environment.spreads(some, standard, *place, False if state == "o2i" else None)
    table = tables.column(name, state, 6.0, 450 / 99 if name in ("inf_dl", "inf_sh") else 4.0)
    mean_zsd, std_zsd, _ = tables.zenith_of_departure(name, "los" if state == "los" else "nlos", 6.0, 150.0, 1.5, 25.0)
    table |= {"mean SF": 0.0, "std SF": 1.0, "mean ZSD": mean_zsd, "std ZSD": std_zsd}
    values = {"SF": standard[:, 0], "K": spreads.factor, "DS": np.log10(spreads.delay)}
    for key, cap, value in (("ASD", 104.0, spreads.departure), ("ASA", 104.0, spreads.arrival),
                            ("ZSD", 52.0, spreads.zenith_departure), ("ZSA", 52.0, spreads.zenith_arrival)):
        free = table[f"mean {key}"] + table[f"std {key}"] * standard[:, tables.LSPS.index(key)]
        np.testing.assert_allclose(np.log10(value), np.minimum(free, np.log10(cap)), atol=1e-9)
        values[key] = free
    if state != "los":
        del values["K"]
    found, correlation = set(), np.corrcoef(list(values.values()))
    for i, (key, sample) in enumerate(values.items()):
        mean, deviation = table[f"mean {key}"], table[f"std {key}"]
        found |= {f"mean {key}"} if abs(sample.mean() - mean) > 4 * deviation / np.sqrt(links) else set()
        found |= {f"std {key}"} if abs(sample.std() - deviation) > 4 * deviation / np.sqrt(2 * links) else set()
        for j, other in enumerate(values):
            rho = tables.correlation_matrix(table)[tables.LSPS.index(key)][tables.LSPS.index(other)]
            if abs(correlation[i, j] - rho) > 4 * (1 - rho**2) / np.sqrt(links) + 1e-12:
                found.add(f"{key}:{other}")
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("name", "state"), CASES)
def test_means_deviations_and_correlations(name, state):
    """Of SF, K in dB and lg of the others, before caps; tables read twice.

    Of some 1,300 quantities a few in a hundred runs are off by chance: what is, is looked at in other links.
    """
    found = misses(name, state, 1)
    assert not found or not found & misses(name, state, 2)


def test_fields_are_mixed_by_the_lower_factor():
    """In the order of step 4, so that shadowing stays as it is."""
    environment, rng = Environment("umi", 6e9), np.random.default_rng(1)
    some, place = environment.state("los"), rng.uniform(0, SIDE, (5, 2))
    fields, shadowing = ParameterFields(environment, 3, SIDE, 1.0, rng), rng.standard_normal((5, 3))
    independent = fields.standard(dataclasses.replace(some, lower=np.eye(7)), place, shadowing)
    factor = lower_cholesky(tables.correlation_matrix(tables.column("umi", "los", 6.0)))
    found = fields.standard(some, place, shadowing)
    for i in range(7):
        expected = sum(factor[i][j] * independent[..., j] for j in range(i + 1))
        np.testing.assert_allclose(found[..., i], expected, atol=1e-12)
    np.testing.assert_array_equal(found[..., 0], shadowing)


@pytest.mark.parametrize(("name", "state"), [
    ("umi", "los"), *(pytest.param(*case, marks=pytest.mark.slow) for case in CASES if case[0] in ("uma", "rma"))])
def test_every_parameter_has_its_correlation_distance(name, state):
    """At the distance of Table 7.5-6 fields correlate by 1/e, at twice of it by 1/e^2; of two sites, not.

    Independent numbers, within 6 standard errors over 30 sets of fields.
    """
    environment, rng = Environment(name, 6e9), np.random.default_rng(3)
    alone = dataclasses.replace(environment.state(state), lower=np.eye(7))
    table, sites, times = tables.column(name, state, 6.0), 400, 30
    keys = [key for key in tables.LSPS[1:] if table[f"far {key}"] is not None]
    steps = [np.array(way) * table[f"far {key}"] for key in keys for way in ((1, 0), (0, 1), (2, 0))]
    found = np.empty((times, len(keys), 4))
    for t in range(times):
        fields = ParameterFields(environment, sites, SIDE, 1.0, rng)
        values = fields.standard(alone, rng.uniform(0, SIDE) + np.array([(0, 0), *steps]), np.zeros((len(steps) + 1,
                                                                                                    sites)))
        for i, key in enumerate(keys):
            own = values[..., tables.LSPS.index(key)]
            found[t, i] = [np.mean(own[0] * own[3 * i + k]) for k in (1, 2, 3)] + [np.mean(own[0, 1:] * own[0, :-1])]
    error = found.std(0, ddof=1) / np.sqrt(times)
    assert (abs(found.mean(0) - np.array([np.exp(-1), np.exp(-1), np.exp(-2), 0])) < 6 * error).all()


def test_scale_of_distances():
    """Fields of twice the correlation distances; 0 makes places independent."""
    environment = Environment("inh", 6e9)
    alone = dataclasses.replace(environment.state("los"), lower=np.eye(7))
    for scale, expected in ((2.0, np.exp(-0.5)), (0.0, 0.0)):
        rng, found = np.random.default_rng(4), []
        for _ in range(30):
            fields = ParameterFields(environment, 100, SIDE, scale, rng)
            values = fields.standard(alone, np.array([[70.0, 90.0], [78.0, 90.0]]), np.zeros((2, 100)))[..., 2]
            found.append(np.mean(values[0] * values[1]))
        assert abs(np.mean(found) - expected) < 6 * np.std(found, ddof=1) / np.sqrt(30)
