"""What one look at a typical target comes to, for a scenario: exact figures from the law of its SIR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from isacsys.analysis.detection import (
    bearing_error_quantile,
    detected_share,
    mean_detection_probability,
    range_error_quantile,
    velocity_error_quantile,
)
from isacsys.analysis.multistatic import information_bound, mean_information, sample_information
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
                           "rcs_sigma_db": scenario.rcs_deviation if s.fluctuation == "lognormal" else 0.0}
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


@dataclass(frozen=True)
class GeometryValues:
    """What the stations of a cluster that sense together know by where they are: no interference, unit measurements.

    Attributes
    ----------
    mean_information : float or None
        Exact mean of tr F by delays, 1/km^2 at unit information of a delay at unit gain; None where it is infinite.
    bound_by_delays, bound_by_bearings : float or None
        Medians of tr F^-1 by Monte Carlo (1 %), km^2; None where most targets cannot be located, as by one station.
    """

    mean_information: float | None
    bound_by_delays: float | None
    bound_by_bearings: float | None


def geometry_values(scenario: Scenario) -> GeometryValues | None:
    """Return the figures of the Q stations nearest to a target; None where stations do not sense together."""
    if not scenario.multistatic:
        return None
    where: dict[str, Any] = {"N": scenario.allocation.sensing_cluster, "beta": scenario.propagation.echo_exponent,
                             "bs_density": scenario.network.bs_density,
                             "minimum_distance": scenario.network.minimum_distance / 1e3}
    mean = float(mean_information(**where))
    bounds = [float(np.median(information_bound(sample_information(delays=by_delay, bearings=1.0 - by_delay, **where))))
              for by_delay in (1.0, 0.0)]
    return GeometryValues(*(value if np.isfinite(value) else None for value in (mean, *bounds)))


def left_out_of_looks(scenario: Scenario) -> list[str]:
    """Return one line for every setting whose effect on looks the analysis does not contain."""
    lines = [line for line in left_out(scenario, "sensing") if not line.startswith("sensing.fluctuation")]
    if scenario.precoding.sensing_power > 0:
        lines.append("precoding.sensing_power: the law of the SIR is that of users' beams")
    return lines
