"""The built-in link models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array
from isacsys.link.base import LinkModel, Shannon, TruncatedShannon
from isacsys.link.nr import NR
from isacsys.plugins.kinds import PluginKind, register

LINK_MODELS: dict[str, type[LinkModel]] = {"shannon": Shannon, "truncated_shannon": TruncatedShannon, "nr": NR}
LINK_MODEL = register(PluginKind("link model", LinkModel, "link.model", LINK_MODELS))


def law_of_link(scenario: Scenario) -> Callable[[Array], Array] | None:
    """Return bits of a symbol over the SINR of links [link], for the analysis, of a model that a user wrote.

    None for those that are built in, which the analysis states itself, and for models with blocks or memory.
    """
    if scenario.link.model in LINK_MODELS:
        return None
    model = LINK_MODEL.of(scenario)
    if model.blocks or type(model).deliver is not LinkModel.deliver:
        return None
    model.prepare(scenario.link, scenario.radio.bandwidth, scenario.simulation.frame_duration)
    share = model.data_share if isinstance(scenario.link.overhead, str) else 1.0  # of symbols without an overhead
    return lambda sinr: np.asarray(share * np.asarray(model.efficiency(sinr[:, None])))
