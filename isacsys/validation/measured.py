"""Measured laws of a run: the law of D, and rates had every cluster member nulled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from isacsys.analysis.cooperation import Sender
from isacsys.campaign import Run
from isacsys.campaign.estimates import Linearised, linearise, student
from isacsys.core.arrays import Array, Index, Table
from isacsys.metrics import RATE, Estimator
from isacsys.recording.schema import MEMBER, NEXT, STRENGTHS

KINDS = ("communication", "sensing")


@dataclass(frozen=True)
class MeasuredLinks:
    """What was measured of the links of one kind.

    Attributes
    ----------
    D, streams, weights : [class]
        Degrees of freedom and users of the stations that typical users or targets met, and how often.
    nulled : Linearised
        Rate of the typical link in bit/s/Hz had every member of its cluster nulled.
    cost : Linearised
        What nulls that were refused, late or lost cost this rate; below zero where nulls for others help.
    served : Linearised
        Links per station and frame.
    """

    D: Index
    streams: Index
    weights: Array
    nulled: Linearised
    cost: Linearised
    served: Linearised

    @property
    def drops(self) -> int:
        """Number of drops that ``nulled`` is a mean over."""
        return len(self.nulled.influence)

    @property
    def error(self) -> float | None:
        """Standard error of ``nulled``."""
        return standard_error(self.nulled)


def measure(run: Run, kind: str) -> MeasuredLinks | None:
    """Read off a run what it says of links of one kind; None where there are none."""
    drops, classes = run.table("drops"), run.table("classes")
    mine = {name: column[classes["kind"] == KINDS.index(kind)] for name, column in classes.items()}
    if not mine["weight"].sum() > 0:
        return None
    nulled = _per_drop(drops, mine)
    served = linearise(run.scenario, drops, Estimator("served", {f"{kind}_links": 1, "stations": -1}, "1", "as in "
                                                      "`MeasuredLinks`"))
    rate, cost = (linearise(run.scenario, {**drops, "value": value},
                            Estimator("value", {"value": 1, f"{kind}_weight": -1}, RATE, "as in `MeasuredLinks`"))
                  for value in (nulled, nulled - drops[f"{kind}_weighted_rate"]))
    (streams, D), place = np.unique([mine["streams"], mine["degrees_of_freedom"]], axis=1, return_inverse=True)
    return MeasuredLinks(D, streams, np.bincount(place.ravel(), mine["weight"]).astype(float), rate, cost, served)


def members(run: Run) -> Sender | None:
    """Return what other stations that send to typical users have, where stations send together; None if none do."""
    classes = run.table("classes")
    mine = classes["kind"] == MEMBER
    if not classes["weight"][mine].sum() > 0:
        return None
    return Sender(*(classes[name][mine] for name in ("degrees_of_freedom", "streams", "weight")))


def refused(run: Run) -> Array | None:
    """Return how often a member of a user's cluster did not null, [rank - 2, strength, next]; None in an old log.

    How often there is such a member is known of Poisson stations: squared distances are ordered uniforms within that
    of the first station beyond the cluster.
    """
    if "refusals" not in run.tables:
        return None
    rows, order = run.table("refusals"), run.scenario.allocation.communication_cluster
    weight = np.zeros((order + 1, STRENGTHS, NEXT))
    np.add.at(weight, (rows["rank"], rows["strength"], rows["next"]), rows["weight"])
    there = run.table("drops")["communication_weight"].sum() * _members(order)
    return np.divide(weight[2:], there, where=there > 0, out=np.zeros_like(there))


@lru_cache(maxsize=8)
def _members(order: int) -> Array:
    """Return the probability of every strength and next, [rank - 2, strength, next], from a million clusters."""
    squares = np.sort(np.random.default_rng(0).random((1_000_000, order)), axis=1)
    beyond = np.minimum((np.sqrt(squares[:, 0]) * NEXT).astype(int), NEXT - 1)
    found = np.zeros((order - 1, STRENGTHS, NEXT))
    for rank in range(2, order + 1):
        strength = np.minimum((squares[:, 0] / squares[:, rank - 1] * STRENGTHS).astype(int), STRENGTHS - 1)
        found[rank - 2] = np.bincount(strength * NEXT + beyond, minlength=STRENGTHS * NEXT).reshape(STRENGTHS, NEXT)
    return found / len(squares)


def standard_error(found: Linearised) -> float | None:
    """Return the standard error of a mean over drops."""
    half_width, drops = found.half_width, len(found.influence)
    return None if half_width is None else half_width / student(drops - 1)


def streams_and_antennas(run: Run) -> tuple[float, float]:
    """Return mean streams of a transmitting station, and antennas it has left after the nulls that it granted."""
    drops = run.table("drops")
    transmitting = drops["transmitting"].sum()
    streams = max(float(drops["communication_links"].sum() / transmitting), 1.0)
    granted = float(drops["constraints"].sum() / transmitting) - streams
    if run.scenario.joint:  # of what was granted, users are served
        asked = run.scenario.allocation.communication_cluster - 1
        members = min(streams * asked * (1 - not_granted(run)), granted)
        streams, granted = streams + members, granted - members
    return streams, max(run.scenario.antennas.transmit - granted, streams)


def not_granted(run: Run) -> float:
    """Return the share of requests that were refused, came too late or got lost."""
    return sum(run[f"null_{name}_fraction"].mean or 0.0 for name in ("refused", "late", "lost"))


def silent_share(run: Run) -> float:
    """Return the share of stations that send nothing."""
    drops = run.table("drops")
    return float(1 - drops["transmitting"].sum() / drops["stations"].sum())


def _per_drop(drops: Table, rows: Table) -> Array:
    order = np.argsort(drops["drop"], kind="stable")
    place = order[np.searchsorted(drops["drop"], rows["drop"], sorter=order)]
    return np.bincount(place, rows["weighted_rate_nulled"], len(order)).astype(float)
