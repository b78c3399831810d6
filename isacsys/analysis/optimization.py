"""Problems P1 and P2 of Meng & Masouros over all feasible whole designs, and the Pareto front between them.

R_c depends on K, L and D alone and R_s on K and Q alone, so one table of each (`design_space`) serves every weight and
every bound. P1 is ``best(designs, rho=...)``; P2 is ``best(restricted(designs, ...), rho=1)``; the boundary of Fig. 5
is ``pareto_front(restricted(designs, ...))``. Rates in nats, ASE in nats per km^2.

The wider problems, over the power share of sensing beams, and how a cluster cooperates, give `Designs` as well, so that
`restricted`, `best` and `pareto_front` serve them, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import BarycentricInterpolator

from isacsys.analysis._arguments import choice, real, steepness, whole
from isacsys.analysis._numerics import COARSE
from isacsys.analysis.communication_rates import (
    area_spectral_efficiency,
    communication_rate,
    communication_rate_approximate,
)
from isacsys.analysis.cooperation import joint_rate
from isacsys.analysis.sensing_beams import (
    communication_rate_with_beams,
    sensing_rate_with_beams,
    target_rate,
    user_rate,
)
from isacsys.analysis.sensing_rates import GEOMETRIES, sensing_rate, sensing_rate_approximate
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError

METHODS = ("exact", "approximate")
MOST_DESIGNS = 10_000_000  # pairs of users and targets that are looked at
SHARES = np.arange(96) / 100  # of the power, that are compared
# shares sin^2 of these angles are computed: rates are smooth there, at both ends
ANGLES = np.arcsin(np.sqrt(SHARES[-1])) * (1 - np.cos(np.pi * np.arange(9) / 8)) / 2
MODES = ("nothing", "nulling", "joint")


class InfeasibleBounds(ConfigError):
    """Bounds that no design meets: the first that fails, the best it can be, and the bounds already held to.

    Parameters
    ----------
    key, value : str, float
        The bound that cannot be met.
    best : float
        The largest value that can be reached beside ``others``.
    others : tuple of str
        Bounds that were met so far; empty if this one is out of reach by itself.
    """

    def __init__(self, key: str, value: float, best: float, others: tuple[str, ...]) -> None:
        self.best, self.others = best, others
        super().__init__(key, value, f"at most {best:.6g}" + (" beside " + ", ".join(others) if others else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.key, self.value, self.best, self.others)


@dataclass(frozen=True)
class Designs:
    """Designs with their rates and area spectral efficiencies, each [design] (or scalars, for one design).

    The share of the power on sensing beams and the mode of cooperation are those of `power_space` and
    `cooperation_space`, None elsewhere.
    """

    K: Index
    L: Index
    J: Index
    Q: Index
    communication_rate: Array
    sensing_rate: Array
    communication_ase: Array
    sensing_ase: Array
    sensing_power: Array | None = None
    cooperation: npt.NDArray[np.str_] | None = None

    def __getitem__(self, index: Any) -> Designs:
        """Select designs as numpy would."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value[index] for name, value in values.items() if value is not None})

    def __len__(self) -> int:
        """Count the designs."""
        return len(self.K)


def design_space(*, M_t: int, J_max: int = 10, alpha: float = 4.0, beta: float = 2.0, c: float = 1.0,
                 bs_density: float = 1.0, cluster_center: str = "serving_bs", method: str = "exact") -> Designs:
    """Return every design with ``K L + J (Q - 1) + 1 <= M_t``, K, L, J, Q >= 1, J <= J_max, Meng & Masouros (16a, b).

    Parameters
    ----------
    M_t, J_max : int
        Transmit antennas, at least 2; largest number of targets of a station.
    alpha, beta, c, bs_density, cluster_center
        As in `communication_rate` and `sensing_rate`.
    method : str
        "exact", or "approximate": Theorem 1, and Proposition 2 or Theorem 2 (which know no cluster centre).
    """
    exact = choice("method", method, METHODS) == "exact"
    K, L, J, Q = feasible(int(whole("M_t", M_t, 2)), int(whole("J_max", J_max)))
    link = {"alpha": alpha, "beta": beta, "c": c, "bs_density": bs_density}
    if exact:
        rate_c = communication_rate(M_t=M_t, K=K, L=L, J=J, Q=Q, alpha=alpha)
        rate_s = sensing_rate(K=K, Q=Q, cluster_center=cluster_center, **link)
    else:
        rate_c = communication_rate_approximate(M_t=M_t, K=K, L=L, J=J, Q=Q, alpha=alpha)
        rate_s = sensing_rate_approximate(K=K, Q=Q, **link)
    return Designs(K, L, J, Q, rate_c, rate_s, area_spectral_efficiency(rate_c, links=K, bs_density=bs_density),
                   area_spectral_efficiency(rate_s, links=J, bs_density=bs_density))


def feasible(M_t: int, J_max: int) -> tuple[Index, ...]:
    """Return K, L, J, Q [design] of all designs that meet (16a) and (16b)."""
    most = M_t - 1
    pairs = most * (1 + np.log(max(most, 1))) * (J_max + most * min(1 + np.log(J_max), np.log(max(most, 2))))
    if pairs > MOST_DESIGNS:
        raise ConfigError("J_max" if J_max > most else "M_t", J_max if J_max > most else M_t,
                          f"fewer: some {pairs:.1g} designs would be looked at, and {MOST_DESIGNS} are the most")
    users = np.array([(K, L) for K in range(1, most + 1) for L in range(1, most // K + 1)])
    targets = np.array([(J, 1 + extra) for J in range(1, J_max + 1) for extra in range((most - 1) // J + 1)])
    free = most - users.prod(axis=1)
    i, j = np.nonzero(free[:, None] >= targets[:, 0] * (targets[:, 1] - 1))
    return users[i, 0], users[i, 1], targets[j, 0], targets[j, 1]


def restricted(designs: Designs, *, min_communication_rate: float = 0.0, min_sensing_rate: float = 0.0,
               min_communication_ase: float = 0.0, min_sensing_ase: float = 0.0, min_communication_cluster: int = 1,
               min_sensing_cluster: int = 1) -> Designs:
    """Return the designs that meet the bounds of P2: R_c, R_s, T_c, T_s (nats), L and Q at least as given.

    Meng & Masouros (19a), whose last bound is T_s.

    Raises
    ------
    InfeasibleBounds
        Names a bound that cannot be met and the best that can.
    """
    bounds = {"min_communication_cluster": (designs.L, min_communication_cluster),
              "min_sensing_cluster": (designs.Q, min_sensing_cluster),
              "min_communication_rate": (designs.communication_rate, min_communication_rate),
              "min_sensing_rate": (designs.sensing_rate, min_sensing_rate),
              "min_communication_ase": (designs.communication_ase, min_communication_ase),
              "min_sensing_ase": (designs.sensing_ase, min_sensing_ase)}
    for name, (values, bound) in bounds.items():
        if values.max() < real(name, bound):
            raise InfeasibleBounds(name, bound, float(values.max()), ())
    kept = np.ones(len(designs), dtype=bool)
    met: tuple[str, ...] = ()
    for name, (values, bound) in bounds.items():
        if values[kept].max() < bound:
            raise InfeasibleBounds(name, bound, float(values[kept].max()), met)
        met += (name,) if np.any(values[kept] < bound) else ()
        kept &= values >= bound
    return designs[kept]


def best(designs: Designs, *, rho: float) -> Designs:
    """Return the design that maximises ``rho T_c + (1 - rho) T_s``, Meng & Masouros (15).

    Ties: the larger ASE of the one with the smaller weight (T_s for rho >= 1/2), then smaller L, Q, K, J.
    """
    rho = float(real("rho", rho, minimum=0, maximum=1))
    other = designs.sensing_ase if rho >= 0.5 else designs.communication_ase
    objective = rho * designs.communication_ase + (1 - rho) * designs.sensing_ase
    return designs[np.lexsort((designs.J, designs.K, designs.Q, designs.L, -other, -objective))[0]]


def pareto_front(designs: Designs) -> Designs:
    """Return the designs that no other one beats in both T_c and T_s, by falling T_c.

    Of designs with equal T_c and T_s the one with smaller L, Q, K, J.
    """
    ordered = designs[np.lexsort((designs.J, designs.K, designs.Q, designs.L, -designs.sensing_ase,
                                  -designs.communication_ase))]
    highest = np.maximum.accumulate(ordered.sensing_ase)
    return ordered[np.flatnonzero(np.concatenate([[True], ordered.sensing_ase[1:] > highest[:-1]]))]


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
