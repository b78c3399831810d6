"""The invariants of fading models."""

from __future__ import annotations

import numpy as np

from isacsys.channel.fading import Fading
from isacsys.channel.links import ChannelLinks
from isacsys.testing.harness import hold, made

LINKS, ANTENNAS = 400, 6
LEVEL = 4.5  # standard errors, by which the mean power may be off


def check_fading(model: type[Fading] | Fading) -> None:
    """Run a fading model through the invariants of all of them; say which one fails.

    Channels are finite numbers of shape [link, subband, antenna], in one sub-band and in several; they are the same
    from the same stream; ``E |h|^2`` is the number of antennas; and so for channels between stations.

    Parameters
    ----------
    model : Fading or class of one
        A class is made without arguments; it is not told of a network, so its `Fading.prepare` must not be needed.

    Raises
    ------
    PluginError
        Where it raises.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class OneRay(isacsys.Fading):
    ...     def channels(self, links, rng):
    ...         n = np.arange(links.antennas)
    ...         phase = rng.uniform(0, 2 * np.pi, len(links))[:, None, None]
    ...         ray = np.exp(1j * (phase + np.pi * n * links.cosine[:, None, None]))
    ...         return ray * np.ones((1, links.subbands, 1))
    >>> check_fading(OneRay)
    """
    found = made(model, "fading model")
    name = type(found).__name__
    for subbands in (1, 3):
        links = _links(subbands)
        drawn = found.channels(links, np.random.default_rng(1))
        _check(name, "channels", drawn, (LINKS, subbands, ANTENNAS))
        again = found.channels(links, np.random.default_rng(1))
        hold(bool(np.array_equal(drawn, again)), f"channels of {name} differ when drawn from the same stream")
        power = np.sum(np.abs(drawn) ** 2, axis=-1).mean(-1)
        error = power.std() / np.sqrt(LINKS) + 1e-9 * ANTENNAS
        hold(bool(abs(power.mean() - ANTENNAS) < LEVEL * error),
             f"mean |h|^2 of {name} is {power.mean():.4g} for {ANTENNAS} antennas, not {ANTENNAS}")
        between = found.between(_links(subbands, between=True), 2, np.random.default_rng(1))
        _check(name, "channels between stations", between, (LINKS, subbands, 2, ANTENNAS))


def _links(subbands: int, between: bool = False) -> ChannelLinks:
    rng = np.random.default_rng(2)
    return ChannelLinks(ANTENNAS, subbands, rng.uniform(-1, 1, LINKS), rng.integers(0, 7, LINKS), np.arange(LINKS),
                        between, rng.uniform(0.05, 0.5, LINKS), 0.0, np.zeros((LINKS, 2)), rng.random((LINKS, 2)))


def _check(name: str, what: str, drawn: object, shape: tuple[int, ...]) -> None:
    found = drawn if isinstance(drawn, np.ndarray) else np.empty(())
    hold(found.shape == shape, f"{what} of {name} are of shape {found.shape}, not of shape {shape}")
    hold(bool(np.isfinite(found).all()), f"{what} of {name} are no finite numbers")
