"""Values that others computed from the report: what the tests of ns-3 and a manual of MathWorks print.

Losses (dB) at 5 GHz between a station and a user at 1.5 m: ns-3, three-gpp-propagation-loss-model-test-suite.cc, whose
tolerance is 0.05 dB; probabilities: channel-condition-model-test-suite.cc; `nrPathLoss`, the first example. Who wrote
them has not seen this package, nor has its kernel been written from them.
"""

import numpy as np
import pytest

from isacsys.propagation import links
from isacsys.propagation.indoor import IndoorOffice
from isacsys.propagation.urban import RuralMacro, UrbanMacro, UrbanMicro

LOSSES = [
    (RuralMacro(), 35, True, {10: 77.3784, 100: 87.2965, 1000: 108.5577, 10000: 140.3896}),
    (RuralMacro(), 35, False, {10: 77.3784, 100: 95.7718, 1000: 133.5223, 5000: 160.5169}),
    (UrbanMacro(), 25, True, {10: 72.9380, 100: 86.2362, 1000: 109.7252, 5000: 137.6794}),
    (UrbanMacro(), 25, False, {10: 82.5131, 100: 106.1356, 1000: 144.7641, 5000: 172.0753}),
    (UrbanMicro(), 10, True, {10: 69.8591, 100: 88.4122, 1000: 119.3114, 5000: 147.2696}),
    (UrbanMicro(), 10, False, {10: 76.7563, 100: 107.9432, 1000: 143.1886, 5000: 167.8617})]
SEEN = [  # station and user heights, distance, P_LOS
    (RuralMacro(), 35, 1.5, 1000, 0.37158), (UrbanMacro(), 25, 1.5, 18, 1.0), (UrbanMacro(), 25, 1.5, 50, 0.64940),
    (UrbanMacro(), 25, 15, 50, 0.65591), (UrbanMacro(), 25, 1.5, 100, 0.34767), (UrbanMacro(), 25, 15, 100, 0.36763),
    (UrbanMicro(), 10, 1.5, 18, 1.0), (UrbanMicro(), 10, 1.5, 50, 0.51959), (UrbanMicro(), 10, 1.5, 100, 0.23098),
    (IndoorOffice(), 2, 1.5, 1.2, 1.0), (IndoorOffice(), 2, 1.5, 5, 0.44552), (IndoorOffice(), 2, 1.5, 10, 0.28742),
    (IndoorOffice("open"), 3, 1.5, 5, 1.0), (IndoorOffice("open"), 3, 1.5, 30, 0.70250),
    (IndoorOffice("open"), 3, 1.5, 100, 0.42439)]


@pytest.mark.parametrize(("model", "high", "sight", "losses"), LOSSES)
def test_losses(model, high, sight, losses):
    distance = np.array(list(losses), float)
    found = model.path_loss(links(distance, high, 1.5, 5e9, sight))
    np.testing.assert_allclose(found, list(losses.values()), atol=0.05, rtol=0)


@pytest.mark.parametrize(("model", "high", "low", "distance", "probability"), SEEN)
def test_lines_of_sight(model, high, low, distance, probability):
    found = model.los_probability(links(np.array([float(distance)]), high, low, 5e9))[0]
    assert found == pytest.approx(probability, abs=1e-5)


def test_a_village_of_higher_houses():
    """`nrPathLoss`: h = 7 m, W = 25 m, from (0, 0, 30) to (1000, 1000, 1.5) m at 3.5 GHz."""
    found = RuralMacro(7.0, 25.0).path_loss(links(np.array([1000 * np.sqrt(2)]), 30.0, 1.5, 3.5e9, True))[0]
    assert found == pytest.approx(110.1615, abs=5e-5)
