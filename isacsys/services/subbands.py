"""From the links of all sub-bands to those of the band: powers are means, and so are Shannon rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from isacsys.beamforming import FrameState
from isacsys.core import accounting
from isacsys.core.arrays import Array
from isacsys.network.receivers import ReceiverType
from isacsys.services.base import ServiceRecord
from isacsys.services.communication import streams_table
from isacsys.services.link_terms import LinkTerms


def merged(frame_state: FrameState, record: ServiceRecord, power: Array) -> ServiceRecord:
    """Return the links of the band.

    A user's rate is the mean over sub-bands and its ``sir`` is ``2^rate - 1``; a target's ``sir`` is the mean of its
    sub-bands', for an echo is added up coherently.

    Parameters
    ----------
    frame_state : FrameState
        Of the band.
    record : ServiceRecord
        Of all sub-bands.
    power : [bs, S]
        Of every beam, mean over sub-bands.
    """
    bands, selection = frame_state.scenario.fading.subbands, frame_state.selection
    users = record.receiver == ReceiverType.USER
    terms = _terms(record.terms, bands, users)
    tables = {name: table for name, table in record.tables.items() if name == "pairs"}  # of the band already
    tables |= {"streams": streams_table(frame_state, power)} if "streams" in record.tables else {}
    if terms.subband_sir is not None and len(terms.sir):
        link, band = (index.ravel() for index in np.indices(terms.subband_sir.shape))
        name = f"subbands/{'communication' if users else 'sensing'}"
        tables[name] = {"link": link, "subband": band, "sir": terms.subband_sir.ravel()}
    return replace(record, links=selection.users if users else selection.targets, terms=terms,
                   columns=_columns(record.columns, bands), tables=tables, held_back=_mean(record.held_back, bands))


def _terms(terms: LinkTerms, bands: int, users: bool) -> LinkTerms:
    means = {it.name: _mean(getattr(terms, it.name), bands) for it in fields(terms) if it.metadata}
    sir = terms.sir.reshape(bands, -1).T
    whole = 2 ** means["rate"] - 1 if users else means["sir"]
    rate = means["rate"] if users else accounting.rate(whole)
    return LinkTerms(**{**means, "sir": whole, "rate": rate}, more=_columns(terms.more, bands), subband_sir=sir)


def _columns(columns: Mapping[str, npt.NDArray[Any]], bands: int) -> dict[str, npt.NDArray[Any]]:
    """Return the means of numbers; of counts and names of stations, those of the first sub-band."""
    return {name: _mean(value, bands) if value.dtype.kind == "f" else value.reshape(bands, -1)[0]
            for name, value in columns.items()}


def _mean(value: Array, bands: int) -> Array:
    return np.asarray(value.reshape(bands, -1).mean(0)) if len(value) % bands == 0 else value
