"""P1 and P2 over more than K, L, J, Q: the power share of sensing beams, and how a cluster cooperates.

Both give `optimization.Designs`, so that `restricted`, `best` and `pareto_front` serve them as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.interpolate import BarycentricInterpolator

from isacsys.analysis._arguments import choice, real, steepness, whole
from isacsys.analysis._numerics import COARSE
from isacsys.analysis.communication_rates import area_spectral_efficiency, communication_rate
from isacsys.analysis.cooperation import joint_rate
from isacsys.analysis.optimization import Designs, design_space, feasible
from isacsys.analysis.sensing_beams import (
    communication_rate_with_beams,
    sensing_rate_with_beams,
    target_rate,
    user_rate,
)
from isacsys.analysis.sensing_rates import GEOMETRIES
from isacsys.core.arrays import Array, Index

SHARES = np.arange(96) / 100  # of the power, that are compared
# shares sin^2 of these angles are computed: rates are smooth there, at both ends
ANGLES = np.arcsin(np.sqrt(SHARES[-1])) * (1 - np.cos(np.pi * np.arange(9) / 8)) / 2
MODES = ("nothing", "nulling", "joint")


class Rates(NamedTuple):
    """Rates in nats of every K and L, each [design], by what the other members of a cluster do; see `MODES`."""

    K: Index
    L: Index
    nothing: Array
    nulling: Array
    joint: Array

    @property
    def best(self) -> list[str]:
        """What is best for each."""
        return [MODES[i] for i in np.argmax([self.nothing, self.nulling, self.joint], axis=0)]


def power_space(*, M_t: int, J_max: int = 10, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0,
                bs_density: float = 1.0, cluster_center: str = "serving_bs", share: float | None = None) -> Designs:
    """Return every feasible design with every share of the power in steps of 0.01, from 0 to 0.95, or with one.

    Rates are computed at nine shares and interpolated between them, to 0.1 % or better; `exactly` computes those of the
    designs that are chosen. About 3 s for 10 antennas and 13 s for 20; with one ``share``, computed, a ninth of that.

    Parameters
    ----------
    M_t, J_max, alpha, beta, c, bs_density, cluster_center
        As in `design_space`.
    share : float, optional
        From 0 to 0.95.
    """
    K, L, J, Q = feasible(int(whole("M_t", M_t, 2)), int(whole("J_max", J_max)))
    exponent, echo = float(steepness("alpha", alpha)), float(steepness("beta", beta, 0))
    density, geometry = float(real("bs_density", bs_density, above=0)), GEOMETRIES[choice(
        "cluster_center", cluster_center, tuple(GEOMETRIES))][0]
    law = (exponent, echo, float(np.log(real("c", c, above=0)) - (exponent / 2 - echo) * np.log(np.pi * density)))
    free = M_t - K * L - J * (Q - 1)

    def user(k: int, size: int, j: int, left: int, share: float) -> float:
        return float(user_rate(k, size, j, share, left + 1, exponent, COARSE)[0])

    def target(k: int, j: int, q: int, left: int, share: float) -> float:
        return float(target_rate(M_t, k, j, q, share, left, geometry, law, COARSE)[0])

    shares = SHARES if share is None else real("share", share, minimum=0, maximum=float(SHARES[-1])).reshape(1)
    rate_c, rate_s = (_over_shares(rate, shares, *sizes)
                      for rate, sizes in ((user, (K, L, J, free)), (target, (K, J, Q, free))))
    K, L, J, Q = (np.repeat(values, len(shares)) for values in (K, L, J, Q))
    return Designs(K, L, J, Q, rate_c, rate_s, area_spectral_efficiency(rate_c, links=K, bs_density=density),
                   area_spectral_efficiency(rate_s, links=J, bs_density=density),
                   sensing_power=np.tile(shares, len(free)))


def exactly(design: Designs, *, M_t: int, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0,
            bs_density: float = 1.0, cluster_center: str = "serving_bs") -> Designs:
    """Return designs of `power_space` with their rates computed, not interpolated; parameters as there."""
    sizes: dict[str, Any] = {"M_t": M_t, "sensing_power": np.asarray(design.sensing_power),
                             **{name: getattr(design, name) for name in "KLJQ"}}
    rate_c = communication_rate_with_beams(alpha=alpha, **sizes)
    rate_s = sensing_rate_with_beams(alpha=alpha, beta=beta, c=c, bs_density=bs_density,
                                     cluster_center=cluster_center, **sizes)
    return replace(design, communication_rate=rate_c, sensing_rate=rate_s,
                   communication_ase=area_spectral_efficiency(rate_c, links=design.K, bs_density=bs_density),
                   sensing_ase=area_spectral_efficiency(rate_s, links=design.J, bs_density=bs_density))


def cooperation_space(*, M_t: int, J_max: int = 10, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0,
                      bs_density: float = 1.0, cluster_center: str = "serving_bs") -> Designs:
    """Return every feasible design with the better of nulling and joint transmission; L = 1 is "nothing".

    Parameters as in `design_space`.
    """
    designs = design_space(M_t=M_t, J_max=J_max, alpha=alpha, beta=beta, c=c, bs_density=bs_density,
                           cluster_center=cluster_center)
    several = designs.L > 1
    joint = np.zeros(len(designs))
    sizes = {name: getattr(designs, name)[several] for name in "KLJQ"}
    joint[several] = joint_rate(M_t=M_t, alpha=alpha, **sizes)
    better = joint > designs.communication_rate
    rate = np.where(better, joint, designs.communication_rate)
    mode = np.where(better, "joint", np.where(several, "nulling", "nothing"))
    return replace(designs, communication_rate=rate, cooperation=mode,
                   communication_ase=area_spectral_efficiency(rate, links=designs.K, bs_density=bs_density))


def cooperation_rates(*, M_t: int, J: int = 1, Q: int = 1, alpha: float = 4.0) -> Rates:
    """Return the exact rates of every feasible K and L where the cluster does nothing, nulls, or sends jointly.

    Nothing is L = 1: the antennas that nulls or streams for other users would take are left to the own ones.

    Parameters
    ----------
    M_t, J, Q, alpha
        As in `communication_rate`.
    """
    taken = int(whole("J", J, 0)) * (int(whole("Q", Q)) - 1)
    most = int(whole("M_t", M_t, 2)) - 1 - taken
    K, L = np.array([(k, size) for k in range(1, most + 1) for size in range(1, most // k + 1)], int).reshape(-1, 2).T
    link: dict[str, Any] = {"M_t": M_t, "K": K, "J": J, "Q": Q, "alpha": alpha}
    return Rates(K, L, communication_rate(**link), communication_rate(L=L, **link), joint_rate(L=L, **link))


def _over_shares(rate: Callable[..., float], shares: Array, *sizes: Index) -> Array:
    """Return ``rate`` of every design and share, [design x share]; each distinct design once."""
    distinct, back = np.unique(sizes, axis=1, return_inverse=True)
    computed = shares if len(shares) == 1 else np.sin(ANGLES) ** 2
    values = np.array([[rate(*design, share) for design in distinct.T.tolist()] for share in computed])
    if len(shares) > 1:
        values = np.asarray(BarycentricInterpolator(ANGLES, values)(np.arcsin(np.sqrt(shares))))
    return np.asarray(values.T[back.ravel()].ravel())
