"""Check a formula: a mean over a sweep, and a distribution, against the simulation.

    python scenarios/check_a_formula.py
"""

import numpy as np
from scipy.integrate import quad
from scipy.special import gamma, gammainc

import isacsys

USERS = "allocation.users_per_bs"


def theorem_1(scenario):
    """Rate of the typical user in bit/s/Hz for L = 1 and alpha = 4, by Theorem 1 of the paper (corrected)."""
    served, antennas = scenario.allocation.users_per_bs, scenario.antennas.transmit
    ratio = (antennas - served + 1) / served

    def integrand(z):
        crowd = np.exp(-z) + np.sqrt(z) * gamma(0.5) * gammainc(0.5, z)
        return -np.expm1(-z * ratio) / (z * crowd)

    return (quad(integrand, 0, 1)[0] + quad(integrand, 1, np.inf)[0]) / np.log(2)


def nearest_station(scenario, distances):
    """P(distance to the nearest station > r) = exp(-pi lambda r^2)."""
    return np.exp(-np.pi * scenario.network.bs_density * distances**2)


def main(drops=100, users=range(1, 18, 2), output="formula.png", **how):
    """Print a table and a verdict for both, and draw the first."""
    scenario = isacsys.Scenario().replace({"allocation.targets_per_bs": 0})
    rate = isacsys.validate(scenario, formula=theorem_1, metric="communication_rate", sweep={USERS: users},
                            drops=drops, **how)
    print(rate)
    rate.plot(output)
    distance = isacsys.validate(scenario, formula=nearest_station, metric="communication_distance", drops=drops, **how)
    print(distance)
    return rate, distance


if __name__ == "__main__":
    main()
