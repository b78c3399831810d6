"""From grants to constraints, where targets have moved since."""

import numpy as np
import pytest

from isacsys.beamforming import filter_spans
from isacsys.scheduling.null_requests import _left


@pytest.mark.parametrize(("targets", "antennas"), [(1, 10), (3, 10), (5, 10), (9, 10), (1, 1)])
@pytest.mark.parametrize("twins", [False, True])
def test_what_is_left_of_filters_of_now_outside_nulled_ones_of_before(targets, antennas, twins):
    """Inner products are those of the explicit projection, also where nulled filters depend on each other."""
    rng = np.random.default_rng(targets)
    before = rng.uniform(-1, 1, (20, targets))
    if twins and targets > 1:
        before[:, 1] = before[:, 0]
    now = before + 0.01 * rng.uniform(-1, 1, before.shape)
    chosen = rng.random(before.shape) < 0.6
    chosen[np.arange(20), rng.integers(0, targets, 20)] = True
    both = filter_spans.mrc_filters(np.concatenate([now, before], axis=1), antennas)
    residual, rank = _left(filter_spans.reduced_filters(both[:, :targets]), chosen, both)
    assert residual.shape == filter_spans.reduced_filters(both[:, :targets]).shape
    for left, v, mine, k in zip(residual, both, chosen, rank, strict=True):
        u, s, _ = np.linalg.svd(v[targets:][mine].T, full_matrices=False)
        span = u[:, s > 1e-8]
        assert k == span.shape[1]
        outside = v[:targets] - v[:targets] @ span.conj() @ span.T
        assert left @ left.conj().T == pytest.approx(outside @ outside.conj().T, abs=1e-9)
