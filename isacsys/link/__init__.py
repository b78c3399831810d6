"""From the SINR of served links to the bits that they deliver."""

from isacsys.link.base import Delivery, LinkModel, ServedLinks, Shannon, TruncatedShannon
from isacsys.link.nr import NR
from isacsys.link.registry import LINK_MODEL, LINK_MODELS, law_of_link

__all__ = ["LINK_MODEL", "LINK_MODELS", "NR", "Delivery", "LinkModel", "ServedLinks", "Shannon", "TruncatedShannon",
           "law_of_link"]
