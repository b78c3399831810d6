"""The ladder: paper, exact at nominal D, exact at what was measured, simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from isacsys.analysis.beams import (
    SensingBeams,
    interference_shape,
    measured_communication_rate,
    measured_sensing_rate,
)
from isacsys.analysis.cells import links_per_station
from isacsys.analysis.communication import bits
from isacsys.analysis.cooperation import Sender
from isacsys.analysis.refusals import rate_with_refusals
from isacsys.analysis.scenarios import (
    LinkValues,
    communication_values,
    left_out,
    measured_joint_nats,
    medium_of,
    sensing_beams_of,
    sensing_values,
)
from isacsys.arrays import Array
from isacsys.campaign import Run
from isacsys.errors import ConfigError
from isacsys.propagation import law_of
from isacsys.scenario import Scenario
from isacsys.validation.measured import (
    KINDS,
    Measured,
    measure,
    members,
    refused,
    silent_share,
    standard_error,
    streams_and_antennas,
)
from isacsys.validation.report import Judged, Quantity, judge, percent

QUANTITIES = tuple(f"{kind}_{name}" for kind in KINDS for name in ("rate", "ase_typical"))
BLIND = ("random", "round_robin")  # policies that look at neither places nor channels
COST_TOLERANCE = 0.06  # of a predicted cost, which is 1 to 6 % too low: refusals of one user go together
WORTH_SAYING = 5e-4  # of the value: smaller effects are not named


@dataclass(frozen=True)
class Rungs:
    """Rates of the typical link in bit/s/Hz, from the paper to the third rung, and what leads from the second to it.

    Attributes
    ----------
    paper, nominal : float or None
        None where no degree of freedom is left.
    measured : float
        At the measured law of D, with the spread that beams have; every request granted.
    cost : float or None
        What refusals are predicted to cost, from how often members of each rank and strength refused; None where there
        is no prediction.
    effects : mapping
        From a reason to its effect, relative.
    """

    paper: float | None
    nominal: float | None
    measured: float
    cost: float | None
    effects: Mapping[str, float]


def ladder(run: Run, names: tuple[str, ...], settings: Mapping[str, Any], tolerance: float) -> list[Quantity]:
    """Return the ladder of every named quantity that the run has data of."""
    found = []
    for kind in KINDS:
        wanted = [name for name in names if name.startswith(kind)]
        measured = measure(run, kind) if wanted else None
        if measured is None or measured.nulled.value is None:
            continue
        rungs = (_communication if kind == "communication" else _sensing)(run, measured)
        found += [_quantity(run, name, measured, rungs, settings, tolerance) for name in wanted]
    return found


def _communication(run: Run, measured: Measured) -> Rungs:
    s, a = run.scenario, run.scenario.allocation
    values = communication_values(s, law_of(s)) if s.degrees_of_freedom >= 1 else None
    streams, antennas = streams_and_antennas(run)
    medium, beams = medium_of(s, law_of(s)), _sensing_beams(run)

    def rate(shape: float) -> float:
        if _together(s):
            serving = Sender(measured.D, measured.streams, measured.weights)
            return float(bits(measured_joint_nats(s, medium, serving, members(run) or serving, shape)))
        return float(bits(measured_communication_rate(
            K=a.users_per_bs, L=a.communication_cluster, alpha=s.propagation.path_loss_exponent, D=measured.D,
            streams=measured.streams, weights=measured.weights, shape=shape, medium=medium,
            bs_density=s.network.bs_density, sensing=beams)))

    count = a.users_per_bs * (a.communication_cluster if _together(s) else 1)
    orthogonal, exact = rate(count), rate(float(interference_shape(M=antennas, K=streams)))
    nominal = values.rate_exact if values else None
    effects = {_law_of_freedom(run, measured): orthogonal / nominal - 1} if nominal else {}
    effects["beams of one BS are not orthogonal"] = exact / orthogonal - 1
    cost = _cost_of_refusals(run, measured, float(interference_shape(M=antennas, K=streams)))
    return _rungs(run, "communication", cost, values, exact, effects)


def _together(scenario: Scenario) -> bool:
    return scenario.joint and scenario.allocation.communication_cluster > 1


def _sensing_beams(run: Run) -> SensingBeams | None:
    """Return the sensing beams of a station with as many constraints as stations had on average."""
    streams, antennas = streams_and_antennas(run)
    return sensing_beams_of(run.scenario, run.scenario.antennas.transmit - antennas + streams)


def _cost_of_refusals(run: Run, measured: Measured, shape: float) -> float | None:
    """Predict what refusals cost a user, bit/s/Hz; the simulated rate is not in it."""
    table, s = refused(run), run.scenario
    if table is None or not table.any():
        return None if table is None else 0.0
    if medium_of(s, law_of(s)) or _sensing_beams(run) or _together(s):
        return None  # the formula is that of the power law, users' beams and interference alone

    def rate(p: Array) -> float:
        return float(bits(rate_with_refusals(
            L=s.allocation.communication_cluster, alpha=s.propagation.path_loss_exponent, D=measured.D,
            streams=measured.streams, weights=measured.weights, shape=shape, refused=p)))

    return rate(np.zeros_like(table)) - rate(table)


def _sensing(run: Run, measured: Measured) -> Rungs:
    s, a = run.scenario, run.scenario.allocation
    values = sensing_values(s)
    streams, antennas = streams_and_antennas(run)
    exact = float(bits(measured_sensing_rate(
        M_t=s.antennas.transmit, K=a.users_per_bs, Q=a.sensing_cluster, alpha=s.propagation.path_loss_exponent,
        beta=s.propagation.echo_exponent, c=s.echo_gain, bs_density=s.network.bs_density,
        cluster_center=s.sensing.cluster_center, shape=float(interference_shape(M=antennas, K=streams)),
        sensing=_sensing_beams(run), D=measured.D, weights=measured.weights)))
    reason = "the exact law of the beam" if a.users_per_bs == 1 else "beams of one BS are not orthogonal"
    effects = {reason: exact / values.rate_exact - 1} if values else {}
    cost = 0.0 if measured.cost.value == 0 else None  # no formula for refusals that other nulls of a station soften
    return _rungs(run, "sensing", cost, values, exact, effects)


def _rungs(run: Run, kind: str, cost: float | None, values: LinkValues | None, exact: float,
           effects: dict[str, float]) -> Rungs:
    refusals = sum(run[name].mean or 0.0 for name in ("null_refused_fraction", "null_late_fraction"))
    if cost is not None:
        effects |= {_beyond_the_cluster(run, kind, refusals): -cost / exact}
    return Rungs(values.rate_approximate if values else None, values.rate_exact if values else None, exact, cost,
                 effects)


def _beyond_the_cluster(run: Run, kind: str, refused: float) -> str:
    """Return why the interference was not that of perfectly nulled clusters."""
    s, reason = run.scenario, f"{percent(refused)} of the requests were refused or late"
    if kind == "sensing" and s.sensing.cluster_center == "target" and min(s.allocation.targets_per_bs,
                                                                         s.allocation.sensing_cluster) > 1:
        return f"nulls for other targets of a BS help, their filters not being orthogonal; {reason}"
    return reason


def _law_of_freedom(run: Run, measured: Measured) -> str:
    """Return the reason why typical users meet other degrees of freedom than the nominal ones."""
    if not run.table("drops")["null_requests"].any():
        return "cells with fewer than K users serve fewer"
    mean = float(measured.weights @ measured.D / measured.weights.sum())
    return ("requests are random, right on average over BSs, fewer for the BSs of typical users: "
            f"D = {mean:.3g} on average, not {run.scenario.degrees_of_freedom}")


def _quantity(run: Run, name: str, measured: Measured, rungs: Rungs, settings: Mapping[str, Any],
              tolerance: float) -> Quantity:
    estimate, scenario = run[name], run.scenario
    scale, nominal_scale = _scales(scenario, name)
    effects = dict(rungs.effects)
    if nominal_scale:
        effects["BSs serve fewer on average, as some have fewer to serve"] = scale / nominal_scale - 1
    judged, left = _judge(measured, rungs, tolerance), not_in_the_analysis(run, name.partition("_")[0])
    if name.endswith("ase_typical") and judged.agrees:
        judged = _judge_links(judged, measured, scale / scenario.network.bs_density, tolerance)
    if left and judged.agrees is not None:
        judged = Judged(None, judged.standard_errors, f"not comparable: the analysis leaves out {'; '.join(left)}")
    return Quantity(name=name, unit=estimate.unit, settings=settings, simulation=estimate.mean,
                    half_width=estimate.half_width, exact_measured=_of_this_law(run, name, scale, rungs),
                    exact_nominal=_times(nominal_scale, rungs.nominal), paper=_times(nominal_scale, rungs.paper),
                    refused=run["null_refused_fraction"].mean, standard_errors=judged.standard_errors,
                    agrees=judged.agrees, verdict=_words(judged.words, effects))


def _of_this_law(run: Run, name: str, scale: float, rungs: Rungs) -> float | None:
    """Return the third rung; None for targets under a law of propagation that their analysis does not know."""
    if name.startswith("sensing") and run.scenario.propagation.model != "power_law":
        return None
    return scale * (rungs.measured - (rungs.cost or 0.0))


def _judge(measured: Measured, rungs: Rungs, tolerance: float) -> Judged:
    """Judge the rate had every member nulled, and what refusals cost, each against what does not contain it."""
    nulled = judge(_minus(measured.nulled.value, rungs.measured), rungs.measured, measured.error, tolerance)
    cost, error = measured.cost.value, standard_error(measured.cost)
    if cost is None or nulled.agrees is None or not nulled.agrees:
        return nulled
    if rungs.cost is not None:
        found = judge(cost - rungs.cost, rungs.cost, error, COST_TOLERANCE)
        worse = max(nulled, found, key=lambda one: abs(one.standard_errors or 0.0))
        if found.agrees is False or (found.agrees and rungs.cost):
            words = f"{nulled.words}; cost of refusals {found.words}"
            return Judged(found.agrees, worse.standard_errors, f"contradicted: {words}" if not found.agrees else words)
        return nulled
    if abs(cost) <= tolerance * rungs.measured:
        return nulled
    return Judged(None, nulled.standard_errors, f"not judged: without refusals it {nulled.words}, but they cost "
                  f"{percent(cost / rungs.measured)}, for which there is no formula")


def _minus(one: float | None, other: float) -> float | None:
    return None if one is None else one - other


def _judge_links(rate: Judged, measured: Measured, expected: float, tolerance: float) -> Judged:
    """Judge how many links stations have, where an area spectral efficiency is their product with an agreed rate."""
    found = judge(_minus(measured.served.value, expected), expected, standard_error(measured.served), tolerance)
    if found.agrees is not False:
        return rate
    return Judged(False, found.standard_errors, f"contradicted: the rate {rate.words}; links per BS {found.words}")


def _scales(scenario: Scenario, name: str) -> tuple[float, float]:
    """Return what a rate is to be multiplied by, expected and nominally: 1, or links per km^2."""
    if name.endswith("rate"):
        return 1.0, 1.0
    a, n, users = scenario.allocation, scenario.network, name.startswith("communication")
    links, population = (a.users_per_bs, n.users_per_cell) if users else (a.targets_per_bs, n.targets_per_cell)
    expected = links_per_station(links=links, population=population, beside=np.inf if users else n.users_per_cell)
    return n.bs_density * expected, n.bs_density * links


def _times(scale: float, rate: float | None) -> float | None:
    return None if rate is None else scale * rate


def _words(verdict: str, effects: Mapping[str, float]) -> str:
    said = [f"{reason} ({percent(effect, signed=True)})" for reason, effect in effects.items()
            if abs(effect) >= WORTH_SAYING]
    return verdict + ("; between the nominal value and the simulation: " + "; ".join(said) if said else "")


def not_in_the_analysis(run: Run, kind: str = "") -> list[str]:
    """Return one line for everything about a run that the analysis does not contain."""
    lines = left_out(run.scenario, kind) + blind_policies(run)
    silent = silent_share(run)
    if silent > WORTH_SAYING:
        lines.append(f"{percent(silent)} of the BSs have no user to serve and are silent")
    return lines


def blind_policies(run: Run) -> list[str]:
    """Return one line for every policy that looks at places or channels when it chooses."""
    lines, scenario = [], run.scenario
    if scenario.scheduling.policy not in BLIND or run.attributes.get("scheduler"):
        lines.append(f"scheduling.policy {run.attributes.get('scheduler') or scenario.scheduling.policy}: "
                     "the analysis takes users at random")
    targets = scenario.scheduling.target_policy
    if targets and targets not in BLIND:
        lines.append(f"scheduling.target_policy {targets}: the analysis takes targets at random")
    return lines


def check_names(metric: str | None, known: tuple[str, ...] = QUANTITIES) -> tuple[str, ...]:
    """Return the quantities that ``metric`` names; all of them for None."""
    if metric is not None and metric not in known:
        raise ConfigError("metric", metric, f"one of {', '.join(known)}, unless a formula is given")
    return known if metric is None else (metric,)
