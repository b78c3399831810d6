"""From sums per drop to figures with intervals.

Every metric is a constant times a product of powers of column totals, so that one estimator serves them all:
with the means ``m_j`` of the columns over n drops, ``T = c prod_j m_j^(p_j)``, and by linearisation
``Var T ~ s^2(sum_j (dT/dm_j) x_dj) / n``. The drop is the unit of replication: what happens within one is dependent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isacsys.arrays import Array, Table
from isacsys.recording.schema import RATE
from isacsys.scenario import Scenario

ASE = "bit/s/Hz/km^2"
CONFIDENCE = 0.95
DENSITY = "bs_density"  # stands for the scenario's density, or for stations over area where a layout fixes it


@dataclass(frozen=True)
class Estimate:
    """A figure and the half-width of its 95 % interval.

    Attributes
    ----------
    mean : float or None
        None where there are no data.
    half_width : float or None
        None where one drop says nothing of the spread.
    unit : str
    """

    mean: float | None
    half_width: float | None
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Metric:
    """A figure as a product of powers of column totals.

    Attributes
    ----------
    powers : mapping
        From column of `schema.SUMS` (or ``"bs_density"``) to its exponent.
    unit : str
    meaning : str
    about : str
        Column that says whether the figure applies at all: it is shown where that is not zero throughout.
    """

    powers: Mapping[str, int]
    unit: str
    meaning: str
    about: str = ""


def _metrics() -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for kind, receiver in (("communication", "user"), ("sensing", "target")):
        links, rate, weight, weighted = (f"{kind}_{name}" for name in ("links", "rate", "weight", "weighted_rate"))
        found |= {
            f"{kind}_rate": Metric({weighted: 1, weight: -1}, RATE, f"rate of the typical {receiver}"),
            f"{kind}_rate_scheduled": Metric({rate: 1, links: -1}, RATE, f"mean rate of scheduled {receiver}s"),
            f"{kind}_ase": Metric({rate: 1, "area": -1}, ASE, "rates of all scheduled links over the area"),
            f"{kind}_ase_typical": Metric(
                {DENSITY: 1, links: 1, "stations": -1, weighted: 1, weight: -1}, ASE,
                f"BS density x mean number of {receiver}s per BS x rate of the typical {receiver}"),
        }
    return found | {
        "null_requests_per_bs": Metric({"null_requests": 1, "stations": -1}, "1", "null requests sent, per BS"),
        "null_refused_fraction": Metric({"null_refused": 1, "null_requests": -1}, "1", "refused / sent"),
        "null_late_fraction": Metric({"null_late": 1, "null_requests": -1}, "1", "too late / sent"),
        "constraints_per_bs": Metric({"constraints": 1, "transmitting": -1}, "1",
                                     "own users and granted requests, per transmitting BS"),
    }


def _over_time() -> dict[str, Metric]:
    """Figures that only some scenarios have; percentiles are means over drops of each drop's own."""
    ranked = "mean over drops"
    return {
        "null_lost_fraction": Metric({"null_lost": 1, "null_requests": -1}, "1", "lost / sent", "null_lost"),
        "cell_edge_rate": Metric({"cell_edge_rate": 1, "rated": -1}, RATE, "5th percentile over users of their mean "
                                 f"rate over the frames of a drop, {ranked}", "rated"),
        "fairness": Metric({"fairness": 1, "rated": -1}, "1", f"Jain's index of these mean rates, {ranked}", "rated"),
        "file_delay": Metric({"file_delay": 1, "files": -1}, "s", "mean delay of files delivered", "files"),
        "file_delay_95": Metric({"file_delay_95": 1, "files_ranked": -1}, "s", f"95th percentile, {ranked}", "files"),
        "handover_rate": Metric({"handovers": 1, "user_time": -1}, "1/s", "handovers per user and second", "user_time"),
        "time_between_sensings": Metric({"sensing_gap": 1, "sensing_gaps": -1}, "s",
                                        "mean time between two sensings of a target", "sensing_gaps"),
        "time_between_sensings_95": Metric({"sensing_gap_95": 1, "gaps_ranked": -1}, "s",
                                           f"95th percentile, {ranked}", "sensing_gaps"),
        "missed_revisits_fraction": Metric({"revisits_missed": 1, "revisits": -1}, "1",
                                           "revisits of targets that were missed / that fell due", "revisits"),
    }


METRICS: Mapping[str, Metric] = _metrics() | _over_time()


@dataclass(frozen=True)
class Linearised:
    """A metric on a set of drops, with what each drop does to it.

    Attributes
    ----------
    value : float or None
        None without data.
    influence : [drop]
        ``sum_j (dT/dm_j) x_dj``; the mean of n drops varies with its variance / n.
    """

    value: float | None
    influence: Array

    @property
    def half_width(self) -> float | None:
        """Half-width of the 95 % interval, Student t."""
        return mean_half_width(self.influence) if self.value is not None else None


def mean_half_width(values: Array) -> float | None:
    """Return the half-width of the 95 % interval of the mean of independent ``values``; None for fewer than two."""
    n = len(values)
    if n < 2:
        return None
    with np.errstate(all="ignore"):  # a stranger's file may hold anything
        return finite(float(student(n - 1) * np.std(values, ddof=1) / math.sqrt(n)))


def student(degrees: int) -> float:
    """Return the two-sided 95 % quantile of Student's t."""
    from scipy.special import stdtrit  # here: workers have no use for it, and it takes longer to load than numpy

    return float(stdtrit(degrees, 0.5 + CONFIDENCE / 2))


def finite(value: float) -> float | None:
    """Return ``value``, or None where it is not a number that JSON can hold."""
    return value if math.isfinite(value) else None


def linearise(scenario: Scenario, drops: Table, metric: str | Metric) -> Linearised:
    """Return a metric (or that of a name) on the rows of table ``drops``."""
    constant, powers = _resolve(scenario, (METRICS[metric] if isinstance(metric, str) else metric).powers)
    columns = {column: np.asarray(drops[column], float) for column in powers}
    influence = np.zeros(len(drops["drop"]))
    if not len(influence) or any(not columns[column].any() for column, power in powers.items() if power < 0):
        return Linearised(None, influence)
    with np.errstate(all="ignore"):
        means = {column: np.mean(values) for column, values in columns.items()}
        for column, values in columns.items():
            influence = influence + _partial(constant, powers, means, column) * values
        return Linearised(finite(float(constant * math.prod(means[c] ** p for c, p in powers.items()))), influence)


def estimate(scenario: Scenario, drops: Table, name: str) -> Estimate:
    """Return metric ``name`` with its interval."""
    found = linearise(scenario, drops, name)
    return Estimate(found.value, found.half_width, METRICS[name].unit)


def estimates(scenario: Scenario, drops: Table) -> dict[str, Estimate]:
    """Return every metric that applies, with its interval."""
    return {name: estimate(scenario, drops, name) for name in applicable(drops)}


def applicable(*tables: Table) -> list[str]:
    """Return the metrics that apply to any of some tables ``drops``."""
    return [name for name, metric in METRICS.items()
            if not metric.about or any(np.any(drops[metric.about]) for drops in tables)]


def _resolve(scenario: Scenario, powers: Mapping[str, int]) -> tuple[float, dict[str, int]]:
    """Put in what the density is: the scenario's for a point process, else what was there."""
    plain = {column: power for column, power in powers.items() if column != DENSITY}
    if DENSITY not in powers:
        return 1.0, plain
    if scenario.network.layout in ("poisson", "fixed_count"):
        return scenario.network.bs_density, plain
    del plain["stations"]  # stations / area x links / stations
    return 1.0, plain | {"area": -1}


def _partial(constant: float, powers: Mapping[str, int], means: Mapping[str, np.floating[Any]], by: str) -> float:
    """dT / dm of one column."""
    others = math.prod(means[column] ** power for column, power in powers.items() if column != by)
    return float(constant * powers[by] * others * means[by] ** (powers[by] - 1))
