"""Throughput of the typical user while it is served, compared with the analysis of its link model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isacsys.analysis.scenarios import communication_values, medium_of
from isacsys.analysis.throughput import throughput, without_coverage, without_law
from isacsys.campaign import Run
from isacsys.campaign.estimates import student
from isacsys.link import law_of_link
from isacsys.propagation import law_of
from isacsys.validation.ladder import not_in_the_analysis
from isacsys.validation.measured import MeasuredLinks, measure
from isacsys.validation.rungs import communication, shape_of
from isacsys.validation.verdicts import Judged, Quantity, judge, percent

NAME = "link_throughput"


def link_throughput(run: Run, settings: Mapping[str, Any], tolerance: float) -> list[Quantity]:
    """Return the throughput beside its exact values at the nominal and at the measured degrees of freedom."""
    scenario, measured = run.scenario, measure(run, "communication")
    if measured is None or NAME not in run.metrics or run[NAME].mean is None:
        return []
    estimate, own, law = run[NAME], law_of_link(scenario), law_of(scenario)
    nominal = communication_values(scenario, law, own).throughput_exact if scenario.degrees_of_freedom >= 1 else None
    rate = communication(run, measured).measured
    exact = throughput(scenario, medium_of(scenario, law), rate=rate * np.log(2), D=measured.D,
                       streams=measured.streams, weights=measured.weights, shape=shape_of(run), own=own)
    judged = _judge(run, measured, exact, rate, tolerance)
    return [Quantity(name=NAME, unit=estimate.unit, settings=settings, simulation=estimate.mean,
                     half_width=estimate.half_width, exact_measured=exact, exact_nominal=nominal,
                     refused=run["null_refused_fraction"].mean, standard_errors=judged.standard_errors,
                     agrees=judged.agrees, verdict=judged.words)]


def _judge(run: Run, measured: MeasuredLinks, exact: float | None, rate: float, tolerance: float) -> Judged:
    """Judge the throughput where refusals cost less of the rate than the tolerance: for their cost is no formula."""
    handed = run.attributes.get("link_model")
    left = [*([f"link model {handed}, handed in"] if handed else ()), *without_law(run.scenario),
            *without_coverage(run.scenario), *not_in_the_analysis(run, "communication")]
    if left or exact is None:
        left = left or ["the law of this link model"]
        return Judged(None, None, f"not comparable: the analysis leaves out {'; '.join(left)}")
    estimate, cost = run[NAME], measured.cost.value
    error = None if estimate.half_width is None else estimate.half_width / student(run.drops - 1)
    judged = judge((estimate.mean or 0.0) - exact, exact, error, tolerance, run.drops)
    if judged.agrees is None or (cost is not None and abs(cost) <= tolerance * rate):
        return judged
    costs = "" if cost is None else f" {percent(cost / rate)} of the rate"
    return Judged(None, judged.standard_errors, f"not judged: nulls that were refused, late or lost cost{costs}, "
                  "for which throughput has no formula")
