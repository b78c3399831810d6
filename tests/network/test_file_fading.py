"""Channels from files: what they are read as, what is refused, and frames over them beside plain numpy."""

import pickle

import h5py
import numpy as np
import pytest

import isacsys
from isacsys.beamforming.transmitter_csi import granted_links
from isacsys.channel.clustered import STATES, ClusteredLinks
from isacsys.channel.draws import AOA, AOD, ZOA, ZOD
from isacsys.channel.files import ChannelFile, read_channels, write_channels
from isacsys.channel.kernel import Bands
from isacsys.channels import from_deepmimo, from_sionna_rt
from isacsys.core.errors import ConfigError
from isacsys.coupling.full_channels import Drawn
from isacsys.network import NetworkState, deploy
from isacsys.simulation.frame import run_frame
from isacsys.simulation.policies import find_policies

CARRIER, CELLS, POINTS, ANTENNAS = 3.5e9, np.array([[100.0, 100, 10], [400, 150, 10], [250, 400, 10]]), 24, 6


def paths(rng, count=5, doppler=False):
    """Random paths from three cells to points."""
    shape = (len(CELLS), POINTS, count)
    arrays = {"gain": 1e-5 * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)),
              "delay": rng.exponential(2e-7, shape), "azimuth_departure": rng.uniform(-np.pi, np.pi, shape),
              "zenith_departure": rng.uniform(1.3, 1.8, shape), "azimuth_arrival": rng.uniform(-np.pi, np.pi, shape),
              "zenith_arrival": rng.uniform(1.3, 1.8, shape)}
    if doppler:
        arrays["doppler"] = rng.uniform(-20, 20, shape)
    points = np.column_stack([rng.uniform(20, 480, (POINTS, 2)), np.full(POINTS, 1.5)])
    return ChannelFile("paths", CARRIER, CELLS, points, np.full(3, np.pi / 2), arrays)


def vectors(rng, bands=2):
    shape = (len(CELLS), POINTS, bands, ANTENNAS)
    points = np.column_stack([rng.uniform(20, 480, (POINTS, 2)), np.full(POINTS, 1.5)])
    drawn = 1e-5 * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    return ChannelFile("vectors", CARRIER, CELLS, points, np.full(3, np.pi / 2), {"vectors": drawn}, 20e6)


def network_of(file, tmp_path, suffix=".npz", **changes):
    """A network whose cells and users are those of a file."""
    path = str(tmp_path / f"channels{suffix}")
    write_channels(file, path)
    rows = [f"station,{x / 1e3},{y / 1e3}" for x, y, _ in file.cells]
    rows += [f"user,{x / 1e3},{y / 1e3}" for x, y, _ in file.points]
    (tmp_path / "positions.csv").write_text("kind,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    bands = file.arrays["vectors"].shape[2] if file.kind == "vectors" else 1
    some = isacsys.Scenario().replace({
        "network.layout": "file", "network.positions": str(tmp_path / "positions.csv"), "network.boundary": "open",
        "network.targets_per_cell": 0.0, "antennas.transmit": ANTENNAS, "allocation.users_per_bs": 2,
        "allocation.targets_per_bs": 0, "propagation.model": "file", "propagation.carrier_frequency": CARRIER,
        "radio.bandwidth": 20e6, "fading.model": "file", "fading.file": path, "fading.subbands": bands,
        "network.near_stations": 3, **changes})
    return some, NetworkState(some, deploy(some, 0))


def users_at(file, users, tmp_path, **changes):
    """The same network with users elsewhere, m."""
    some, _ = network_of(file, tmp_path, **changes)
    rows = [f"{kind},{x / 1e3},{y / 1e3}" for kind, places in (("station", file.cells), ("user", users))
            for x, y in np.asarray(places)[:, :2]]
    (tmp_path / "positions.csv").write_text("kind,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return some, NetworkState(some, deploy(some, 0))


def test_users_who_stand_still_have_a_point_each(tmp_path):
    """The nearest where it is one user's; else another one, so that zero forcing can tell all of them apart."""
    file = vectors(np.random.default_rng(4), 1)
    users = np.concatenate([file.points[:20], file.points[[0, 0, 5]] + [1.0, 0, 0]])
    some, state = users_at(file, users, tmp_path, **{"allocation.users_per_bs": 6})
    points = state.fading.model._points.of(np.arange(23), np.zeros((23, 2)))
    assert (points[:20] == np.arange(20)).all() and sorted(points[20:])[0] >= 20 and len(set(points)) == 23
    distance = np.linalg.norm(file.points[20:, :2] - users[20, :2], axis=1)
    assert points[20] == 20 + distance.argmin()
    for frame in range(3):
        record = run_frame(state, frame, find_policies(some))
        assert np.isfinite(record.users.sir).all()


def test_users_without_a_point_are_refused(tmp_path):
    file = vectors(np.random.default_rng(4), 1)
    far = np.concatenate([file.points[:4], file.points[4:5] + [5e3, 0, 0]])
    with pytest.raises(ConfigError, match=r"user 4 is [0-9.e+]+ m from all"):
        users_at(file, far, tmp_path)
    crowd = np.concatenate([file.points, file.points[:2] + [0.5, 0, 0]])
    with pytest.raises(ConfigError, match=f"each of the {POINTS + 2} users, not {POINTS}"):
        users_at(file, crowd, tmp_path)


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_what_is_written_is_read(tmp_path, suffix):
    rng = np.random.default_rng(1)
    for file in (paths(rng, doppler=True), vectors(rng)):
        write_channels(file, str(tmp_path / f"one{suffix}"))
        again = read_channels(str(tmp_path / f"one{suffix}"))
        assert (again.kind, again.carrier_frequency, again.bandwidth) == (file.kind, CARRIER, file.bandwidth)
        for name, array in file.arrays.items():
            assert (again.arrays[name] == array).all()
        assert (again.points == file.points).all() and (again.cells == file.cells).all()


@pytest.mark.parametrize("bands", [1, 3])
def test_designs_on_vectors_equal_hand_made_numpy(tmp_path, bands):
    file = vectors(np.random.default_rng(2), bands)
    some, state = network_of(file, tmp_path)
    record = run_frame(state, 0, find_policies(some))
    users, there = record.frame_state.selection.users, file.arrays["vectors"]
    mean = (np.abs(there) ** 2).mean((2, 3)).T  # [point, cell]
    np.testing.assert_array_equal(state.users.station, mean.argmax(1))
    for band in range(bands):
        beams = np.zeros((3, ANTENNAS, 2), complex)
        for station in range(3):
            own = there[station, users.ids[users.station == station], band]
            w = np.linalg.pinv(own.conj())
            beams[station, :, :len(own)] = w / np.linalg.norm(w, axis=0) / np.sqrt(len(own))
        for link, user in enumerate(users.ids):
            seen = np.array([np.abs(there[cell, user, band].conj() @ beams[cell]) ** 2 for cell in range(3)])
            wanted = seen[users.station[link], users.slot[link]]
            sir = wanted / (seen.sum() - wanted + some.user_noise)
            found = record.users.sir[link] if bands == 1 else record.users.subband_sir[link, band]
            assert found == pytest.approx(sir, rel=1e-9)


@pytest.mark.parametrize(("policy", "cluster"), [("zero_forcing", 2), ("maximum_ratio", 1), ("regularized", 1),
                                                 ("regularized", 2)])
def test_other_designs_on_vectors_equal_hand_made_numpy(tmp_path, policy, cluster):
    """Granted nulls are further rows; regularised with K over the mean SIR of every user, and 0 for nulls."""
    file = vectors(np.random.default_rng(9), 2)
    some, state = network_of(file, tmp_path, **{"precoding.policy": policy, "antennas.transmit": ANTENNAS,
                                                "allocation.communication_cluster": cluster})
    record = run_frame(state, 0, find_policies(some))
    users, there = record.frame_state.selection.users, file.arrays["vectors"]
    link, _, asked = granted_links(record.frame_state)
    mean = (np.abs(there) ** 2).mean((2, 3)).T  # [point, cell]
    assert (len(link) > 0) == (cluster > 1)
    for band in range(2):
        beams = np.zeros((3, ANTENNAS, 2), complex)
        for station in range(3):
            own = np.flatnonzero(users.station == station)
            nulls = link[asked == station]
            h = np.array([there[station, users.ids[i], band] / np.sqrt(mean[users.ids[i], station])
                          for i in (*own, *nulls)])
            if not len(own):
                continue
            gain = mean[users.ids[own]]
            sir = gain[:, station] / (gain.sum(1) - gain[:, station] + some.user_noise)
            load = np.zeros(len(h))
            if policy == "regularized":
                load[:len(own)] = len(own) / sir
            a = h.conj()
            w = a.conj().T @ np.linalg.inv(a @ a.conj().T + np.diag(load)) if policy != "maximum_ratio" else h.T
            w = w[:, :len(own)]
            beams[station, :, :len(own)] = w / np.linalg.norm(w, axis=0) / np.sqrt(len(own))
        for i, user in enumerate(users.ids):
            seen = np.array([np.abs(there[cell, user, band].conj() @ beams[cell]) ** 2 for cell in range(3)])
            wanted = seen[users.station[i], users.slot[i]]
            sir = wanted / (seen.sum() - wanted + some.user_noise)
            assert record.users.subband_sir[i, band] == pytest.approx(sir, rel=1e-6)


def test_paths_are_summed_as_the_schema_says(tmp_path):
    file = paths(np.random.default_rng(3), doppler=True)
    some, state = network_of(file, tmp_path, ".h5", **{"fading.subbands": 2})
    state.frame = 3
    found = state.fading.users(np.array([4]), np.array([[0, 1, 2]]), 0.0, None)[0]
    a, time = file.arrays, 3 * some.simulation.frame_duration
    for cell in range(3):
        one = {name: value[cell, 4] for name, value in a.items()}
        size = np.sqrt((np.abs(one["gain"]) ** 2).sum())
        for band, offset in enumerate((-5e6, 5e6)):
            turns = one["doppler"] * time - offset * one["delay"]
            cosine = np.sin(one["zenith_departure"]) * np.cos(one["azimuth_departure"] - np.pi / 2)
            ports = np.exp(1j * np.pi * (np.arange(ANTENNAS)[:, None] - 2.5) * cosine)
            expected = (one["gain"] / size * np.exp(2j * np.pi * turns) * ports).sum(-1)
            np.testing.assert_allclose(found[cell, band], expected, atol=1e-9)
    gain = state.large_scale.user_gains(np.array([4]), np.array([[0, 1, 2]]), None)[0]
    np.testing.assert_allclose(gain, (np.abs(a["gain"][:, 4]) ** 2).sum(-1))


def test_a_file_made_of_our_own_rays_gives_our_channels(tmp_path):
    """Rays of `tr38901` to the users of a small network, written as paths with their path gains, read again."""
    some = isacsys.Scenario().replace({
        "network.layout": "file", "network.boundary": "open", "network.targets_per_cell": 0.0,
        "antennas.transmit": ANTENNAS, "allocation.users_per_bs": 2, "allocation.targets_per_bs": 0,
        "propagation.model": "umi", "propagation.carrier_frequency": CARRIER, "network.near_stations": 3,
        "fading.model": "tr38901", "fading.doppler_speed": 2.0, "radio.bandwidth": 20e6})
    shell = paths(np.random.default_rng(4))
    rows = [f"station,{x / 1e3},{y / 1e3}" for x, y, _ in CELLS]
    rows += [f"user,{x / 1e3},{y / 1e3}" for x, y, _ in shell.points]
    (tmp_path / "positions.csv").write_text("kind,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    some = some.replace({"network.positions": str(tmp_path / "positions.csv")})
    state = NetworkState(some, deploy(some, 0))
    users, cells = np.arange(POINTS), np.tile(np.arange(3), (POINTS, 1))
    gains = state.large_scale.user_gains(users, cells, None)
    model = state.fading.model
    model._links = ClusteredLinks(model._environment, model._cells, model._world, Bands(1, 20e6), ANTENNAS, float)
    codes = model._world.codes(users, state.users.position, cells)
    arrays = {name: np.zeros((3, POINTS, 401), complex if name == "gain" else float) for name in shell.arrays}
    names = {"azimuth_departure": AOD, "zenith_departure": ZOD, "azimuth_arrival": AOA, "zenith_arrival": ZOA}
    for user in users:
        for cell in range(3):
            number = int(codes[user, cell])
            ray = model._links._rays(model._environment.state(STATES[number]), number, np.array([user]),
                                     np.array([cell]))
            n = ray.power.shape[1]
            share = ray.power[0] / ray.power[0].sum()
            size = np.sqrt(gains[user, cell] * share)
            arrays["gain"][cell, user, :n] = size * np.exp(2j * np.pi * ray.phase[0, :, 0])
            arrays["delay"][cell, user, :n] = ray.delay[0]
            for name, number in names.items():
                arrays[name][cell, user, :n] = np.radians(ray.angle[0, number])
    file = ChannelFile("paths", CARRIER, CELLS, shell.points, model._cells.axis, arrays)
    _, again = network_of(file, tmp_path, ".h5", **{"fading.doppler_speed": 2.0})
    np.testing.assert_allclose(again.large_scale.user_gains(users, cells, None), gains, rtol=1e-5)
    for frame in (0, 5):
        state.frame = again.frame = frame
        one, other = (s.fading.users(users, cells, 0.0, None) for s in (state, again))
        np.testing.assert_allclose(one, other, atol=1e-9)  # double precision in both


def test_nothing_changes_where_a_file_of_vectors_has_what_rayleigh_drew(tmp_path):
    """Channels and path gains of a frame of `rayleigh`, written as vectors: the same links, terms and SINRs."""
    shell = paths(np.random.default_rng(8))
    rows = [f"station,{x / 1e3},{y / 1e3}" for x, y, _ in CELLS]
    rows += [f"user,{x / 1e3},{y / 1e3}" for x, y, _ in shell.points]
    (tmp_path / "positions.csv").write_text("kind,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    some = isacsys.Scenario().replace({
        "network.layout": "file", "network.positions": str(tmp_path / "positions.csv"), "network.boundary": "open",
        "network.targets_per_cell": 0.0, "antennas.transmit": ANTENNAS, "allocation.users_per_bs": 2,
        "allocation.targets_per_bs": 0, "propagation.model": "umi", "propagation.carrier_frequency": CARRIER,
        "radio.bandwidth": 20e6, "simulation.engine": "vectors", "network.near_stations": 3})
    state = NetworkState(some, deploy(some, 0))
    record = run_frame(state, 0, find_policies(some))
    users, around = record.frame_state.selection.users, record.frame_state.around_users
    gain = state.large_scale.user_gains(np.arange(POINTS), np.tile(np.arange(3), (POINTS, 1)), None)
    drawn = np.ones((3, POINTS, 1, ANTENNAS)) * np.sqrt(gain.T)[..., None, None] + 0j
    there = Drawn().users(record.frame_state) * np.sqrt(around.path_gain)[..., None]  # [link, near, M_t]
    for link, user in enumerate(users.ids):
        drawn[around.station[link], user, 0] = there[link]
    file = ChannelFile("vectors", CARRIER, CELLS, shell.points, np.full(3, np.pi / 2), {"vectors": drawn}, 20e6)
    _, again = network_of(file, tmp_path, **{"radio.transmit_power_dbm": some.radio.transmit_power_dbm})
    assert (again.users.station == state.users.station).all()  # powers of single channels choose the same cells here
    found = run_frame(again, 0, find_policies(again.scenario))
    np.testing.assert_array_equal(found.frame_state.selection.users.ids, users.ids)
    for name in ("signal", "own", "interference_other", "sir", "rate"):
        np.testing.assert_allclose(getattr(found.users, name), getattr(record.users, name), rtol=1e-9, atol=1e-30)


def bad(tmp_path, change, suffix=".npz"):
    file = paths(np.random.default_rng(5))
    content = {"format": "isacsys-channels", "version": 1, "kind": "paths", "carrier_frequency": CARRIER,
               "cells": file.cells, "points": file.points, "axis": file.axis, **file.arrays}
    change(content)
    np.savez(tmp_path / f"bad{suffix}", **content)
    return str(tmp_path / f"bad{suffix}")


@pytest.mark.parametrize(("change", "said"), [
    (lambda c: c.update(format="other"), "format"), (lambda c: c.update(version=9), "version"),
    (lambda c: c.pop("delay"), "with delay"), (lambda c: c.update(kind="rays"), "paths"),
    (lambda c: c["gain"].__setitem__((0, 0, 0), np.nan), "NaN in gain"),
    (lambda c: c.update(delay=c["delay"][:, :3]), "delay"), (lambda c: c.update(axis=np.zeros(2)), "axis"),
    (lambda c: c.update(points=c["points"][:, :2]), "points"),
    (lambda c: c.update(delay=np.array([{"a": 1}], object)), "pickled")])
def test_bad_files_are_one_line(tmp_path, change, said):
    with pytest.raises(ConfigError) as error:
        read_channels(bad(tmp_path, change))
    assert said in str(error.value) and "fading.file" in str(error.value) and "\n" not in str(error.value)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "pickled.npz").write_bytes(pickle.dumps({"a": 1}))
    (tmp_path / "text.h5").write_text("nothing", encoding="utf-8")
    for name in ("pickled.npz", "text.h5", "absent.h5", "channels.mat"):
        with pytest.raises(ConfigError, match=r"fading\.file"):
            read_channels(str(tmp_path / name))
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    with pytest.raises(ConfigError, match="of format"):
        read_channels(str(tmp_path / "empty.h5"))


@pytest.mark.parametrize(("changes", "said"), [
    ({"propagation.carrier_frequency": 2e9}, "carrier_frequency"), ({"antennas.transmit": 8}, "antennas.transmit"),
    ({"allocation.targets_per_bs": 1}, "allocation.targets_per_bs"),
    ({"propagation.model": "umi"}, "propagation.model"),
    ({"fading.model": "rayleigh", "fading.file": ""}, "fading.model"), ({"fading.file": ""}, "fading.model")])
def test_files_of_other_networks_are_one_line(tmp_path, changes, said):
    file = vectors(np.random.default_rng(6))
    with pytest.raises(ConfigError) as error:
        network_of(file, tmp_path, **changes)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_cells_that_stand_elsewhere_are_refused(tmp_path):
    file = vectors(np.random.default_rng(7))
    some, _ = network_of(file, tmp_path)
    moved = ChannelFile(file.kind, CARRIER, CELLS + [[0, 0, 0], [7.0, 0, 0], [0, 0, 0]], file.points, file.axis,
                        file.arrays, file.bandwidth)
    write_channels(moved, some.fading.file)
    with pytest.raises(ConfigError, match="cell 1 is 7 m off"):
        NetworkState(some, deploy(some, 0))


def deepmimo(zenith):
    """A dataset of two points: a direct path and a reflection, as DeepMIMO v4 has them."""
    cell, points = np.array([0.0, 0, 20]), np.array([[100.0, 0, 2], [0, 60, 2]])
    way = points - cell
    height = np.degrees(np.arctan2(way[:, 2], np.hypot(way[:, 0], way[:, 1])))
    down = 90 - height if zenith else height
    up = 180 - down if zenith else -down
    nan = np.nan
    return {"tx_pos": cell, "rx_pos": points, "rt_params": {"frequency": CARRIER},
            "power": np.array([[-80.0, -95], [-75, nan]]), "phase": np.array([[30.0, -60], [90, nan]]),
            "delay": np.array([[3.4e-7, 5e-7], [2.1e-7, nan]]), "inter": np.array([[0.0, 1], [0, nan]]),
            "aod_az": np.array([[0.0, 40], [90, nan]]), "aoa_az": np.array([[180.0, -130], [-90, nan]]),
            "aod_el": np.array([[down[0], down[0]], [down[1], nan]]),
            "aoa_el": np.array([[up[0], up[0]], [up[1], nan]])}


@pytest.mark.parametrize("zenith", [True, False])
def test_deepmimo_in_both_readings_of_elevation(tmp_path, zenith):
    found = from_deepmimo(deepmimo(zenith), str(tmp_path / "deepmimo.h5"))
    again = read_channels(str(tmp_path / "deepmimo.h5"))
    np.testing.assert_allclose(np.degrees(found.arrays["zenith_departure"][0, 0, 0]), 90 + np.degrees(np.arctan(0.18)))
    np.testing.assert_allclose(np.degrees(found.arrays["zenith_arrival"][0, 0, 0]), 90 - np.degrees(np.arctan(0.18)))
    np.testing.assert_allclose(again.arrays["gain"][0, 0, 0], 1e-4 * np.exp(1j * np.pi / 6))
    assert again.arrays["gain"][0, 1, 1] == 0 and again.carrier_frequency == CARRIER


def test_deepmimo_that_fits_neither_reading_is_refused(tmp_path):
    wrong = deepmimo(True)
    wrong["aod_el"] = wrong["aod_el"] + 25
    with pytest.raises(ConfigError, match="degrees off"):
        from_deepmimo(wrong, str(tmp_path / "deepmimo.h5"))
    assert not (tmp_path / "deepmimo.h5").exists()


def test_sionna_rt(tmp_path):
    class Paths:
        """As `sionna.rt.Paths` has them: [point, 1, cell, 1, path, 1], and -1 where there is no path."""

        a = (np.full((2, 1, 1, 1, 3, 1), 1e-4), np.full((2, 1, 1, 1, 3, 1), 2e-4))
        tau = np.array([[[1e-7, 2e-7, -1]], [[3e-7, -1, -1]]])
        theta_t = phi_t = theta_r = phi_r = np.full((2, 1, 3), 0.5)

    found = from_sionna_rt(Paths(), str(tmp_path / "rt.npz"), CARRIER, CELLS[:1], np.zeros((2, 3)))
    assert (found.arrays["gain"] != 0).sum() == 3
    assert found.arrays["gain"][0, 0, 0] == 1e-4 + 2e-4j
    assert read_channels(str(tmp_path / "rt.npz")).arrays["delay"][0, 1, 0] == 3e-7
