"""A user's formula: the right one agrees, a wrong one is contradicted, what is no formula is said to be none."""

import csv
import io

import numpy as np
import pytest

import isacsys
from isacsys.analysis.communication_rates import bits, communication_coverage, communication_rate
from isacsys.campaign.distributions import survival
from isacsys.core.errors import ConfigError
from isacsys.validation import measured_laws
from isacsys.validation.measured_laws import bootstrap

K = "allocation.users_per_bs"
SCENARIO = isacsys.Scenario().replace({"allocation.targets_per_bs": 0, "network.area": 50.0})


def exact(scenario):
    """The gamma model's rate."""
    return bits(communication_rate(K=scenario.allocation.users_per_bs, M_t=scenario.antennas.transmit))


def wrong(scenario):
    """One that takes the bits for nats."""
    return exact(scenario) * np.log(2)


def validate(formula, metric="communication_rate", **how):
    """Validate with few drops."""
    return isacsys.validate(SCENARIO, formula=formula, metric=metric, executor="serial", **{"drops": 24, **how})


@pytest.fixture(scope="module")
def found():
    """A sweep with the right formula."""
    return validate(exact, sweep={K: range(2, 11, 4)})


def test_the_right_formula_agrees(found):
    assert found.agrees and found.verdict.startswith("agrees: 3 of 3")


def test_a_wrong_formula_is_contradicted():
    contradicted = validate(wrong)
    assert not contradicted.agrees
    assert contradicted.verdict.startswith("contradicted in 1 of 1: communication_rate: +4")


def test_the_table(found):
    table = found.table
    assert table[K] == [2, 6, 10]
    assert table["formula"] == pytest.approx([float(exact(SCENARIO.replace({K: k}))) for k in (2, 6, 10)])
    assert table["difference"] == pytest.approx(np.divide(table["simulation"], table["formula"]) - 1)
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [float(row["simulation"]) for row in rows] == table["simulation"]
    assert len(str(found).splitlines()) == 5


def test_points_may_be_given_one_by_one():
    table = validate(exact, sweep=[{K: 2}, {K: 3, "antennas.transmit": 10}], drops=4).table
    assert table[K] == [2, 3]
    assert table["antennas.transmit"] == [None, 10]


@pytest.mark.parametrize("formula", [lambda s: None, lambda s: np.nan, lambda s: [1, 2]])
def test_what_gives_no_number_is_no_formula(formula):
    with pytest.raises(ConfigError, match="finite number"):
        validate(formula, drops=2)


@pytest.mark.parametrize("formula", [lambda s, x: 1.0, lambda s, x: x * 0 + 2, lambda s, x: np.linspace(0, 1, len(x))])
def test_what_gives_no_probabilities_is_no_distribution(formula):
    with pytest.raises(ConfigError, match="P\\(X > threshold\\)"):
        validate(formula, "communication_sir", drops=10)


def test_names_that_there_are_not():
    with pytest.raises(ConfigError, match="communication_rate"):
        validate(exact, "communication_sir")
    with pytest.raises(ConfigError, match="sensing_echo"):
        validate(lambda s, x: x, "speed")
    with pytest.raises(ConfigError, match="at least 10"):
        validate(lambda s, x: x, "communication_sir", drops=9)


LAWS = {
    "communication_sir": lambda s, x: communication_coverage(threshold=x, K=12, D=9),
    "communication_distance": lambda s, x: np.exp(-np.pi * x**2),
    "communication_degrees_of_freedom": lambda s, x: np.where(x < 9, 1.0, 0.0),
}


@pytest.mark.parametrize("name", LAWS)
def test_distributions_agree_with_their_laws(name):
    few = SCENARIO.replace({"network.users_per_cell": 200.0}) if "degrees" in name else SCENARIO
    found = isacsys.validate(few, formula=LAWS[name], metric=name, drops=24, executor="serial", tolerance=0.02)
    assert found.agrees, found.verdict


def test_another_distribution_is_contradicted():
    found = validate(lambda s, x: np.exp(-1.4 * np.pi * x**2), "communication_distance", tolerance=0.0)
    assert not found.agrees
    assert found.findings[0].p_value < measured_laws.FALSE_ALARM


def test_weighted_kolmogorov_smirnov_keeps_its_false_alarms(monkeypatch):
    """Links within a drop are dependent and weighted; of 300 tests at 5 % about 15 may fail (4 standard errors)."""
    monkeypatch.setattr(measured_laws, "REPLICATES", 1000)
    rng, at, alarms = np.random.default_rng(11), np.linspace(0.02, 0.98, 40), 0
    for _ in range(300):
        size = rng.poisson(12, 25) + 1
        drop = np.repeat(np.arange(25), size)
        common = rng.random(25)[drop]
        value = np.where(rng.random(len(drop)) < 0.3, common, rng.random(len(drop)))  # uniform, alike within a drop
        found = survival(value, rng.exponential(size=len(drop)), drop, np.arange(25), at)
        distance = np.abs(found.mean - (1 - at)).max()
        alarms += np.mean(bootstrap(found.influence) >= distance) < 0.05
    assert abs(alarms - 15) < 4 * np.sqrt(300 * 0.05 * 0.95)
