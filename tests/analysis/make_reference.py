"""Writes reference.json: rates by plain nested quadrature with mpmath, for test_reference.py. Run by hand.

Another road than the package's at every turn: hypergeometric functions of mpmath instead of incomplete beta
functions; the original order of integration; composite Gauss-Legendre panels; the squared distance integrated
numerically; the hole by its arc cosine in the plain distance. Special functions have 25 digits, sums are doubles.
Every value is computed with two numbers of nodes, and their difference is kept beside it.
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
from mpmath.calculus.quadrature import GaussLegendre

mp.mp.dps = 25


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


def hole_heard(K: int, alpha: float, sigma: float, a: float, degree: int) -> float:
    """The integral of (1 - (1 + sigma t^-alpha)^-K) l'(t) over t > a, lengths in R and areas in pi R^2."""
    edge = max(a, 2.0)
    beyond = edge**2 * (factor(K, alpha, sigma * edge**-alpha) - 1)
    if a >= 2:
        return beyond
    knee = min(1.0, max(1e-3, (K * sigma) ** (1 / alpha) / 2))
    breaks = sorted({x for x in (0.0, knee / 4, knee, 1.0) if x > a / 2} | {a / 2, 1.0})  # of cos psi = t / 2
    return beyond + math.fsum(w * gamma_hit(K, sigma * t**-alpha) * 2 * t * (1 - math.acos(t / 2) / math.pi)
                              * 4 * (1 - s) for t, s, w in _rooted(breaks, degree))


def _rooted(breaks: list[float], degree: int) -> Iterator[tuple[float, float, float]]:
    """Panels in t / 2 = 1 - (1 - s)^2: t, s and the weight of ds."""
    for s, w in panels([1 - math.sqrt(1 - x) for x in breaks], degree):
        yield 2 * (1 - (1 - s) ** 2), s, w


def target_heard(K: int, alpha: float, sigma: float, kappa: float, degree: int) -> float:
    """The integral over the plane outside the unit disc, seen from kappa off its centre, areas in pi."""
    edge = 1 + kappa
    ring = 0.0
    for chi, w in panels(spread(0.0, math.pi, 0.4), degree):  # t = 1 - kappa cos chi
        t = 1 - kappa * math.cos(chi)
        share = 1 - math.acos(max(-1.0, min(1.0, (t * t + kappa**2 - 1) / (2 * t * kappa)))) / math.pi
        ring += w * kappa * math.sin(chi) * gamma_hit(K, sigma * t**-alpha) * 2 * t * share
    return ring + edge**2 * (factor(K, alpha, sigma * edge**-alpha) - 1)


def hole_area(a: float) -> float:
    """l(a): what lies nearer than a to the serving station and outside the hole, in units of pi R^2."""
    if a >= 2:
        return a * a - 1
    psi = math.acos(a / 2)
    lens = 2 * psi / math.pi * (a * a / 2) + (2 / math.pi) * (math.pi / 2 - psi) - a / math.pi * math.sin(psi)
    return a * a - lens


def sensing(K: int, Q: int, alpha: float, beta: float, c: float, density: float, center: str, degree: int) -> float:
    """The integral over z R^(2 beta - alpha) = exp(u), m = pi lambda R^2 and the disc, m the innermost.

    For "target", R stands for the distance r_Q and the disc for kappa = R / r_Q.
    """
    eta = alpha / 2 - beta
    gain = c * (math.pi * density) ** -eta
    breaks = [0.0, *(x ** (1 / 8) for x in (1e-9, 1e-6, 1e-4, 1e-2, 0.2, 1.0, 3.0, 8.0, 20.0, 45.0 + 2 * Q))]
    squares = [(tau**8, w * 8 * tau**7) for tau, w in panels(breaks, degree - 1)]
    scales = [(m, math.log(w) - m + (Q - 1) * math.log(m) - math.lgamma(Q), m**eta) for m, w in squares]
    discs = list(_discs(Q, center, beta, degree))
    heard_from = hole_heard if center == "serving_bs" else target_heard

    def inner(u: float) -> float:
        sigma = math.exp(u)
        total = 0.0
        for size, area, log_weight, boost in discs:
            mass = area + heard_from(K, alpha, sigma, size, degree - 1)
            total += math.fsum(math.exp(log_weight + log_w - m * mass) * gamma_hit(K, gain * boost * sigma * ratio)
                               for m, log_w, ratio in scales)
        return total

    reach = max(0.0, -math.log(gain))
    low = -reach - math.log(K) - 17 * max(1.0, beta if Q > 1 else -eta) - alpha / 2 * math.log(Q * alpha / (alpha - 2))
    high = (17 + reach / max(1.0, beta)) * alpha / 2 / max(1, Q - 1) + 6 * alpha
    return math.fsum(w * inner(u) for u, w in panels(spread(low, high, 5.0), degree - 1))


def _discs(Q: int, center: str, beta: float, degree: int) -> Iterator[tuple[float, float, float, float]]:
    """Size of the disc, its area beside the 1 in exp(-m), ln weight, and the factor in front of the echo."""
    if Q == 1:
        yield (0.0 if center == "serving_bs" else 1.0), 0.0, 0.0, 1.0
    elif center == "target":
        for tau, w in panels([0.0, 0.3, 0.5, 0.7, 0.85, 1.0], degree - 1):
            kappa = tau**3
            log_law = math.log(Q - 1) + (Q - 2) * math.log1p(-(kappa**2))
            yield kappa, 0.0, math.log(w * 3 * tau**2 * 2 * kappa) + log_law, kappa ** (-2 * beta)
    else:
        near = ((2 * (1 - (1 - s * s) ** 2), w * 8 * s * (1 - s * s))
                for s, w in panels([0.0, 0.2, 0.5, 1.0], degree - 1))
        far = ((2 / x**1.5, w * 3 / x**2.5) for x, w in panels([0.0, 0.05, 0.15, 0.3, 0.6, 1.0], degree - 1))
        for a, w in itertools.chain(near, far):
            slope = 2 * a * (1 - math.acos(min(1.0, a / 2)) / math.pi)
            yield a, hole_area(a), math.log(w * slope * (Q - 1)) + (Q - 2) * math.log(hole_area(a)), 1.0


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
SENSING = [{"K": K, "Q": Q, "alpha": alpha, "beta": beta, "c": c, "bs_density": density, "cluster_center": center}
           for center, sizes in (("serving_bs", (1, 2, 5, 12)), ("target", (2, 12)), ("serving_bs", (64,)))
           for Q in sizes for (alpha, beta), (K, c, density) in zip(_EXPONENTS, _LINKS, strict=False)]


def main() -> None:
    """Compute both grids and write them beside this script."""
    result = {"communication": [settled(communication, point, 1e-8) for point in COMMUNICATION],
              "sensing": [settled(sensing, point, 1e-6) for point in SENSING]}
    Path(__file__).with_name("reference.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
