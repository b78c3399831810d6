"""MRC receive filters, and the part of a filter outside the span of nulled ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.channel.array_response import steering
from isacsys.core.arrays import Array, Complex, Flags, Index

# A filter (or channel) whose part outside the span of the others is below this share of its norm adds no constraint.
# Nine filters of ten antennas are often nearly dependent: 1e-6 would merge 4 % of them and raise R_c by 3 %, 1e-10
# merges 0.1 % and still nulls to rounding.
TOLERANCE = 1e-10
CLOSE = 1e-7  # likewise: of so small a part the direction is known to eight digits, and of a smaller one to fewer
_CHOSEN, _OTHER, _LATE, _NONE = range(4)  # whose turn it is


def mrc_filters(cosine: npt.ArrayLike, antennas: int) -> Complex:
    """Return unit-norm maximum-ratio combining filters ``v = b(theta) / sqrt(M_r)`` [..., M_r] at ``cosine`` [...]."""
    return steering(cosine, antennas) / np.sqrt(antennas)


def reduced_filters(filters: Complex) -> Complex:
    """Return the coordinates of filters [..., J, M_r] in an orthonormal basis of their span, [..., J, m].

    Inner products are kept, and an isotropic channel has the same law in either, so kernels may use the smaller.
    m = J where that at least halves the dimension; else the filters stay as they are.
    """
    count, antennas = filters.shape[-2:]
    if 2 * count > antennas:
        return filters
    upper = np.asarray(np.linalg.qr(filters.conj().swapaxes(-1, -2), mode="r"))
    own, norm = _own_parts(upper)
    if np.any((own <= CLOSE * norm) & (norm > 0)):
        return outside_span(filters, np.zeros(filters.shape[:-1], bool))[0][..., :count]
    return upper.conj().swapaxes(-1, -2)


def outside_span(vectors: Complex, chosen: Flags, tolerance: float = TOLERANCE) -> tuple[Complex, Index]:
    """Return what is left of vectors outside the span of the chosen ones, and the dimension of that span.

    A QR decomposition with the chosen first: the span is that of the leading columns of Q. A chosen vector whose own
    part, the diagonal of R, is below ``tolerance`` of its norm depends on those before it: its column of Q is
    arbitrary, so all is done again without it. Of the others, one that is `CLOSE` to those before it is put last: its
    column of Q hangs on rounding, and no coordinate of another vector may hang on it.

    Parameters
    ----------
    vectors : [..., n, m]
    chosen : [..., n]
        May differ from batch to batch.

    Returns
    -------
    residual : [..., n, m]
        In coordinates that keep inner products; exactly zero for the chosen, and below ``tolerance`` of the norm.
    rank : [...]
    """
    count, size = vectors.shape[-2:]
    turn = np.where(chosen, np.int8(_CHOSEN), np.int8(_OTHER)).reshape(-1, count)
    left, rank = _outside(vectors.reshape(-1, count, size), turn, np.array([tolerance, CLOSE, -1.0, -1.0]))
    residual = left.reshape(vectors.shape)
    residual[chosen] = 0
    return residual, rank.reshape(chosen.shape[:-1])


def _outside(vectors: Complex, turn: Index, limits: Array) -> tuple[Complex, Index]:
    """Return the same with vectors [b, n, m] in the order of ``turn`` [b, n], the chosen not yet zero.

    A vector whose own part is below the limit of its turn, [turn], comes late.
    """
    row, order = np.arange(len(turn))[:, None], np.argsort(turn, axis=-1, kind="stable")
    upper = np.asarray(np.linalg.qr(vectors[row, order].conj().swapaxes(-1, -2), mode="r"))  # [b, min(n, m), n]
    own, norm = _own_parts(upper)
    leading = order[:, :own.shape[-1]]
    stands = turn[row, leading]
    spans = stands == _CHOSEN
    residual, rank = np.zeros(vectors.shape, complex), np.asarray(spans.sum(-1))
    residual[row, order, :own.shape[-1]] = upper.conj().swapaxes(-1, -2) * ~spans[:, None, :]
    late = (own <= limits[stands] * norm) & (spans | (norm > 0))
    again = np.flatnonzero(late.any(-1))
    if len(again):
        later = _later(turn[again], np.asarray(vectors[again].any(-1)), leading[again], late[again], spans[again])
        left, rank[again] = _outside(vectors[again], later, limits)
        left[_norm2(left) <= limits[_CHOSEN] ** 2 * _norm2(vectors[again])] = 0
        residual[again] = left
    return residual, rank


def _later(turn: Index, there: Flags, leading: Index, late: Flags, spans: Flags) -> Index:
    """Return the turns [b, n] of the next try: without the first of those chosen that depend on others, or with all
    close ones late; whose place in the order is ``leading`` [b, min(n, m)], as that of ``late`` and ``spans``.
    """
    dependent = late & spans
    first = dependent & (np.cumsum(dependent, axis=-1) == 1)
    put = np.where(dependent.any(-1, keepdims=True), first, late)
    turn[~there] = _NONE
    place = np.arange(len(turn))[:, None], leading
    turn[place] = np.where(put, _LATE, turn[place])
    return turn


def _own_parts(upper: Complex) -> tuple[Array, Array]:
    """Return the part of each vector outside the span of those before it, and its norm, [..., min(n, m)], from R
    [..., m, n].
    """
    count = min(upper.shape[-2:])
    own = np.abs(np.einsum("...jj->...j", upper[..., :, :count]))
    return own, np.sqrt(np.einsum("...jn,...jn->...n", upper.conj(), upper).real)[..., :count]


def span(vectors: Complex, chosen: Flags, tolerance: float = TOLERANCE) -> tuple[Complex, Index]:
    """Return an orthonormal basis of the span of the chosen vectors, dependent ones merged as in `outside_span`.

    Parameters
    ----------
    vectors : [..., n, m]
    chosen : [..., n]

    Returns
    -------
    basis : [..., min(n, m), m]
        Its first ``rank`` rows; the others mean nothing.
    rank : [...]
    """
    order = np.argsort(~chosen, axis=-1, kind="stable")
    first = np.take_along_axis(vectors * chosen[..., None], order[..., None], -2)
    basis, upper = np.linalg.qr(first.swapaxes(-1, -2))
    own = np.abs(np.einsum("...jj->...j", upper[..., :, :upper.shape[-2]]))
    norm = np.linalg.norm(first, axis=-1)[..., :own.shape[-1]]
    spans = np.take_along_axis(chosen, order, -1)[..., :own.shape[-1]]
    dependent, rank = spans & (own <= tolerance * norm), np.array(spans.sum(-1))
    basis = np.array(basis.swapaxes(-1, -2))
    again = dependent.any(-1)
    if again.any():
        fewer = chosen.copy()
        np.put_along_axis(fewer, np.take_along_axis(order, dependent.argmax(-1)[..., None], -1), False, -1)
        basis[again], rank[again] = span(vectors[again], fewer[again], tolerance)
    return basis, rank


def principal(vectors: Complex, chosen: Flags) -> tuple[Complex, Array, Index]:
    """Return the basis of `span` turned so that ``sum_j v_j v_j^H = sum_i s_i q_i q_i^H`` over the ``chosen`` [..., n].

    ``vectors`` v [..., n, m].

    Returns
    -------
    basis : [..., min(n, m), m]
    weight : [..., min(n, m)]
        s_i, falling; their sum is that of the squared norms.
    rank : [...]
        Rows that count.
    """
    basis, rank = span(vectors, chosen)
    basis = basis * (np.arange(basis.shape[-2]) < rank[..., None])[..., None]
    along = (vectors * chosen[..., None]) @ basis.conj().swapaxes(-1, -2)  # v_j = sum_i along_ji q_i
    weight, turn = np.linalg.eigh(along.swapaxes(-1, -2) @ along.conj())
    return turn[..., ::-1].swapaxes(-1, -2) @ basis, np.maximum(weight[..., ::-1], 0), rank


def pattern(filters: Complex) -> Array:
    """Return the share ``|v_j^H b_j'|^2 / M_r`` [..., J, J] of an echo from bearing j' behind filter j.

    ``filters`` v [..., J, M_r] are those of maximum ratio combining.
    """
    return np.abs(filters.conj() @ filters.swapaxes(-1, -2)) ** 2


def _norm2(vectors: Complex) -> Array:
    return np.asarray(np.sum(vectors.real**2 + vectors.imag**2, axis=-1))
