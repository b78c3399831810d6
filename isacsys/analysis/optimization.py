"""Problems P1 and P2 of Meng & Masouros over all feasible whole designs, and the Pareto front between them.

R_c depends on K, L and D alone and R_s on K and Q alone, so one table of each (`design_space`) serves every weight and
every bound. P1 is ``best(designs, rho=...)``; P2 is ``best(restricted(designs, ...), rho=1)``; the boundary of Fig. 5
is ``pareto_front(restricted(designs, ...))``. Rates in nats, ASE in nats per km^2.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.analysis._arguments import choice, real, whole
from isacsys.analysis.communication_rates import (
    area_spectral_efficiency,
    communication_rate,
    communication_rate_approximate,
)
from isacsys.analysis.sensing_rates import sensing_rate, sensing_rate_approximate
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError

METHODS = ("exact", "approximate")
MOST_DESIGNS = 10_000_000  # pairs of users and targets that are looked at


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

    The share of the power on sensing beams and the mode of cooperation are those of `wider_search`, None elsewhere.
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
    bounds = {
        "min_communication_cluster": (designs.L, min_communication_cluster),
        "min_sensing_cluster": (designs.Q, min_sensing_cluster),
        "min_communication_rate": (designs.communication_rate, min_communication_rate),
        "min_sensing_rate": (designs.sensing_rate, min_sensing_rate),
        "min_communication_ase": (designs.communication_ase, min_communication_ase),
        "min_sensing_ase": (designs.sensing_ase, min_sensing_ase),
    }
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
