"""Services of a frame: communication and sensing, accounted link by link."""

from isacsys.services.base import Service, ServiceRecord
from isacsys.services.communication import Communication
from isacsys.services.frame_record import FrameRecord, TrackFrame
from isacsys.services.link_terms import NO_LINKS, LinkTerms, link_columns
from isacsys.services.sensing import Sensing

SERVICES: tuple[Service, ...] = (Communication(), Sensing())  # of every frame, in the order of the numbers of receivers

__all__ = ["NO_LINKS", "SERVICES", "FrameRecord", "LinkTerms", "Service", "ServiceRecord", "TrackFrame",
           "link_columns"]
