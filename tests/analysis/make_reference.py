"""Writes reference.json: rates by plain nested quadrature with mpmath, for test_reference.py. Run by hand.

Another road than the package's at every turn: hypergeometric functions of mpmath instead of incomplete beta
functions; the original order of integration; composite Gauss-Legendre panels; the squared distance integrated
numerically; the hole by its arc cosine in the plain distance. Special functions have 18 digits, sums are doubles.
Nodes are doubled until two values differ by little; that difference, far above the error of the last, is kept.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
from mpmath.calculus.quadrature import GaussLegendre

mp.mp.dps = 18


@cache
def legendre(degree: int) -> list[tuple[float, float]]:
    """The 3 * 2^(degree - 1) Gauss-Legendre nodes and weights on (0, 1)."""
    return [(float((1 + x) / 2), float(w / 2)) for x, w in GaussLegendre(mp.mp).calc_nodes(degree, 80)]


def panels(breaks: list[float], degree: int) -> Iterator[tuple[float, float]]:
    for low, high in itertools.pairwise(breaks):
        for x, w in legendre(degree):
            yield low + (high - low) * x, w * (high - low)


def spread(low: float, high: float, width: float) -> list[float]:
    number = max(1, math.ceil((high - low) / width))
    return [low + (high - low) * i / number for i in range(number + 1)]


@cache
def factor(K: int, alpha: float, s: float) -> float:
    """2F1(K, -delta; 1 - delta; -s)."""
    delta = 2 / mp.mpf(alpha)
    return float(mp.hyp2f1(K, -delta, 1 - delta, -mp.mpf(s)))


def gamma_hit(shape: float, y: float) -> float:
    """1 - (1 + y)^-shape."""
    return -math.expm1(-shape * math.log1p(y))


def communication(K: int, L: int, alpha: float, D: float, degree: int) -> float:
    """The integral over z of E_t[F_K(z t^(alpha / 2))^-L], in this order; t = tau^6 crowds nodes at 0."""
    least = 1 / (K * L * alpha / (alpha - 2))
    low = math.log(min(least, 1 / D)) - 24 * (alpha / 2 if L > 1 else 1.0)

    def mean(z: float) -> float:
        if L == 1:
            return 1 / factor(K, alpha, z)
        edge = min(1.0, (K * z) ** (-2 / alpha)) ** (1 / 6)
        breaks = sorted({0.0, edge / 2, edge, *(min(1.0, edge * stretch) for stretch in (1.25, 1.6, 2.0, 2.6)), 1.0})
        return math.fsum(w * 6 * tau**5 * (L - 1) * (1 - tau**6) ** (L - 2)
                         * math.exp(-L * math.log(factor(K, alpha, z * tau ** (3 * alpha))))
                         for tau, w in panels(breaks, degree))

    return math.fsum(w * gamma_hit(D, math.exp(u)) * mean(math.exp(u))
                     for u, w in panels(spread(low, 12 * alpha, 4.0), degree))


def nodes(breaks: list[Any], degree: int) -> tuple[Any, Any]:
    """`panels` as arrays; breaks may be arrays themselves, nodes then run along a new last axis."""
    x, w = np.array(legendre(degree)).T
    low, width = np.stack(breaks[:-1], axis=-1)[..., None], np.diff(np.stack(breaks, axis=-1), axis=-1)[..., None]
    flat = (*np.shape(breaks[0]), -1)
    return (low + width * x).reshape(flat), (width * w).reshape(flat)


def beyond(K: int, alpha: float, sigma: float, edge: float) -> float:
    """The integral of (1 - (1 + sigma t^-alpha)^-K) 2 t over t > edge."""
    return edge**2 * (factor(K, alpha, sigma * edge**-alpha) - 1)


def hole_heard(K: int, alpha: float, sigma: float, a: Any, degree: int) -> Any:
    """The integral of (1 - (1 + sigma t^-alpha)^-K) l'(t) over t > a, lengths in R and areas in pi R^2."""
    far = np.array([beyond(K, alpha, sigma, edge) for edge in np.maximum(a, 2.0)])
    low = np.minimum(a / 2, 1.0)
    knee = min(1.0, max(1e-3, (K * sigma) ** (1 / alpha) / 2))
    breaks = [1 - np.sqrt(1 - np.maximum(low, x)) for x in (0.0, knee / 4, knee, (1 + knee) / 2, 1.0)]
    s, w = nodes(breaks, degree)  # t / 2 = 1 - (1 - s)^2
    t = 2 * (1 - (1 - s) ** 2)
    with np.errstate(divide="ignore"):
        heard = -np.expm1(-K * np.log1p(sigma * t**-alpha))
    return far + np.sum(w * heard * 2 * t * (1 - np.arccos(t / 2) / np.pi) * 4 * (1 - s), axis=-1)


def target_heard(K: int, alpha: float, sigma: float, kappa: Any, degree: int) -> Any:
    """The integral over the plane outside the unit disc, seen from kappa off its centre, areas in pi."""
    chi, w = nodes(spread(0.0, math.pi, 0.3), degree)
    t = 1 - kappa[:, None] * np.cos(chi)
    cosine = (t * t + kappa[:, None] ** 2 - 1) / (2 * t * kappa[:, None])
    share = 1 - np.arccos(np.clip(cosine, -1, 1)) / np.pi
    heard = -np.expm1(-K * np.log1p(sigma * t**-alpha))
    ring = np.sum(w * kappa[:, None] * np.sin(chi) * heard * 2 * t * share, axis=-1)
    return ring + np.array([beyond(K, alpha, sigma, 1 + k) for k in kappa])


def hole_area(a: Any) -> Any:
    """l(a): what lies nearer than a to the serving station and outside the hole, in units of pi R^2."""
    psi = np.arccos(np.minimum(a / 2, 1.0))
    lens = (psi * a * a + np.pi - 2 * psi - a * np.sin(psi)) / np.pi
    return a * a - lens


def sensing(K: int, Q: int, alpha: float, beta: float, c: float, bs_density: float, cluster_center: str,
            degree: int) -> float:
    """The integral over z R^(2 beta - alpha) = exp(u), the disc, and m = pi lambda R^2, the innermost.

    For "target", R stands for the distance r_Q and the disc for kappa = R / r_Q.
    """
    eta = alpha / 2 - beta
    gain = c * (math.pi * bs_density) ** -eta
    breaks = [0.0, 1e-9, 1e-6, 1e-4, 1e-2, 0.2, 1.0, 3.0, 8.0, 20.0, 45.0 + 2 * Q]
    tau, w = nodes([x ** (1 / 8) for x in breaks], degree)
    m = tau**8
    log_law = np.log(w * 8 * tau**7) - m + (Q - 1) * np.log(m) - math.lgamma(Q)
    size, area, log_weight, boost = discs(Q, cluster_center, beta, degree)
    heard_from = hole_heard if cluster_center == "serving_bs" else target_heard

    def inner(sigma: float) -> float:
        mass = area + heard_from(K, alpha, sigma, size, degree)
        hit = -np.expm1(-K * np.log1p(gain * sigma * boost[:, None] * m**eta))
        return float(np.sum(np.exp(log_weight[:, None] + log_law - m * mass[:, None]) * hit))

    reach = max(0.0, -math.log(gain))
    knee = -math.log(K) - alpha / 2 * math.log(Q * alpha / (alpha - 2))
    low = knee - abs(math.log(gain)) - 17 * max(1.0, beta if Q > 1 else -eta)
    high = (17 + reach / max(1.0, beta)) * alpha / 2 / max(1, Q - 1) + 12 * alpha
    breaks = spread(low, high, 5 / math.sqrt(1 + Q / 12))
    return math.fsum(w * inner(math.exp(u)) for u, w in panels(breaks, degree - 1))


def discs(Q: int, center: str, beta: float, degree: int) -> tuple[Any, Any, Any, Any]:
    """Sizes of the disc, their areas beside the 1 in exp(-m), ln weights, and the factors in front of the echo."""
    if Q == 1:
        return (np.array([0.0 if center == "serving_bs" else 1.0]), *np.zeros((2, 1)), np.ones(1))
    if center == "target":
        tau, w = nodes([0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0], degree)
        kappa = tau**3
        law = np.log(w * 6 * tau**2 * kappa * (Q - 1)) + (Q - 2) * np.log1p(-(kappa**2))
        return kappa, np.zeros_like(kappa), law, kappa ** (-2 * beta)
    s, near = nodes([0.0, 0.2, 0.5, 1.0], degree)
    x, far = nodes([0.0, 0.05, 0.15, 0.3, 0.6, 1.0], degree)
    a = np.concatenate([2 * (1 - (1 - s * s) ** 2), 2 / x**1.5])
    slope = 2 * a * (1 - np.arccos(np.minimum(1.0, a / 2)) / np.pi)
    measure = np.concatenate([near * 8 * s * (1 - s * s), far * 3 / x**2.5])
    area = hole_area(a)
    return a, area, np.log(measure * slope * (Q - 1)) + (Q - 2) * np.log(area), np.ones_like(a)


def settled(function: Callable[..., float], point: dict[str, Any], tolerance: float) -> dict[str, Any]:
    """The point with its rate, at rising degrees until two differ by less than ``tolerance``, and that difference."""
    factor.cache_clear()
    last, error = function(*point.values(), 3), math.inf
    for degree in (4, 5, 6):
        last, error = (now := function(*point.values(), degree)), abs(now / last - 1)
        if error < tolerance:
            break
    return {**point, "rate": last, "error": error}


COMMUNICATION = [
    *({"K": K, "L": L, "alpha": alpha, "D": D}
      for K, L, alpha, D in itertools.product((1, 12, 64), (1, 2, 5, 12), (2.05, 2.5, 4.0, 6.0), (1.0, 9.0, 200.0))),
    *({"K": K, "L": 64, "alpha": alpha, "D": D} for K, alpha, D in ((1, 2.05, 1.0), (1, 4.0, 64.0), (64, 6.0, 200.0))),
]
_LINKS = itertools.cycle([(1, 1e-4, 0.01), (12, 1e4, 100.0), (3, 1.0, 1.0), (64, 1e4, 0.01), (2, 1e-4, 100.0)])
_EXPONENTS = ((2.1, 2.0), (2.1, 4.0), (4.0, 2.0), (3.0, 2.5), (4.0, 3.5), (6.0, 2.0), (6.0, 3.0), (6.0, 4.0))
_CLUSTERS = (("serving_bs", (1, 2, 5, 12), 1), ("target", (2, 12), 2), ("serving_bs", (64,), 3))
SENSING = [{"K": K, "Q": Q, "alpha": alpha, "beta": beta, "c": c, "bs_density": density, "cluster_center": center}
           for center, sizes, every in _CLUSTERS for Q in sizes
           for (alpha, beta), (K, c, density) in zip(_EXPONENTS[::every], _LINKS, strict=False)]


def main() -> None:
    """Compute both grids and write them beside this script."""
    result = {"communication": [settled(communication, point, 1e-8) for point in COMMUNICATION],
              "sensing": [settled(sensing, point, 1e-5) for point in SENSING]}
    Path(__file__).with_name("reference.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
