"""Accounted terms of every link, and the columns of a log that hold them: each stated once, here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from isacsys.core.arrays import Array, Index
from isacsys.core.columns import KM, RATE, Column, index, real
from isacsys.network.receivers import ReceiverType


def _says(unit: str, meaning: str, user: str = "", target: tuple[str, str] | None = None) -> dict[Any, Any]:
    """Declare a term: unit and meaning; what it is called of users, and name and meaning of targets, if others."""
    return {"unit": unit, ReceiverType.USER: (user, meaning), ReceiverType.TARGET: target or ("", meaning)}


@dataclass(frozen=True)
class LinkTerms:
    """Accounted power terms of links of one kind, each [link].

    Attributes
    ----------
    more : mapping
        Columns of `MORE`, by name, where the scenario has what they are of.
    subband_sir : [link, subband] or None
        Where there are several sub-bands.
    """

    distance: Array = field(metadata=_says(KM, "to the serving base station"))
    signal: Array = field(metadata=_says("1", "wanted power", target=("echo", "wanted echo power")))
    own: Array = field(metadata=_says("1", "power meant for other users of the cell", "intra_cell", (
        "inter_target", "echoes of the other scheduled targets of the base station; part of sir only with "
        "sensing.inter_target_echo")))
    leakage_granted: Array = field(metadata=_says("1", "power from base stations that granted a null"))
    interference_refused: Array = field(metadata=_says("1", "power from cluster members that refused the null"))
    interference_other: Array = field(metadata=_says("1", "power from other base stations that were drawn one by one"))
    far_field: Array = field(metadata=_says("1", "mean power from all base stations beyond"))
    noise: Array = field(metadata=_says("1", "noise power"))
    sir: Array = field(metadata=_says("1", "signal to interference (and noise) ratio, linear"))
    rate: Array = field(metadata=_says(RATE, "log2(1 + sir)"))
    weight: Array = field(metadata=_says("1", "population of the cell / number scheduled in it"))
    more: Mapping[str, Array | Index] = field(default_factory=dict)
    subband_sir: Array | None = None

    def items(self) -> Iterable[tuple[str, Array | Index]]:
        """Return names and values [link] of all terms."""
        return {**{it.name: getattr(self, it.name) for it in _TERMS}, **self.more}.items()

    def columns(self, kind: ReceiverType) -> Mapping[str, Array | Index]:
        """Return the columns [link] of a log."""
        return {**dict(zip(_NAMES[kind], vars(self).values(), strict=False)), **self.more}


_TERMS = [it for it in fields(LinkTerms) if it.metadata]
_NAMES = {kind: [it.metadata[kind][0] or it.name for it in _TERMS] for kind in ReceiverType}

_STRONGEST = (index("strongest_station", "base station drawn one by one that interferes most; -1 where none does"),
              real("strongest_interference", "1", "power from it"))
CLUTTER = real("clutter", "1", "what the ground sends back of the base station's own signal", optional=True)

# Outcome of a look at a target, where detection is on.
LOOKS = (
    real("detection_probability", "1", "of this look, given its sir"),
    real("range_error", "m", "Cramer-Rao bound (standard deviation) of the range"),
    real("bearing_error", "rad", "likewise of the bearing; infinite at endfire"),
    real("velocity_error", "m/s", "likewise of the range rate; infinite without a coherent time"),
    real("position_error", "m", "likewise of the position, root mean square"),
)
# Outcome for stations that sense a target together.
TOGETHER = (real("fused_sir", "1", "sum of the sir of all pairs of stations that sense it together"),
            index("pairs", "how many these are"))
# What came of it, where targets are followed.
OUTCOME = (
    index("outcome", "1: detected, 0: missed, -1: a false alarm"),
    real("aim", "1", "cosine of the bearing that the filter pointed at, less that of the target"),
)

# What a user got in the frame, where a link model says more than the rate does.
DELIVERED = (
    real("bits_delivered", "bit", "that the user got in the frame"),
    index("mcs", "row of the MCS table with which new blocks were sent"),
    index("blocks_sent", "transport blocks sent for the first time"),
    index("blocks_failed", "those of them that failed then"),
)

# Columns that only some scenarios have, in `LinkTerms.more`: what is new is added here, for the kinds that have it.
MORE: Mapping[ReceiverType, tuple[Column, ...]] = {
    ReceiverType.USER: (*_STRONGEST, *DELIVERED),
    ReceiverType.TARGET: (*_STRONGEST, CLUTTER, *LOOKS, *TOGETHER, *OUTCOME),
}

# What stands beside the wanted power, by column, in the words of a picture.
INTERFERENCE = {"intra_cell": "own cell", "inter_target": "echoes of other targets",
                "leakage_granted": "BSs that granted", "interference_refused": "BSs that refused",
                "interference_other": "other BSs", "far_field": "far field", "noise": "noise", "clutter": "clutter"}

def ratio_word(tables: Iterable[Mapping[str, Any]]) -> str:
    """Return what to call `sir` of tables of links: SINR where noise counts, else SIR."""
    return "SINR" if any(np.any(table.get("noise", 0)) for table in tables) else "SIR"


NO_LINKS = LinkTerms(*[np.empty(0)] * len(_TERMS))  # type: ignore[arg-type]

FREEDOM = index("degrees_of_freedom",
                "transmit antennas - independent constraints of the serving base station + 1")


def link_columns(kind: ReceiverType) -> tuple[Column, ...]:
    """Return the columns of a table of links, after those that say which link it is."""
    terms = [real(name, it.metadata["unit"], it.metadata[kind][1])
             for name, it in zip(_NAMES[kind], _TERMS, strict=True)]
    return (*terms, *([FREEDOM] if kind == ReceiverType.USER else []),
            *(replace(column, optional=True) for column in MORE[kind]))
