"""The memory that frames use again and again."""

from __future__ import annotations

import numpy as np


def keep_freed_memory() -> None:
    """Let the C library keep what arrays of a frame free, instead of asking the system for it in every frame.

    glibc returns freed memory at once until it has seen a larger block come and go (mallopt(3), M_MMAP_THRESHOLD):
    so let one come and go, untouched. Page faults took a fifth to a third of a frame of 100 stations. Elsewhere this
    does nothing.
    """
    np.empty(24 << 20, np.uint8)
