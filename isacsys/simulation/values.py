"""What a frame comes to: accounted terms of every link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from isacsys.arrays import Array, Index
from isacsys.network.kinds import Kind
from isacsys.network.selection import Links
from isacsys.transmission import Situation


@dataclass(frozen=True)
class LinkTerms:
    """Accounted power terms of links of one kind, each [link]."""

    distance: Array
    signal: Array
    own: Array
    leakage_granted: Array
    interference_refused: Array
    interference_other: Array
    far_field: Array
    noise: Array
    sir: Array
    rate: Array
    weight: Array

    def items(self) -> Iterable[tuple[str, Array]]:
        """Return names and values, as a log has them."""
        return vars(self).items()


NO_LINKS = LinkTerms(*[np.empty(0)] * len(fields(LinkTerms)))


@dataclass(frozen=True)
class FrameRecord:
    """All that there is to know of a frame; logs and summaries are made from it.

    Attributes
    ----------
    users, targets : LinkTerms
        Of the scheduled users and targets.
    degrees_of_freedom : [user]
        Of the serving station.
    held_back : [target]
        Power of stations outside a target's cluster that nulls for its station's other targets took away.
    """

    situation: Situation
    users: LinkTerms
    degrees_of_freedom: Index
    targets: LinkTerms
    held_back: Array

    @property
    def links(self) -> tuple[tuple[Kind, Links, LinkTerms], ...]:
        """Kind, who, and terms of the two kinds of links."""
        selection = self.situation.selection
        return (Kind.USER, selection.users, self.users), (Kind.TARGET, selection.targets, self.targets)
