"""Figures of one look at a typical target of a scenario: exact, from the law of its SIR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from isacsys.analysis.beam_law import echo_shape, interference_shape
from isacsys.analysis.detection_law import (
    bearing_error_quantile,
    detected_share,
    mean_detection_probability,
    range_error_quantile,
    velocity_error_quantile,
)
from isacsys.analysis.fused_bounds import information_bound, mean_information, sample_fused_looks, sample_information
from isacsys.analysis.scenarios import left_out
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array

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
    position_error : float or None
        Likewise, m, of stations that sense together, whose figures but for the velocity are by Monte Carlo (0.5 %);
        None of one station, for which there is no formula.
    """

    detection_probability: float
    detected_share: float
    range_error: float
    bearing_error: float | None
    velocity_error: float | None
    position_error: float | None = None


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
    speed = velocity_error_quantile(coherent_time=s.coherent_time, carrier_frequency=p.carrier_frequency, **rcs,
                                    **network) if s.coherent_time > 0 else None
    if scenario.multistatic and a.sensing_cluster > 1:
        return _together(scenario, speed)
    alarm: dict[str, Any] = {"false_alarm": scenario.false_alarm, "cells": s.cfar_cells}
    antennas = scenario.antennas.receive
    return LookValues(
        mean_detection_probability(**alarm, **rcs, **network),
        detected_share(at_least=CERTAIN, **alarm, **rcs, **network),
        range_error_quantile(bandwidth=scenario.bandwidth, **rcs, **network),
        bearing_error_quantile(M_r=antennas, **rcs, **network) if antennas > 1 else None,
        speed)


def _together(scenario: Scenario, speed: float | None) -> LookValues:
    """Return the values of all stations of a cluster together; the speed is that of the serving station's look."""
    a, p, M_t = scenario.allocation, scenario.propagation, scenario.antennas.transmit
    shape = float(interference_shape(M=M_t, K=a.users_per_bs))

    def echo(rng: np.random.Generator, size: tuple[int, int]) -> Array:
        if a.users_per_bs == 1:
            return M_t * rng.beta(1, M_t - 1, size) if M_t > 1 else np.ones(size)
        towards = float(echo_shape(M_t=M_t, shape=shape))
        return rng.standard_gamma(towards, size) / towards

    found = sample_fused_looks(
        N=a.sensing_cluster, alpha=p.path_loss_exponent, beta=p.echo_exponent, c=scenario.echo_gain,
        bs_density=scenario.network.bs_density, M_r=scenario.antennas.receive, bandwidth=scenario.bandwidth,
        timing_error=scenario.cooperation.timing_error, false_alarm=scenario.false_alarm, shape=shape, echo=echo)
    medians = {name: float(np.median(getattr(found, name))) for name in ("range_error", "bearing_error",
                                                                         "position_error")}
    return LookValues(float(found.detection_probability.mean()), float((found.detection_probability >= CERTAIN).mean()),
                      velocity_error=speed, **medians)


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
    if scenario.multistatic and scenario.allocation.sensing_cluster > 1:
        lines += _left_out_together(scenario)
    return lines


def _left_out_together(scenario: Scenario) -> list[str]:
    """Return what the analysis of stations that sense together leaves out."""
    s, lines = scenario.sensing, []
    if s.cluster_center != "target":
        lines.append(f'sensing.cluster_center = "{s.cluster_center}": the analysis takes the stations nearest to the '
                     "target, where they sense together")
    if s.fluctuation != "none":
        lines.append(f'sensing.fluctuation = "{s.fluctuation}": the analysis takes a steady RCS, where stations sense '
                     "together")
    return lines
