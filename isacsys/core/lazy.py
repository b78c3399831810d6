"""The lazy loader: modules that are imported at their first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any


class LazyModule:
    """A module that is imported at its first use: where a room above, or a costly one, is needed only now and then."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Return an attribute of the module, imported now if it was not before."""
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    from scipy import linalg, optimize, spatial, special
else:  # scipy.special alone takes longer to load than NumPy
    linalg, optimize, spatial, special = map(LazyModule, ("scipy.linalg", "scipy.optimize", "scipy.spatial",
                                                          "scipy.special"))

__all__ = ["LazyModule", "linalg", "optimize", "spatial", "special"]
