"""Array types."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Complex = npt.NDArray[np.complexfloating[Any, Any]]
Index = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
Table = dict[str, npt.NDArray[Any]]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a view of ``array`` [...] that cannot be written."""
    view = array.view()
    view.flags.writeable = False
    return view
