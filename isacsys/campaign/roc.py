"""Detection over false alarm, for the SIRs of a network's own looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isacsys.campaign.api import run
from isacsys.config.scenario import Scenario
from isacsys.core.errors import ConfigError
from isacsys.metrics import Estimator, Metric, count, real
from isacsys.sensing import detection
from isacsys.services import FrameRecord

FALSE_ALARMS = tuple(float(f"1e-{power}") for power in range(8, 0, -1))


@dataclass(frozen=True)
class RocPoint:
    """Mean probability of detection at one probability of false alarm, with its 95 % half-width."""

    false_alarm: float
    detection_probability: float | None
    half_width: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the point as JSON has it."""
        return asdict(self)


class Curve(Metric):
    """Mean probability of detection of scheduled targets at several probabilities of false alarm."""

    def __init__(self, false_alarms: Sequence[float]) -> None:
        self._false_alarms = np.asarray(false_alarms, float)
        self._names = [f"roc_{number}" for number in range(len(self._false_alarms))]
        self.columns = (count("roc_looks", "looks at targets"), *(
            real(name, "1", f"sum of detection probabilities at a false alarm of {p:g}")
            for name, p in zip(self._names, self._false_alarms, strict=True)))
        self.estimates = tuple(Estimator(name, {name: 1, "roc_looks": -1}, "1", f"P_d at P_fa = {p:g}")
                               for name, p in zip(self._names, self._false_alarms, strict=True))

    def sums(self, record: FrameRecord) -> Mapping[str, float]:
        """Add up the probabilities that the looks of a frame have."""
        sir = record.targets.sir
        cells = record.frame_state.scenario.sensing.cfar_cells
        found = detection.known_rcs(sir, self._false_alarms[:, None], cells).sum(axis=1)
        return {"roc_looks": len(sir), **dict(zip(self._names, map(float, found), strict=True))}


def roc(scenario: Scenario, false_alarms: Sequence[float] = FALSE_ALARMS, **options: Any) -> list[RocPoint]:
    """Simulate a scenario, and return detection over false alarm.

    Parameters
    ----------
    scenario : Scenario
        Its looks have the RCS law, the filters and the interference that it says.
    false_alarms : sequence of float
        P_fa, above 0, below 1.
    options
        As of `isacsys.run`.

    Raises
    ------
    ConfigError
        Where nothing is sensed, or a probability is none.
    """
    if not scenario.allocation.targets_per_bs:
        raise ConfigError("allocation.targets_per_bs", 0, "at least 1: nothing is sensed")
    for value in false_alarms:
        if not 0 < value < 1:
            raise ConfigError("false_alarm", value, "greater than 0 and less than 1")
    found = run(scenario, measure=[Curve(false_alarms)], **options)
    estimates = [found[f"roc_{number}"] for number in range(len(false_alarms))]
    return [RocPoint(p, e.mean, e.half_width) for p, e in zip(false_alarms, estimates, strict=True)]
