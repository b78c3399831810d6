"""Roots of covariances."""

import numpy as np
import pytest

from isacsys.channel.gaussian import complex_normal, square_root


@pytest.mark.parametrize("squares", [[1, 1, 1, 1], [1, 1, 1e-9, 1e-9], [3, 2, 2, 0], [2, 0, 0, 0]])
def test_a_root_hangs_on_no_basis(squares):
    """Equal eigenvalues have no eigenvectors of their own: rounding chooses them, and the root stays."""
    rng = np.random.default_rng(1)
    basis = np.linalg.qr(complex_normal(rng, (4, 4)))[0]
    covariance = (basis * squares) @ basis.conj().T
    moved = covariance * (1 + 4e-16 * rng.standard_normal((4, 4)))
    root, other = square_root(covariance[None])[0], square_root((moved + moved.conj().T)[None] / 2)[0]
    assert root == pytest.approx(other, abs=1e-6) and root == pytest.approx(root.conj().T, abs=1e-15)
    assert root @ root == pytest.approx(covariance, abs=1e-12)
