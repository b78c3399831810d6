"""From beams to gains: by exact short forms, or by channel vectors of every link."""

from isacsys.engines.base import Couplings, Engine
from isacsys.engines.short import Short
from isacsys.engines.vectors import Vectors
from isacsys.scenario import Scenario

__all__ = ["Couplings", "Engine", "Short", "Vectors", "find_engine"]


def find_engine(scenario: Scenario) -> Engine:
    """Return the engine of ``simulation.engine``: short forms, which have a law for everything, unless asked."""
    return Vectors() if scenario.simulation.engine == "vectors" else Short()
