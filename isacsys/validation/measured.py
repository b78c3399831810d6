"""What a run says of its links beyond its estimates: the law of D, and rates had every cluster member nulled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.arrays import Array, Index, Table
from isacsys.campaign import Run
from isacsys.campaign.estimates import Linearised, linearise, student
from isacsys.metrics import RATE, Estimator

KINDS = ("communication", "sensing")


@dataclass(frozen=True)
class Measured:
    """What was measured of the links of one kind.

    Attributes
    ----------
    D, streams, weights : [class]
        Degrees of freedom and users of the stations that typical users or targets met, and how often.
    nulled : Linearised
        Rate of the typical link in bit/s/Hz had every member of its cluster nulled.
    served : float
        Links per station and frame.
    """

    D: Index
    streams: Index
    weights: Array
    nulled: Linearised
    served: float

    @property
    def error(self) -> float | None:
        """Standard error of ``nulled``."""
        half_width, drops = self.nulled.half_width, len(self.nulled.influence)
        return None if half_width is None else half_width / student(drops - 1)


def measure(run: Run, kind: str) -> Measured | None:
    """Read off a run what it says of links of one kind; None where there are none."""
    drops, classes = run.table("drops"), run.table("classes")
    mine = {name: column[classes["kind"] == KINDS.index(kind)] for name, column in classes.items()}
    if not mine["weight"].sum() > 0:
        return None
    estimator = Estimator("nulled", {"nulled": 1, f"{kind}_weight": -1}, RATE, "rate had every cluster member nulled")
    nulled = linearise(run.scenario, {**drops, "nulled": _per_drop(drops, mine)}, estimator)
    (streams, D), place = np.unique([mine["streams"], mine["degrees_of_freedom"]], axis=1, return_inverse=True)
    return Measured(D, streams, np.bincount(place.ravel(), mine["weight"]).astype(float), nulled,
                    float(drops[f"{kind}_links"].sum() / drops["stations"].sum()))


def streams_and_antennas(run: Run) -> tuple[float, float]:
    """Return mean streams of a transmitting station, and antennas it has left after the nulls that it granted."""
    drops = run.table("drops")
    transmitting = drops["transmitting"].sum()
    streams = float(drops["communication_links"].sum() / transmitting)
    granted = float(drops["constraints"].sum() / transmitting) - streams
    return streams, max(run.scenario.antennas.transmit - granted, streams)


def silent_share(run: Run) -> float:
    """Return the share of stations without a user to serve."""
    drops = run.table("drops")
    return float(1 - drops["transmitting"].sum() / drops["stations"].sum())


def _per_drop(drops: Table, rows: Table) -> Array:
    order = np.argsort(drops["drop"], kind="stable")
    place = order[np.searchsorted(drops["drop"], rows["drop"], sorter=order)]
    return np.bincount(place, rows["weighted_rate_nulled"], len(order)).astype(float)
