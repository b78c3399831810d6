"""Vectors for what stations know, their own users and what they granted, and laws for all the rest."""

from __future__ import annotations

import numpy as np

from isacsys.arrays import Array, Complex, Index
from isacsys.engines import explicit
from isacsys.engines.base import Couplings
from isacsys.physics import fading, receiving, rician
from isacsys.physics.gaussian import complex_normal
from isacsys.physics.pairs import gained
from isacsys.streams import Purpose
from isacsys.transmission import Beams, Combiner, Known, Situation, csi, known
from isacsys.transmission.known import granted_links

_NO_FILTERS, _NO_ECHOES, _NO_PAIRS = np.empty((0, 1, 1)), np.empty((0, 1)), (np.empty(0, int), np.empty(0, int))


def wanted(situation: Situation) -> bool:
    """Say whether even zero forcing needs vectors: few bits, lines of sight, sensing beams across given channels, or
    beside what they are meant for, given channels beside those of users that were granted a stream.
    """
    scenario = situation.scenario
    given = situation.schedule.channels is not None or situation.sensors.believed is not None
    across = scenario.precoding.sensing_power > 0 and given
    seen = situation.schedule.channels is not None and scenario.joint  # of own users, and not of those granted
    return bool(across or seen or scenario.csi.feedback_bits or situation.sight)


def know(situation: Situation) -> Known:
    """Draw channels of own users, and of users and stations whose nulls were granted."""
    links, (link, column, _) = situation.selection.users, granted_links(situation)
    antennas = situation.scenario.antennas
    own = situation.schedule.channels
    if own is None:
        row = np.arange(len(links))
        own = explicit.channels(situation, situation.name.stream(Purpose.OWN_CHANNELS), row, np.zeros_like(row))
    rng = situation.name.stream(Purpose.NULLS_HELD)
    granted = explicit.channels(situation, rng, link, column)
    stations = complex_normal(rng, (len(situation.grants.pairs[0]), antennas.receive, antennas.transmit))
    return known.believed(situation, own, granted, stations, (own, granted, stations))


def couple(situation: Situation, known: Known, beams: Beams, combiner: Combiner) -> Couplings:
    """Compute what beams come to at known receivers, and draw what they come to at all others."""
    own, granted, stations = known.truth
    rng, rho = situation.name.stream(Purpose.AGEING), csi.own_correlation(situation)
    row = np.arange(len(own))
    own = explicit.aged(rng, situation, own, row, np.zeros_like(row), rho)
    cross, (link, column, _) = csi.cross_correlation(situation), granted_links(situation)
    granted = explicit.aged(rng, situation, granted, link, column, None if cross is None else cross[link])
    served = np.concatenate([own, granted]) if situation.scenario.joint else own
    wanted, others, phase = explicit.own_gains(situation, served, beams, known)
    to_users = _to_users(situation, granted, beams)
    if not len(situation.selection.targets):
        return Couplings(wanted, others, to_users, _NO_FILTERS, _NO_ECHOES, phase=phase)
    echoes = explicit.echoes(situation, beams)
    if not combiner.needs_covariance:
        return Couplings(wanted, others, to_users, _to_filters(situation, stations, beams), echoes, phase=phase)
    gains, filters, covariance = explicit.adapted(situation, beams, combiner, _Arriving(situation, stations, beams))
    return Couplings(wanted, others, to_users, gains, echoes, filters, covariance, phase)


class _Arriving:
    """What arrives at stations that sense: by its law, and from stations that nulled, computed."""

    def __init__(self, situation: Situation, stations: Complex, beams: Beams) -> None:
        self._situation, self._spectrum = situation, beams.spectrum
        self._rng = situation.name.stream(Purpose.TARGET_INTERFERENCE)
        self._known = arriving(situation, stations, beams)

    def __call__(self, rows: slice) -> Complex:
        sensor, column = self._situation.grants.pairs
        station = self._situation.sensors.around.station[rows]
        found = receiving.arrivals(self._rng, self._spectrum[station], self._situation.scenario.antennas.receive)
        mine = (sensor >= rows.start) & (sensor < rows.stop)
        found[sensor[mine] - rows.start, column[mine]] = self._known[mine]
        return found


def arriving(situation: Situation, stations: Complex, beams: Beams) -> Complex:
    """``G^H W P^1/2`` [pair, S, M_r] of pairs of which G^T is ``stations`` [pair, M_r, M_t]."""
    station = situation.sensors.around.station[situation.grants.pairs]
    return np.asarray((stations.conj() @ beams.weighted[station]).swapaxes(-1, -2))


def _to_filters(situation: Situation, stations: Complex, beams: Beams) -> Array:
    sensors, pairs = situation.sensors, situation.grants.pairs
    gains = fading.filtered_gains(situation.name.stream(Purpose.TARGET_INTERFERENCE), beams.spectrum,
                                  sensors.around.station, sensors.filters, _NO_PAIRS, sensors.filters[:0])
    if len(pairs[0]):
        known = arriving(situation, stations, beams)
        gains[pairs] = receiving.through(known[:, None], sensors.receive[pairs[0]])[:, 0]
    return gains


def _to_users(situation: Situation, granted: Complex, beams: Beams) -> Array:
    """Draw total gains of stations that granted nothing, and compute those of stations that did."""
    around, (link, column, station) = situation.around_users.station, granted_links(situation)
    drawing = situation.name.stream(Purpose.USER_INTERFERENCE)
    gains = np.zeros(around.shape)
    if situation.sight is None:
        gains[:, 1:] = fading.total_gains(drawing, beams.spectrum, around[:, 1:])
    else:
        _in_sight(situation, beams, drawing, gains, link, column)
    gains[link, column] = gained(granted, station, beams.weighted)
    return gains


def _in_sight(situation: Situation, beams: Beams, rng: np.random.Generator, gains: Array, link: Index,
              column: Index) -> None:
    """Draw gains of links with a line of sight, and of those without, into ``gains`` [link, near]."""
    around, sight = situation.around_users.station, situation.sight
    if sight is None:
        return
    others = around < situation.stations
    others[:, 0] = others[link, column] = False
    seen = others & (sight.share > 0)
    gains[seen] = rician.gains(rng, beams.weighted, around[seen], sight.cosine[seen], sight.share[seen])
    hidden = others & ~seen
    gains[hidden] = fading.total_gains(rng, beams.spectrum, around[hidden][:, None])[:, 0]
