"""Sensing beams by their law, against projections in explicit channels."""

import numpy as np
import pytest

from isacsys.beamforming import linear_precoding, sensing_beam_gains, zero_forcing_explicit
from isacsys.channel.array_response import steering
from tests.statistics import has_law, same_law


def gaussian(rng, *shape):
    return rng.standard_normal((*shape, 2)) @ [1, 1j] / np.sqrt(2)


@pytest.mark.parametrize(("antennas", "users", "nulls", "targets"), [
    (8, 3, 2, 1), (8, 2, 0, 3), (3, 1, 1, 4), (4, 0, 1, 2)])
def test_law_is_that_of_projections(antennas, users, nulls, targets):
    rng, n = np.random.default_rng(1), 2500
    a = np.broadcast_to(steering(np.linspace(-0.5, 0.6, targets), antennas), (n, targets, antennas))
    own, granted = gaussian(rng, n, max(users, 1), antennas), gaussian(rng, n, nulls, antennas)
    own[:, users:] = 0
    zero_forcing, w = zero_forcing_explicit.beams(own, np.full(n, users), granted, np.full(n, nulls))
    beams, there = linear_precoding.toward(a, linear_precoding.stacked(own, granted))
    drawn = sensing_beam_gains.draw(rng, a, zero_forcing.eigenvalues(), np.full(n, users), np.full(n, nulls))
    assert np.array_equal(drawn.there, there)
    same_law(drawn.users[:, 0], np.sum(np.abs(a[:, 0, None].conj() @ w) ** 2, axis=(1, 2)))
    seen = np.abs(a.conj() @ beams).swapaxes(1, 2) ** 2  # [n, beam, target]
    for i in range(targets):
        same_law(drawn.overlap[:, i, 0], seen[:, i, 0])
    largest = [np.linalg.eigvalsh(g)[:, -1] for g in (drawn.gram, beams.conj().swapaxes(1, 2) @ beams)]
    same_law(*largest) if targets > 1 and antennas - users - nulls > 1 else None
    total = np.sum(np.abs(a[:, 0, None].conj() @ w) ** 2, axis=(1, 2)) + seen[:, 0, 0]
    same_law(drawn.users[:, 0] + drawn.overlap[:, 0, 0], total)  # jointly: what one has, the other lacks


def test_turning_keeps_inner_products_and_nothing_else():
    rng = np.random.default_rng(2)
    a = gaussian(rng, 2, 6)
    for vectors in (a, a[:1], np.stack([a[0], a[0]])):
        turned = sensing_beam_gains.turned(rng, np.broadcast_to(vectors, (3000, *vectors.shape)))
        gram = turned.conj() @ turned.swapaxes(-1, -2)
        assert gram == pytest.approx(np.broadcast_to(vectors.conj() @ vectors.T, gram.shape), abs=1e-9)
        share = np.abs(turned[:, 0, 3]) ** 2 / np.sum(np.abs(a[0]) ** 2)
        has_law(share, lambda x: 1 - (1 - x) ** 5)  # Beta(1, 5)
