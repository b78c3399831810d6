"""The metrics of every run: stations, links and rates, null requests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.core.columns import ASE, KM2, RATE, count, real
from isacsys.core.drop_parts import Total
from isacsys.metrics.base import DENSITY, Estimator, Metric
from isacsys.network.receivers import ReceiverType
from isacsys.services.frame_record import FrameRecord


class StationMetrics(Metric):
    """What others are counted per."""

    columns = (
        count("stations", "base stations, summed over frames"),
        count("transmitting", "base stations that send, summed over frames"),
        real("area", KM2, "area, summed over frames"),
    )

    def sums(self, record: FrameRecord) -> Mapping[str, Total]:
        """Count."""
        frame_state = record.frame_state
        every = np.arange(frame_state.stations)
        return {"stations": record.count(every), "transmitting": record.count(every, record.transmitting),
                "area": frame_state.area}


class RateMetrics(Metric):
    """Links of one kind and their rates."""

    def __init__(self, kind: ReceiverType) -> None:
        self._kind, name, receiver = kind, kind.service, kind.word
        self._names = links, rate, weight, weighted = tuple(
            f"{name}_{what}" for what in ("links", "rate", "weight", "weighted_rate"))
        self.columns = (
            count(links, f"scheduled {receiver}s"),
            real(rate, RATE, f"sum of the rates of scheduled {receiver}s"),
            real(weight, "1", "sum of weights: population of the cell / number scheduled in it"),
            real(weighted, RATE, "sum of weight x rate"),
        )
        self.estimates = (
            Estimator(f"{name}_rate", {weighted: 1, weight: -1}, RATE, f"rate of the typical {receiver}"),
            Estimator(f"{name}_rate_scheduled", {rate: 1, links: -1}, RATE, f"mean rate of scheduled {receiver}s"),
            Estimator(f"{name}_ase", {rate: 1, "area": -1}, ASE, "rates of all scheduled links over the area"),
            Estimator(f"{name}_ase_typical", {DENSITY: 1, links: 1, "stations": -1, weighted: 1, weight: -1}, ASE,
                      f"BS density x mean number of {receiver}s per BS x rate of the typical {receiver}"),
        )

    def sums(self, record: FrameRecord) -> Mapping[str, Total]:
        """Sum over the links of a frame."""
        found = record.services[self._kind.service]
        links, terms = found.links, found.terms
        rate, weight = terms.rate, terms.weight
        sums = record.sums(self._kind, rate, weight, weight * rate)
        return dict(zip(self._names, (record.count(links.station), *sums), strict=True))


class NullRequestMetrics(Metric):
    """Coordination: null requests and their outcome."""

    columns = (
        count("null_requests", "null requests sent"),
        count("null_refused", "null requests refused for want of antennas"),
        count("null_late", "null requests that came too late"),
        count("null_lost", "null requests that never came"),
        count("constraints", "own users plus granted requests, summed over transmitting base stations"),
    )
    estimates = (
        Estimator("null_requests_per_bs", {"null_requests": 1, "stations": -1}, "1", "null requests sent, per BS"),
        Estimator("null_refused_fraction", {"null_refused": 1, "null_requests": -1}, "1", "refused / sent"),
        Estimator("null_late_fraction", {"null_late": 1, "null_requests": -1}, "1", "too late / sent"),
        Estimator("constraints_per_bs", {"constraints": 1, "transmitting": -1}, "1",
                  "own users and granted requests, per transmitting BS"),
        Estimator("null_lost_fraction", {"null_lost": 1, "null_requests": -1}, "1", "lost / sent", "null_lost"),
    )

    def sums(self, record: FrameRecord) -> Mapping[str, Total]:
        """Count."""
        frame_state = record.frame_state
        users, sender, granted = frame_state.selection.users, frame_state.requests.station, frame_state.grants.granted
        nulling = record.transmitting[frame_state.requests.asked] & granted  # by those that transmit
        return {
            "null_requests": record.count(sender),
            "null_refused": record.count(sender, frame_state.refused),
            "null_late": record.count(sender, frame_state.late),
            "null_lost": record.count(sender, frame_state.lost),
            "constraints": record.count(users.station) + record.count(sender, nulling),
        }
