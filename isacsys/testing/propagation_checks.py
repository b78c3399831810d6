"""The invariants of models of propagation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from isacsys.propagation import Propagation, links
from isacsys.propagation.path_loss_links import LinkPlaces
from isacsys.testing.harness import hold, made

CARRIER = 3.5e9  # Hz


def check_propagation_model(model: type[Propagation] | Propagation) -> None:
    """Run a model of propagation through the invariants of all of them; say which one fails.

    Losses are finite, of the links' shape, the same when asked again, and do not fall with distance by more than a
    tenth of a dB; a line of sight never costs anything; probabilities are between 0 and 1; no spread is negative.

    Parameters
    ----------
    model : Propagation or class of one
        A class is made without arguments.

    Raises
    ------
    PluginError
        Where it raises.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> class Cable(isacsys.Propagation):
    ...     def path_loss(self, links):
    ...         return 60 + 0.1 * links.distance_3d
    >>> check_propagation_model(Cable)
    """
    found = made(model, "propagation model")
    name, distance = type(found).__name__, np.geomspace(10, 5000, 60).reshape(3, 20)
    losses = []
    for sight in (True, False):
        some = links(distance, found.station_height, found.user_height, CARRIER, np.full(distance.shape, sight))
        way, nothing = np.stack([distance, np.zeros_like(distance)], axis=-1), np.zeros(distance.shape, int)
        some = replace(some, places=LinkPlaces(nothing, nothing, np.zeros((*distance.shape, 2)), way / 1e3, way))
        loss, spread = np.asarray(found.path_loss(some)), np.asarray(found.shadowing_db(some))
        hold(loss.shape == distance.shape and bool(np.isfinite(loss).all()),
             f"path_loss of {name} is not a finite number for every link")
        hold(bool(np.array_equal(loss, found.path_loss(some))), f"path_loss of {name} changes when asked again")
        hold(bool(np.all(np.diff(loss.ravel()) > -0.1)), f"path_loss of {name} falls with distance")
        hold(bool(np.all(spread >= 0)), f"shadowing_db of {name} is negative")
        share = np.asarray(found.los_probability(some))
        hold(bool(np.all((share >= 0) & (share <= 1))), f"los_probability of {name} is not between 0 and 1")
        losses.append(loss)
    hold(bool(np.all(losses[1] >= losses[0] - 1e-9)), f"{name} loses more with a line of sight than without")
