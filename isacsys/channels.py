"""Channels of ray tracers and of a network's own, as files that ``fading.model = "file"`` reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from isacsys.channel.files import PATHS, ChannelFile, one_way, read_channels, write_channels
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

__all__ = ["ChannelFile", "from_deepmimo", "from_sionna_rt", "read_channels", "write_channels"]
MOST_PATHS = 25  # that DeepMIMO keeps
NEAR = np.radians(3.0)  # by which a direction in the line of sight may be off


def from_deepmimo(dataset: Any, path: str, axis: float = np.pi / 2, carrier_frequency: float | None = None
                  ) -> ChannelFile:
    """Write the paths of a DeepMIMO v4 dataset (one transmitter, or a list of them), and return them.

    Elevations are zeniths or heights above the horizon: which, the paths in the line of sight tell (``inter`` 0).

    Parameters
    ----------
    dataset : mapping, or list of mappings
        With ``power`` (dBW of 1 W), ``phase``, ``aod_az``, ``aod_el``, ``aoa_az``, ``aoa_el`` (degrees), ``delay`` (s),
        each [point, path] and NaN where there is no path; ``rx_pos`` [point, 3], ``tx_pos`` [3] (m), ``inter``.
    axis : float
        Azimuth of the axes of the arrays, rad.
    carrier_frequency : float, optional
        Hz; else ``dataset["rt_params"]["frequency"]``.

    Raises
    ------
    ConfigError
        Where neither reading of elevations fits the geometry.
    """
    sets = list(dataset) if isinstance(dataset, list | tuple) else [dataset]
    frequency = carrier_frequency or float(sets[0]["rt_params"]["frequency"])
    points = np.asarray(sets[0]["rx_pos"], float)
    cells = np.stack([np.asarray(one["tx_pos"], float).reshape(-1, 3)[0] for one in sets])
    arrays = [_deepmimo_paths(one, cell, points) for one, cell in zip(sets, cells, strict=True)]
    most = max(one["gain"].shape[1] for one in arrays)
    together = {name: np.stack([_padded(one[name], most) for one in arrays]) for name in arrays[0]}
    found = ChannelFile("paths", frequency, cells, points, np.full(len(cells), float(axis)), together)
    write_channels(found, path)
    return found


def _deepmimo_paths(one: Any, cell: Array, points: Array) -> dict[str, Array]:
    values = {name: np.asarray(one[name], float)[:, :MOST_PATHS] for name in (
        "power", "phase", "delay", "aod_az", "aod_el", "aoa_az", "aoa_el")}
    there = np.isfinite(values["power"])
    gain = np.where(there, 10 ** (np.where(there, values["power"], 0) / 20), 0)
    turned = gain * np.exp(1j * np.radians(np.nan_to_num(values["phase"])))
    angles = {name: np.radians(np.nan_to_num(values[name])) for name in ("aod_az", "aod_el", "aoa_az", "aoa_el")}
    direct = there & (np.nan_to_num(np.asarray(one["inter"], float)[:, :MOST_PATHS], nan=-1) == 0)
    if _elevations_from_horizon(angles, direct, cell, points):
        angles["aod_el"], angles["aoa_el"] = np.pi / 2 - angles["aod_el"], np.pi / 2 - angles["aoa_el"]
    return {"gain": turned, "delay": np.nan_to_num(values["delay"]), "azimuth_departure": angles["aod_az"],
            "zenith_departure": angles["aod_el"], "azimuth_arrival": angles["aoa_az"],
            "zenith_arrival": angles["aoa_el"]}


def _elevations_from_horizon(angles: dict[str, Array], direct: Array, cell: Array, points: Array) -> bool:
    """Return which reading of elevations fits the paths in the line of sight."""
    point = np.nonzero(direct)[0]
    if not len(point):
        raise ConfigError("dataset", "elevations", "a dataset with paths in the line of sight, by which one can tell "
                          "elevations from zeniths")
    way = points[point] - cell
    zenith = np.arctan2(np.hypot(way[:, 0], way[:, 1]), way[:, 2])
    given = angles["aod_el"][direct]
    off = [float(np.median(np.abs(zenith - reading))) for reading in (given, np.pi / 2 - given)]
    if min(off) > NEAR:
        raise ConfigError("dataset", "elevations", "elevations that fit the paths in the line of sight: as zeniths "
                          f"they are {np.degrees(off[0]):.1f} degrees off, above the horizon "
                          f"{np.degrees(off[1]):.1f}")
    return off[1] < off[0]


def from_sionna_rt(paths: Any, path: str, carrier_frequency: float, cells: Array, points: Array,
                   axis: float = np.pi / 2, between: Any = None) -> ChannelFile:
    """Write the paths of Sionna RT (synthetic arrays, one antenna at both ends), and return them.

    Parameters
    ----------
    paths : sionna.rt.Paths
        ``a`` [point, 1, cell, 1, path(, time)] (a pair of real and imaginary parts, or complex), ``tau``, ``theta_t``,
        ``phi_t``, ``theta_r``, ``phi_r`` [point, cell, path], ``doppler`` likewise, where there is one.
    carrier_frequency : float
        Hz.
    cells, points : [cell, 3], [point, 3]
        m.
    axis : float
        Azimuth of the axes of the arrays, rad.
    between : sionna.rt.Paths, optional
        The same with a receiver at every station, in the order of ``cells``, instead of points: what echoes are
        disturbed by. Of each pair one direction is kept, for both.

    Raises
    ------
    ConfigError
        Where arrays are of other numbers of cells and points, or are no finite numbers.
    """
    arrays = _sionna_paths(paths, len(cells), len(points), "paths")
    if between is not None:
        traced = _sionna_paths(between, len(cells), len(cells), "between")
        arrays |= one_way({name: traced[name] for name in PATHS})
    found = ChannelFile("paths", float(carrier_frequency), np.asarray(cells, float), np.asarray(points, float),
                        np.full(len(cells), float(axis)), arrays)
    write_channels(found, path)
    return found


def _sionna_paths(paths: Any, cells: int, points: int, key: str) -> dict[str, Array]:
    """Return arrays [cell, point, path] of Sionna's [point, cell, path]."""
    a = paths.a
    gain = _numpy(a[0]) + 1j * _numpy(a[1]) if isinstance(a, list | tuple) else _numpy(a)
    if gain.ndim not in (5, 6) or gain.shape[0] != points or gain.shape[2] != cells:
        raise ConfigError(key, gain.shape, f"paths of {points} receivers and {cells} transmitters")
    gain = gain[:, 0, :, 0]  # [point, cell, path(, time)]
    gain = gain[..., 0] if gain.ndim == 4 else gain
    names = {"delay": "tau", "azimuth_departure": "phi_t", "zenith_departure": "theta_t", "azimuth_arrival": "phi_r",
             "zenith_arrival": "theta_r", "doppler": "doppler"}
    values = {name: _numpy(getattr(paths, theirs)) for name, theirs in names.items() if hasattr(paths, theirs)}
    there = values["delay"].reshape(gain.shape) >= 0  # -1: no path
    if hasattr(paths, "valid"):
        there &= _numpy(paths.valid).reshape(gain.shape).astype(bool)
    arrays = {"gain": np.where(there, gain, 0), **{
        name: np.where(there, value.reshape(gain.shape), 0.0) for name, value in values.items()}}
    return {name: np.swapaxes(value, 0, 1) for name, value in arrays.items()}


def _numpy(value: Any) -> Array:
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value)


def _padded(array: Array, most: int) -> Array:
    return np.pad(array, ((0, 0), (0, most - array.shape[1])))
