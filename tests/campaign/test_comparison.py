"""Two runs on the same drops."""

import json

import numpy as np
import pytest
from scipy import stats

import isacsys
from isacsys import Positions, Scenario
from isacsys.campaign.comparison import Difference, _difference
from isacsys.core.errors import ConfigError
from isacsys.recording import Tables
from tests.campaign import fakes

SMALL = Scenario().replace({"network.area": 16.0, "simulation.drops": 12, "allocation.users_per_bs": 4})


class OneBit(isacsys.LinkModel):
    """One bit/s/Hz on every link."""

    def efficiency(self, sinr):
        return np.ones(len(sinr))


def run(changes=(), output=None, **options):
    return isacsys.run(SMALL.replace(dict(changes)), executor="serial", output=output, **options)


@pytest.fixture(scope="module")
def random():
    return run()


def test_a_run_does_not_differ_from_itself(random):
    for difference in isacsys.compare(random, random).metrics.values():
        assert difference.difference in (0, None)
        assert difference.half_width in (0, None)
        assert difference.variance_saved in (1, None)


def test_a_mean_is_paired_as_means_are(random):
    nearest = run({"scheduling.policy": "nearest"})
    found = isacsys.compare(random, nearest)["communication_ase"]
    rates = [r.table("drops")["communication_rate"] / 16 for r in (random, nearest)]
    low, high = stats.t.interval(0.95, 11, np.mean(rates[1] - rates[0]), stats.sem(rates[1] - rates[0]))
    assert found.difference == pytest.approx((low + high) / 2)
    assert found.half_width == pytest.approx((high - low) / 2)
    assert found.variance_saved == pytest.approx(1 - np.var(rates[1] - rates[0]) / sum(map(np.var, rates)))
    assert found.a == random["communication_ase"].mean
    assert found.b == nearest["communication_ase"].mean


def test_common_positions_save_variance(random):
    """Twice the noise-like refusals, same places: most of the spread is that of the places."""
    found = isacsys.compare(random, run({"antennas.receive": 5}))
    assert found["communication_ase"].variance_saved == pytest.approx(1)
    assert found["sensing_ase"].variance_saved > 0.3


def test_exchanging_the_runs_exchanges_the_sign(random):
    other = run({"allocation.users_per_bs": 6})
    one, back = isacsys.compare(random, other), isacsys.compare(other, random)
    for name in one.metrics:
        if one[name].difference is not None:
            assert one[name].difference == -back[name].difference
            assert one[name].half_width == pytest.approx(back[name].half_width)


def test_runs_of_different_length_are_compared_where_both_are(random, tmp_path):
    longer = run(output=tmp_path / "run.h5", drops=15)
    with pytest.warns(UserWarning, match="the 12 drops that both have"):
        found = isacsys.compare(random, tmp_path / "run.h5")
    assert found.drops == 12
    assert found["communication_ase"].difference == 0
    assert longer.drops == 15


@pytest.mark.parametrize(("changes", "key"), [
    ({"simulation.seed": 2}, "simulation.seed"), ({"network.area": 17.0}, "network.area"),
    ({"network.bs_density": 1.1}, "network.bs_density"), ({"network.layout": "hexagonal"}, "network.layout"),
    ({"network.users_per_cell": 50.0}, "network.users_per_cell"),
])
def test_what_cannot_be_paired_is_refused_with_the_reason(random, changes, key):
    with pytest.raises(ConfigError, match=f"{key} = .*the same in both: otherwise a drop of one is not the same place"):
        isacsys.compare(random, run(changes, drops=1))


def test_positions_that_differ_cannot_be_paired():
    runs = [run({"network.layout": "file"}, drops=2, positions=Positions(np.array([[1.0, 1.0], [2.0, y]])))
            for y in (1.0, 3.0)]
    with pytest.raises(ConfigError, match="positions"):
        isacsys.compare(*runs)


def test_runs_without_common_drops_cannot_be_paired():
    with pytest.raises(ConfigError, match="drops in common"):
        isacsys.compare(run(only_drop=1), run(only_drop=2))


def test_one_drop_has_no_interval():
    found = isacsys.compare(run(drops=1), run(drops=1))
    assert found["communication_ase"].half_width is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_without_data_there_is_no_difference(random):
    found = isacsys.compare(random, run({"allocation.targets_per_bs": 0}))["sensing_rate"]
    assert (found.b, found.difference, found.half_width, found.variance_saved) == (None, None, None, None)
    assert found.a is not None


def test_the_interval_of_a_difference_holds():
    """2,000 pairs of campaigns of 40 drops whose rates share their place."""
    rng, hits, others = np.random.default_rng(8), 0, fakes.sums_table({}, 40)
    run = isacsys.Run(SMALL, Tables({}), complete=True)
    for _ in range(2000):
        place = rng.gamma(5, 1 / 5, 40)
        rows = [{**others, "communication_rate": place * rng.gamma(20, mean / 20, 40)} for mean in (1.0, 1.2)]
        found = _difference(run, run, *rows, "communication_ase")
        hits += abs(found.difference - 0.2) <= found.half_width
    assert 0.935 <= hits / 2000 <= 0.965


def test_several_runs_are_compared_with_the_first_and_all_intervals_hold_at_once(random):
    others = [run({"allocation.users_per_bs": users}) for users in (5, 6)]
    chosen = ("communication_ase", "sensing_ase")
    found = isacsys.compare(random, *others, metrics=chosen)
    assert (len(found), found.comparisons) == (2, 4)
    for pair, other in zip(found.pairs, others, strict=True):
        assert list(pair.metrics) == list(chosen)
        alone = isacsys.compare(random, other)
        for name in chosen:
            assert pair[name].difference == alone[name].difference
            factor = stats.t.ppf(1 - 0.025 / 4, 11) / stats.t.ppf(0.975, 11)
            assert pair[name].half_width == pytest.approx(factor * alone[name].half_width)
    told = found.to_dict()
    assert (told["correction"], told["comparisons"], len(told["pairs"])) == ("Bonferroni", 4, 2)
    assert "all 4 hold at once (Bonferroni)" in str(found)
    assert isacsys.compare(random, *others).comparisons == 2
    with pytest.raises(ConfigError, match="metric = 'rate'"):
        isacsys.compare(random, *others, metrics=["rate"])


def test_it_says_in_what_the_runs_differ_and_no_more(random):
    other = run({"allocation.users_per_bs": 6, "scheduling.policy": "nearest"}, link_model=OneBit())
    line = next(line for line in str(isacsys.compare(random, other)).splitlines() if line.startswith("A | B"))
    assert line.startswith("A | B differ in: allocation.users_per_bs = 4 | 6, scheduling.policy = random | nearest, "
                           "link_model = none | ")
    assert line.count(" | ") == 4
    assert "OneBit" in line
    assert "OneBit" in str(other)
    assert "A | B differ in: no setting" in str(isacsys.compare(random, random))
    assert str(isacsys.compare(random, other)["communication_ase"]).startswith("B - A = ")


def test_rounding_is_no_difference():
    assert not Difference(0.04, 0.04 * (1 + 1e-15), 4e-17, 1e-18, None).significant
    assert Difference(0.04, 0.04 * (1 + 1e-9), 4e-11, 1e-12, None).significant
    assert not Difference(None, 1.0, None, None, None).significant
