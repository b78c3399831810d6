"""Figures of looks and of geometry, for scenarios."""

import numpy as np
import pytest

from isacsys import Scenario, analysis
from isacsys.analysis.detection_values import geometry_values, look_values


def test_geometry_of_stations_that_sense_together():
    scenario = Scenario().replace({"cooperation.sensing": "multistatic", "allocation.sensing_cluster": 4})
    found = geometry_values(scenario)
    assert found.mean_information is None  # infinite without a minimum distance
    assert found.bound_by_delays == pytest.approx(0.0352, rel=0.03)  # of 100,000 draws: half a per cent
    apart = geometry_values(scenario.replace({"network.minimum_distance": 50.0}))
    drawn = analysis.sample_information(N=4, minimum_distance=0.05)
    trace = np.trace(drawn, axis1=1, axis2=2)
    assert abs(trace.mean() - apart.mean_information) < 4 * trace.std() / np.sqrt(len(trace))
    assert geometry_values(Scenario()) is None and look_values(scenario) is None
