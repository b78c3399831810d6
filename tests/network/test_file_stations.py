"""Channels and gains between stations from files, beside plain numpy; what is refused."""

import numpy as np
import pytest

import isacsys
from isacsys.channel.files import ChannelFile, read_channels, write_channels
from isacsys.channels import from_sionna_rt
from isacsys.core.errors import ConfigError
from isacsys.network import NetworkState, deploy
from isacsys.simulation.frame import run_frame
from isacsys.simulation.policies import find_policies

CARRIER, TRANSMIT, RECEIVE, WIDTH = 3.5e9, 6, 4, 20e6
CELLS = np.array([[100.0, 100, 10], [400, 150, 10], [250, 400, 10]])
NAMES = ("azimuth_departure", "zenith_departure", "azimuth_arrival", "zenith_arrival")
LISTENING, SENDING = np.repeat(np.arange(3), 2), np.array([1, 2, 0, 2, 0, 1])


def drawn(rng, cells, ends, count=4):
    """Random paths [cell, end, path]."""
    shape = (cells, ends, count)
    found = {"gain": 1e-5 * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)),
             "delay": rng.exponential(2e-7, shape)}
    return found | {name: rng.uniform(-3, 3, shape) if "azimuth" in name else rng.uniform(1.3, 1.8, shape)
                    for name in NAMES}


def with_paths(missing=True):
    """A file whose stations have paths one way, from the lower number; none between cells 0 and 2."""
    rng = np.random.default_rng(1)
    some = drawn(rng, 3, 12)
    points = np.column_stack([rng.uniform(20, 480, (12, 2)), np.full(12, 1.5)])
    between = drawn(rng, 3, 3)
    between["gain"] *= np.triu(np.ones((3, 3)), 1)[..., None]
    if missing:
        between["gain"][0, 2] = 0
    some |= {f"between_{name}": value for name, value in between.items()}
    return ChannelFile("paths", CARRIER, CELLS, points, np.full(3, np.pi / 2), some)


def by_hand(file, listening, sending, bands):
    """Return the channel matrix [subband, M_r, M_t] with its size, ray by ray; omnidirectional antennas."""
    low, high = min(listening, sending), max(listening, sending)
    found = np.zeros((bands, RECEIVE, TRANSMIT), complex)
    for p in range(file.arrays["between_gain"].shape[2]):
        one = {name.removeprefix("between_"): value[low, high, p] for name, value in file.arrays.items()
               if name.startswith("between_")}
        out, back = ("departure", "arrival") if sending == low else ("arrival", "departure")
        cosines = [np.sin(one[f"zenith_{end}"]) * np.cos(one[f"azimuth_{end}"] - np.pi / 2) for end in (back, out)]
        for band in range(bands):
            offset = (band - (bands - 1) / 2) * WIDTH / bands
            heard, sent = (np.exp(1j * np.pi * (np.arange(m) - (m - 1) / 2) * c)
                           for m, c in zip((RECEIVE, TRANSMIT), cosines, strict=True))
            found[band] += one["gain"] * np.exp(-2j * np.pi * offset * one["delay"]) * np.outer(heard.conj(), sent)
    return found


def state_of(file, tmp_path, bands=1, **changes):
    path = str(tmp_path / "channels.h5")
    write_channels(file, path)
    rows = [f"station,{x / 1e3},{y / 1e3}" for x, y, _ in file.cells]
    rows += [f"user,{x / 1e3},{y / 1e3}" for x, y, _ in file.points]
    rows += ["target,0.12,0.15", "target,0.38,0.2", "target,0.25,0.36"]
    (tmp_path / "positions.csv").write_text("kind,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    some = isacsys.Scenario().replace({
        "network.layout": "file", "network.positions": str(tmp_path / "positions.csv"), "network.boundary": "open",
        "antennas.transmit": TRANSMIT, "antennas.receive": RECEIVE, "allocation.users_per_bs": 2,
        "allocation.targets_per_bs": 1, "allocation.sensing_cluster": 2, "propagation.model": "file",
        "propagation.carrier_frequency": CARRIER, "radio.bandwidth": WIDTH, "fading.model": "file",
        "fading.file": path, "fading.subbands": bands, "network.near_stations": 3,
        "network.bs_height": 10.0, **changes})
    return NetworkState(some, deploy(some, 0))


def as_vectors(file, bands):
    """The same file as vectors: users' do not matter here."""
    between = np.zeros((3, 3, bands, RECEIVE, TRANSMIT), complex)
    for listening, sending in zip(LISTENING, SENDING, strict=True):
        between[sending, listening] = by_hand(file, listening, sending, bands)
    users = np.full((3, len(file.points), bands, TRANSMIT), 1e-5 + 0j)
    return ChannelFile("vectors", CARRIER, CELLS, file.points, file.axis, {"vectors": users,
                                                                           "between_vectors": between}, WIDTH)


@pytest.mark.parametrize("bands", [1, 3])
def test_paths_between_stations_equal_plain_sums_over_rays(tmp_path, bands):
    file = with_paths()
    state = state_of(file, tmp_path, bands)
    found = state.fading.stations(np.arange(3), np.array([[1, 2], [0, 2], [0, 1]]), None)
    gain = state.large_scale.between(LISTENING, SENDING)
    found = found.reshape(6, bands, RECEIVE, TRANSMIT) * np.sqrt(gain)[:, None, None, None]
    for link, ends in enumerate(zip(LISTENING.tolist(), SENDING.tolist(), strict=True)):
        np.testing.assert_allclose(found[link], by_hand(file, *ends, bands), rtol=1e-9, atol=1e-15)
        there = np.abs(file.arrays["between_gain"][min(ends), max(ends)]) ** 2
        assert gain[link] == pytest.approx(there.sum(), rel=1e-12)
    assert gain[1] == gain[4] == 0 and not found[[1, 4]].any() and found[0].any()
    assert 2 not in state.around_stations(np.array([0])).station  # without path there is no station


def test_both_ways_are_reciprocal(tmp_path):
    state = state_of(with_paths(False), tmp_path, **{"antennas.receive": TRANSMIT, "allocation.targets_per_bs": 1})
    found = state.fading.stations(np.arange(3), np.array([[1, 2], [0, 2], [0, 1]]), None)[:, :, 0]
    for i, a, j, b in ((0, 0, 1, 0), (0, 1, 2, 0), (1, 1, 2, 1)):
        # what departs is counted against the axis (``h^H w``), what arrives along it
        np.testing.assert_allclose(found[i, a], found[j, b].T[::-1, ::-1], rtol=1e-9)


def test_vectors_equal_the_paths_that_they_are_of(tmp_path):
    file = with_paths()
    one, other = state_of(file, tmp_path, 2), state_of(as_vectors(file, 2), tmp_path, 2)
    near = np.array([[1, 2], [0, 2], [0, 1]])
    sizes = [np.sqrt(s.large_scale.between(np.repeat(np.arange(3), 2), near.ravel())) for s in (one, other)]
    first, second = (s.fading.stations(np.arange(3), near, None) * size.reshape(3, 2, 1, 1, 1)
                     for s, size in zip((one, other), sizes, strict=True))
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-15)


def user_channel(file, cell, point):
    """Return the channel [M_t] with its size, ray by ray; omnidirectional antennas."""
    found = np.zeros(TRANSMIT, complex)
    for p in range(file.arrays["gain"].shape[2]):
        one = {name: file.arrays[name][cell, point, p] for name in ("gain", *NAMES)}
        cosine = np.sin(one["zenith_departure"]) * np.cos(one["azimuth_departure"] - np.pi / 2)
        found += one["gain"] * np.exp(1j * np.pi * (np.arange(TRANSMIT) - (TRANSMIT - 1) / 2) * cosine)
    return found


def zero_forcing(file, users):
    """Return the beams [cell, M_t, K], each of an equal share of the power."""
    beams = np.zeros((3, TRANSMIT, 2), complex)
    for cell in range(3):
        own = np.array([user_channel(file, cell, i) for i in users.ids[users.station == cell]])
        w = np.linalg.pinv(own.conj())
        beams[cell, :, :len(own)] = w / np.linalg.norm(w, axis=0) / np.sqrt(len(own))
    return beams


@pytest.mark.parametrize("policy", ["mrc", "mvdr"])
def test_interference_of_echoes_is_that_of_beams_over_the_file(tmp_path, policy):
    """Zero forcing, own filters, nothing nulled: what arrives at each station, ray by ray."""
    file = with_paths()
    state = state_of(file, tmp_path, **{"combining.policy": policy, "allocation.sensing_cluster": 1})
    record = run_frame(state, 0, find_policies(state.scenario))
    selection, noise = record.frame_state.selection, state.scenario.station_noise
    beams, place = zero_forcing(file, selection.users), np.array([[0.12, 0.15], [0.38, 0.2], [0.25, 0.36]])
    assert selection.targets.station.tolist() == [0, 1, 2]
    for link, (cell, target) in enumerate(zip(selection.targets.station, selection.targets.ids, strict=True)):
        way = np.append(1e3 * place[target], 1.5) - file.cells[cell]
        b = np.exp(1j * np.pi * np.arange(RECEIVE) * way[1] / np.linalg.norm(way))  # axes point to y
        arriving = np.concatenate([by_hand(file, cell, other, 1)[0].conj() @ beams[other]
                                   for other in range(3) if other != cell], axis=1)
        spread = arriving @ arriving.conj().T + noise * np.eye(RECEIVE)
        v = b / np.linalg.norm(b) if policy == "mrc" else np.linalg.solve(spread, b)
        v = v / np.linalg.norm(v)
        found = record.targets
        assert found.interference_other[link] == pytest.approx(np.sum(np.abs(v.conj() @ arriving) ** 2), rel=1e-6)
        assert found.sir[link] == pytest.approx(
            found.signal[link] / (found.interference_other[link] + noise), rel=1e-9)


def test_a_station_disturbs_targets_in_its_direction(tmp_path):
    """Of one path a filter that looks where it comes from lets M_r / 3 times its power through, of three antennas."""
    file = with_paths()
    for name, value in file.arrays.items():
        if name.startswith("between_gain"):
            value[..., 1:] = 0
    file.arrays["between_azimuth_departure"][0, 1, 0] = 1.0
    there = file.arrays["between_azimuth_departure"][0, 1, 0], file.arrays["between_zenith_departure"][0, 1, 0]
    cosine = np.sin(there[1]) * np.cos(there[0] - np.pi / 2)  # of what arrives at cell 0 from cell 1
    assert abs(cosine) > 0.2
    channel = state_of(file, tmp_path).fading.stations(np.array([0]), np.array([[1]]), None)[0, 0, 0]
    through = [np.linalg.norm(np.exp(1j * np.pi * np.arange(RECEIVE) * way).conj() @ channel.conj()) ** 2
               for way in (cosine, -cosine)]
    assert through[0] == pytest.approx(RECEIVE**2 * TRANSMIT) and through[1] < 0.5 * through[0]


@pytest.mark.parametrize(("change", "said"), [
    (lambda a: a.pop("between_delay"), "between_delay"),
    (lambda a: a.update(between_vectors=np.ones((3, 3, 1, 4, 6))), "nothing else"),
    (lambda a: a["between_gain"].__setitem__((0, 1, 0), np.nan), "NaN in between_gain"),
    (lambda a: a.update(between_gain=a["between_gain"][:2]), "3 cells and 3 cells"),
    (lambda a: a.update(between_gain=a["between_gain"][..., 0]), "between_gain")])
def test_bad_paths_between_stations_are_one_line(change, said):
    file = with_paths()
    change(file.arrays)
    with pytest.raises(ConfigError) as error:
        ChannelFile(file.kind, CARRIER, file.cells, file.points, file.axis, file.arrays)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_what_does_not_fit_targets_is_refused(tmp_path):
    file = with_paths()
    bare = {name: value for name, value in file.arrays.items() if not name.startswith("between_")}
    with pytest.raises(ConfigError, match=r"allocation\.targets_per_bs.*between_gain"):
        state_of(ChannelFile("paths", CARRIER, CELLS, file.points, file.axis, bare), tmp_path)
    with pytest.raises(ConfigError, match=r"cell 0 is 10 m high, not 12 .network\.bs_height"):
        state_of(file, tmp_path, **{"network.bs_height": 12.0})
    with pytest.raises(ConfigError, match="axes"):
        state_of(ChannelFile("paths", CARRIER, CELLS, file.points, np.zeros(3), file.arrays), tmp_path)
    with pytest.raises(ConfigError, match="between_vectors"):
        state_of(as_vectors(file, 2), tmp_path, 2, **{"antennas.receive": 3})
    other = {**file.arrays, "between_gain": file.arrays["between_gain"].copy()}
    other["between_gain"][1, 0] = 1e-5
    with pytest.raises(ConfigError, match="cells 0 and 1 are not"):
        state_of(ChannelFile("paths", CARRIER, CELLS, file.points, file.axis, other), tmp_path)


def test_paths_between_stations_change_nothing_without_targets(tmp_path):
    file = with_paths()
    bare = {name: value for name, value in file.arrays.items() if not name.startswith("between_")}
    rates = []
    for arrays in (file.arrays, bare):
        state = state_of(ChannelFile("paths", CARRIER, CELLS, file.points, file.axis, arrays), tmp_path,
                         **{"allocation.targets_per_bs": 0, "allocation.sensing_cluster": 1})
        rates.append(run_frame(state, 0, find_policies(state.scenario)).users.rate)
    assert (rates[0] == rates[1]).all()


def test_sionna_rt_with_receivers_at_stations(tmp_path):
    def traced(receivers, cells):
        class Paths:
            a = np.arange(1, receivers * cells + 1).reshape(receivers, 1, cells, 1, 1) * (1e-6 + 0j)
            tau = np.full((receivers, cells, 1), 1e-7)
            theta_t = theta_r = np.full((receivers, cells, 1), 1.5)
            phi_t, phi_r = np.full((receivers, cells, 1), 0.5), np.full((receivers, cells, 1), -0.5)
        return Paths()

    path = str(tmp_path / "rt.npz")
    from_sionna_rt(traced(2, 3), path, CARRIER, CELLS, np.zeros((2, 3)), between=traced(3, 3))
    gain = read_channels(path).arrays["between_gain"][..., 0]
    np.testing.assert_allclose(gain, 1e-6 * np.array([[0, 4, 7], [0, 0, 8], [0, 0, 0]]))
    with pytest.raises(ConfigError, match="between"):
        from_sionna_rt(traced(2, 3), path, CARRIER, CELLS, np.zeros((2, 3)), between=traced(2, 3))
