"""From beams to gains: by exact short forms, or by channel vectors of every link."""

from isacsys.config.scenario import Scenario
from isacsys.coupling.base import Couplings, Engine
from isacsys.coupling.full_channels import FullChannelCoupling
from isacsys.coupling.sampled import SampledCoupling

__all__ = ["Couplings", "Engine", "FullChannelCoupling", "SampledCoupling", "find_engine"]


def find_engine(scenario: Scenario) -> Engine:
    """Return the engine of ``simulation.engine``: short forms, which have a law for everything, unless asked.

    Channels that have no such law are computed one by one.
    """
    if scenario.explicit_channels or scenario.simulation.engine == "vectors":
        return FullChannelCoupling()
    return SampledCoupling()
