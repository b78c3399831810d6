"""Communication: accounted links of served users. Meng & Masouros (2)."""

from __future__ import annotations

from isacsys.beamforming import Beams, FrameState
from isacsys.core import accounting
from isacsys.core.arrays import Array, Index, Table
from isacsys.coupling import Couplings
from isacsys.network.receivers import ReceiverType
from isacsys.services import joint_transmission
from isacsys.services.base import Service, ServiceRecord, account_links, active_share, strongest
from isacsys.services.link_terms import FREEDOM


class Communication(Service):
    """Serve users, from their own station or from all stations of their cluster."""

    name = "communication"

    def account(self, frame_state: FrameState, beams: Beams, gains: Couplings) -> ServiceRecord:
        """Account what every scheduled user receives."""
        around, grants, users = frame_state.around_users, frame_state.grants, frame_state.selection.users
        signal, own, power = joint_transmission.received(frame_state, gains)  # power [link, near]
        interference = accounting.split(power, grants.user_asked, grants.user_granted)
        far = around.far_field * active_share(frame_state, beams.transmitting, users.station)
        terms = account_links(frame_state, ReceiverType.USER, signal, own, True, interference, far,
                              strongest(frame_state, power, around.station))
        tables = {"streams": streams_table(frame_state, beams.power)} if frame_state.scenario.joint else {}
        return ServiceRecord(ReceiverType.USER, users, terms, {FREEDOM.name: degrees_of_freedom(frame_state)}, tables)


def degrees_of_freedom(frame_state: FrameState) -> Index:
    """Return ``M_t - independent constraints + 1`` [link] of the serving station of every scheduled user."""
    users = frame_state.selection.users
    held = users.count + frame_state.grants.constraints
    return frame_state.scenario.antennas.transmit + 1 - held[users.station]


def streams_table(frame_state: FrameState, power: Array) -> Table:
    """Return the rows of table ``streams``: who sends to whom, with how much of ``power`` [bs, S]."""
    streams = frame_state.streams
    users = frame_state.selection.users.ids
    return {"station": streams.station, "user": users[streams.link], "slot": streams.slot,
            "power": power[streams.station, streams.slot]}
