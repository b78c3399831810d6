"""The invariants of energy models."""

from __future__ import annotations

import numpy as np

from isacsys.energy import EnergyModel, stations
from isacsys.testing.harness import hold, made


def check_energy_model(model: type[EnergyModel] | EnergyModel) -> None:
    """Run an energy model through the invariants of all of them; say which one fails.

    Powers are finite, not negative, one a station, of each station whatever the others do, and the same when asked
    again; they are least without load and most at full load, and listening while sending costs no less than sending;
    who sleeps or is off draws no more than who is awake. Sleep states go from the lightest to the deepest: power does
    not rise, and transitions take no less.

    Parameters
    ----------
    model : EnergyModel or class of one
        A class is made without arguments.

    Raises
    ------
    PluginError
        Where it raises, or gives what are no powers.
    AssertionError
        Where it breaks another invariant.

    Examples
    --------
    >>> import isacsys
    >>> import numpy as np
    >>> class Flat(isacsys.EnergyModel):
    ...     def power(self, stations):
    ...         return np.where(stations.on, 200 + 300 * stations.load, 10.0)
    >>> check_energy_model(Flat)
    """
    found = made(model, "energy model")
    name, load = type(found).__name__, np.linspace(0, 1, 11)
    awake = stations(load)
    drawn = found.drawn(awake)
    hold(bool(np.array_equal(drawn, found.drawn(awake))), f"power of {name} changes when asked again")
    hold(bool(drawn.min() == drawn[0] and drawn.max() == drawn[-1]),
         f"power of {name} is not least without load and most at full load")
    hold(bool(np.array_equal(found.drawn(stations(load[::-1])), drawn[::-1])),
         f"power of {name} at one station depends on the others")
    heard = found.drawn(stations(load, listening=np.ones(11, bool)))
    hold(bool(np.all(heard[1:] >= drawn[1:])), f"power of {name} falls where a station that sends listens, too")
    nothing, every = np.zeros(3), np.ones(3, bool)
    idle, asleep, off = (found.drawn(stations(nothing, asleep=sleeping, on=on)) for sleeping, on in (
        (~every, every), (every, every), (every, ~every)))
    hold(bool(np.all(asleep <= idle)), f"{name} draws more asleep than awake")
    hold(bool(np.all(off <= idle)), f"{name} draws more when it is off than awake")
    hold(found.drawn(stations(np.zeros(0))).shape == (0,), f"{name} does not cope with no station")
    states = np.array([state[1:] for state in found.sleep_states()]).reshape(-1, 3)
    hold(bool(np.all(np.isfinite(states) & (states >= 0))), f"sleep states of {name} are not finite, from 0 on")
    hold(bool(np.all(np.diff(states[:, 0]) <= 0) and np.all(np.diff(states[:, 1:], axis=0) >= 0)),
         f"sleep states of {name} do not go from the lightest to the deepest")
