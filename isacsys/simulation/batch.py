"""Several drops of a small network at once: one frame of all their stations, bit for bit what each gives by itself.

About 1.5 ms of a frame do not depend on how many stations there are. Kernels take a flat axis of stations, so the
stations of several drops may share it (`JoinedState`); numbers come from the streams of each drop, and sums are those
of each drop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.beamforming import Schedule
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Flags, Index
from isacsys.core.drop_parts import Total
from isacsys.metrics import DropMetrics, Tally, Throughput
from isacsys.network import NetworkState, Positions, deploy
from isacsys.network.joined_state import JoinedState, UnlikeDrops
from isacsys.network.receivers import ReceiverType
from isacsys.recording.base import Recorder
from isacsys.recording.schema import LEVELS
from isacsys.services import FrameRecord, ServiceRecord
from isacsys.simulation.clock import bits_got, remember
from isacsys.simulation.frame import coordinate, schedule, transmit
from isacsys.simulation.link_statistics import LinkStatistics, RefusalStatistics
from isacsys.simulation.memory_limits import keep_freed_memory
from isacsys.simulation.policies import Policies, find_policies
from isacsys.simulation.receiver_tables import ReceiverTables

_ROWS = 256  # frames whose rows are kept before they are written
_PAIRS = 8  # from so many numbers on numpy adds those of one row in pairs, and those of several one by one


def simulate_together(scenario: Scenario, drops: Sequence[int], recorders: Sequence[Recorder],
                      positions: Positions | None = None) -> tuple[int, ...]:
    """Simulate drops at once, and write the rows of each to its recorder; return the drops that came through.

    The others are to be simulated by themselves: a drop whose arrays had other widths than those of the others, which
    changes the numbers that are drawn.

    Raises
    ------
    UnlikeDrops
        Where no drop can share an array with another, or a service has a table that is recorded.
    """
    return Batch(scenario, tuple(drops), recorders, find_policies(scenario), positions).run()


class Batch:
    """Drops in which nothing goes on beside the frames, frame by frame.

    Parameters
    ----------
    scenario : Scenario
        With the sizes that its allocation policy has chosen.
    drops : tuple of int
        Their numbers.
    recorders : sequence of Recorder
        One a drop.
    policies : Policies
    positions : Positions, optional
    """

    def __init__(self, scenario: Scenario, drops: tuple[int, ...], recorders: Sequence[Recorder], policies: Policies,
                 positions: Positions | None = None) -> None:
        keep_freed_memory()
        s = scenario.simulation
        self._counted, self._warm_up, self._recorders, self._policies = s.frames, s.warm_up, recorders, policies
        self._told = scenario.replace({"simulation.warm_up": 0}) if s.warm_up else scenario
        if s.warm_up:
            scenario = self._told.replace({"simulation.frames": s.frames + s.warm_up})
        states = [NetworkState(scenario, deploy(scenario, drop, positions)) for drop in drops]
        if min(state.stations for state in states) < max(1, *(getattr(scenario.allocation, f"{kind.service}_cluster")
                                                              for kind in ReceiverType)):
            raise UnlikeDrops("a drop with fewer stations than a cluster")
        self.state = JoinedState(scenario, drops, states)
        users, count = int(self.state.first[ReceiverType.USER][-1]), len(drops)
        self._tally, self._quality = Tally(self._told), _Quality(users, s.frames, s.frame_duration)
        self._throughput = Throughput(self._told, users, self.state.stations)
        self._classes, self._refusals = LinkStatistics(scenario, count), RefusalStatistics(scenario, count)
        self._tables = LEVELS[scenario.recording.level]
        self._receivers = ReceiverTables(self.state) if "users/communication" in self._tables else None
        self._each = [ReceiverTables(state) for state in states] if self._receivers else []
        self._rows: list[Mapping[str, Total]] = []
        self._odd = np.zeros(count, bool)

    def run(self) -> tuple[int, ...]:
        """Run every frame, write the rows of all drops, and return the drops that came through."""
        for frame in range(self._warm_up + self._counted):
            self.frame(frame)
        self._flush(self._counted)
        through = np.flatnonzero(~self._odd).tolist()
        for part in through:
            self._finish(part)
        return tuple(self.state.drops[part] for part in through)

    @property
    def odd(self) -> tuple[int, ...]:
        """The drops that draw other numbers by themselves, so far."""
        return tuple(drop for drop, odd in zip(self.state.drops, self._odd, strict=True) if odd)

    def frame(self, frame: int) -> FrameRecord:
        """Simulate a frame of all drops."""
        state, first = self.state, self.state.drops[0]
        state.frame = frame
        scheduled = schedule(state, first, self._policies)
        self._odd |= self._apart(scheduled)
        record = transmit(coordinate(state, first, scheduled, self._policies), self._policies)
        counts = frame >= self._warm_up
        if counts:
            self._record(record, frame - self._warm_up)
        if self._warm_up + self._counted > 1:
            remember(record, state)
            if counts:
                self._quality.frame(record, state)
        return record

    def _apart(self, scheduled: Schedule) -> Flags:
        """Return which drops have arrays of other widths by themselves, or add them up in another order, [drop].

        Who senses fewer targets a station has fewer filters; powers of a lone link's wide cluster are added in pairs.
        """
        selection, parts, a = scheduled.selection, self.state.parts, self.state.scenario.allocation
        most = np.maximum.reduceat(selection.targets.count, parts.first[:-1])
        always = self.state.scenario.precoding.sensing_power > 0
        found = (np.maximum(most, 1) < most.max()) & (always | (most > 0))
        for links, cluster in ((selection.users, a.communication_cluster), (selection.targets, a.sensing_cluster)):
            if cluster >= _PAIRS:
                found |= parts.counts(links.station) == 1
        return np.asarray(found)

    def _record(self, record: FrameRecord, frame: int) -> None:
        self._rows.append(self._tally.frame(record))
        self._classes.add(record)
        self._refusals.add(record)
        self._throughput.served(record, bits_got(record, self._policies.link_model))
        if self._receivers is not None:
            for each in self._each if frame == 0 else ():
                each.come()
            self._receivers.look(record)
        for service, found in record.services.items():
            if any(table in self._tables for table in found.tables):
                raise UnlikeDrops(f"tables of the {service} service, whose rows may number stations of all drops")
            if f"links/{service}" in self._tables and len(found.links):
                self._record_links(service, found, record.rows(found.receiver), frame)
        if len(self._rows) == _ROWS:
            self._flush(frame + 1)

    def _record_links(self, service: str, found: ServiceRecord, rows: Index, frame: int) -> None:
        """Write the links of a service in a frame, those of every drop to its recorder."""
        kind, state = found.receiver, self.state
        columns = {**found.terms.columns(kind), **found.columns}
        ends, first = rows.tolist(), state.first[kind]
        for part, (recorder, a, b) in enumerate(zip(self._recorders, ends, ends[1:], strict=False)):
            if a < b:
                recorder.append(f"links/{service}", {
                    "drop": state.drops[part], "frame": frame, kind.word: found.links.ids[a:b] - first[part],
                    "station": found.links.station[a:b] - state.parts.first[part],
                    **{name: values[a:b] for name, values in columns.items()}})

    def _flush(self, stop: int) -> None:
        """Write the rows of table ``frames`` that are kept, those of the frames before ``stop``."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        shape = (len(rows), len(self.state.drops))
        columns: dict[str, npt.NDArray[Any]] = {name: np.empty(shape, np.asarray(rows[0][name]).dtype)
                                                for name in rows[0]}
        for name, column in columns.items():
            for place, row in enumerate(rows):
                column[place] = row[name]
        frames = np.arange(stop - len(rows), stop)
        for part, recorder in enumerate(self._recorders):
            recorder.append("frames", {"drop": self.state.drops[part], "frame": frames,
                                       **{name: column[:, part] for name, column in columns.items()}})

    def _finish(self, part: int) -> None:
        """Write the rows of a drop as a whole."""
        state, recorder, drop = self.state, self._recorders[part], {"drop": self.state.drops[part]}
        stations = state.states[part].stations
        users, targets = (state.members(kind, part) for kind in ReceiverType)
        throughput = self._throughput.one_of(self._told, part, users, stations)
        recorder.append("classes", {**drop, **self._classes.columns(part)})
        recorder.append("refusals", {**drop, **self._refusals.columns(part)})
        if self._receivers is not None:
            each = self._each[part]
            recorder.append("users/communication", {**drop, **each.users(throughput, self._counted)})
            if state.scenario.allocation.targets_per_bs:
                each.take(self._receivers, targets)
                recorder.append("users/sensing", {**drop, **each.targets(self._counted)})
        recorder.append("drops", {**drop, **self._tally.drop(part), **self._quality.one_of(users, targets).drop(),
                                  **throughput.drop()})


class _Quality(DropMetrics):
    """The same of several drops, which remembers whose times between sensings are whose."""

    def __init__(self, users: int, frames: int, frame_duration: float) -> None:
        super().__init__(users, frames, frame_duration)
        self._sensed_again: list[Index] = []

    def _gap(self, ids: Index, frame: int) -> None:
        if len(ids):
            known = ids[ids < len(self._sensed)]
            self._sensed_again.append(known[self._sensed[known] >= 0])
        super()._gap(ids, frame)

    def one_of(self, users: slice, targets: slice) -> DropMetrics:
        """Return what it knows of one of several drops."""
        found = DropMetrics(users.stop - users.start, self._frames, self._seconds)
        found._users, found._wanted = self._users.of(users), self._wanted[users]
        if self._gaps:
            who, gaps = np.concatenate(self._sensed_again), np.concatenate(self._gaps)
            found._gaps = [gaps[(who >= targets.start) & (who < targets.stop)]]
        return found
