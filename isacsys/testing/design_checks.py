"""The invariants of transmit and receive designs, and of tracking filters."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from isacsys.beamforming import Combiner, Precoder, TransmitterCsi, checked_designs, receive_filters
from isacsys.channel import array_response
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Complex, Index
from isacsys.coupling import FullChannelCoupling
from isacsys.network import NetworkState, deploy
from isacsys.sensing import Beliefs, Measured, Tracker
from isacsys.sensing.track_manager import checked
from isacsys.sensing.tracks import expected
from isacsys.simulation import find_policies, simulate_drop
from isacsys.simulation.frame import settle
from isacsys.testing.harness import SMALL, Silent, hold, made

# Networks a design has to cope with: clusters, more users than there are, none at all, one antenna, lines of sight.
NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "an ordinary network": {"allocation.communication_cluster": 2, "allocation.sensing_cluster": 2},
    "cells with nobody in them": {"network.users_per_cell": 0.7, "allocation.communication_cluster": 2},
    "no sensing": {"allocation.targets_per_bs": 0},
    "one user and one antenna": {"allocation.users_per_bs": 1, "antennas.transmit": 1, "antennas.receive": 1},
    "lines of sight and few bits": {"propagation.rician_factor_db": 3.0, "csi.feedback_bits": 8,
                                    "precoding.sensing_power": 0.2},
}
_SMALL = {"network.area": 12, "network.users_per_cell": 6, "network.targets_per_cell": 4, "antennas.transmit": 8,
          "antennas.receive": 4, "allocation.users_per_bs": 3, "allocation.targets_per_bs": 2, "simulation.drops": 1,
          "simulation.frames": 2, "nulling.policy": "random"}
_TARGETS = 12
_RUN = {"tracking.enabled": True, "sensing.coherent_time": 0.005, "sensing.rcs": 1e-4, "simulation.frames": 12,
        "mobility.target_speed": 30.0, "targets.lifetime": 0.2}


def check_precoder(precoder: type[Precoder] | Precoder, *, seed: int = 1) -> None:
    """Run a transmit design through the invariants of all; say which one fails.

    Its beams are finite, of the right shape, and send no more power than there is; streams that are not used get
    none; it makes the same of the same, station by station, whatever the others know; it leaves what it is given as it
    is; it can be sent to another process; and it copes with empty cells, clusters, one antenna, lines of sight.

    Parameters
    ----------
    precoder : Precoder or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    DesignError
        Where it raises, or returns what cannot be sent.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class MatchedFilter(isacsys.Precoder):
    ...     def design(self, known):
    ...         return known.beams(known.own.swapaxes(1, 2))
    >>> check_precoder(MatchedFilter)
    """
    chosen = made(precoder, "precoder")
    for where, scenario in _scenarios(seed):
        mine = copy.deepcopy(chosen)
        mine.prepare(scenario)
        _check_design(mine, _known(scenario, mine), f"precoder {type(chosen).__name__} in {where}")
        for engine in ("short", "vectors"):
            simulate_drop(scenario.replace({"simulation.engine": engine}), 0, Silent(), precoder=chosen)


def check_combiner(combiner: type[Combiner] | Combiner, *, seed: int = 1) -> None:
    """Run a receive design through the invariants of all; say which one fails.

    Its filters are finite, of the right shape, and none is zero; it makes the same of the same, station by station,
    whatever the others receive; it leaves what it is given as it is; it can be sent to another process; and it copes
    with one antenna, with stations that sense fewer targets than others, and with the networks of `check_precoder`.

    Parameters
    ----------
    combiner : Combiner or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    DesignError
        Where it raises, or returns what cannot be received with.
    AssertionError
        Where it breaks another invariant.
    """
    chosen, rng = made(combiner, "combiner"), np.random.default_rng(seed)
    for antennas, targets in ((4, 1), (5, 3), (1, 1)):
        bearings = array_response.steering(rng.uniform(-1, 1, (4, targets)), antennas)
        bearings[0, 1:] = 0
        arriving = receive_filters.arrivals(rng, rng.exponential(1, (4, 3, 2)), antennas)
        covariance = receive_filters.covariance(arriving, np.ones((4, 3)), rng.exponential(1, 4))
        _check_filters(copy.deepcopy(chosen), bearings, covariance, f"combiner {type(chosen).__name__} with "
                       f"{antennas} antennas and {targets} targets")
    for _, scenario in _scenarios(seed):
        for engine in ("short", "vectors"):
            simulate_drop(scenario.replace({"simulation.engine": engine}), 0, Silent(), combiner=chosen)


def _scenarios(seed: int) -> Iterator[tuple[str, Scenario]]:
    for where, changes in NETWORKS.items():
        yield where, Scenario().replace({**_SMALL, **changes, "simulation.seed": seed})


def _known(scenario: Scenario, precoder: Precoder) -> TransmitterCsi:
    """Return the CSI of the stations of a network, as vectors."""
    state = NetworkState(scenario, deploy(scenario, 0))
    engine = FullChannelCoupling()
    return engine.know(settle(state, 0, find_policies(scenario, precoder=precoder, engine=engine)), precoder)


def _check_design(precoder: Precoder, known: TransmitterCsi, where: str) -> None:
    before = copy.deepcopy(known)
    beams, again = checked_designs.design(precoder, known), checked_designs.design(precoder, known)
    if beams.vectors is None or again.vectors is None:
        raise AssertionError(f"{where} makes no vectors of vectors")
    hold(_alike(before, known), f"{where} changes what it is given")
    hold(np.array_equal(beams.vectors, again.vectors) and np.array_equal(beams.power, again.power),
          f"{where} makes something else of the same")
    hold(not beams.power[~known.used].any(), f"{where} gives power to streams that are not used")
    some = np.arange(len(known.streams))[::-2]
    fewer = checked_designs.design(precoder, _part(known, some))
    hold(fewer.vectors is not None and np.allclose(fewer.vectors, beams.vectors[some], atol=1e-8)
          and np.allclose(fewer.power, beams.power[some]),
          f"{where} makes beams of a station that depend on what other stations know")


def _check_filters(combiner: Combiner, bearings: Complex, covariance: Complex, where: str) -> None:
    seen = covariance if combiner.needs_covariance else None
    before = bearings.copy(), covariance.copy()
    filters, again = (checked_designs.filters(combiner, bearings, seen) for _ in range(2))
    hold(np.array_equal(before[0], bearings) and np.array_equal(before[1], covariance),
          f"{where} changes what it is given")
    hold(np.array_equal(filters, again), f"{where} makes something else of the same")
    some = np.arange(len(bearings))[::-2]
    fewer = checked_designs.filters(combiner, bearings[some], None if seen is None else seen[some])
    hold(np.allclose(fewer, filters[some], atol=1e-8),
          f"{where} makes filters of a station that depend on what other stations receive")


def _part(known: TransmitterCsi, stations: Index) -> TransmitterCsi:
    """Return the CSI of some of the stations."""
    per_station = ("streams", "nulls", "own", "granted", "held", "sir", "granted_sir", "granted_weight", "bearings")
    part: dict[str, Any] = {name: value[stations] for name in per_station
                            if (value := getattr(known, name)) is not None}
    return dataclasses.replace(known, **part)


def _alike(one: TransmitterCsi, other: TransmitterCsi) -> bool:
    return all(np.array_equal(value, vars(other)[name]) for name, value in vars(one).items()
               if isinstance(value, np.ndarray))


Call = Callable[..., Beliefs]


def check_tracker(tracker: type[Tracker] | Tracker, *, seed: int = 1) -> None:
    """Run a filter through the invariants of all of them; say which one fails.

    Beliefs are finite and of the right shapes, covariances symmetric and without negative variances; what it says of
    one target does not depend on which others it is asked about; it leaves what it is given as it is; it says the same
    when asked again; it can be sent to another process; and it copes with networks in which targets move, come and
    leave, and with looks that measure no speed, or no bearing.

    Parameters
    ----------
    tracker : Tracker or class of one
        A class is made without arguments.
    seed : int
        Of the targets.

    Raises
    ------
    TrackerError
        Where it raises, or returns what is no belief.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Last(isacsys.Tracker):
    ...     def update(self, beliefs, measured):
    ...         return self.start(measured)
    >>> check_tracker(Last)
    """
    found = made(tracker, "tracker")
    name, rng = f"tracker {type(found).__name__}", np.random.default_rng(seed)
    for deviation in ((3.0, 0.01, 0.8), (3.0, 0.01, np.inf), (3.0, np.inf, 0.8)):
        first, second = (_measured(rng, np.array(deviation)) for _ in range(2))
        begun = _ask(name, found, "start", first)
        later = _ask(name, found, "predict", begun, np.full(_TARGETS, 0.1))
        _ask(name, found, "update", later, second)
    for several in ({}, {"combining.policy": "mvdr"}, {"antennas.receive": 1}):
        simulate_drop(Scenario().replace({**SMALL, **_RUN, **several}), 0, Silent(), tracker=found)


def _measured(rng: np.random.Generator, deviation: np.ndarray) -> Measured:
    """Return measurements of some targets from their stations."""
    state = np.concatenate([rng.uniform(-900, 900, (_TARGETS, 2)), rng.normal(0, 10, (_TARGETS, 2))], axis=1)
    value = expected(state, np.zeros((_TARGETS, 2)))[0]
    value += rng.standard_normal(value.shape) * np.where(np.isfinite(deviation), deviation, 0.0)
    return Measured(np.zeros((_TARGETS, 2)), value, np.tile(deviation**2, (_TARGETS, 1)))


def _ask(name: str, tracker: Tracker, method: str, *given: Beliefs | Measured | np.ndarray) -> Beliefs:
    """Call a tracker for all targets, again, and for some of them; check the results."""
    before = copy.deepcopy(given)
    found = copy.deepcopy(checked(tracker, method, *given))
    again = checked(tracker, method, *given)
    _same(found, again, f"{name}.{method} changes what it is given, or says something else when asked again")
    rows = np.arange(0, _TARGETS, 3)
    some = checked(tracker, method, *(part[rows] for part in before))
    _same(found[rows], some, f"{name}.{method} says something else of a target when asked about others besides")
    p = found.covariance
    scale = np.abs(p).max()
    hold(np.allclose(p, p.swapaxes(1, 2), atol=1e-9 * scale), f"{name}.{method} returns covariances not symmetric")
    hold(bool(np.linalg.eigvalsh(p).min() >= -1e-9 * scale), f"{name}.{method} returns negative variances")
    return found


def _same(one: Beliefs, other: Beliefs, otherwise: str) -> None:
    hold(np.allclose(one.mean, other.mean, rtol=1e-9, atol=1e-9)
         and np.allclose(one.covariance, other.covariance, rtol=1e-9, atol=1e-9), otherwise)
