"""Figures of a user's own with powers that are no whole numbers come out of a run as they are declared."""

import dataclasses

import numpy as np
import pytest

import isacsys
from isacsys import ConfigError, Scenario
from isacsys.campaign import plan
from isacsys.metrics import Estimator, count, real
from isacsys.testing import check_metric

SMALL = Scenario().replace({"network.area": 9.0, "network.users_per_cell": 8.0, "allocation.users_per_bs": 3,
                            "allocation.targets_per_bs": 0, "antennas.transmit": 6, "simulation.frames": 2})


class Rms(isacsys.Metric):
    """Root mean square, and cubic mean, of the rate of scheduled users."""

    columns = (real("square_rate", "1", "sum of squares of the rates"), real("cubic_rate", "1", "of cubes"),
               count("rms_links", "how many"))
    estimates = (Estimator("rms_rate", {"square_rate": 0.5, "rms_links": -0.5}, "bit/s/Hz", "root mean square rate"),
                 Estimator("cubic_mean", {"cubic_rate": np.float64(1 / 3), "rms_links": -1 / 3}, "bit/s/Hz", "cubic"))

    def sums(self, record):
        rate = record.users.rate
        return {"square_rate": float(rate @ rate), "cubic_rate": float(np.sum(rate**3)), "rms_links": len(rate)}


@pytest.mark.parametrize("written", [False, True])
def test_a_root_mean_square_is_one_and_its_interval_too(tmp_path, written):
    run = isacsys.run(SMALL, drops=6, executor="serial", measure=[Rms()], output=tmp_path / "r.h5" if written else None)
    drops = run.table("drops")
    for name, column, power in (("rms_rate", "square_rate", 1 / 2), ("cubic_mean", "cubic_rate", 1 / 3)):
        x, n = drops[column], drops["rms_links"].astype(float)
        value = (x.sum() / n.sum()) ** power
        influence = power * value * (x / x.mean() - n / n.mean())
        assert run[name].mean == pytest.approx(value)
        assert run[name].half_width == pytest.approx(2.570582 * influence.std(ddof=1) / np.sqrt(6), rel=1e-5)


def test_the_check_sees_powers_that_a_log_does_not_keep(monkeypatch):
    check_metric(Rms)
    estimator = plan._estimator
    monkeypatch.setattr(plan, "_estimator", lambda entry: dataclasses.replace(
        estimator(entry), powers={name: int(power) for name, power in entry["powers"].items()}))
    with pytest.raises(AssertionError, match="metric Rms: figure rms_rate comes out of a run as 1"):
        check_metric(Rms)


@pytest.mark.parametrize("power", ["1", None, float("nan"), float("inf"), True, 1j])
def test_a_power_is_a_number(power):
    with pytest.raises(ConfigError, match="a finite number as the power of x"):
        Estimator("figure", {"x": power}, "1", "")
