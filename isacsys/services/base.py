"""The interface of services: a service schedules receivers, sends requests to other stations, and accounts its
links.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from isacsys.beamforming import Beams, FrameState
from isacsys.core import accounting
from isacsys.core.arrays import Array, Flags, Index, Table
from isacsys.coupling import Couplings
from isacsys.network.receivers import ReceiverType
from isacsys.network.selection import Links
from isacsys.services.link_terms import CLUTTER, LinkTerms


@dataclass(frozen=True)
class ServiceRecord:
    """The links of one service in a frame.

    Attributes
    ----------
    receiver : ReceiverType
    links : Links
        The scheduled receivers and their stations.
    terms : LinkTerms
        Accounted powers, [link] each.
    columns : mapping
        Further columns of the service's table of links, [link] each.
    tables : mapping
        Rows of further tables; a column ``link`` is the row of the receiver among `links`.
    held_back : [link]
        Power of stations outside a receiver's cluster that nulls for other receivers of its station took away.
    """

    receiver: ReceiverType
    links: Links
    terms: LinkTerms
    columns: Mapping[str, Array | Index] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    held_back: Array = field(default_factory=lambda: np.zeros(1))


def check_numbers(record: ServiceRecord) -> ServiceRecord:
    """Return the links of a service, or raise FloatingPointError where a term of any of them is no number.

    The message names the terms and the link; the caller adds drop and frame. Interference, noise and clutter
    are parts of `sir`, and make it NaN.
    """
    links, terms = record.links, record.terms
    if not len(links):
        return record
    together = terms.rate + terms.own + terms.distance + terms.weight  # the rate is NaN where the SIR is
    if not np.count_nonzero(np.isnan(together)):
        return record
    bad = {name: np.isnan(values) for name, values in terms.columns(record.receiver).items()}
    link = int(np.argmax(next(flags for flags in bad.values() if flags.any())))
    named = ", ".join(name for name, flags in bad.items() if flags[link])
    raise FloatingPointError(f"{named} of the link of {record.receiver.word} {links.ids[link]} with station "
                             f"{links.station[link]} is no number (NaN)")


class Service(ABC):
    """Base of every service of a frame.

    Attributes
    ----------
    name : str
        As tables and metrics have it: ``"communication"``.
    """

    name: str

    @abstractmethod
    def account(self, frame_state: FrameState, beams: Beams, gains: Couplings) -> ServiceRecord:
        """Return what every scheduled receiver of the service gets from the beams of all stations."""


def active_share(frame_state: FrameState, transmitting: Flags, station: Index) -> Array | float:
    """Return the share of stations that are ``transmitting`` [bs], by which the far field is scaled; of several drops,
    of that of every ``station`` [link].
    """
    parts = frame_state.name.parts
    if parts is None:
        return np.count_nonzero(transmitting) / max(len(transmitting), 1)
    share = parts.counts(np.flatnonzero(transmitting)) / np.maximum(parts.sizes, 1)
    return np.asarray(share[parts.drop[station]])


def strongest(frame_state: FrameState, power: Array, station: Index) -> Mapping[str, Array | Index]:
    """Return the strongest interferer of every link and its power, [link] each, where everything is recorded; else
    none.

    ``power``, ``station`` [link, near].
    """
    if frame_state.scenario.recording.level != "full":
        return {}
    best = np.argmax(power, axis=1)[:, None]
    most = np.take_along_axis(power, best, axis=1)[:, 0]
    who = np.take_along_axis(station, best, axis=1)[:, 0]
    return {"strongest_station": np.where(most > 0, who, -1), "strongest_interference": most}


def account_links(frame_state: FrameState, kind: ReceiverType, signal: Array, own: Array, own_counts: bool,
                  interference: tuple[Array, Array, Array], far: Array, more: Mapping[str, Array | Index]
                  ) -> LinkTerms:
    """Return the terms of links, [link] each, with SINR and Shannon rate.

    Parameters
    ----------
    kind : ReceiverType
    signal, own : [link]
        Wanted power, and power meant for other receivers of the station.
    own_counts : bool
        Whether ``own`` is part of the interference.
    interference : three arrays [link]
        As `accounting.split` returns them.
    far : [link]
        Mean power of stations that are not drawn one by one.
    more : mapping of ndarray [link]
        Further columns.
    """
    scenario = frame_state.scenario
    noise = np.full(len(signal), scenario.user_noise if kind == ReceiverType.USER else scenario.station_noise)
    clutter = () if frame_state.clutter is None or kind == ReceiverType.USER else (frame_state.clutter,)
    sir = accounting.sir(signal, own * own_counts, *interference, far, noise, *clutter)
    more = {**more, **dict(zip([CLUTTER.name], clutter, strict=False))}
    return LinkTerms(frame_state.distances[kind], signal, own, *interference, far, noise, sir,
                     accounting.rate(sir), frame_state.schedule.weights[kind], more)
