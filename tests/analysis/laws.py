"""Path loss of TR 38.901 v19, Table 7.4.1-1 and Table 7.4.2-1, outdoors, written for these tests alone."""

import numpy as np

from isacsys.core.propagation_law import LinkState, PropagationLaw

C = 3.0e8


def two_states(p_los, los, nlos, sigma_los, sigma_nlos, minimum_distance=0.0):
    """Distances in m here, in km there."""
    def constant(sigma):
        return sigma if callable(sigma) else lambda d: np.full_like(d, sigma)

    def metres(function):
        return lambda r: function(1e3 * r)

    return PropagationLaw(
        (LinkState(metres(p_los), metres(los), metres(constant(sigma_los))),
         LinkState(metres(lambda d: 1 - p_los(d)), metres(nlos), metres(constant(sigma_nlos)))), minimum_distance)


def uma(ghz=3.5, h_bs=25.0, h_ut=1.5, minimum_distance=0.0):
    breakpoint_ = 4 * (h_bs - 1) * (h_ut - 1) * ghz * 1e9 / C
    drop = h_bs - h_ut

    def los(d):
        d3 = np.hypot(d, drop)
        near = 28 + 22 * np.log10(d3) + 20 * np.log10(ghz)
        far = 28 + 40 * np.log10(d3) + 20 * np.log10(ghz) - 9 * np.log10(breakpoint_**2 + drop**2)
        return np.where(d <= breakpoint_, near, far)

    def nlos(d):
        return np.maximum(los(d), 13.54 + 39.08 * np.log10(np.hypot(d, drop)) + 20 * np.log10(ghz) - 0.6 * (h_ut - 1.5))

    return two_states(lambda d: _street(d, 63), los, nlos, 4.0, 6.0, minimum_distance)


def umi(ghz=3.5, h_bs=10.0, h_ut=1.5):
    breakpoint_ = 4 * (h_bs - 1) * (h_ut - 1) * ghz * 1e9 / C
    drop = h_bs - h_ut

    def los(d):
        d3 = np.hypot(d, drop)
        near = 32.4 + 21 * np.log10(d3) + 20 * np.log10(ghz)
        far = 32.4 + 40 * np.log10(d3) + 20 * np.log10(ghz) - 9.5 * np.log10(breakpoint_**2 + drop**2)
        return np.where(d <= breakpoint_, near, far)

    def nlos(d):
        loss = 35.3 * np.log10(np.hypot(d, drop)) + 22.4 + 21.3 * np.log10(ghz) - 0.3 * (h_ut - 1.5)
        return np.maximum(los(d), loss)

    return two_states(lambda d: _street(d, 36), los, nlos, 4.0, 7.82)


def rma(ghz=0.7, h_bs=35.0, h_ut=1.5, h=5.0, street=20.0):
    breakpoint_ = 2 * np.pi * h_bs * h_ut * ghz * 1e9 / C
    drop = h_bs - h_ut

    def near(d3):
        return (20 * np.log10(40 * np.pi * d3 * ghz / 3) + min(0.03 * h**1.72, 10) * np.log10(d3)
                - min(0.044 * h**1.72, 14.77) + 0.002 * np.log10(h) * d3)

    def los(d):
        d3, edge = np.hypot(d, drop), np.hypot(breakpoint_, drop)
        return np.where(d <= breakpoint_, near(d3), near(edge) + 40 * np.log10(d3 / edge))

    def nlos(d):
        loss = (161.04 - 7.1 * np.log10(street) + 7.5 * np.log10(h) - (24.37 - 3.7 * (h / h_bs) ** 2) * np.log10(h_bs)
                + (43.42 - 3.1 * np.log10(h_bs)) * (np.log10(np.hypot(d, drop)) - 3) + 20 * np.log10(ghz)
                - (3.2 * np.log10(11.75 * h_ut) ** 2 - 4.97))
        return np.maximum(los(d), loss)

    return two_states(lambda d: np.exp(-np.maximum(d - 10, 0) / 1000), los, nlos,
                      lambda d: np.where(d <= breakpoint_, 4.0, 6.0), 8.0)


def inf_sl(ghz=3.5, h_bs=1.5, h_ut=1.5, clutter=10.0, density=0.2):
    """Sparse clutter, low base station."""
    def los(d):
        return 31.84 + 21.5 * np.log10(np.hypot(d, h_bs - h_ut)) + 19 * np.log10(ghz)

    def nlos(d):
        return np.maximum(los(d), 33 + 25.5 * np.log10(np.hypot(d, h_bs - h_ut)) + 20 * np.log10(ghz))

    return two_states(lambda d: np.exp(d * np.log(1 - density) / clutter), los, nlos, 4.3, 5.7)


def _street(d, scale):
    """LOS probability of UMi and of UMa up to a height of 13 m."""
    d = np.maximum(d, 18.0)
    return 18 / d + np.exp(-d / scale) * (1 - 18 / d)
