"""Closed forms of Meng & Masouros, "Networked ISAC Coordinated Beamforming and Cooperative BS Cluster Optimization".

Exact for the gamma model: `communication_rate`, `sensing_rate`, their coverages and quantiles; the paper's
approximations beside them; `propagation`, the same under any law of path loss, with shadowing and noise; `throughput`,
bits per symbol of any link law (`link_laws`); `optimization` (P1, P2, the Pareto front); `sampling`, Monte Carlo of the
same models; `scenarios`, the values of a scenario. The package imports nothing of the simulation, which it checks.

Misprints of the paper
----------------------
Each is corrected here; ``tests/analysis/test_misprints.py`` holds the printed forms against a Monte Carlo that the
corrected ones pass. Figures at alpha = 4 unless said.

Equation (8), Theorem 1, ``F = (e^-z - 1) + z^delta Gamma(1 - delta, z)``
    The -1 is spurious (the appendix has it not) and the incomplete gamma function must be the lower
    one: ``1 / F = E[exp(-z I)]`` lies between 0 and 1. At z = 1 it is 0.537, in a Monte Carlo
    0.536; the printed F gives -2.8, without the -1 1.55, with the lower function but the -1 1.16. The printed F
    crosses zero, so the integral has no value.
Section III.B, alpha and beta
    Interchanged in (10) to (14) and (24): interference falls with distance^-alpha, the echo with R^(-2 beta). At the
    paper's own beta = 2 the printed ``B(., 1 - 2 / beta, .)`` is infinite.
Equation (10) to (12), Proposition 2, upper limit 2 / pi
    The hole reaches to twice the target distance: t from 0 to 2, with 2 / pi in front in (10) and (12). As printed,
    R_s is 1.256 nats instead of 1.342 (K = 1, c = 1, beta = 2).
Equation (10), Proposition 2, ``f(R)``
    ``L_Is(z)`` carries the density of R already (the term + 1 in its exponent, from the substitution pi lambda R^2);
    applied once more it takes R_s from 1.342 to 1.013 nats (K = 1, c = 1, beta = 2).
Equation (14), Theorem 2
    The bracket must enclose ``(1 + ...)^-K - 1`` as in (24), and the ASE is lambda_b J times the integral.
Equation (17), (18), Proposition 3
    ``G(v) = v int (1 - exp(-z Y)) / (z F) dz``; what is printed is G'. Both drop the gain G_L: Y = G_L (1 / v - L).
    v*(3) is 0.2221; the printed condition has its root at 0.2119, where the ASE is lower.
Proof of Proposition 3, ``G'' > 0``
    A concave G has G'' < 0.
Equation (19a), last bound
    ``T_s >= T_s^th``; printed is T_c^th.
"""

from isacsys.analysis._numerics import AccuracyWarning
from isacsys.analysis.communication_rates import (
    area_spectral_efficiency,
    bits,
    communication_coverage,
    communication_rate,
    communication_rate_approximate,
    communication_rate_quantile,
    degrees_of_freedom,
    effective_gain,
    mean_communication_rate,
    optimal_load,
)
from isacsys.analysis.cooperation import coherent_joint_rate, joint_rate, sample_joint_sir
from isacsys.analysis.detection_law import (
    bearing_error_quantile,
    detected_share,
    detection_probability,
    mean_detection_probability,
    range_error_quantile,
    velocity_error_quantile,
)
from isacsys.analysis.fused_bounds import information_bound, mean_information, sample_information
from isacsys.analysis.lattices import lattice_gain
from isacsys.analysis.line_process import (
    mean_propagation_rate,
    power_law,
    propagation_coverage,
    propagation_rate,
    propagation_rate_quantile,
)
from isacsys.analysis.optimization import (
    Designs,
    InfeasibleBounds,
    best,
    cooperation_rates,
    cooperation_space,
    design_space,
    pareto_front,
    power_space,
    restricted,
)
from isacsys.analysis.sampling import sample_communication_sir, sample_propagation_sinr, sample_sensing_sir
from isacsys.analysis.sensing_beams import communication_rate_with_beams, quantisation_error, sensing_rate_with_beams
from isacsys.analysis.sensing_rates import (
    echo_gain,
    sensing_coverage,
    sensing_rate,
    sensing_rate_approximate,
    sensing_rate_beam_law,
    sensing_rate_quantile,
)
from isacsys.analysis.throughput import expected_efficiency

__all__ = [
    "AccuracyWarning", "Designs", "InfeasibleBounds", "area_spectral_efficiency", "bearing_error_quantile", "best",
    "bits", "coherent_joint_rate", "communication_coverage", "communication_rate", "communication_rate_approximate",
    "communication_rate_quantile", "communication_rate_with_beams", "cooperation_rates", "cooperation_space",
    "degrees_of_freedom", "design_space", "detected_share", "detection_probability", "echo_gain", "effective_gain",
    "expected_efficiency", "information_bound", "joint_rate", "lattice_gain", "mean_communication_rate",
    "mean_detection_probability", "mean_information", "mean_propagation_rate", "optimal_load", "pareto_front",
    "power_law", "power_space", "propagation_coverage", "propagation_rate", "propagation_rate_quantile",
    "quantisation_error", "range_error_quantile", "restricted", "sample_communication_sir", "sample_information",
    "sample_joint_sir", "sample_propagation_sinr", "sample_sensing_sir", "sensing_coverage", "sensing_rate",
    "sensing_rate_approximate", "sensing_rate_beam_law", "sensing_rate_quantile", "sensing_rate_with_beams",
    "velocity_error_quantile",
]
