"""Path loss, lines of sight and penetration against plain loops, and against free space."""

from math import exp, log10, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from isacsys.propagation import Propagation, links
from isacsys.propagation.buildings import high_loss, low_loss
from isacsys.propagation.free_space import FreeSpace, PowerLaw
from isacsys.propagation.indoor import DenseHigh, DenseLow, IndoorOffice, SparseHigh, SparseLow
from isacsys.propagation.urban import RuralMacro, UrbanMacro, UrbanMacroAerial, UrbanMicro

C = 3e8
MODELS = [UrbanMacro(), UrbanMicro(), RuralMacro(), IndoorOffice(), IndoorOffice("open"), SparseLow(), DenseLow(),
          SparseHigh(), DenseHigh(), UrbanMacroAerial(), FreeSpace()]


def uma(d2, hb, hu, f, sight):
    """UMa, one link, as it reads in Table 7.4.1-1."""
    d3 = (d2**2 + (hb - hu) ** 2) ** 0.5
    bp = 4 * (hb - 1) * (hu - 1) * f * 1e9 / C
    if d2 <= bp:
        los = 28.0 + 22 * log10(d3) + 20 * log10(f)
    else:
        los = 28.0 + 40 * log10(d3) + 20 * log10(f) - 9 * log10(bp**2 + (hb - hu) ** 2)
    return los if sight else max(los, 13.54 + 39.08 * log10(d3) + 20 * log10(f) - 0.6 * (hu - 1.5))


def umi(d2, hb, hu, f, sight):
    """UMi, one link."""
    d3 = (d2**2 + (hb - hu) ** 2) ** 0.5
    bp = 4 * (hb - 1) * (hu - 1) * f * 1e9 / C
    if d2 <= bp:
        los = 32.4 + 21 * log10(d3) + 20 * log10(f)
    else:
        los = 32.4 + 40 * log10(d3) + 20 * log10(f) - 9.5 * log10(bp**2 + (hb - hu) ** 2)
    return los if sight else max(los, 35.3 * log10(d3) + 22.4 + 21.3 * log10(f) - 0.3 * (hu - 1.5))


def rma(d2, hb, hu, f, sight, h=5, w=20):
    """RMa, one link."""
    def pl1(d):
        return (20 * log10(40 * pi * d * f / 3) + min(0.03 * h**1.72, 10) * log10(d)
                - min(0.044 * h**1.72, 14.77) + 0.002 * log10(h) * d)

    d3, bp = (d2**2 + (hb - hu) ** 2) ** 0.5, 2 * pi * hb * hu * f * 1e9 / C
    los = pl1(d3) if d2 <= bp else pl1(bp) + 40 * log10(d3 / bp)
    if sight:
        return los
    return max(los, 161.04 - 7.1 * log10(w) + 7.5 * log10(h) - (24.37 - 3.7 * (h / hb) ** 2) * log10(hb)
               + (43.42 - 3.1 * log10(hb)) * (log10(d3) - 3) + 20 * log10(f) - (3.2 * log10(11.75 * hu) ** 2 - 4.97))


def inf(d2, hb, hu, f, sight, kind):
    """InF, one link."""
    d3 = (d2**2 + (hb - hu) ** 2) ** 0.5
    los = 31.84 + 21.5 * log10(d3) + 19 * log10(f)
    sl = 33 + 25.5 * log10(d3) + 20 * log10(f)
    if sight:
        return los
    return {"sl": max(sl, los), "dl": max(18.6 + 35.7 * log10(d3) + 20 * log10(f), los, sl),
            "sh": max(32.4 + 23.0 * log10(d3) + 20 * log10(f), los),
            "dh": max(33.63 + 21.9 * log10(d3) + 20 * log10(f), los)}[kind]


def inh(d2, hb, hu, f, sight):
    """InH, one link."""
    d3 = (d2**2 + (hb - hu) ** 2) ** 0.5
    los = 32.4 + 17.3 * log10(d3) + 20 * log10(f)
    return los if sight else max(los, 38.3 * log10(d3) + 17.3 + 24.9 * log10(f))


TWINS = [(UrbanMacro(), uma, 25, (10, 5000)), (UrbanMicro(), umi, 10, (10, 5000)), (RuralMacro(), rma, 35, (10, 5000)),
         (IndoorOffice(), inh, 3, (1, 150)),
         *((model(), lambda *a, kind=kind: inf(*a, kind), high, (1, 600)) for model, kind, high in
           ((SparseLow, "sl", 1.5), (DenseLow, "dl", 1.5), (SparseHigh, "sh", 8), (DenseHigh, "dh", 8)))]


@pytest.mark.parametrize(("model", "twin", "high", "reach"), TWINS, ids=lambda v: type(v).__name__)
def test_path_loss_is_that_of_the_table(model, twin, high, reach):
    rng = np.random.default_rng(1)
    distance = np.exp(rng.uniform(*np.log(reach), 200))
    for frequency in (0.8e9, 3.5e9, 28e9):
        for sight in (True, False):
            found = model.path_loss(links(distance, high, 1.5, frequency, sight))
            expected = [twin(d, high, 1.5, frequency / 1e9, sight) for d in distance]
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
@given(distance=st.floats(10, 600), frequency=st.floats(0.5e9, 100e9))
def test_no_line_of_sight_never_helps_and_a_probability_is_one(model, distance, frequency):
    high, low = model.station_height, model.user_height
    seen, hidden = (links(np.array([distance]), high, low, frequency, sight) for sight in (True, False))
    assert model.path_loss(hidden) >= model.path_loss(seen)
    assert 0 <= model.los_probability(seen)[0] <= 1
    assert model.shadowing_db(hidden) >= 0


def test_free_space_is_friis():
    distance, frequency = np.array([0.3, 10.0, 4000.0]), 3.5e9
    gain = 10 ** (-FreeSpace().path_loss(links(distance, 1.5, 1.5, frequency)) / 10)
    np.testing.assert_allclose(gain, (C / frequency / (4 * np.pi * distance)) ** 2, rtol=1e-12)


def test_power_law_is_relative_to_a_kilometre():
    np.testing.assert_allclose(PowerLaw(3.5).path_loss(links(np.array([500.0]), 25, 1.5, 1e9)), 35 * log10(0.5))


@pytest.mark.parametrize(("model", "low", "distance", "expected"), [
    (UrbanMacro(), 1.5, 100, 0.18 + exp(-100 / 63) * 0.82), (UrbanMacro(), 1.5, 18, 1.0),
    (UrbanMacro(), 23, 200, (0.09 + exp(-200 / 63) * 0.91) * (1 + 1.25 * 8 * exp(-200 / 150))),
    (UrbanMicro(), 1.5, 100, 0.18 + exp(-100 / 36) * 0.82), (RuralMacro(), 1.5, 510, exp(-0.5)),
    (IndoorOffice(), 1, 5.9, exp(-1)), (IndoorOffice(), 1, 39.1, 0.32 * exp(-1)), (IndoorOffice("open"), 1, 1, 1.0),
    (IndoorOffice("open"), 1, 40, exp(-35 / 70.8)), (IndoorOffice("open"), 1, 260.7, 0.54 * exp(-1)),
    (SparseLow(10, 0.2, 2), 1.5, 44.814, exp(-1)), (SparseHigh(10, 0.2, 2), 1.5, 44.814, exp(-1 / 13)),
    (UrbanMacroAerial(), 101, 4000, 1.0),
    (UrbanMacroAerial(), 50, 500, None)])
def test_lines_of_sight_are_those_of_the_table(model, low, distance, expected):
    if expected is None:
        d1, p1 = max(460 * log10(low) - 700, 18), 4300 * log10(low) - 3800
        expected = d1 / distance + exp(-distance / p1) * (1 - d1 / distance)
    found = model.los_probability(links(np.array([float(distance)]), model.station_height, low, 2e9))
    assert found[0] == pytest.approx(expected, abs=1e-5)


def test_what_flies_loses_and_spreads_as_the_report_says():
    some = links(np.array([1000.0]), 25, 200, 2e9)
    d3 = (1000**2 + 175**2) ** 0.5
    assert UrbanMacroAerial().path_loss(some)[0] == pytest.approx(28 + 22 * log10(d3) + 20 * log10(2))
    assert float(UrbanMacroAerial().shadowing_db(some)) == pytest.approx(4.64 * exp(-0.0066 * 200))


@pytest.mark.parametrize("gigahertz", [0.8, 3.5, 28])
def test_walls(gigahertz):
    for found, parts in ((low_loss(gigahertz), ((0.3, 2 + 0.2 * gigahertz), (0.7, 5 + 4 * gigahertz))),
                         (high_loss(gigahertz), ((0.7, 25.4 + 0.11 * gigahertz), (0.3, 5 + 4 * gigahertz))),
                         (high_loss(gigahertz, 14), ((0.7, 23 + 0.3 * gigahertz), (0.3, 5 + 4 * gigahertz)))):
        assert found == pytest.approx(5 - 10 * log10(sum(share * 10 ** (-loss / 10) for share, loss in parts)))


@pytest.mark.parametrize("height", [1.5, 13.5, 17.0, 22.5])
def test_a_law_is_the_model_in_kilometres(height):
    model, distance = UrbanMacro(), np.array([0.05, 0.3, 1.5])
    law = model.law(3.5e9, 25, height)
    np.testing.assert_allclose(sum(s.probability(distance) for s in law.states), 1.0, rtol=1e-12)
    seen = links(1e3 * distance, 25, height, 3.5e9)
    sights = sum(s.probability(distance) for s in law.states[:len(law.states) // 2])
    np.testing.assert_allclose(sights, model.los_probability(seen), rtol=1e-12)
    np.testing.assert_allclose(law.states[0].loss_db(distance), model.path_loss(seen), rtol=1e-12)
    np.testing.assert_allclose(law.states[-1].sigma_db(distance), 6.0)


def test_environment_heights_drawn_are_those_of_the_law():
    model, some = UrbanMacro(), links(np.full(200000, 150.0), 25, 22.5, 3.5e9)
    drawn = model.environment_height(some, np.random.default_rng(3).random(200000))
    for share, height in model.environment_heights(links(np.array([150.0]), 25, 22.5, 3.5e9)):
        p = float(share[0])
        assert np.mean(drawn == height) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 200000) + 1e-12)


def test_ten_lines_make_a_model():
    class Hall(Propagation):
        """Loses 2 dB a metre."""

        def path_loss(self, links):
            return 40 + 2 * links.distance_3d

    law = Hall().law(2e9, 1.5, 1.5)
    np.testing.assert_allclose(law.states[0].loss_db(np.array([0.01])), 60)
    assert quad(lambda r: float(law.states[1].probability(np.array([r]))[0]), 0, 1)[0] == 0
