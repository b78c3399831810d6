"""The points of a file of channels that users stand on."""

from __future__ import annotations

import numpy as np

from isacsys.channel.files import ChannelFile
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import ConfigError
from isacsys.core.lazy import spatial
from isacsys.network.drop_view import DropView

NEAR = 100.0  # m, within which a user has a point, or twice the farthest distance from a point to the next


class FilePoints:
    """The nearest point of every user; of users who stand still, the nearest that no other user has.

    Two users at one point would have the same channel, which no beams can tell apart.

    Parameters
    ----------
    file : ChannelFile
    network : DropView
    key : str
        The setting that names the file.
    """

    def __init__(self, file: ChannelFile, network: DropView, key: str) -> None:
        scenario, d = network.scenario, network.deployment
        self._tree = spatial.cKDTree(file.points[:, :2] - 1e3 * d.masts.origin)
        distance, nearest = map(np.asarray, self._tree.query(1e3 * d.users))
        near = max(NEAR, 2 * self._farthest()) if len(file.points) > 1 else NEAR
        path = scenario.fading.file
        if distance.max(initial=0) > near:
            i = int(distance.argmax())
            raise ConfigError(key, path, f"a file with a point within {near:.4g} m of every user: user {i} is "
                              f"{distance[i]:.4g} m from all")
        moving = scenario.mobility.user_speed > 0 or scenario.mobility.model == "file"
        if not moving and len(d.users) > len(file.points):
            raise ConfigError(key, path, f"a file with a point for each of the {len(d.users)} users, not "
                              f"{len(file.points)}: two at one point would have the same channel")
        self._own = None if moving else self._apart(1e3 * d.users, nearest)

    def of(self, users: Index, position: Array) -> Index:
        """Return the points [n] of ``users`` [n], who are at ``position`` [n, 2], km."""
        if self._own is not None:
            return self._own[users]
        return np.asarray(self._tree.query(1e3 * position)[1])

    def _farthest(self) -> float:
        """Return the farthest distance from a point to the next, m."""
        return float(np.max(self._tree.query(self._tree.data, k=[2])[0]))

    def _apart(self, place: Array, nearest: Index) -> Index:
        """Return ``nearest`` [user] with those whose point another user has moved on to the nearest that is free."""
        found, (_, first) = nearest.copy(), np.unique(nearest, return_index=True)
        free = np.ones(self._tree.n, bool)
        free[nearest] = False
        for user in np.setdiff1d(np.arange(len(nearest)), first).tolist():
            count = 8
            while True:
                candidates = np.atleast_1d(self._tree.query(place[user], k=min(count, self._tree.n))[1])
                chosen = candidates[free[candidates]]
                if len(chosen):
                    break
                count *= 4
            found[user] = chosen[0]
            free[chosen[0]] = False
        return found
