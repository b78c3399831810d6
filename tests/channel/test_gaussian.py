"""Roots of covariances."""

import numpy as np
import pytest

from isacsys.channel.gaussian import complex_normal, root


def of_spectrum(rng, squares):
    basis = np.linalg.qr(complex_normal(rng, (len(squares), len(squares))))[0]
    return (basis * squares) @ basis.conj().T


@pytest.mark.parametrize("squares", [[1, 1, 1, 1], [1, 1, 1e-9, 1e-9], [3, 2, 2, 0], [2, 0, 0, 0], [4, 3, 2, 1],
                                     [1, 1, 1, 3e-6], [0, 0, 0, 0]])
def test_a_root_hangs_on_no_basis(squares):
    """Equal eigenvalues have no eigenvectors of their own: rounding chooses them, and the root stays."""
    rng = np.random.default_rng(1)
    covariance = of_spectrum(rng, squares)
    moved = covariance * (1 + 4e-16 * rng.standard_normal((4, 4)))
    factor, other = root(covariance[None])[0], root((moved + moved.conj().T)[None] / 2)[0]
    assert factor == pytest.approx(other, abs=1e-6)
    assert factor @ factor.conj().T == pytest.approx(covariance, abs=1e-12)


def test_roots_of_a_batch_are_those_of_its_members_and_rows_of_zeros_stay():
    rng = np.random.default_rng(2)
    batch = np.zeros((3, 4, 4), complex)
    batch[0, :3, :3], batch[1], batch[2, 1:, 1:] = (of_spectrum(rng, s) for s in ([1, 2, 3], [1, 1, 1, 0], [5, 1, 2]))
    factor = root(batch)
    assert factor @ factor.conj().swapaxes(-1, -2) == pytest.approx(batch, abs=1e-12)
    assert not factor[0, 3].any() and not factor[0, :, 3].any() and not factor[2, 0].any()
    for one, alone in zip(factor, batch, strict=True):
        assert one == pytest.approx(root(alone[None])[0], abs=1e-12)
