"""Delivered bits of a frame: the link model of a scenario applied to accounted links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from isacsys.beamforming import FrameState
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Index
from isacsys.core.errors import PluginError
from isacsys.core.random_streams import Purpose
from isacsys.link import Delivery, LinkModel, ServedLinks
from isacsys.plugins.loading import calling_theirs, is_ours
from isacsys.services.link_terms import LinkTerms


def deliver(frame_state: FrameState, terms: LinkTerms, believed: Callable[[], Array], model: LinkModel) -> Delivery:
    """Return what the scheduled users of a frame get.

    Parameters
    ----------
    frame_state : FrameState
    terms : LinkTerms
        Of the scheduled users.
    believed : callable
        Returns the wanted power that the stations expect, [link, subband].
    model : LinkModel

    Raises
    ------
    PluginError
        Naming a model of a user's own and its fault.
    """
    users = frame_state.selection.users
    queue = np.full(len(users), np.inf) if frame_state.queue is None else frame_state.queue
    links = ServedLinks(
        users.ids, users.station, subband_sinr(terms), queue, frame_state.users, believed,
        lambda: (disturbance(terms)[:, None], mean_disturbance(frame_state)),
        lambda shape: frame_state.name.stream(Purpose.BLOCKS, users.station).random(shape),
        terms.rate if terms.subband_sir is None else None)
    with calling_theirs(model, "link model", "delivering a frame"):
        found = model.deliver(links)
        found = found if is_ours(model) else _checked(model, found, len(links))
        outage = _outage(frame_state.scenario, model)
        return found if outage is None else replace(found, outage_sinr=outage)


def columns(scenario: Scenario, delivery: Delivery, model: LinkModel) -> dict[str, Array | Index]:
    """Return the columns [link] of delivered bits in a log of links: none where the rate determines them, or where bits
    are known only when the frame has ended.
    """
    if delivery.bits is not None:
        found = {"bits_delivered": delivery.bits, "mcs": delivery.mcs, "blocks_sent": delivery.blocks_sent,
                 "blocks_failed": delivery.blocks_failed}
        return {name: values for name, values in found.items() if values is not None}
    if scenario.link.model == "shannon" or scenario.traffic.model != "full_buffer":
        return {}
    return {"bits_delivered": delivery.efficiency * model.symbols}


def subband_sinr(terms: LinkTerms) -> Array:
    """Return the SINR of scheduled users in every sub-band, [link, subband]."""
    return terms.sir[:, None] if terms.subband_sir is None else terms.subband_sir


def disturbance(terms: LinkTerms) -> Array:
    """Return noise and interference that scheduled users measure, [link]."""
    return np.asarray(terms.own + terms.leakage_granted + terms.interference_refused + terms.interference_other
                      + terms.far_field + terms.noise)


def mean_disturbance(frame_state: FrameState) -> Array:
    """Return what noise and interference are on average, all stations sending but those that granted a null, [link]."""
    around, granted = frame_state.around_users, frame_state.grants.user_granted
    gain = around.path_gain[:, 1:].sum(-1) - np.sum(around.path_gain[:, :granted.shape[1]] * granted, axis=-1)
    total = np.maximum(gain, 0) + around.far_field + frame_state.scenario.user_noise
    return np.maximum(total, np.finfo(float).tiny)


def _outage(scenario: Scenario, model: LinkModel) -> float | None:
    asked = scenario.link.outage_sinr_db
    return model.outage_sinr if isinstance(asked, str) else float(10 ** (asked / 10))


def _checked(model: LinkModel, given: Delivery, links: int) -> Delivery:
    """Return what a model of a user's own delivers, if it is one number from 0 on for each link."""
    for name in ("efficiency", "load", "bits", "lost"):
        values = getattr(given, name)
        if values is None and name in ("bits", "lost"):
            continue
        sound = isinstance(values, np.ndarray) and values.shape == (links,) and values.dtype.kind in "fiu"
        if not sound or not np.isfinite(values).all() or np.min(values, initial=0) < 0:
            raise PluginError(f"link model {type(model).__name__} gave {name} that are not {links} finite numbers from "
                              "0 on")
    return given
