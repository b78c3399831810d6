"""One frame run by the package on explicit channels, and by the naive reference on the same ones."""

import numpy as np

from isacsys import Positions, Scenario
from isacsys.coupling import FullChannelCoupling
from isacsys.network import NetworkState, deploy
from isacsys.simulation import find_policies, run_frame
from tests import naive

SMALL = {"network.layout": "file", "network.area": 30.25, "network.near_stations": 6, "network.users_per_cell": 6,
         "network.targets_per_cell": 6, "network.bs_density": 0.7}


def small(changes):
    """A scenario on a torus of a dozen stations, their positions given."""
    return Scenario().replace({**SMALL, **changes})


def layout(scenario, seed, stations=14):
    """Random positions for it."""
    rng, side = np.random.default_rng(seed), np.sqrt(scenario.network.area)
    users = round(stations * scenario.network.users_per_cell)
    targets = round(stations * scenario.network.targets_per_cell)
    return Positions(*(rng.random((n, 2)) * side for n in (stations, users, targets)))


def frame(scenario, positions, channels, drop=0):
    """Run the package's frame on explicit channels."""
    state = NetworkState(scenario, deploy(scenario, drop, positions))
    return run_frame(state, drop, find_policies(scenario, engine=FullChannelCoupling(Given(channels))))


class Given:
    """Channels that are given pair by pair, as the reference takes them."""

    def __init__(self, channels):
        self.channels = channels

    def users(self, frame_state):
        """Fill in those of all pairs of a scheduled user and a station around it."""
        around, ids = frame_state.around_users.station, frame_state.selection.users.ids
        rows = np.zeros((*around.shape, frame_state.scenario.antennas.transmit), complex)
        for row, column in np.argwhere(around < frame_state.stations):
            rows[row, column] = self.channels.user(ids[row], around[row, column])
        return rows

    def stations(self, frame_state):
        """Fill in those of all pairs of a sensing station and one around it."""
        around, antennas = frame_state.sensors.around.station, frame_state.scenario.antennas
        rows = np.zeros((*around.shape, antennas.receive, antennas.transmit), complex)
        for row, column in np.argwhere(around < frame_state.stations):
            rows[row, column] = self.channels.station(frame_state.sensors.station[row], around[row, column]).T
        return rows


def parameters(scenario, stations):
    """The same scenario in the reference's words."""
    a, n, s = scenario.allocation, scenario.network, scenario.sensing
    return naive.Parameters(
        M_t=scenario.antennas.transmit, M_r=scenario.antennas.receive, K=a.users_per_bs, J=a.targets_per_bs,
        L=a.communication_cluster, Q=a.sensing_cluster, alpha=scenario.propagation.path_loss_exponent,
        beta=scenario.propagation.echo_exponent, c=scenario.echo_gain, bs_density=stations / n.area,
        side=(np.sqrt(n.area),) * 2, near_stations=n.near_stations, far_field=n.far_field,
        noise_power=scenario.propagation.noise_power, cluster_center=s.cluster_center,
        inter_target_echo=s.inter_target_echo)


def reference(scenario, positions, channels, record):
    """Run the reference on the package's selection; its grants are its own."""
    selection = record.frame_state.selection
    given = naive.Layout(*(np.asarray(p, float) for p in (positions.stations, positions.users, positions.targets)))
    choice = naive.Choice(selection.users.ids, selection.targets.ids)
    return naive.reference_frame(parameters(scenario, len(given.stations)), given, choice, channels)
