"""Throughput in Mbit/s, and the outcome of transport blocks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Flags, Index
from isacsys.core.columns import RATE, count, real
from isacsys.core.drop_parts import Total, of_drop
from isacsys.metrics.base import Estimator, Metric
from isacsys.metrics.receiver_sums import ReceiverSums
from isacsys.network.receivers import ReceiverType
from isacsys.services import FrameRecord

MBPS, MEGA = "Mbit/s", 1e6
_RANKED = "mean over drops"
_PERCENTILES = (5, 50, 95)


class LinkMetrics(Metric):
    """Blocks, load and outage, frame by frame."""

    columns = (
        real("load", "1", "share of a frame in which a base station sends data, summed over base stations"),
        count("blocks_sent", "transport blocks sent for the first time"),
        count("blocks_failed", "those of them that failed then"),
        count("blocks_lost", "transport blocks that were given up"),
        count("blocks_delivered", "transport blocks delivered"),
        count("outage_judged", "served links of a model that says what outage is"),
        count("outage_links", "those of them in outage"),
    )
    estimates = (
        Estimator("load", {"load": 1, "stations": -1}, "1", "share of the blocks of a base station that carry data"),
        Estimator("block_error_rate", {"blocks_failed": 1, "blocks_sent": -1}, "1",
                  "first transmissions that fail", "blocks_sent"),
        Estimator("residual_block_error_rate", {"blocks_lost": 1, "blocks_done": -1}, "1",
                  "blocks lost / lost and delivered", "blocks_done"),
        Estimator("outage_probability", {"outage_links": 1, "outage_judged": -1}, "1",
                  "served links below link.outage_sinr_db", "outage_judged"),
    )
    drop_columns = (count("blocks_done", "transport blocks lost or delivered"),)

    def __init__(self) -> None:
        self._done: Total = 0

    def sums(self, record: FrameRecord) -> Mapping[str, Total]:
        """Count."""
        users = record.frame_state.selection.users.station
        found: dict[str, Total] = {**_NOTHING, "load": record.sum_of_stations(record.load)}
        delivery = record.delivery
        if delivery is None:
            return found
        if delivery.blocks_sent is not None:
            names = ("blocks_sent", "blocks_failed", "blocks_lost", "blocks_delivered")
            found |= zip(names, record.sums(ReceiverType.USER, *(getattr(delivery, name) for name in names)),
                         strict=True)
        self._done = self._done + found["blocks_lost"] + found["blocks_delivered"]
        if delivery.outage_sinr is not None:
            found["outage_judged"] = record.count(users)
            found["outage_links"] = record.count(users, record.users.sir < delivery.outage_sinr)
        return found

    def drop(self) -> Mapping[str, Total]:
        """Return how many blocks were finished."""
        return {"blocks_done": self._done}

    def part(self, drop: int) -> LinkMetrics:
        """Return what it knows of one of several drops."""
        found = LinkMetrics()
        found._done = of_drop(self._done, drop)
        return found


_NOTHING: dict[str, Total] = dict.fromkeys((column.name for column in LinkMetrics.columns), 0)


class Throughput(Metric):
    """Gathers the bits that every user gets; processes tell it of them when they are settled.

    Percentiles are means over drops of each drop's own, over all users, those who were never served with 0; where
    there is but one frame they say nothing.

    Parameters
    ----------
    scenario : Scenario
    users, stations : int

    Attributes
    ----------
    users : ReceiverSums
        Of every user: ``bits`` delivered, ``rate`` (bit/s/Hz) in the frames in which it was served, and transport
        blocks ``sent`` for the first time and ``failed`` then.
    """

    drop_columns = (
        real("link_throughput", MBPS, "sum over served links of weight x bits over the duration of a frame"),
        real("link_weight", "1", "sum of these weights"),
        real("megabits", "Mbit", "delivered"),
        real("user_seconds", "s", "simulated time, summed over users"),
        real("cell_seconds", "s", "simulated time, summed over base stations"),
        real("cell_megasymbols", "1e6", "the same times the bandwidth"),
        count("users_ranked", "1 where users were followed over several frames"),
        count("users_never_served", "users that were never served"),
        count("users_there", "users"),
        *(real(f"user_throughput_{p}", MBPS, f"{p}th percentile over users of their throughput") for p in _PERCENTILES),
        real("user_spectral_efficiency_5", RATE, "5th percentile over users of throughput over bandwidth"),
        real("file_throughput", MBPS, "sum over files of the bits delivered over the delay"),
        *(real(f"file_throughput_{p}", MBPS, f"{p}th percentile over files") for p in _PERCENTILES[:2]),
    )
    estimates = (
        Estimator("link_throughput", {"link_throughput": 1, "link_weight": -1}, MBPS,
                  "of the typical user while it is served"),
        Estimator("throughput", {"megabits": 1, "user_seconds": -1}, MBPS, "mean over users, served or not"),
        *(Estimator(f"user_throughput_{p}", {f"user_throughput_{p}": 1, "users_ranked": -1}, MBPS,
                    f"{p}th percentile over users of their throughput, {_RANKED}", "users_ranked")
          for p in _PERCENTILES),
        Estimator("cell_throughput", {"megabits": 1, "cell_seconds": -1}, MBPS, "delivered by a base station"),
        Estimator("spectral_efficiency", {"megabits": 1, "cell_megasymbols": -1}, RATE,
                  "cell_throughput over bandwidth, overhead included"),
        Estimator("user_spectral_efficiency_5", {"user_spectral_efficiency_5": 1, "users_ranked": -1}, RATE,
                  f"5th percentile over users of throughput over bandwidth, {_RANKED}", "users_ranked"),
        Estimator("file_throughput", {"file_throughput": 1, "files": -1}, MBPS,
                  "mean over files of their bits delivered over their delay", "files"),
        *(Estimator(f"file_throughput_{p}", {f"file_throughput_{p}": 1, "files_ranked": -1}, MBPS,
                    f"{p}th percentile over files, {_RANKED}", "files_ranked") for p in _PERCENTILES[:2]),
    )

    def __init__(self, scenario: Scenario, users: int, stations: int) -> None:
        s = scenario.simulation
        self._frames, self._frame, self._bandwidth = s.frames, s.frame_duration, scenario.radio.bandwidth
        self._stations = stations
        self.users = ReceiverSums(users)
        self._weighted: Total = 0.0
        self._weight: Total = 0.0
        self._files: list[Array] = []
        self._present: Index | None = None  # frames in which each user was there, where some come and go

    def there(self, who: Flags) -> None:
        """Count the users present in a frame, ``who`` [user], where users come and go."""
        self._present = who.astype(np.int64) if self._present is None else self._present + who

    def sums(self, record: FrameRecord) -> Mapping[str, float]:
        """Return nothing: all of it is of a drop as a whole."""
        return {}

    def served(self, record: FrameRecord, bits: Array) -> None:
        """Add the bits [link] that the scheduled users of a frame got."""
        users, terms, delivery = record.frame_state.selection.users.ids, record.users, record.delivery
        blocks: dict[str, Index] = {}
        if delivery is not None and delivery.blocks_sent is not None and delivery.blocks_failed is not None:
            blocks = {"sent": delivery.blocks_sent, "failed": delivery.blocks_failed}
        self.users.add(users, bits=bits, rate=terms.rate, **blocks)
        weighted, weight = record.sums(ReceiverType.USER, terms.weight * bits, terms.weight)
        self._weighted = self._weighted + weighted / self._frame / MEGA
        self._weight = self._weight + weight

    def one_of(self, scenario: Scenario, drop: int, users: slice, stations: int) -> Throughput:
        """Return what one of several drops got: its number among them, its users, how many stations it has."""
        found = Throughput(scenario, 0, stations)
        found.users = self.users.of(users)
        found._weighted, found._weight = of_drop(self._weighted, drop), of_drop(self._weight, drop)
        return found

    def files(self, bits: Array, delay: Array) -> None:
        """Add completed files: ``bits`` [file] delivered, and ``delay`` [file] from arrival to the last of them, s."""
        self._files.append(bits / np.maximum(delay, np.finfo(float).tiny) / MEGA)

    @property
    def seconds(self) -> float:
        """Time simulated, s."""
        return self._frames * self._frame

    @property
    def throughput(self) -> Array:
        """Throughput of every user, Mbit/s, [user]."""
        if self._present is None:
            return self.users["bits"] / self.seconds / MEGA
        return self.users["bits"] / (np.maximum(self._present, 1) * self._frame) / MEGA

    def drop(self) -> dict[str, Total]:
        """Return `drop_columns`."""
        bits = self.users["bits"]
        here = np.ones(len(bits), bool) if self._present is None else self._present > 0
        each, files, users = self.throughput[here], np.concatenate([np.empty(0), *self._files]), int(here.sum())
        seconds = users * self.seconds if self._present is None else float(self._present.sum()) * self._frame
        ranked = users > 0 and self._frames > 1
        points = np.percentile(each, _PERCENTILES) if ranked else np.zeros(len(_PERCENTILES))
        of_files = np.percentile(files, _PERCENTILES[:2]) if len(files) else np.zeros(2)
        return {
            "link_throughput": self._weighted, "link_weight": self._weight, "megabits": float(bits.sum()) / MEGA,
            "user_seconds": seconds, "cell_seconds": self._stations * self.seconds,
            "cell_megasymbols": self._stations * self.seconds * self._bandwidth / MEGA, "users_ranked": int(ranked),
            "users_never_served": int(np.count_nonzero(self.users.frames[here] == 0)), "users_there": users,
            **{f"user_throughput_{p}": float(value) for p, value in zip(_PERCENTILES, points, strict=True)},
            "user_spectral_efficiency_5": float(points[0]) * MEGA / self._bandwidth,
            "file_throughput": float(files.sum()),
            **{f"file_throughput_{p}": float(value) for p, value in zip(_PERCENTILES[:2], of_files, strict=True)}}
