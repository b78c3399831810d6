"""The invariants of link models."""

from __future__ import annotations

import copy

import numpy as np

from isacsys.config.scenario import Scenario
from isacsys.link import LinkModel
from isacsys.simulation.policies import find_link_model
from isacsys.testing.harness import NETWORKS, hold, made, networks, run_everywhere

_ROUNDING = 0.01  # bit/s/Hz by which the efficiency may fall: blocks are whole bytes


def check_link_model(model: type[LinkModel] | LinkModel, *, seed: int = 1) -> None:
    """Run a link model through the invariants of all of them; say which one fails.

    The efficiency is a finite number from 0 on for each link, for one sub-band or several; it does not fall while the
    SINR rises; it is the same when asked again, whatever other links there are; nothing is delivered without power; and
    the model copes with crowded, empty and moving networks.

    Parameters
    ----------
    model : LinkModel or class of one
        A class is made without arguments.
    seed : int
        Of the networks.

    Raises
    ------
    PluginError, ConfigError
        Where it raises, or gives what is no efficiency.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Half(isacsys.LinkModel):
    ...     def efficiency(self, sinr):
    ...         return np.log2(1 + sinr).mean(-1) / 2
    >>> check_link_model(Half)
    """
    given = made(model, "link model")
    name, found = f"link model {type(given).__name__}", find_link_model(Scenario(), given)
    sinr = 10 ** (np.linspace(-30, 50, 321)[:, None] / 10)
    for bands in (sinr, np.concatenate([sinr, 2 * sinr, sinr / 3], axis=1)):
        rate = np.asarray(copy.deepcopy(found).efficiency(bands.copy()))
        hold(rate.shape == (len(bands),), f"{name} gives efficiencies of shape {rate.shape} for SINRs of shape "
             f"{bands.shape} [link, subband], not one for each link")
        sound = rate.dtype.kind in "fiu" and bool(np.isfinite(rate).all())
        hold(sound and bool((rate >= 0).all()), f"{name} does not give a finite efficiency from 0 on for each link")
        hold(bool((np.diff(rate) >= -_ROUNDING).all()), f"{name} delivers less where the SINR is higher")
        hold(bool(np.array_equal(rate, found.efficiency(bands.copy()))), f"{name} says something else when asked again")
        hold(bool(np.allclose(rate[::-2], found.efficiency(bands[::-2].copy()), rtol=1e-9)),
             f"{name} lets links depend on each other")
        hold(len(np.asarray(found.efficiency(bands[:0]))) == 0, f"{name} gives an efficiency where there is no link")
    hold(bool((np.asarray(found.efficiency(np.zeros((1, 1)))) == 0).all()), f"{name} delivers without any power")
    for _, scenario in networks(NETWORKS, seed):
        run_everywhere(scenario, link_model=given)
