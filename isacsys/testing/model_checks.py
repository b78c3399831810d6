"""The invariants of models: propagation, antenna patterns, fading, links, energy."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np

from isacsys.channel.fading import ChannelLinks, Fading
from isacsys.config.scenario import Scenario
from isacsys.energy import EnergyModel, stations
from isacsys.link import LinkModel
from isacsys.propagation import AntennaPattern, Propagation, links
from isacsys.propagation.base import LinkPlaces
from isacsys.simulation.policies import find_link_model
from isacsys.testing.harness import NETWORKS, hold, made, networks, run_everywhere

CARRIER = 3.5e9  # Hz
STEP = 5.0  # degrees
HIGHEST = 60.0  # dBi, beyond which a gain is a slip
LINKS, ANTENNAS = 400, 6
LEVEL = 4.5  # standard errors, by which the mean power may be off
_ROUNDING = 0.01  # bit/s/Hz by which the efficiency may fall: blocks are whole bytes


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


def check_antenna_pattern(pattern: type[AntennaPattern] | AntennaPattern) -> None:
    """Run an antenna pattern through the invariants of all of them; say which one fails.

    Gains are finite numbers for every direction, whatever the shape in which they are asked for, the same when asked
    again and after a full turn, and at most 60 dBi.

    Parameters
    ----------
    pattern : AntennaPattern or class of one
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
    >>> class Dipole(isacsys.AntennaPattern):
    ...     def gain(self, azimuth, zenith):
    ...         return 1.76 + 20 * np.log10(np.maximum(np.sin(np.radians(zenith)), 1e-3))
    >>> check_antenna_pattern(Dipole)
    """
    found = made(pattern, "antenna pattern")
    name = type(found).__name__
    azimuth, zenith = np.arange(-180.0, 181.0, STEP), np.arange(0.0, 181.0, STEP)
    gain = found.towards(azimuth[:, None], zenith)
    hold(gain.shape == (len(azimuth), len(zenith)), f"gain of {name} is not of the shape of the directions")
    hold(bool(np.isfinite(gain).all()), f"gain of {name} is not a finite number in every direction")
    again = found.towards(azimuth[:, None], zenith)
    hold(bool(np.array_equal(gain, again)), f"gain of {name} changes when asked again")
    one = [float(found.towards(np.array(a), np.array(z))) for a, z in zip(azimuth[:37], zenith, strict=True)]
    hold(bool(np.allclose(one, gain[np.arange(37), np.arange(37)], atol=1e-9)),
         f"gain of {name} depends on the other directions that it is asked for")
    hold(bool(np.allclose(gain[0], gain[-1], atol=1e-6)), f"gain of {name} differs between azimuths -180 and 180")
    hold(bool(gain.max() <= HIGHEST), f"gain of {name} is {gain.max():g} dBi somewhere")


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
