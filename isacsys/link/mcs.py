"""The MCS tables of the downlink shared channel. 3GPP TS 38.214, Tables 5.1.3.1-1, 5.1.3.1-2 and 5.1.3.1-3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array, Index

# Modulation order Q_m of a run of rows, and 1024 x code rate of each; reserved rows are left out.
_TABLES = {
    1: ((2, (120, 157, 193, 251, 308, 379, 449, 526, 602, 679)),
        (4, (340, 378, 434, 490, 553, 616, 658)),
        (6, (438, 466, 517, 567, 616, 666, 719, 772, 822, 873, 910, 948))),
    2: ((2, (120, 193, 308, 449, 602)),
        (4, (378, 434, 490, 553, 616, 658)),
        (6, (466, 517, 567, 616, 666, 719, 772, 822, 873)),
        (8, (682.5, 711, 754, 797, 841, 885, 916.5, 948))),
    3: ((2, (30, 40, 50, 64, 78, 99, 120, 157, 193, 251, 308, 379, 449, 526, 602)),
        (4, (340, 378, 434, 490, 553, 616)),
        (6, (438, 466, 517, 567, 616, 666, 719, 772))),
}


@dataclass(frozen=True)
class McsTable:
    """Modulation and coding schemes, as parallel arrays [mcs].

    Attributes
    ----------
    order : [mcs]
        Bits of a symbol, Q_m.
    rate : [mcs]
        Code rate R.
    """

    order: Index
    rate: Array

    def __len__(self) -> int:
        return len(self.order)

    @property
    def efficiency(self) -> Array:
        """Information bits of a symbol, R Q_m, [mcs]."""
        return self.rate * self.order


def mcs_table(number: int) -> McsTable:
    """Return table 5.1.3.1-``number``."""
    runs = _TABLES[number]
    order = np.concatenate([np.full(len(rates), order) for order, rates in runs])
    return McsTable(order, np.concatenate([rates for _, rates in runs]) / 1024)


def mcs_count(number: int) -> int:
    """Return how many schemes a table has."""
    return sum(len(rates) for _, rates in _TABLES[number])
