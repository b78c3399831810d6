"""The interface of metrics: columns, how frames add to them, and how they become figures."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

from isacsys.config.scenario import Scenario
from isacsys.core.columns import Column
from isacsys.core.drop_parts import Total
from isacsys.core.errors import ConfigError
from isacsys.services.frame_record import FrameRecord

DENSITY = "bs_density"  # stands for the scenario's density, or for stations over area where a layout fixes it


@dataclass(frozen=True)
class Estimator:
    """How a figure is made of columns of table ``drops``: a product of powers of their totals.

    Attributes
    ----------
    name : str
    powers : mapping
        From column (or ``"bs_density"``) to its exponent: ``{"null_refused": 1, "null_requests": -1}`` is a fraction.
    unit : str
    meaning : str
        A line for people.
    about : str
        Column that says whether the figure applies at all: it is shown where that is not zero throughout.
    """

    name: str
    powers: Mapping[str, float]
    unit: str
    meaning: str
    about: str = ""

    def __post_init__(self) -> None:
        given: Mapping[str, object] = self.powers
        for column, power in given.items():
            if isinstance(power, bool) or not isinstance(power, Real) or not math.isfinite(power):
                raise ConfigError(f"figure {self.name}", power, f"a finite number as the power of {column}")
        object.__setattr__(self, "powers", {column: float(power) for column, power in self.powers.items()})


class Metric(ABC):
    """Base of every metric: declares columns and figures, and overrides `sums` (or `drop`, or both).

    Every drop has a copy of its own, which may gather what it needs from frame to frame.

    Attributes
    ----------
    columns : tuple of Column
        Sums over what a frame holds; they stand in table ``frames``, and added up in table ``drops``.
    drop_columns : tuple of Column
        What only a drop as a whole can tell, in table ``drops``. A figure that some drops lack comes with a count of
        those that have it.
    estimates : tuple of Estimator
        The figures made of them.

    Examples
    --------
    >>> class SlowUsers(Metric):
    ...     columns = (count("slow_users", "scheduled users below 1 bit/s/Hz"),)
    ...     estimates = (Estimator("slow_user_fraction", {"slow_users": 1, "communication_links": -1}, "1",
    ...                            "share of scheduled users below 1 bit/s/Hz"),)
    ...     def sums(self, record):
    ...         return {"slow_users": int((record.users.rate < 1).sum())}
    """

    columns: tuple[Column, ...] = ()
    drop_columns: tuple[Column, ...] = ()
    estimates: tuple[Estimator, ...] = ()

    def wanted(self, scenario: Scenario) -> bool:
        """Return whether a scenario has this metric."""
        return True

    @abstractmethod
    def sums(self, record: FrameRecord) -> Mapping[str, Total]:
        """Return what a frame adds to each of `columns`."""

    def drop(self) -> Mapping[str, Total]:
        """Return each of `drop_columns`, when all frames are through."""
        return {}

    def part(self, drop: int) -> Metric:
        """Return what it knows of one of several drops that were simulated together; itself, if no more than sums."""
        return self
