"""Filters: consistent, optimal where that can be computed, and the same as others'."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from isacsys.sensing import tracks
from isacsys.sensing.tracks import Beliefs, ExtendedKalman, Measured

DEVIATION = np.array([3.0, 0.01, 0.8])


def measure(rng, truth, origin, deviation=DEVIATION):
    value, _ = tracks.expected(truth, origin)
    noise = rng.standard_normal(value.shape) * np.where(np.isfinite(deviation), deviation, 0.0)
    return Measured(origin, value + noise, np.broadcast_to(deviation**2, value.shape))


def walk(rng, truth, seconds, acceleration):
    """Move by the model itself: white acceleration of power density q."""
    block = acceleration * np.array([[seconds**3 / 3, seconds**2 / 2], [seconds**2 / 2, seconds]])
    root = np.linalg.cholesky(block)
    kick = rng.standard_normal((len(truth), 2, 2)) @ root.T  # [n, axis, (position, velocity)]
    moved = truth + np.concatenate([kick[..., 0], kick[..., 1]], axis=1)
    moved[:, :2] += seconds * truth[:, 2:]
    return moved


def scene(rng, count, speed=15.0):
    """Targets 300 m to 1500 m from a station each, of normal velocities."""
    origin = rng.uniform(-5e3, 5e3, (count, 2))
    angle, length = rng.uniform(-np.pi, np.pi, count), rng.uniform(300, 1500, count)
    place = origin + length[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return origin, np.concatenate([place, speed * rng.standard_normal((count, 2))], axis=1)


def test_normalised_errors_are_chi_squared_when_the_model_is_right():
    rng, count, q = np.random.default_rng(21), 1000, 0.5
    origin, truth = scene(rng, count)
    tracker = ExtendedKalman(q, 15.0)
    beliefs = tracker.start(measure(rng, truth, origin))
    for seconds in rng.uniform(0.05, 0.5, 30):
        truth = walk(rng, truth, seconds, q)
        beliefs = tracker.update(tracker.predict(beliefs, np.full(count, seconds)), measure(rng, truth, origin))
    error = truth - beliefs.mean
    nees = np.einsum("ni,ni->n", error, np.linalg.solve(beliefs.covariance, error[..., None])[..., 0])
    low, high = chi2.ppf([6.3e-5 / 2, 1 - 6.3e-5 / 2], 4 * count) / count  # as rare as four standard errors
    assert low <= nees.mean() <= high, nees.mean()
    worse = ExtendedKalman(0.0, 15.0)  # a filter that believes in straight lines must be found out
    wrong = worse.predict(beliefs, np.full(count, 3.0))
    error = walk(rng, truth, 3.0, 10.0) - wrong.mean
    assert np.einsum("ni,ni->n", error, np.linalg.solve(wrong.covariance, error[..., None])[..., 0]).mean() > high


def test_a_static_target_seen_n_times_has_the_variance_of_batch_least_squares():
    rng, looks = np.random.default_rng(22), 40
    origin, truth = np.array([[0.0, 0.0]]), np.array([[900.0, 500.0, 0.0, 0.0]])
    deviation = np.array([3.0, 0.002, np.inf])
    tracker = ExtendedKalman(0.0, 1e-9)  # it knows that nothing moves
    beliefs = tracker.start(measure(rng, truth, origin, deviation))
    for _ in range(looks - 1):
        beliefs = tracker.update(tracker.predict(beliefs, np.array([0.1])), measure(rng, truth, origin, deviation))
    _, slope = tracks.expected(truth, origin)
    batch = np.linalg.inv(looks * np.einsum("ki,k,kj->ij", slope[0, :2, :2], deviation[:2] ** -2, slope[0, :2, :2]))
    assert np.allclose(beliefs.covariance[0, :2, :2], batch, rtol=0.02, atol=0.02 * batch.max())
    assert np.trace(beliefs.covariance[0, :2, :2]) == pytest.approx(np.trace(batch), rel=0.01)


def naive_update(beliefs, measured, row):
    """The textbook's correction, one track, all at once, with inverses."""
    value, slope = tracks.expected(beliefs.mean[row:row + 1], measured.origin[row:row + 1])
    told = np.isfinite(measured.variance[row])
    h, r, p = slope[0][told], np.diag(measured.variance[row][told]), beliefs.covariance[row]
    place = told & [True, True, False]  # what tells of the position itself
    g, q = slope[0][place], np.diag(measured.variance[row][place])
    nu = tracks.difference(measured.value[row:row + 1], value)[0][told]
    s = h @ p @ h.T + r
    gain = p @ h.T @ np.linalg.inv(s)
    return beliefs.mean[row] + gain @ nu, (np.eye(4) - gain @ h) @ p, float(nu @ np.linalg.inv(s) @ nu), \
        0.5 * np.log(np.linalg.det(g @ p @ g.T + q) / np.linalg.det(q))


@pytest.mark.parametrize("deviation", [DEVIATION, np.array([3.0, 0.01, np.inf]), np.array([2.0, np.inf, np.inf])])
def test_corrections_one_by_one_are_the_textbooks_all_at_once(deviation):
    rng = np.random.default_rng(23)
    origin, truth = scene(rng, 20)
    root = rng.standard_normal((20, 4, 4)) * np.array([20, 20, 5, 5])[:, None]
    covariance = root @ root.swapaxes(1, 2)
    beliefs = Beliefs(truth + rng.standard_normal((20, 4)) * [10, 10, 3, 3], covariance)
    measured = measure(rng, truth, origin, deviation)
    found = tracks.corrected(beliefs, measured)
    apart, freedom = tracks.surprise(beliefs, measured)
    p = covariance[:, :2, :2]
    spread, length = np.stack([p[:, 0, 0], p[:, 0, 1], p[:, 1, 1]]), tracks.expected(beliefs.mean, origin)[0][:, 0]
    aside = np.where(np.isfinite(deviation[1]), length * deviation[1], 1e9)
    gain = tracks.information(spread, beliefs.mean[:, :2] - origin, (np.full(20, deviation[0] ** 2), aside**2))
    for row in range(20):
        mean, wide, surprise, information = naive_update(beliefs, measured, row)
        assert np.allclose(found.mean[row], mean, rtol=1e-7, atol=1e-6)
        assert np.allclose(found.covariance[row], wide, rtol=1e-6, atol=1e-5)
        assert apart[row] == pytest.approx(surprise, rel=1e-6) and freedom[row] == np.isfinite(deviation).sum()
        assert gain[row] == pytest.approx(information, rel=1e-6, abs=1e-6)


def test_derivatives_are_those_of_the_measurements():
    rng = np.random.default_rng(24)
    origin, truth = scene(rng, 50)
    value, slope = tracks.expected(truth, origin)
    for k in range(4):
        step = np.zeros(4)
        step[k] = 1e-4
        ahead, behind = (tracks.expected(truth + s * step, origin)[0] for s in (1, -1))
        assert np.allclose(tracks.difference(ahead, behind) / 2e-4, slope[:, :, k], atol=1e-5)
    assert np.allclose(value[:, 0], np.hypot(*(truth[:, :2] - origin).T))


@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0), st.floats(0.0, 3.0))
def test_predictions_compose_and_forget_nothing(first, second, q):
    rng = np.random.default_rng(25)
    root = rng.standard_normal((3, 4, 4))
    beliefs = Beliefs(rng.standard_normal((3, 4)), root @ root.swapaxes(1, 2))
    twice = tracks.predicted(tracks.predicted(beliefs, np.full(3, first), q), np.full(3, second), q)
    once = tracks.predicted(beliefs, np.full(3, first + second), q)
    assert np.allclose(twice.mean, once.mean) and np.allclose(twice.covariance, once.covariance)


@pytest.mark.slow
def test_states_are_those_of_stone_soup():
    """Dstl's Stone Soup on the same measurements, state by state."""
    pytest.importorskip("stonesoup")
    from datetime import datetime, timedelta

    from stonesoup.models.measurement.nonlinear import CartesianToElevationBearingRangeRate
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.predictor.kalman import ExtendedKalmanPredictor
    from stonesoup.types.angle import Bearing, Elevation
    from stonesoup.types.array import StateVector
    from stonesoup.types.detection import Detection
    from stonesoup.types.hypothesis import SingleHypothesis
    from stonesoup.types.state import GaussianState
    from stonesoup.updater.kalman import ExtendedKalmanUpdater

    rng, q, looks = np.random.default_rng(26), 0.7, 25
    origin, truth = scene(rng, 4)
    tracker = ExtendedKalman(q, 15.0)
    ours = tracker.start(measure(rng, truth, origin))
    order, back = [0, 2, 1, 3, 4, 5], [0, 2, 1, 3]  # theirs: x, v_x, y, v_y, z, v_z; height and its rate stay 0
    axes = [ConstantVelocity(q), ConstantVelocity(q), ConstantVelocity(0.0)]
    predictor = ExtendedKalmanPredictor(CombinedLinearGaussianTransitionModel(axes))
    now, theirs = datetime(2026, 1, 1), []
    for mean, covariance in zip(ours.mean, ours.covariance, strict=True):
        wide = np.pad(covariance, (0, 2)) + np.diag([0, 0, 0, 0, 1e-12, 1e-12])
        theirs.append(GaussianState(np.pad(mean, (0, 2))[order][:, None], wide[np.ix_(order, order)], timestamp=now))
    for seconds in np.round(rng.uniform(0.05, 0.5, looks), 6):
        truth = walk(rng, truth, seconds, q)
        seen = measure(rng, truth, origin)
        ours = tracks.corrected(tracker.predict(ours, np.full(len(truth), seconds)), seen)  # always linearised
        now += timedelta(seconds=float(seconds))
        for row, state in enumerate(theirs):
            sensor = CartesianToElevationBearingRangeRate(
                ndim_state=6, mapping=(0, 2, 4), velocity_mapping=(1, 3, 5),
                translation_offset=np.array([[*origin[row], 0.0]]).T,
                noise_covar=np.diag([1.0, *DEVIATION[[1, 0, 2]] ** 2]))
            length, bearing, rate = seen.value[row]
            value = StateVector([[Elevation(0.0)], [Bearing(bearing)], [length], [rate]])
            detection = Detection(value, timestamp=now, measurement_model=sensor)
            prediction = predictor.predict(state, timestamp=now)
            theirs[row] = ExtendedKalmanUpdater(sensor).update(SingleHypothesis(prediction, detection))
            mean = np.asarray(theirs[row].state_vector, float)[back, 0]
            assert np.allclose(ours.mean[row], mean, rtol=1e-6, atol=1e-6)
            covariance = np.asarray(theirs[row].covar, float)[np.ix_(back, back)]
            assert np.allclose(ours.covariance[row], covariance, rtol=1e-6, atol=1e-6)
