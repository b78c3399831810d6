"""Vectors for known channels, of own users and granted nulls, and laws for all the rest."""

from __future__ import annotations

import numpy as np

from isacsys.beamforming import Beams, Combiner, FrameState, TransmitterCsi, csi_ageing, receive_filters
from isacsys.beamforming import transmitter_csi as known
from isacsys.beamforming.transmitter_csi import granted_links
from isacsys.channel import rician, sampled_gains
from isacsys.channel.gaussian import complex_normal
from isacsys.channel.pairs import gained, without_rounding
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.random_streams import Purpose
from isacsys.coupling import beam_gains
from isacsys.coupling.base import Couplings

_NO_FILTERS, _NO_ECHOES, _NO_PAIRS = np.empty((0, 1, 1)), np.empty((0, 1)), (np.empty(0, int), np.empty(0, int))


def wanted(frame_state: FrameState) -> bool:
    """Return whether even zero forcing needs vectors: few bits, lines of sight, sensing beams across given channels, or
    beside what they are meant for, given channels beside those of users that were granted a stream.
    """
    scenario = frame_state.scenario
    given = frame_state.schedule.channels is not None or frame_state.sensors.believed is not None
    across = scenario.precoding.sensing_power > 0 and given
    seen = frame_state.schedule.channels is not None and scenario.joint  # of own users, and not of those granted
    return bool(across or seen or scenario.csi.feedback_bits or frame_state.sight)


def know(frame_state: FrameState) -> TransmitterCsi:
    """Draw channels of own users, and of users and stations whose nulls were granted."""
    links, (link, column, _) = frame_state.selection.users, granted_links(frame_state)
    antennas = frame_state.scenario.antennas
    own = frame_state.schedule.channels
    if own is None:
        row = np.arange(len(links))
        own = beam_gains.channels(frame_state, frame_state.name.stream(Purpose.OWN_CHANNELS), row, np.zeros_like(row))
    rng = frame_state.name.stream(Purpose.NULLS_HELD)
    granted = beam_gains.channels(frame_state, rng, link, column)
    stations = complex_normal(rng, (len(frame_state.grants.pairs[0]), antennas.receive, antennas.transmit))
    return known.believed(frame_state, own, granted, stations, (own, granted, stations))


def couple(frame_state: FrameState, known: TransmitterCsi, beams: Beams, combiner: Combiner) -> Couplings:
    """Compute the gains of beams at known receivers, and draw those at all others."""
    own, granted, stations = known.truth
    rng, rho = frame_state.name.stream(Purpose.AGEING), csi_ageing.own_correlation(frame_state)
    row = np.arange(len(own))
    own = beam_gains.aged(rng, frame_state, own, row, np.zeros_like(row), rho)
    cross, (link, column, _) = csi_ageing.cross_correlation(frame_state), granted_links(frame_state)
    granted = beam_gains.aged(rng, frame_state, granted, link, column, None if cross is None else cross[link])
    served = np.concatenate([own, granted]) if frame_state.scenario.joint else own
    wanted, others, phase = beam_gains.own_gains(frame_state, served, beams, known)
    to_users = _to_users(frame_state, granted, beams)
    believed = beam_gains.believed_gains(frame_state, beams, known)
    if not len(frame_state.selection.targets):
        return Couplings(wanted, others, to_users, _NO_FILTERS, _NO_ECHOES, phase=phase, believed=believed)
    echoes = beam_gains.echoes(frame_state, beams)
    if not combiner.needs_covariance:
        through = _to_filters(frame_state, stations, beams)
        return Couplings(wanted, others, to_users, through, echoes, phase=phase, believed=believed)
    gains, filters, covariance = beam_gains.adapted(
        frame_state, beams, combiner, _Arriving(frame_state, stations, beams)
    )
    return Couplings(wanted, others, to_users, gains, echoes, filters, covariance, phase, believed)


class _Arriving:
    """What arrives at stations that sense: by its law, and from stations that nulled, computed."""

    def __init__(self, frame_state: FrameState, stations: Complex, beams: Beams) -> None:
        self._situation, self._spectrum = frame_state, beams.spectrum
        self._rng = frame_state.name.stream(Purpose.TARGET_INTERFERENCE)
        self._known = arriving(frame_state, stations, beams)

    def __call__(self, rows: slice) -> Complex:
        sensor, column = self._situation.grants.pairs
        station = self._situation.sensors.around.station[rows]
        found = receive_filters.arrivals(self._rng, self._spectrum[station], self._situation.scenario.antennas.receive)
        mine = (sensor >= rows.start) & (sensor < rows.stop)
        found[sensor[mine] - rows.start, column[mine]] = self._known[mine]
        return found


def arriving(frame_state: FrameState, stations: Complex, beams: Beams) -> Complex:
    """Return ``G^H W P^1/2`` [pair, S, M_r] of pairs of which G^T is ``stations`` [pair, M_r, M_t]."""
    station = frame_state.sensors.around.station[frame_state.grants.pairs]
    return np.asarray((stations.conj() @ beams.weighted[station]).swapaxes(-1, -2))


def _to_filters(frame_state: FrameState, stations: Complex, beams: Beams) -> Array:
    sensors, pairs = frame_state.sensors, frame_state.grants.pairs
    gains = sampled_gains.filtered_gains(frame_state.name.stream(Purpose.TARGET_INTERFERENCE), beams.spectrum,
                                  sensors.around.station, sensors.filters, _NO_PAIRS, sensors.filters[:0])
    if len(pairs[0]):
        arrived = arriving(frame_state, stations, beams)[:, None]
        known = receive_filters.through(arrived, sensors.receive[pairs[0]])[:, 0]
        gains[pairs] = without_rounding(known, frame_state.scenario.antennas.transmit)  # E |G v|^2
    return gains


def _to_users(frame_state: FrameState, granted: Complex, beams: Beams) -> Array:
    """Draw total gains of stations that granted nothing, and compute those of stations that did."""
    around, (link, column, station) = frame_state.around_users.station, granted_links(frame_state)
    drawing = frame_state.name.stream(Purpose.USER_INTERFERENCE)
    gains = np.zeros(around.shape)
    if frame_state.sight is None:
        gains[:, 1:] = sampled_gains.total_gains(drawing, beams.spectrum, around[:, 1:])
    else:
        _in_sight(frame_state, beams, drawing, gains, link, column)
    gains[link, column] = gained(granted, station, beams.weighted)
    return gains


def _in_sight(frame_state: FrameState, beams: Beams, rng: np.random.Generator, gains: Array, link: Index,
              column: Index) -> None:
    """Draw gains of links with a line of sight, and of those without, into ``gains`` [link, near]."""
    around, sight = frame_state.around_users.station, frame_state.sight
    if sight is None:
        return
    others = around < frame_state.stations
    others[:, 0] = others[link, column] = False
    seen = others & (sight.share > 0)
    gains[seen] = rician.gains(rng, beams.weighted, around[seen], sight.cosine[seen], sight.share[seen])
    hidden = others & ~seen
    gains[hidden] = sampled_gains.total_gains(rng, beams.spectrum, around[hidden][:, None])[:, 0]
