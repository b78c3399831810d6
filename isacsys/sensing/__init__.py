"""What an echo is good for: whether it is detected, how accurately it locates a target, and tracks made of it."""

from isacsys.sensing.requirements import CATEGORIES, Category
from isacsys.sensing.track_manager import TrackManager
from isacsys.sensing.tracks import TRACKER, Beliefs, ExtendedKalman, Measured, Tracker

__all__ = ["CATEGORIES", "TRACKER", "Beliefs", "Category", "ExtendedKalman", "Measured", "TrackManager", "Tracker"]
