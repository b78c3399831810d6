"""What is missing where targets are not followed or detected: a budget of power, interference, clutter and revisits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isacsys.campaign import Run
from isacsys.core.arrays import Flags, Table
from isacsys.core.lazy import optimize
from isacsys.core.units import from_db, to_db
from isacsys.report.content import PageSection
from isacsys.sensing.detection import known_rcs
from isacsys.services.link_terms import INTERFERENCE, ratio_word

FOLLOWED, LOST, DETECTED = 0.9, 0.1, 0.9  # least availability, largest share of lost tracks, least P_d of a network
WEAK = 10  # percent of the looks that the budget is of
HELP = {
    "noise": "more radio.transmit_power_dbm, precoding.sensing_power, antennas.receive or sensing.coherent_time",
    "clutter": "more sensing.clutter_rejection_db, or targets that do not stand among it",
    "": "a larger allocation.sensing_cluster, combining.policy = \"mvdr\", more antennas.receive or "
        "sensing.coherent_time; more power does not help, for all stations would have it",
}


def budget(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Return what is missing, for every run whose targets are followed or detected too rarely."""
    lines = [line for run, name in zip(runs, names, strict=True) for line in of_run(run, name)]
    return PageSection("budget", "What is missing for sensing", lines)


def of_run(run: Run, name: str) -> list[str]:
    """Return lines on what one run is missing; none where it senses as a network is planned for."""
    short = _shortfalls(run)
    if not short or "links/sensing" not in run.tables:
        return [f"{name}: {short}; recording.level = \"links\" would say what is missing."] if short else []
    looks = run.table("links/sensing")
    return [f"{name}: {short}.", *_power(run, looks), *_revisits(run)] if len(looks["sir"]) else []


def required(false_alarm: float, cells: int = 0) -> float:
    """Return the SINR (linear) that a look needs to be detected with probability 0.9."""
    at = optimize.brentq(lambda decibel: float(known_rcs(from_db(decibel), false_alarm, cells)) - DETECTED, -20.0, 80.0)
    return float(from_db(at))


def _shortfalls(run: Run) -> str:
    """Return what a run falls short of, in words; empty where it does not."""
    found = {metric: float(run.meaningful[metric]) for metric in (
        "track_availability", "track_lost_fraction", "detection_probability") if metric in run.meaningful}
    parts = []
    if found.get("track_availability", 1.0) < FOLLOWED:
        parts.append(f"{found['track_availability']:.0%} of the targets are followed")
    if found.get("track_lost_fraction", 0.0) > LOST:
        parts.append(f"{found['track_lost_fraction']:.0%} of the tracks are lost")
    if found.get("detection_probability", 1.0) < DETECTED:
        parts.append(f"a look detects its target with probability {found['detection_probability']:.2f}")
    return ", ".join(parts)


def _power(run: Run, looks: Table) -> list[str]:
    false_alarm = run.scenario.false_alarm
    need = float(to_db(required(false_alarm, run.scenario.sensing.cfar_cells)))
    word, floor = ratio_word([looks]), np.percentile(looks["sir"], WEAK)
    has = float(to_db(max(floor, 1e-30)))
    lines = [f"Power: a look needs a {word} of {need:.1f} dB to be detected with probability {DETECTED} at a false "
             f"alarm of {false_alarm:g}; a tenth of the looks has less than {has:.1f} dB"
             + (f": {need - has:.1f} dB are missing." if need > has else ", which is enough.")]
    shares = _against(looks, looks["sir"] <= floor)
    if shares and need > has:
        most = max(shares, key=lambda term: shares[term])
        said = ", ".join(f"{INTERFERENCE[term]} {share:.0%}" for term, share in shares.items() if share >= 0.005)
        lines.append(f"Against these looks stand {said}. What would help: {HELP.get(most, HELP[''])}.")
    return lines


def _against(looks: Table, weak: Flags) -> dict[str, float]:
    """Return the mean share of each term in what stands against looks, largest first."""
    terms = {term: looks[term][weak] for term in INTERFERENCE if term in looks and term != "inter_target"}
    total = np.sum(list(terms.values()), axis=0)
    shares = {term: float(np.mean(np.divide(power, total, out=np.zeros_like(total), where=total > 0)))
              for term, power in terms.items()}
    return dict(sorted(((term, share) for term, share in shares.items() if share > 0), key=lambda pair: -pair[1]))


def _revisits(run: Run) -> list[str]:
    scenario = run.scenario
    if "time_between_sensings" not in run.meaningful or not scenario.tracking.enabled:
        return []
    period, tail = (float(run[metric]) for metric in ("time_between_sensings", "time_between_sensings_95"))
    way, misses = scenario.mobility.target_speed * tail, scenario.tracking.maximum_misses
    return [f"Revisits: a target is looked at every {period:.3g} s on average, in 95 % of the cases within "
            f"{tail:.3g} s, in which it goes {way:.3g} m; a track ends after {misses} looks without a detection. More "
            "looks: allocation.targets_per_bs, or scheduling.target_policy."]
