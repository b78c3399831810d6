"""Calls of precoders and combiners, with checks of what they return."""

from __future__ import annotations

import dataclasses

import numpy as np

from isacsys.beamforming import linear_precoding, sensing_beam_gains
from isacsys.beamforming.beams import Beams
from isacsys.beamforming.combiners import Combiner
from isacsys.beamforming.frame_state import Sensors
from isacsys.beamforming.precoders import Precoder
from isacsys.beamforming.transmitter_csi import TransmitterCsi
from isacsys.core.arrays import Array, Complex, Flags, Index
from isacsys.core.errors import DesignError
from isacsys.core.random_streams import Purpose
from isacsys.plugins.loading import blamed, is_ours

ROUNDING = 1e-6  # by which a station's power may exceed 1


def design(precoder: Precoder, known: TransmitterCsi, sensing_power: float = 0.0) -> Beams:
    """Return the beams of a precoder, checked, and sensing beams beside them.

    Raises
    ------
    DesignError
        Naming the precoder and its fault.
    """
    name = f"precoder {type(precoder).__name__}"
    with blamed(lambda fault: DesignError(f"{name} raised {fault}"), precoder):
        made = precoder.design(known)
    _check_beams(name, made, known)
    return illuminate(made, known, sensing_power) if sensing_power > 0 else made


def budget(precoder: Precoder, antennas: int, streams: Index) -> Index:
    """Return how many nulls stations can grant beside ``streams`` [bs] users, as the precoder says, checked.

    Raises
    ------
    DesignError
        Naming the precoder and its fault.
    """
    if is_ours(precoder):
        return precoder.budget(antennas, streams)
    name = f"precoder {type(precoder).__name__}"
    with blamed(lambda fault: DesignError(f"{name} raised {fault} saying how many nulls can be granted"), precoder):
        found = np.asarray(precoder.budget(antennas, streams))
    if found.shape != streams.shape or found.dtype.kind not in "iu" or (found < 0).any():
        raise DesignError(f"{name} gave budgets of nulls that are not {len(streams)} whole numbers from 0 on")
    return found


def illuminate(beams: Beams, known: TransmitterCsi, sensing_power: float) -> Beams:
    """Add a beam ``P a / |P a|`` for every scheduled target, P the projector on the null space of all known channels.

    They share ``sensing_power`` evenly, users what is left; a station without users sends them with full power, one
    without targets, or without a dimension left, none.
    """
    if known.bearings is None:
        raise ValueError("sensing beams without bearings")
    if known.own is None or beams.vectors is None:
        return _illuminate_by_law(beams, known, known.bearings, sensing_power)
    vectors, there = linear_precoding.toward(known.bearings, linear_precoding.stacked(known.own, known.granted))
    share, extra = _shares(there, known, sensing_power)
    power = beams.power * (1 - share)[:, None]
    together = np.concatenate([beams.vectors, vectors], axis=-1)
    apart = np.abs(beams.vectors.conj().swapaxes(-1, -2) @ vectors).max(initial=0) < 1e-9
    parts = [beams.spectrum[:-1] * (1 - share)[:, None], linear_precoding.eigenvalues(vectors, extra)] if apart else \
        [linear_precoding.eigenvalues(together, np.concatenate([power, extra], axis=-1))]
    spectrum = np.pad(np.concatenate(parts, axis=-1), ((0, 1), (0, 0)))
    return Beams(np.concatenate([power, extra], axis=-1), spectrum, None, together)


def _illuminate_by_law(beams: Beams, known: TransmitterCsi, bearings: Complex, sensing_power: float) -> Beams:
    """Draw how zero-forcing beams, and sensing beams beside them, lie towards the targets."""
    drawn = sensing_beam_gains.draw(
        known.name.stream(Purpose.ECHOES), bearings, beams.spectrum[:-1], known.streams, known.nulls
    )
    share, extra = _shares(drawn.there, known, sensing_power)
    weight = np.sqrt(extra)
    own = drawn.gram * weight[..., None] * weight[..., None, :]
    squares = np.maximum(np.linalg.eigvalsh(own), 0) if own.shape[-1] > 1 else extra
    spectrum = np.concatenate([beams.spectrum[:-1] * (1 - share)[:, None], squares], axis=-1)
    gains = drawn.users * (1 - share)[:, None] + np.einsum("bi,bij->bj", extra, drawn.overlap)
    return Beams(np.concatenate([beams.power * (1 - share)[:, None], extra], axis=-1),
                 np.pad(spectrum, ((0, 1), (0, 0))), beams.zero_forced, None, gains)


def _shares(there: Flags, known: TransmitterCsi, sensing_power: float) -> tuple[Array, Array]:
    """Return the share of the power [bs] on sensing beams, and of each of them, [bs, J]."""
    count = there.sum(-1)
    share = np.where(count > 0, np.where(known.streams > 0, sensing_power, 1.0), 0.0)
    return share, there * (share / np.maximum(count, 1))[:, None]


def named_filters(combiner: Combiner, sensors: Sensors) -> Sensors:
    """Return sensors whose null requests name the filters of a combiner, if these depend on bearings alone."""
    if combiner.needs_covariance or not len(sensors.station):
        return sensors
    bearings = steering(sensors)
    found = filters(combiner, bearings, None)
    return sensors if found is bearings else dataclasses.replace(sensors, named=found)


def filters(combiner: Combiner, bearings: Complex, covariance: Complex | None) -> Complex:
    """Return the filters [sensor, J, M_r] of a combiner, checked and of unit norm; ``bearings`` themselves if it has
    none.

    ``bearings`` [sensor, J, M_r], ``covariance`` [sensor, M_r, M_r] as of `Combiner.filters`.

    Raises
    ------
    DesignError
        Naming the combiner and its fault.
    """
    name = f"combiner {type(combiner).__name__}"
    with blamed(lambda fault: DesignError(f"{name} raised {fault}"), combiner):
        found = combiner.filters(bearings, covariance)
    if found is bearings:
        return found
    if not isinstance(found, np.ndarray) or found.shape != bearings.shape:
        raise DesignError(f"{name} returned {_what(found)}, not filters of shape {bearings.shape}")
    if not np.isfinite(found).all():
        raise DesignError(f"{name} returned filters that are no finite numbers")
    active = bearings.any(-1)
    norm = np.linalg.norm(found, axis=-1)
    if not norm[active].all():
        raise DesignError(f"{name} returned a filter of zeros")
    return np.asarray(found * (active / np.where(norm > 0, norm, 1.0))[..., None])


def steering(sensors: Sensors) -> Complex:
    """Return the responses b of the receive arrays to at the estimated bearings of the scheduled targets,
    [sensor, J, M_r].
    """
    return sensors.mrc * np.sqrt(sensors.mrc.shape[-1])


def _check_beams(name: str, made: Beams, known: TransmitterCsi) -> None:
    shape = (len(known.streams), known.padded)
    if not isinstance(made, Beams):
        raise DesignError(f"{name} returned {_what(made)}, not beams: return known.beams(directions)")
    if made.power.shape != shape:
        raise DesignError(f"{name} returned powers of shape {made.power.shape}, not {shape}")
    if made.vectors is None:
        if made.zero_forced is None or known.own is not None:
            raise DesignError(f"{name} returned beams without vectors")
        return
    if made.vectors.shape != (shape[0], known.antennas, shape[1]):
        raise DesignError(f"{name} returned vectors of shape {made.vectors.shape}, not "
                          f"{(shape[0], known.antennas, shape[1])}")
    if not (np.isfinite(made.vectors).all() and np.isfinite(made.power).all()):
        raise DesignError(f"{name} returned beams that are no finite numbers")
    _check_power(name, made.vectors, made.power)


def _check_power(name: str, vectors: Complex, power: Array) -> None:
    if (power < 0).any():
        raise DesignError(f"{name} returned a negative power at station {np.argmin(power.min(-1))}")
    sent = np.einsum("bmk,bmk,bk->b", vectors.conj(), vectors, power).real
    if (sent > 1 + ROUNDING).any():
        worst = int(np.argmax(sent))
        raise DesignError(f"{name} sends with power {sent[worst]:.6g} at station {worst}, at most 1 allowed")


def _what(found: object) -> str:
    return f"an array of shape {found.shape}" if isinstance(found, np.ndarray) else repr(found)
