"""The rungs of the ladder of a run, from the paper's value to that at what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isacsys.analysis.beam_law import (
    SensingBeams,
    interference_shape,
    measured_communication_rate,
    measured_sensing_rate,
)
from isacsys.analysis.communication_rates import bits
from isacsys.analysis.cooperation import Sender
from isacsys.analysis.refusals import joint_rates_with_refusals, rate_with_refusals
from isacsys.analysis.scenarios import (
    LinkValues,
    communication_values,
    measured_joint_nats,
    medium_of,
    sensing_beams_of,
    sensing_values,
)
from isacsys.campaign import Run
from isacsys.core.arrays import Array
from isacsys.propagation import law_of
from isacsys.validation.measured import MeasuredLinks, members, not_granted, refused, streams_and_antennas
from isacsys.validation.verdicts import percent

NOT_ORTHOGONAL = "beams of one BS are not orthogonal"


@dataclass(frozen=True)
class Rungs:
    """Rates of the typical link in bit/s/Hz, from the paper to the third rung, and what leads from the second to it.

    Attributes
    ----------
    paper, nominal : float or None
        None where no degree of freedom is left.
    measured : float
        At the measured law of D, with the spread that beams have; every request granted, or, where stations send
        together, members that refused silent.
    cost : float or None
        What refusals are predicted to cost, from how often members of each rank and strength refused; None where there
        is no prediction.
    effects : mapping
        From a reason to its effect, relative.
    unknown : str
        Why ``measured`` is not what was simulated; empty where it is.
    """

    paper: float | None
    nominal: float | None
    measured: float
    cost: float | None
    effects: Mapping[str, float]
    unknown: str = ""


def communication(run: Run, measured: MeasuredLinks) -> Rungs:
    """Return the rungs of the typical user's rate."""
    s, a = run.scenario, run.scenario.allocation
    if s.joint and a.communication_cluster > 1:
        return _together(run, measured)
    medium, beams, shape = medium_of(s, law_of(s)), _sensing_beams(run), shape_of(run)

    def rate(shape: float) -> float:
        return float(bits(measured_communication_rate(
            K=a.users_per_bs, L=a.communication_cluster, alpha=s.propagation.path_loss_exponent, D=measured.D,
            streams=measured.streams, weights=measured.weights, shape=shape, medium=medium,
            bs_density=s.network.bs_density, sensing=beams)))

    values, orthogonal, exact = _nominal(run), rate(a.users_per_bs), rate(shape)
    cost = _cost_of_refusals(run, measured, shape)
    return _rungs(run, "communication", cost, values, exact, _effects(run, measured, values, orthogonal, exact))


def _together(run: Run, measured: MeasuredLinks) -> Rungs:
    """Return the rate where stations send jointly: members that refuse lower the signal and raise the interference."""
    s, shape = run.scenario, shape_of(run)
    medium, order, table = medium_of(s, law_of(s)), s.allocation.communication_cluster, refused(run)
    serving = Sender(measured.D, measured.streams, measured.weights)
    member = members(run) or serving

    def rate(shape: float) -> float:
        return float(bits(measured_joint_nats(s, medium, serving, member, shape)))

    values, orthogonal, exact = _nominal(run), rate(s.allocation.users_per_bs * order), rate(shape)
    effects = _effects(run, measured, values, orthogonal, exact)
    if table is not None and not table.any():
        return _rungs(run, "communication", 0.0, values, exact, effects)
    if table is None or medium is not None:
        return _rungs(run, "communication", None, values, exact, effects,
                      "some members of clusters refused and did not send, for which there is no formula here")
    rates = joint_rates_with_refusals(
        L=order, alpha=s.propagation.path_loss_exponent, serving=serving, member=member, shape=shape, refused=table,
        coherent=s.cooperation.communication == "joint_coherent")
    missed = float(bits(rates.all_send - rates.silent))
    effects["members that refused, or were asked too late, do not send"] = -missed / exact
    return _rungs(run, "communication", float(bits(rates.silent - rates.heard)), values, exact - missed, effects)


def sensing(run: Run, measured: MeasuredLinks) -> Rungs:
    """Return the rungs of the typical target's rate."""
    s, a = run.scenario, run.scenario.allocation
    values = sensing_values(s)
    exact = float(bits(measured_sensing_rate(
        M_t=s.antennas.transmit, K=a.users_per_bs, Q=a.sensing_cluster, alpha=s.propagation.path_loss_exponent,
        beta=s.propagation.echo_exponent, c=s.echo_gain, bs_density=s.network.bs_density,
        cluster_center=s.sensing.cluster_center, shape=shape_of(run), sensing=_sensing_beams(run), D=measured.D,
        streams=measured.streams, weights=measured.weights)))
    reason = "the exact law of the beam" if a.users_per_bs == 1 else NOT_ORTHOGONAL
    effects = {reason: exact / values.rate_exact - 1} if values else {}
    cost = 0.0 if measured.cost.value == 0 else None  # no formula for refusals that other nulls of a station soften
    return _rungs(run, "sensing", cost, values, exact, effects)


def _nominal(run: Run) -> LinkValues | None:
    s = run.scenario
    return communication_values(s, law_of(s)) if s.degrees_of_freedom >= 1 else None


def shape_of(run: Run) -> float:
    """Return the shape of the gamma law of the gain of a station's beams at a receiver of another one."""
    streams, antennas = streams_and_antennas(run)
    return float(interference_shape(M=antennas, K=streams))


def _sensing_beams(run: Run) -> SensingBeams | None:
    """Return the sensing beams of a station with as many constraints as stations had on average."""
    streams, antennas = streams_and_antennas(run)
    return sensing_beams_of(run.scenario, run.scenario.antennas.transmit - antennas + streams)


def _cost_of_refusals(run: Run, measured: MeasuredLinks, shape: float) -> float | None:
    """Predict what refusals cost a user, bit/s/Hz; the simulated rate is not in it."""
    table, s = refused(run), run.scenario
    if table is None or not table.any():
        return None if table is None else 0.0
    if medium_of(s, law_of(s)) or _sensing_beams(run):
        return None  # the formula is that of the power law, users' beams and interference alone

    def rate(p: Array) -> float:
        return float(bits(rate_with_refusals(
            L=s.allocation.communication_cluster, alpha=s.propagation.path_loss_exponent, D=measured.D,
            streams=measured.streams, weights=measured.weights, shape=shape, refused=p)))

    return rate(np.zeros_like(table)) - rate(table)


def _effects(run: Run, measured: MeasuredLinks, values: LinkValues | None, orthogonal: float,
             exact: float) -> dict[str, float]:
    effects = {_law_of_freedom(run, measured): orthogonal / values.rate_exact - 1} if values else {}
    return {**effects, NOT_ORTHOGONAL: exact / orthogonal - 1}


def _rungs(run: Run, kind: str, cost: float | None, values: LinkValues | None, exact: float,
           effects: dict[str, float], unknown: str = "") -> Rungs:
    if cost is not None:
        effects |= {_beyond_the_cluster(run, kind): -cost / exact}
    return Rungs(values.rate_approximate if values else None, values.rate_exact if values else None, exact, cost,
                 effects, unknown)


def _beyond_the_cluster(run: Run, kind: str) -> str:
    """Return why the interference was not that of perfectly nulled clusters."""
    s, reason = run.scenario, f"{percent(not_granted(run))} of the requests were refused, late or lost"
    if kind == "sensing" and s.sensing.cluster_center == "target" and min(s.allocation.targets_per_bs,
                                                                         s.allocation.sensing_cluster) > 1:
        return f"nulls for other targets of a BS help, their filters not being orthogonal; {reason}"
    return reason


def _law_of_freedom(run: Run, measured: MeasuredLinks) -> str:
    """Return the reason why typical users meet other degrees of freedom than the nominal ones."""
    if not run.table("drops")["null_requests"].any():
        return "cells with fewer than K users serve fewer"
    mean = float(measured.weights @ measured.D / measured.weights.sum())
    return ("requests are random, right on average over BSs, fewer for the BSs of typical users: "
            f"D = {mean:.3g} on average, not {run.scenario.degrees_of_freedom}")
