"""Beliefs at poor bearings: carried over by moments, and as wide as their errors from broadside to endfire."""

import numpy as np
import pytest

from isacsys.sensing import tracks
from isacsys.sensing.polar_beliefs import to_cartesian, to_polar
from isacsys.sensing.tracks import ExtendedKalman, Measured


def belief(deviations, correlation=0.0):
    """Mean (500 m, 0.4 rad, 3 m/s, -5 m/s), and a covariance of given deviations."""
    matrix = np.full((4, 4), correlation) + (1 - correlation) * np.eye(4)
    return np.array([[500.0, 0.4, 3.0, -5.0]]), (np.outer(deviations, deviations) * matrix)[None]


def cartesian(sample):
    r, a, rate, across = sample.T
    ahead, aside = np.stack([np.cos(a), np.sin(a)], 1), np.stack([-np.sin(a), np.cos(a)], 1)
    return np.concatenate([r[:, None] * ahead, rate[:, None] * ahead + across[:, None] * aside], axis=1)


@pytest.mark.parametrize("bearing", [0.01, 0.26, 0.8, 1.8])
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_moments_are_those_of_draws(bearing, correlation):
    rng, n = np.random.default_rng([7, int(100 * bearing)]), 100_000
    mean, spread = belief([40.0, bearing, 2.0, 12.0], correlation)
    drawn = cartesian(rng.multivariate_normal(mean[0], spread[0], n)) + [100.0, -50.0, 0, 0]
    found, covariance = to_cartesian(mean, spread, np.array([[100.0, -50.0]]))
    sd = drawn.std(0)
    assert np.all(np.abs(found[0] - drawn.mean(0)) < 5 * sd / np.sqrt(n))
    scale = np.outer(sd, sd)
    assert np.abs((covariance[0] - np.cov(drawn.T)) / scale).max() < 5 * np.sqrt(3 / n) * 2
    assert np.linalg.eigvalsh(covariance[0]).min() > 0


@pytest.mark.parametrize("sigma", [0.01, 0.1, 0.26, 0.5])
def test_a_first_look_has_the_moments_of_lerro_and_bar_shalom(sigma):
    r, sr, factor = 500.0, 1.85, np.exp(-sigma**2 / 2)
    begun = ExtendedKalman(1.0, 20.0).start(Measured(np.zeros((1, 2)), np.array([[r, 0.0, 0.0]]),
                                                     np.array([[sr**2, sigma**2, np.inf]])))
    square = r**2 + sr**2
    if sigma < 0.5:
        assert begun.mean[0] == pytest.approx([factor * r, 0, 0, 0], abs=1e-6)
        assert begun.covariance[0, 0, 0] == pytest.approx(square * (1 + factor**4) / 2 - factor**2 * r**2, rel=1e-6)
        assert begun.covariance[0, 1, 1] == pytest.approx(square * (1 - factor**4) / 2, rel=1e-6)
        assert begun.covariance[0, 2:, 2:] == pytest.approx(400 * np.eye(2), abs=1e-6)
    else:  # nothing is told
        assert begun.covariance[0, 1, 1] > 0.45 * square


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.26, 0.5])
def test_back_in_polar_coordinates_a_belief_is_no_surer(sigma):
    """There and back: an arc keeps its angle; its range becomes as uncertain as the arc is deep."""
    mean, spread = belief([2.0, sigma, 1.0, 10.0])
    origin = np.array([[30.0, -70.0]])
    found, back = to_polar(*to_cartesian(mean, spread, origin), origin)
    assert found[0, 1] == pytest.approx(0.4, abs=1e-6) and found[0, 0] == pytest.approx(500, rel=0.001 + sigma**2 / 10)
    assert back[0, 1, 1] == pytest.approx(sigma**2, rel=0.02)
    assert np.all(np.diag(back[0]) > 0.97 * np.diag(spread[0]))
    assert np.linalg.eigvalsh(back[0]).min() > 0


def test_good_beliefs_are_linearised():
    """The same, whichever way, where bearings are good."""
    mean, spread = belief([2.0, 1e-3, 1.0, 2.0], 0.3)
    x, p = to_cartesian(mean, spread, np.zeros((1, 2)))
    value, slope = tracks.expected(x, np.zeros((1, 2)))
    found, back = to_polar(x, p, np.zeros((1, 2)))
    assert found[0, :3] == pytest.approx(value[0], rel=1e-3)
    assert back[0, :3, :3] == pytest.approx(slope[0] @ p[0] @ slope[0].T, rel=0.02, abs=1e-6)


def normalised(error, covariance):
    return np.einsum("ni,ni->n", error, np.linalg.solve(covariance, error[..., None])[..., 0])


@pytest.mark.parametrize(("degrees", "broadside"), [
    pytest.param(degrees, broadside, marks=[pytest.mark.slow] * ((i + 2 * j) % 4 > 0))
    for i, degrees in enumerate([90, 45, 20, 8, 3, 1, 0.3, 0]) for j, broadside in enumerate([0.03, 0.005])])
def test_tracks_believe_in_their_errors_from_broadside_to_endfire(degrees, broadside):
    """A linear array: the error of a bearing is that of its cosine over its sine. Right would be 2.

    Looks at 1,000 targets 500 m away, half a second apart, from the first on; a linearisation gave up to 240 for
    one. Of the whole state 4 would be right.
    """
    rng, n, q, speed, t = np.random.default_rng([8, int(10 * degrees)]), 1000, 1.0, 10.0, 0.5
    tracker, origin = ExtendedKalman(q, speed), np.zeros((n, 2))
    angle = np.radians(degrees)
    truth = np.concatenate([np.tile([500 * np.cos(angle), 500 * np.sin(angle)], (n, 1)),
                            speed * rng.standard_normal((n, 2))], axis=1)
    root, beliefs = np.linalg.cholesky(q * np.array([[t**3 / 3, t**2 / 2], [t**2 / 2, t]])), None
    for look in range(6):
        if look:
            kick = rng.standard_normal((n, 2, 2)) @ root.T
            truth = truth + np.concatenate([kick[..., 0], kick[..., 1]], axis=1)
            truth[:, :2] += t * truth[:, 2:]
        value = tracks.expected(truth, origin)[0]
        deviation = np.stack([np.full(n, 1.85), np.minimum(broadside / np.maximum(np.abs(np.sin(value[:, 1])), 1e-12),
                                                           np.pi / np.sqrt(3)), np.full(n, 0.8)], axis=1)
        measured = Measured(origin, value + deviation * rng.standard_normal((n, 3)), deviation**2)
        beliefs = tracker.start(measured) if beliefs is None else tracker.update(
            tracker.predict(beliefs, np.full(n, t)), measured)
        place = normalised((beliefs.mean - truth)[:, :2], beliefs.covariance[:, :2, :2])
        assert 1.3 < place.mean() < 2.7, (look, place.mean())
        assert 2.5 < normalised(beliefs.mean - truth, beliefs.covariance).mean() < 4.6, look


@pytest.mark.parametrize("sigma", [0.1, 0.26, 0.45])
def test_the_gate_lets_the_right_measurements_in(sigma):
    rng, n = np.random.default_rng(9), 5000
    tracker, origin = ExtendedKalman(1.0, 5.0), np.zeros((5000, 2))
    value, variance = np.tile([500.0, 1.0, 0.0], (n, 1)), np.tile([1.85**2, sigma**2, 0.64], (n, 1))
    first, second = (Measured(origin, value + np.sqrt(variance) * rng.standard_normal((n, 3)), variance)
                     for _ in range(2))
    apart, freedom = tracks.surprise(tracker.start(first), second, linear=False)
    assert np.all(freedom == 3) and np.mean(apart > 16.27) < 0.02  # 0.001 for normal ones
