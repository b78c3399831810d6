"""Received power of a user from its serving station alone, or from its cluster jointly."""

from __future__ import annotations

import numpy as np

from isacsys.beamforming import FrameState
from isacsys.core.arrays import Array
from isacsys.coupling import Couplings


def received(frame_state: FrameState, gains: Couplings) -> tuple[Array, Array, Array]:
    """Return wanted power, power of the serving station's other streams, and power [link, near] of all others."""
    around = frame_state.around_users
    power = gains.to_users * around.path_gain
    if frame_state.scenario.joint:
        return _together(frame_state, gains, power)
    serving = around.path_gain[:, 0]
    return gains.wanted * serving, gains.own * serving, power


def believed(frame_state: FrameState, gains: Couplings) -> Array:
    """Return the wanted power that the stations expect a user to get, [link]: powers add, or amplitudes aligned."""
    gain = gains.wanted if gains.believed is None else gains.believed
    if not frame_state.scenario.joint:
        return np.asarray(gain * frame_state.around_users.path_gain[:, 0])
    streams, users = frame_state.streams, len(frame_state.selection.users)
    power = gain * frame_state.around_users.path_gain[streams.link, streams.column]
    if frame_state.scenario.cooperation.communication == "joint":
        return np.asarray(np.bincount(streams.link, power, users), float)
    return np.asarray(np.bincount(streams.link, np.sqrt(power), users), float) ** 2


def _together(frame_state: FrameState, gains: Couplings, power: Array) -> tuple[Array, Array, Array]:
    """Add up what is meant for a user; of members that send to it, other streams alone are interference.

    Powers add, or amplitudes, ``|sum_m (p_m g_m)^1/2 e^(j phi_m)|^2``, where phases phi_m are off by what the channels
    have turned since the stations knew them.
    """
    streams, users = frame_state.streams, len(frame_state.selection.users)
    path_gain = frame_state.around_users.path_gain[streams.link, streams.column]
    wanted, others = gains.wanted * path_gain, gains.own * path_gain
    member = slice(users, None)
    power[streams.link[member], streams.column[member]] = others[member]
    powers = np.asarray(np.bincount(streams.link, wanted, users), float)
    if frame_state.scenario.cooperation.communication == "joint":
        return powers, others[:users], power
    amplitude = np.sqrt(wanted) * (1.0 if gains.phase is None else gains.phase)
    total = np.bincount(streams.link, amplitude.real, users) + 1j * np.bincount(streams.link, amplitude.imag, users)
    signal = np.where(np.bincount(streams.link, minlength=users) > 1, np.abs(total) ** 2, powers)
    return signal, others[:users], power
