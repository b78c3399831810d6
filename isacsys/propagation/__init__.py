"""Large-scale propagation: path loss, lines of sight, buildings, shadowing, targets."""

from isacsys.propagation.base import Correlation, Propagation, Validity
from isacsys.propagation.links import Links, links

__all__ = ["Correlation", "Links", "Propagation", "Validity", "links"]
