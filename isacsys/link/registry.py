"""The link models there are."""

from __future__ import annotations

from isacsys.link.base import LinkModel
from isacsys.link.nr import NR
from isacsys.link.shannon import Shannon, TruncatedShannon
from isacsys.plugins.kinds import PluginKind, register

LINK_MODELS: dict[str, type[LinkModel]] = {"shannon": Shannon, "truncated_shannon": TruncatedShannon, "nr": NR}
LINK_MODEL = register(PluginKind("link model", LinkModel, "link.model", LINK_MODELS))
