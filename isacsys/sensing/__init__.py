"""From echoes to detection, accuracy, and tracks."""

from isacsys.sensing.requirements import CATEGORIES, Category
from isacsys.sensing.track_manager import TrackManager
from isacsys.sensing.tracks import TRACKER, Beliefs, ExtendedKalman, Measured, Tracker

__all__ = ["CATEGORIES", "TRACKER", "Beliefs", "Category", "ExtendedKalman", "Measured", "TrackManager", "Tracker"]
