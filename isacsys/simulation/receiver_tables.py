"""One row a user, and one a target: its place, the link to its cell, and what it got in the drop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from isacsys.core.arrays import Array, Index, Table
from isacsys.metrics import Throughput
from isacsys.metrics.receiver_sums import ReceiverSums
from isacsys.network import NetworkState
from isacsys.network.receivers import ReceiverType
from isacsys.services import FrameRecord


class ReceiverTables:
    """Tables ``users/communication`` and ``users/sensing`` of a drop.

    Cell and place are those of the first frame in which a user or target is present; without a cell (-1) it has no
    distance, coupling loss and geometry (NaN).

    Parameters
    ----------
    state : NetworkState
    """

    def __init__(self, state: NetworkState) -> None:
        self._state = state
        self._places: dict[ReceiverType, list[Table]] = {kind: [] for kind in ReceiverType}
        self._known = {kind: np.zeros(0, bool) for kind in ReceiverType}
        self._present = {kind: np.zeros(0, np.int64) for kind in ReceiverType}  # frames, [user], [target]
        # who has a station
        self._attached: dict[ReceiverType, Index] = {kind: np.zeros(0, np.int64) for kind in ReceiverType}
        self._since = dict.fromkeys(ReceiverType, 0)  # frames for which these have been the same
        self._looks = ReceiverSums(0)  # [target]

    def add(self, record: FrameRecord) -> None:
        """Count arrivals, and looks of a frame."""
        self.come()
        self.look(record)

    def come(self) -> None:
        """Enter who has come."""
        sensing = self._state.scenario.allocation.targets_per_bs > 0
        for kind in ReceiverType if sensing else (ReceiverType.USER,):
            self._come(kind)

    def look(self, record: FrameRecord) -> None:
        """Enter what was sensed in a frame."""
        targets = record.frame_state.selection.targets.ids
        if not len(targets):
            return
        self._looks.grow(len(self._state.targets))
        detected = record.targets.more.get("detection_probability")
        self._looks.add(targets, rate=record.targets.rate, **({} if detected is None else {"detections": detected}))

    def take(self, several: ReceiverTables, targets: slice) -> None:
        """Take over what was sensed of these ``targets``, of those of several drops."""
        several._looks.grow(targets.stop)
        self._looks = several._looks.of(targets)

    def users(self, got: Throughput, frames: int | None = None) -> Table:
        """Return the rows of the users, but for the drop; ``frames``: how many all were present, None: as counted."""
        users = got.users
        return {**self._rows(ReceiverType.USER), "frames_served": users.frames, "bits_delivered": users["bits"],
                "throughput": got.throughput, "mean_rate": self._mean(ReceiverType.USER, users["rate"], frames),
                "blocks_sent": users["sent"].astype(np.int64), "blocks_failed": users["failed"].astype(np.int64)}

    def targets(self, frames: int | None = None) -> Table:
        """Return the rows of the targets, but for the drop; ``frames`` as of `users`."""
        rows = self._rows(ReceiverType.TARGET)
        looks, there = self._looks, slice(len(rows["target"]))
        looks.grow(there.stop)
        return {**rows, "frames_sensed": looks.frames[there],
                "mean_rate": self._mean(ReceiverType.TARGET, looks["rate"][there], frames),
                "detections_expected": looks["detections"][there]}

    def _mean(self, kind: ReceiverType, total: Array, frames: int | None) -> Array:
        """Return ``total`` over the frames in which each of a kind was present; 0 for none."""
        if frames is not None:
            return total / frames
        self._settle(kind)
        present = np.append(self._present[kind], np.zeros(len(total) - len(self._present[kind]), np.int64))
        return total / np.maximum(present, 1)

    def _rows(self, kind: ReceiverType) -> dict[str, npt.NDArray[np.generic]]:
        never = np.flatnonzero(~self._known[kind])  # present in no frame that counts
        parts = [*self._places[kind], self._describe(kind, never)]
        order = np.argsort(np.concatenate([part[kind.word] for part in parts]), kind="stable")
        return {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}

    def _come(self, kind: ReceiverType) -> None:
        """Count those who are present, and describe those who are so for the first time."""
        attached = self._state.population(kind).attached
        if attached is not self._attached[kind]:
            self._settle(kind)
            self._attached[kind], more = attached, len(self._state.population(kind)) - len(self._known[kind])
            self._known[kind] = np.append(self._known[kind], np.zeros(more, bool))
            self._present[kind] = np.append(self._present[kind], np.zeros(more, np.int64))
            self._meet(kind, np.sort(attached[~self._known[kind][attached]]))
        self._since[kind] += 1

    def _settle(self, kind: ReceiverType) -> None:
        """Add the frames since those who are present changed."""
        self._present[kind][self._attached[kind]] += self._since[kind]
        self._since[kind] = 0

    def _meet(self, kind: ReceiverType, new: Index) -> None:
        if len(new):
            self._places[kind].append(self._describe(kind, new))
            self._known[kind][new] = True

    def _describe(self, kind: ReceiverType, ids: Index) -> Table:
        state = self._state
        members = state.population(kind)
        there = members.station[ids] >= 0
        loss, geometry = np.full(len(ids), np.nan), np.full(len(ids), np.nan)
        loss[there], geometry[there] = _decibel(*self._powers(kind, ids[there]))
        places = state.large_scale.places(kind, ids)
        indoor = {"indoor": places.indoor.astype(np.uint8)} if kind == ReceiverType.USER else {}
        return {kind.word: ids, "cell": members.station[ids], "x": members.position[ids, 0],
                "y": members.position[ids, 1], "height": places.height, **indoor,
                "line_of_sight": places.line_of_sight, "distance": np.where(there, members.distance[ids], np.nan),
                "coupling_loss": -loss, "geometry": geometry}

    def _powers(self, kind: ReceiverType, ids: Index) -> tuple[Array, Array]:
        """Return the mean gain from the serving cell (of targets: there and back), and mean SIR."""
        state = self._state
        if not len(ids):
            return np.empty(0), np.empty(0)
        if kind == ReceiverType.USER:
            return state.around_users(ids).path_gain[:, 0], state.mean_sir(ids)
        return state.large_scale.echo_gain(ids, state.targets.distance[ids]), state.mean_echo_sir(ids)


def _decibel(gain: Array, sir: Array) -> tuple[Array, Array]:
    with np.errstate(divide="ignore"):
        return 10 * np.log10(gain), 10 * np.log10(sir)
