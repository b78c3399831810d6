"""Paths between stations of a file: those of a pair serve both ways."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isacsys.channel.files import BETWEEN, ChannelFile, power
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import ConfigError

REVERSED = {f"between_{angle}_{one}": f"between_{angle}_{other}" for angle in ("azimuth", "zenith")
            for one, other in (("departure", "arrival"), ("arrival", "departure"))}
ALIKE = 1e-6  # to which both ways have to agree, of the power of the pair


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
