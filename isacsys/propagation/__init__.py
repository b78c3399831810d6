"""Large-scale propagation: path loss, lines of sight, buildings, shadowing, targets."""

from isacsys.propagation.antenna_patterns import AntennaPattern
from isacsys.propagation.base import Correlation, PathLossLinks, Propagation, Validity, links
from isacsys.propagation.far_field import torus_warnings
from isacsys.propagation.registry import MODELS, PROPAGATION, check_propagation, find_model, law_of, range_warnings

__all__ = ["MODELS", "PROPAGATION", "AntennaPattern", "Correlation", "PathLossLinks", "Propagation", "Validity",
           "check_propagation", "find_model", "law_of", "links", "range_warnings", "torus_warnings"]
