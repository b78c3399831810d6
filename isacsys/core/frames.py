"""Time in frames: the one place where seconds meet frame boundaries."""

from __future__ import annotations

import math
from typing import overload

import numpy as np

from isacsys.core.arrays import Array

SLACK = 1e-9  # of a frame: times that are closer to a frame boundary than this are meant to be on it
_ROUNDING = 4 * float(np.finfo(float).eps)  # relative: of a decimal fraction, of the frame duration, of their quotient


@overload
def on_grid(frames: float) -> float: ...
@overload
def on_grid(frames: Array) -> Array: ...
def on_grid(frames: float | Array) -> float | Array:
    """Return times in frames [...], whole numbers where they differ from these by rounding alone.

    A time t becomes the nearest whole number n where ``|t - n| <= 1e-9 + 4 eps |n|``; every other one stays as it is,
    infinite ones included. The order of times stays.

    Parameters
    ----------
    frames : float or ndarray [...]
        Times in frames.
    """
    nearest = np.round(frames)
    with np.errstate(invalid="ignore"):  # infinite times
        close = np.abs(frames - nearest) <= SLACK + _ROUNDING * np.abs(nearest)
    found = np.where(close, nearest, frames)
    return found if found.ndim else float(found)


@overload
def in_frames(seconds: float, frame_duration: float) -> float: ...
@overload
def in_frames(seconds: Array, frame_duration: float) -> Array: ...
def in_frames(seconds: float | Array, frame_duration: float) -> float | Array:
    """Return times in frames [...]: whole numbers for times that mean frame boundaries, as `on_grid`.

    ``0.29 / 0.01`` is 28.999999999999996, and 29 frames are meant.

    Parameters
    ----------
    seconds : float or ndarray [...]
    frame_duration : float
        Length of a frame, s.
    """
    return on_grid(seconds / frame_duration)


def frames_until(seconds: float, frame_duration: float) -> int:
    """Return the number of whole frames that cover a time in seconds."""
    return math.ceil(in_frames(seconds, frame_duration))


def delay_until(now: float, then: float) -> float:
    """Return a delay with ``now + delay == then`` exactly, as far as there is one.

    ``then - now`` is rounded, and so is the sum; of its two neighbours one makes up for that.
    """
    delay = then - now
    if now + delay == then:
        return delay
    return math.nextafter(delay, math.inf if now + delay < then else -math.inf)
