"""Channels in files: HDF5 or npz, of paths or of vectors between cells and points. Files are data: nothing runs.

Contents (HDF5: attributes and datasets; npz: arrays of the same names): ``format`` = "isacsys-channels", ``version`` =
1, ``kind`` = "paths" or "vectors", ``carrier_frequency`` (Hz); ``cells`` [cell, 3] and ``points`` [point, 3] (m);
``axis`` [cell], azimuth of the axis of a cell's array (rad, counterclockwise from x). Of paths, padded with gain 0,
each [cell, point, path]: ``gain`` (complex, path loss included, antennas of cells not), ``delay`` (s),
``azimuth_departure``, ``zenith_departure``, ``azimuth_arrival``, ``zenith_arrival`` (rad), ``doppler`` (Hz, optional).
Of vectors: ``vectors`` [cell, point, subband, M_t] (complex, path loss and antennas included), ``bandwidth`` (Hz).
Optional, between stations: of paths ``between_gain``, ``between_delay`` ... (all but Doppler) [cell that sends, cell
that listens, path]; of vectors ``between_vectors`` [cell that sends, cell that listens, subband, M_r, M_t]. Vectors are
complex conjugates of what antennas receive: beam w has the amplitude ``h^H w``, and through filter v
``v^H conj(between_vectors) w``.
Paths between stations of a pair serve both ways.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import ConfigError

FORMAT, VERSION = "isacsys-channels", 1
PATHS = ("gain", "delay", "azimuth_departure", "zenith_departure", "azimuth_arrival", "zenith_arrival")
BETWEEN = tuple(f"between_{name}" for name in PATHS)
SMALL = 4096  # bytes, which compression makes larger
SUFFIXES = (".npz", ".h5", ".hdf5")
ALIKE = 1e-6  # to which both ways have to agree, of the power of the pair


@dataclass(frozen=True)
class ChannelFile:
    """Channels between cells and points.

    Attributes
    ----------
    kind : str
        "paths" or "vectors".
    carrier_frequency : float
        Hz.
    cells, points : [cell, 3], [point, 3]
        m.
    axis : [cell]
        rad.
    arrays : mapping
        As the module says, by name.
    bandwidth : float
        Of vectors, Hz.
    """

    kind: str
    carrier_frequency: float
    cells: Array
    points: Array
    axis: Array
    arrays: dict[str, Any] = field(default_factory=dict)
    bandwidth: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "channels")

    @property
    def between(self) -> bool:
        """Whether there are channels between stations."""
        return ("between_gain" if self.kind == "paths" else "between_vectors") in self.arrays


def read_channels(path: str, key: str = "fading.file") -> ChannelFile:
    """Read a file of channels.

    Raises
    ------
    ConfigError
        Naming ``key``, where it is none, or has other shapes, NaN, pickled objects.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise ConfigError(key, path, f"a file that ends with {', '.join(SUFFIXES)}")
    try:
        content = _npz(path) if path.lower().endswith(".npz") else _hdf5(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(key, path, f"a readable HDF5 or npz file without pickled objects ({error})") from None
    return _parsed(content, path, key)


def write_channels(channels: ChannelFile, path: str) -> None:
    """Write a file of channels, as `read_channels` reads it."""
    content = {"format": FORMAT, "version": VERSION, "kind": channels.kind, "bandwidth": channels.bandwidth,
               "carrier_frequency": channels.carrier_frequency, "cells": channels.cells, "points": channels.points,
               "axis": channels.axis, **channels.arrays}
    if path.lower().endswith(".npz"):
        np.savez_compressed(path, **content)
        return
    with h5py.File(path, "w") as file:
        for name, value in content.items():
            if np.ndim(value):
                large = np.asarray(value).nbytes > SMALL
                file.create_dataset(name, data=value, compression="gzip" if large else None)
            else:
                file.attrs[name] = value


def _npz(path: str) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] if file[name].ndim else file[name].item() for name in file.files}


def _hdf5(path: str) -> dict[str, Any]:
    with h5py.File(path, "r") as file:
        found: dict[str, Any] = dict(file.attrs)
        for name, dataset in file.items():
            if isinstance(dataset, h5py.Dataset) and dataset.dtype.kind in "fciu":
                found[name] = dataset[()]
        return found


def _parsed(content: dict[str, Any], path: str, key: str) -> ChannelFile:
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        raise ConfigError(key, path, f"a file of format \"{FORMAT}\", version {VERSION}")
    names = ("kind", "carrier_frequency", "cells", "points", "axis")
    missing = [name for name in names if name not in content]
    if missing:
        raise ConfigError(key, path, f"a file with {', '.join(missing)}")
    arrays = {name: value for name, value in content.items() if isinstance(value, np.ndarray) and name not in names}
    try:
        return ChannelFile(str(content["kind"]), float(content["carrier_frequency"]), np.asarray(content["cells"]),
                           np.asarray(content["points"]), np.asarray(content["axis"]), arrays,
                           float(content.get("bandwidth", 0.0)))
    except ConfigError as error:
        raise ConfigError(key, path, error.allowed) from None


def _check(file: ChannelFile, key: str) -> None:
    """Raise ConfigError for shapes that do not fit each other, and for numbers that are none."""
    wanted = {"paths": PATHS, "vectors": ("vectors",)}.get(file.kind)
    if wanted is None:
        raise ConfigError(key, file.kind, "a file whose kind is \"paths\" or \"vectors\"")
    missing = [name for name in wanted if name not in file.arrays]
    if missing:
        raise ConfigError(key, file.kind, f"a file of {file.kind} with {', '.join(missing)}")
    cells, points = len(file.cells), len(file.points)
    shapes = {"cells": (file.cells, (cells, 3)), "points": (file.points, (points, 3)), "axis": (file.axis, (cells,))}
    for name, (array, shape) in shapes.items():
        if array.shape != shape or not np.isfinite(array).all():
            raise ConfigError(key, name, f"a file whose {name} are finite numbers of shape {shape}, not {array.shape}")
    also = ("doppler",) if "doppler" in file.arrays else ()
    _check_arrays(file, (*wanted, *also), ("cells", cells), ("points", points), 3 if file.kind == "paths" else 4, key)
    _check_between(file, key)


def _check_between(file: ChannelFile, key: str) -> None:
    given = [name for name in file.arrays if name.startswith("between_")]
    wanted = BETWEEN if file.kind == "paths" else ("between_vectors",)
    if given and sorted(given) != sorted(wanted):
        raise ConfigError(key, ", ".join(sorted(given)), f"a file of {file.kind} with all of {', '.join(wanted)} "
                          "between stations, or none, and nothing else")
    if given:
        ends = ("cells", len(file.cells)), ("cells", len(file.cells))
        _check_arrays(file, wanted, *ends, 3 if file.kind == "paths" else 5, key)


def _check_arrays(file: ChannelFile, names: tuple[str, ...], one: tuple[str, int], other: tuple[str, int],
                  dimensions: int, key: str) -> None:
    """Raise ConfigError where arrays ``names`` are not of ``one`` and ``other`` (what, how many), or not finite."""
    first = file.arrays[names[0]]
    for name in names:
        array = file.arrays[name]
        if array.ndim != dimensions or array.shape[:2] != (one[1], other[1]) or array.shape != first.shape:
            raise ConfigError(key, name, f"a file whose {name} is of {one[1]} {one[0]} and {other[1]} {other[0]}, as "
                              f"all arrays, not of shape {array.shape}")
        if array.dtype.kind not in "fciu" or not np.isfinite(array).all():
            raise ConfigError(key, name, f"a file without NaN in {name}")


def power(channels: Array | Complex) -> Array:
    """Return ``|h|^2`` [...] of ``channels`` [...]."""
    return np.asarray(channels.real**2 + channels.imag**2)


REVERSED = {f"between_{angle}_{one}": f"between_{angle}_{other}" for angle in ("azimuth", "zenith")
            for one, other in (("departure", "arrival"), ("arrival", "departure"))}


def both_ways(file: ChannelFile, key: str, path: str) -> dict[str, Array]:
    """Return the paths [cell that sends, cell that listens, path] of a file in both directions.

    Where a pair has paths one way only, they are those of the other way with departure and arrival exchanged.

    Raises
    ------
    ConfigError
        Where a pair has paths both ways which differ.
    """
    some = {name: np.asarray(file.arrays[name]) for name in BETWEEN}
    back = {name: some[REVERSED.get(name, name)].swapaxes(0, 1) for name in BETWEEN}
    there, other = (np.any(way["between_gain"] != 0, axis=-1) for way in (some, back))
    one, two = _sums(some), _sums(back)
    size = power(some["between_gain"]).sum(-1)
    apart = np.abs(one - two).max(0) > ALIKE * np.maximum(size, size.T)
    wrong = np.argwhere(there & other & apart & ~np.eye(len(there), dtype=bool))
    if len(wrong):
        i, j = wrong[0].tolist()
        raise ConfigError(key, path, f"a file whose paths between stations are the same both ways: those of cells {i} "
                          f"and {j} are not (give one way only, or exchange departure and arrival)")
    found = {name: np.where(there[..., None], some[name], back[name]) for name in BETWEEN}
    found["between_gain"] = np.where(np.eye(len(there), dtype=bool)[..., None], 0, found["between_gain"])
    return found


def one_way(paths: Mapping[str, Array]) -> dict[str, Array]:
    """Return traced paths [cell, cell, path], each pair in one direction: that from the lower number, if it has any."""
    up = np.triu(np.ones(paths["gain"].shape[:2], bool), 1)
    there = up & np.any(paths["gain"] != 0, axis=-1)
    kept = there | (up & ~there).T & ~np.eye(len(up), dtype=bool)
    return {f"between_{name}": np.where(kept[..., None], value, 0) for name, value in paths.items()}


def _sums(some: Mapping[str, Array]) -> Complex:
    """Return what paths of a pair have in common in any order: sums of powers, directions and delays [sum, ...]."""
    gain, delay = some["between_gain"], some["between_delay"]
    size = power(gain)
    sums = [size, size * delay / max(float(np.abs(delay).max(initial=0)), 1e-30)]
    sums += [size * np.exp(1j * some[f"between_{name}"]) for name in (
        "azimuth_departure", "zenith_departure", "azimuth_arrival", "zenith_arrival")]
    sums.append(gain**2)  # phases
    return np.stack([np.asarray(one, complex).sum(-1) for one in sums])


def matrix(paths: Mapping[str, Array], amplitude: Array, axes: tuple[float, float], ports: tuple[int, int],
           frequencies: Array) -> Complex:
    """Return G^T [subband, M_r, M_t] of the paths of a pair, ports a half wavelength apart about their centre.

    ``sum_p a_p e^(j (arg g_p - 2 pi f tau_p)) e^(-j pi (u - (M_r - 1)/2) c_r) e^(j pi (m - (M_t - 1)/2) c_t)``, c the
    cosine of a direction to the axis of an array: beam w comes through filter v as ``v^H G^H w``, which is
    ``v^H a_r a_t^H w`` of a path.

    Parameters
    ----------
    paths : mapping of [path]
        Of one pair.
    amplitude : [path]
        With the antennas of both ends.
    axes, ports : pair
        Of the one that listens, and of the one that sends: rad; how many.
    frequencies : [subband]
        Off the carrier, Hz.
    """
    responses = []
    for end, axis, count, sign in zip(("arrival", "departure"), axes, ports, (-1, 1), strict=True):
        cosine = np.sin(paths[f"between_zenith_{end}"]) * np.cos(paths[f"between_azimuth_{end}"] - axis)
        offset: Index | Array = np.arange(count) - (count - 1) / 2
        responses.append(np.exp(sign * 1j * np.pi * offset[:, None] * cosine))
    turns = frequencies[:, None] * paths["between_delay"]
    phases = amplitude * np.exp(1j * np.angle(paths["between_gain"]) - 2j * np.pi * turns)
    return np.asarray(np.einsum("sr,ur,mr->sum", phases, *responses, optimize=True))
