"""What a frame is for: communication and sensing, accounted link by link."""

from isacsys.services.frame_record import FrameRecord, TrackFrame
from isacsys.services.link_terms import NO_LINKS, LinkTerms, link_columns

__all__ = ["NO_LINKS", "FrameRecord", "LinkTerms", "TrackFrame", "link_columns"]
