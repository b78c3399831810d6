"""The ladder: paper, exact at nominal D, exact at what was measured, simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isacsys.analysis.lattices import links_per_station, share_without
from isacsys.analysis.scenarios import left_out
from isacsys.campaign import Run
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.propagation import torus_warnings
from isacsys.validation.measured import KINDS, MeasuredLinks, measure, silent_share, standard_error
from isacsys.validation.rungs import Rungs, communication, sensing
from isacsys.validation.verdicts import Judged, Quantity, judge, percent

QUANTITIES = tuple(f"{kind}_{name}" for kind in KINDS for name in ("rate", "ase_typical"))
BLIND = ("random", "round_robin")  # policies that look at neither places nor channels
COST_TOLERANCE = 0.06  # of a predicted cost, which is 1 to 6 % too low: refusals of one user go together
ROUNDING = 1e-9  # of the rate: what sums in another order leave of no cost at all
WORTH_SAYING = 5e-4  # of the value: smaller effects are not named
WORTH_STOPPING = 5e-3  # of the stations that illuminate targets alone: the power of these is in the analysis


def ladder(run: Run, names: tuple[str, ...], settings: Mapping[str, Any], tolerance: float) -> list[Quantity]:
    """Return the ladder of every named quantity that the run has data of."""
    found = []
    for kind in KINDS:
        wanted = [name for name in names if name.startswith(kind)]
        measured = measure(run, kind) if wanted else None
        if measured is None or measured.nulled.value is None:
            continue
        rungs = (communication if kind == "communication" else sensing)(run, measured)
        found += [_quantity(run, name, measured, rungs, settings, tolerance) for name in wanted]
    return found


def _quantity(run: Run, name: str, measured: MeasuredLinks, rungs: Rungs, settings: Mapping[str, Any],
              tolerance: float) -> Quantity:
    estimate, scenario = run[name], run.scenario
    scale, nominal_scale = _scales(scenario, name, measured)
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


def _judge(measured: MeasuredLinks, rungs: Rungs, tolerance: float) -> Judged:
    """Judge the rate had every member nulled, and what refusals cost, each against what does not contain it."""
    if rungs.unknown:
        return Judged(None, None, f"not judged: {rungs.unknown}")
    nulled = judge(_minus(measured.nulled.value, rungs.measured), rungs.measured, measured.error, tolerance,
                   measured.drops)
    cost, error = measured.cost.value, standard_error(measured.cost)
    if cost is not None and abs(cost) < ROUNDING * rungs.measured:
        cost, error = 0.0, 0.0
    if cost is None or nulled.agrees is None or not nulled.agrees:
        return nulled
    if rungs.cost is not None:
        found = judge(cost - rungs.cost, rungs.cost, error, COST_TOLERANCE, measured.drops)
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


def _judge_links(rate: Judged, measured: MeasuredLinks, expected: float, tolerance: float) -> Judged:
    """Judge how many links stations have, where an area spectral efficiency is their product with an agreed rate."""
    found = judge(_minus(measured.served.value, expected), expected, standard_error(measured.served), tolerance,
                  measured.drops)
    if found.agrees is not False:
        return rate
    return Judged(False, found.standard_errors, f"contradicted: the rate {rate.words}; links per BS {found.words}")


def _scales(scenario: Scenario, name: str, measured: MeasuredLinks) -> tuple[float, float]:
    """Return what a rate is to be multiplied by, expected and nominally: 1, or links per km^2.

    How many links are expected follows from the areas of Poisson cells; where shadowing draws other cells, it is as
    simulated, and rates alone are judged.
    """
    if name.endswith("rate"):
        return 1.0, 1.0
    a, n, users = scenario.allocation, scenario.network, name.startswith("communication")
    links, population = (a.users_per_bs, n.users_per_cell) if users else (a.targets_per_bs, n.targets_per_cell)
    expected = links_per_station(links=links, population=population, beside=np.inf if users else n.users_per_cell)
    if scenario.propagation.model != "power_law" and measured.served.value is not None:
        expected = measured.served.value
    return n.bs_density * expected, n.bs_density * links


def _times(scale: float, rate: float | None) -> float | None:
    return None if rate is None else scale * rate


def _words(verdict: str, effects: Mapping[str, float]) -> str:
    said = [f"{reason} ({percent(effect, signed=True)})" for reason, effect in effects.items()
            if abs(effect) >= WORTH_SAYING]
    return verdict + ("; between the nominal value and the simulation: " + "; ".join(said) if said else "")


def not_in_the_analysis(run: Run, kind: str = "") -> list[str]:
    """Return one line for everything about a run that the analysis does not contain."""
    lines = left_out(run.scenario, kind) + blind_policies(run) + small_torus(run.scenario)
    silent = silent_share(run)
    if silent > WORTH_SAYING:
        lines.append(f"{percent(silent)} of the BSs have no user to serve and are silent")
    if run.scenario.precoding.sensing_power > 0 and run.scenario.allocation.targets_per_bs:
        alone = share_without(run.scenario.network.users_per_cell)
        if alone > WORTH_STOPPING:
            lines.append(f"{percent(alone)} of the cells have no user: their BSs light targets with all their power")
    return lines


def small_torus(scenario: Scenario) -> list[str]:
    """Return a line where a torus is too small for its stations to look like those of a plane."""
    n, a = scenario.network, scenario.allocation
    stations, needed = n.bs_density * n.area, max(9, 3 * a.communication_cluster, 3 * a.sensing_cluster)
    if n.layout != "poisson" or n.boundary == "open" or n.far_field == "torus":
        return []
    if stations < needed:
        return [f"network.area = {n.area:g} km^2: {stations:.3g} stations; it takes {needed} to look like a plane"]
    return torus_warnings(scenario)


def blind_policies(run: Run) -> list[str]:
    """Return one line for every policy that looks at places or channels when it chooses."""
    lines, scenario = [], run.scenario
    if scenario.scheduling.policy not in BLIND or run.attributes.get("scheduler"):
        lines.append(f"scheduling.policy {run.attributes.get('scheduler') or scenario.scheduling.policy}: "
                     "the analysis takes users at random")
    targets = scenario.scheduling.target_policy
    if targets and targets not in BLIND:
        lines.append(f"scheduling.target_policy {targets}: the analysis takes targets at random")
    if scenario.allocation.policy != "fixed":
        lines.append(f"allocation.policy {scenario.allocation.policy}: the analysis knows sizes that stay the same")
    return lines


def check_names(metric: str | None, known: tuple[str, ...] = QUANTITIES) -> tuple[str, ...]:
    """Return the quantities that ``metric`` names; all of them for None."""
    if metric is not None and metric not in known:
        raise ConfigError("metric", metric, f"one of {', '.join(known)}, unless a formula is given")
    return known if metric is None else (metric,)
