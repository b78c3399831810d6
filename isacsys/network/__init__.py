"""The object model of one drop: arrays in `NetworkState`, and handles on them."""

from isacsys.network.clusters import Cluster
from isacsys.network.deployment import Deployment, deploy
from isacsys.network.entities import BaseStation, Target, User
from isacsys.network.places import Positions
from isacsys.network.state import NetworkState

__all__ = ["BaseStation", "Cluster", "Deployment", "NetworkState", "Positions", "Target", "User", "deploy"]
