"""What one look at a typical target comes to, for a scenario: exact figures from the law of its SIR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from isacsys.analysis.detection import (
    bearing_error_quantile,
    detected_share,
    mean_detection_probability,
    range_error_quantile,
    velocity_error_quantile,
)
from isacsys.analysis.scenarios import left_out
from isacsys.scenario import Scenario

CERTAIN = 0.95  # probability of detection that a share of the targets is to have


@dataclass(frozen=True)
class LookValues:
    """Exact figures of a look at the typical target, all requests granted.

    Attributes
    ----------
    detection_probability : float
        Mean over targets and RCS.
    detected_share : float
        Share of looks with a probability of 95 % or more, mean over the RCS.
    range_error, bearing_error, velocity_error : float or None
        Medians of the Cramer-Rao bounds, m, rad, m/s; None where nothing is told.
    """

    detection_probability: float
    detected_share: float
    range_error: float
    bearing_error: float | None
    velocity_error: float | None


def look_values(scenario: Scenario) -> LookValues | None:
    """Return the figures of a scenario that asks for detection; None where the analysis does not contain it."""
    if not scenario.detecting or left_out_of_looks(scenario):
        return None
    s, a, p = scenario.sensing, scenario.allocation, scenario.propagation
    rcs: dict[str, Any] = {"fluctuation": s.fluctuation,
                           "rcs_sigma_db": s.fluctuation_deviation if s.fluctuation == "lognormal" else 0.0}
    network: dict[str, Any] = {
        "K": a.users_per_bs, "Q": a.sensing_cluster, "alpha": p.path_loss_exponent, "beta": p.echo_exponent,
        "c": scenario.echo_gain, "bs_density": scenario.network.bs_density, "cluster_center": s.cluster_center}
    alarm: dict[str, Any] = {"false_alarm": scenario.false_alarm, "cells": s.cfar_cells}
    antennas = scenario.antennas.receive
    return LookValues(
        mean_detection_probability(**alarm, **rcs, **network),
        detected_share(at_least=CERTAIN, **alarm, **rcs, **network),
        range_error_quantile(bandwidth=scenario.bandwidth, **rcs, **network),
        bearing_error_quantile(M_r=antennas, **rcs, **network) if antennas > 1 else None,
        velocity_error_quantile(coherent_time=s.coherent_time, carrier_frequency=p.carrier_frequency, **rcs, **network)
        if s.coherent_time > 0 else None)


def left_out_of_looks(scenario: Scenario) -> list[str]:
    """Return one line for every setting whose effect on looks the analysis does not contain."""
    lines = [line for line in left_out(scenario, "sensing") if not line.startswith("sensing.fluctuation")]
    if scenario.precoding.sensing_power > 0:
        lines.append("precoding.sensing_power: the law of the SIR is that of users' beams")
    return lines
