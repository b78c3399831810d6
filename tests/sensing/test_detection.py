"""Closed forms of detection against drawn statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from isacsys.sensing import detection

SIRS, FALSE_ALARMS, CELLS, LOOKS = (0.3, 1.0, 3.0, 10.0, 30.0), (0.1, 1e-2, 1e-3), 16, 40_000


def looks(rng, sir, rcs):
    """Power of an echo with an unknown phase in complex normal interference of power 1."""
    phase = np.exp(2j * np.pi * rng.random(len(rcs)))
    noise = (rng.standard_normal(len(rcs)) + 1j * rng.standard_normal(len(rcs))) / np.sqrt(2)
    return np.abs(np.sqrt(sir * rcs) * phase + noise) ** 2


def agrees(hits, probability):
    """Within four standard errors of the probability."""
    error = np.sqrt(probability * (1 - probability) / len(hits))
    return abs(hits.mean() - probability) <= 4 * error + 1e-9


@pytest.mark.parametrize("law", ["none", "swerling1", "lognormal"])
@pytest.mark.parametrize("cells", [0, CELLS])
def test_closed_forms_are_what_is_drawn(law, cells):
    rng = np.random.default_rng([3, cells, len(law)])
    for sir in SIRS:
        rcs = detection.draw_rcs(rng, law, LOOKS, 3.74)
        power = looks(rng, sir, rcs)
        around = rng.gamma(cells, size=LOOKS) if cells else None
        for false_alarm in FALSE_ALARMS:
            threshold = -np.log(false_alarm) if around is None else around * detection.multiplier(false_alarm, cells)
            exact = {"none": detection.known_rcs(sir, false_alarm, cells),
                     "swerling1": detection.swerling1(sir, false_alarm, cells),
                     "lognormal": detection.lognormal(sir, false_alarm, 3.74, cells)}[law]
            assert agrees(power > threshold, float(exact)), (law, cells, sir, false_alarm)


@pytest.mark.parametrize("cells", [0, CELLS])
def test_known_rcs_averaged_over_what_is_drawn_is_the_fluctuating_form(cells):
    rng = np.random.default_rng(4)
    for law, form in (("swerling1", lambda *x: detection.swerling1(*x, cells)),
                      ("lognormal", lambda *x: detection.lognormal(*x, 3.74, cells))):
        rcs = detection.draw_rcs(rng, law, 20_000, 3.74)
        for sir in SIRS:
            for false_alarm in FALSE_ALARMS:
                each = detection.known_rcs(sir * rcs, false_alarm, cells)
                error = each.std() / np.sqrt(len(each))
                assert abs(each.mean() - form(sir, false_alarm)) <= 4 * error


def test_false_alarms_are_what_was_asked_for():
    for cells in (0, 1, 16, 64):
        for false_alarm in (0.3, 1e-3, 1e-6):
            assert detection.known_rcs(0.0, false_alarm, cells) == pytest.approx(false_alarm, rel=1e-6)
            assert detection.swerling1(0.0, false_alarm, cells) == pytest.approx(false_alarm, rel=1e-9)


def test_values_of_the_model():
    assert detection.swerling1(3, 1e-3, 16) == pytest.approx(0.132, abs=5e-4)
    assert detection.known_rcs(3, 1e-3, 16) == pytest.approx(0.090, abs=5e-4)


def test_more_cells_and_stronger_echoes_help_and_many_cells_are_a_known_interference():
    sir = np.geomspace(1e-3, 1e7, 40)
    for form in (detection.known_rcs, detection.swerling1, lambda *x: detection.lognormal(*x[:2], 3.74, *x[2:])):
        found = np.stack([form(sir, 1e-4, cells) for cells in (4, 16, 2000, 0)])
        assert np.all(np.diff(found, axis=1) >= -1e-9) and np.all(np.diff(found[:3], axis=0) >= -1e-9)
        assert np.allclose(found[2], found[3], atol=5e-3)
        assert np.all((found >= 0) & (found <= 1)) and np.all(found[:, -1] > 0.99)


def test_the_lognormal_average_has_converged():
    s = np.log(10) / 10 * 8
    g = np.linspace(-9, 9, 20_001)
    density = np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi)
    for sir in (1.0, 30.0, 1000.0):
        fine = np.trapezoid(density * detection.known_rcs(sir * np.exp(s * np.minimum(g, 3) - s**2 / 2), 1e-6), g)
        assert detection.lognormal(sir, 1e-6, 8.0) == pytest.approx(fine, abs=1e-6)


def test_drawn_rcs_has_mean_one():
    rng = np.random.default_rng(5)
    for law in ("none", "swerling1", "lognormal"):
        rcs = detection.draw_rcs(rng, law, 50_000, 3.74)
        s = np.log(10) / 10 * 3.74
        cut = ndtr(s - 3) - np.exp(3 * s - s**2 / 2) * ndtr(-3) if law == "lognormal" else 0  # beyond 3 deviations
        assert abs(rcs.mean() - 1 + cut) <= 4 * rcs.std() / np.sqrt(len(rcs))


@pytest.mark.parametrize("deviation", [1.0, 2.5, 3.94])
def test_a_lognormal_rcs_is_normal_in_db_and_ends_three_deviations_up(deviation):
    """E[10 lg sigma_S] = -(ln 10 / 20) sigma^2, TR 38.901 section 7.9.2.1."""
    drawn = 10 * np.log10(detection.draw_rcs(np.random.default_rng(2), "lognormal", 100_000, deviation))
    mean = -np.log(10) / 20 * deviation**2
    assert drawn.max() == pytest.approx(mean + 3 * deviation) and (drawn == drawn.max()).mean() == pytest.approx(
        ndtr(-3), abs=4 * np.sqrt(ndtr(-3) / 100_000))
    assert np.median(drawn) == pytest.approx(mean, abs=5.1 * deviation / np.sqrt(100_000))
