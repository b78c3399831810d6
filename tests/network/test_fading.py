"""Channels of links in a network: laws of TR 38.901's, sub-bands, ageing, plug-ins, and what scenarios are refused."""

import dataclasses

import h5py
import numpy as np
import pytest

import isacsys
from isacsys.channel.clustered import STATES
from isacsys.channel.draws import AOD, ZOD
from isacsys.channel.fading import Fading, Rayleigh
from isacsys.channel.gaussian import complex_normal
from isacsys.core.errors import ConfigError, PluginError, SchedulingError
from isacsys.core.random_streams import Purpose, stream
from isacsys.network import NetworkState, deploy
from isacsys.network.fading import FADING
from isacsys.simulation.frame import run_frame
from isacsys.simulation.policies import find_policies
from isacsys.testing import check_fading
from tests.statistics import same_law

SMALL = {"network.layout": "hexagonal", "network.inter_site_distance": 400.0, "network.area": 0.56,
         "network.sectors": 3, "network.users_per_cell": 4.0, "network.targets_per_cell": 2.0,
         "network.minimum_distance": 35.0, "network.near_stations": 12, "antennas.pattern": "tr38901",
         "antennas.vertical_elements": 4, "antennas.downtilt": 100.0, "antennas.transmit": 8, "antennas.receive": 4,
         "allocation.users_per_bs": 2, "propagation.model": "uma", "simulation.frames": 1, "simulation.drops": 1,
         "network.indoor_share": 0.4, "fading.model": "tr38901", "fading.doppler_speed": 3.0}
pytestmark = pytest.mark.filterwarnings("ignore:network.layout")


def scenario(**changes):
    return isacsys.Scenario().replace({**SMALL, **{key.replace("__", "."): value for key, value in changes.items()}})


def network(**changes):
    some = scenario(**changes)
    state = NetworkState(some, deploy(some, 0))
    assert len(state.users)
    return state


def asked(state, age=0.0):
    users = np.arange(len(state.users))
    station = state.around_users(users).station
    return state.fading.users(users, station, age, stream(1, 0, 0, Purpose.LINK_CHANNELS))


def test_entries_have_mean_power_one():
    found = np.concatenate([np.abs(asked(network(simulation__seed=seed))).ravel() ** 2 for seed in range(1, 5)])
    assert found.mean() == pytest.approx(1, abs=0.06)  # links of one user share rays: some 2,000 of them count


@pytest.mark.parametrize("bands", [1, 3])
def test_frames_that_are_summed_at_once_are_those_of_each(bands):
    """With ways known ahead: the same channels, and the same bits whichever frame is asked for first."""
    found = {}
    for name, frames, order in (("each", 2, range(9)), ("ahead", 9, range(9)), ("back", 9, (8, 7, 3, 0))):
        state = network(fading__subbands=bands, allocation__users_per_bs=4, simulation__frames=frames)
        assert (state.fading.model._frames > 1) == (name != "each")
        for frame in order:
            state.frame = frame
            found[name, frame] = asked(state)
    for frame in range(9):
        np.testing.assert_allclose(found["ahead", frame], found["each", frame], atol=3e-5)
    for frame in (8, 7, 3, 0):
        np.testing.assert_array_equal(found["ahead", frame], found["back", frame])


def test_mean_gains_are_sums_over_rays():
    """Path gain of a user = path loss, shadowing and walls times the mean gain of the antennas towards its rays."""
    state = network()
    model, gains = state.fading.model, state.large_scale.users
    position = state.users.position[[3]]
    places = dataclasses.replace(gains.places(position), ids=np.array([3]))
    with_rays = gains.everywhere(position, places)[0]
    code = gains.codes(position)
    omni = network(antennas__pattern="omni", antennas__vertical_elements=1)
    without = omni.large_scale.users.everywhere(position)[0]
    for cell in range(state.stations):
        site = cell // 3
        number = int(code[0, site])
        some = model._links._rays(model._environment.state(STATES[number]), number, np.array([3]), np.array([site]))
        share = some.power[0] / some.power[0].sum()
        gain = sum(p * model._cells.antennas.power(np.array([cell]), some.angle[:1, AOD, [r]], some.angle[:1, ZOD, [r]]
                                                   )[0, 0] for r, p in enumerate(share) if p)
        assert with_rays[cell] == pytest.approx(without[cell] * gain, rel=1e-4)


def test_who_stands_still_keeps_the_channel():
    state = network(fading__doppler_speed=0.0)
    first = asked(state)
    state.frame = 50
    assert (asked(state) == first).all()
    state = network()
    first = asked(state)
    state.frame = 50
    assert not np.allclose(asked(state), first, atol=0.1)


def test_an_old_channel_is_the_one_of_then():
    state = network()
    state.frame = 4
    then = asked(state)
    state.frame = 6
    assert np.allclose(asked(state, age=2 * state.scenario.simulation.frame_duration), then, atol=1e-4)


def test_channels_turn_as_users_walk():
    """Half a wavelength back and forth gives the channel back; the way counts, not time."""
    state = network(fading__doppler_speed="automatic", mobility__user_speed=1.0)
    first, users = asked(state), state.users
    users.position += np.array([3e-5, 0.0])
    assert not np.allclose(asked(state), first, atol=1e-2)
    users.position -= np.array([3e-5, 0.0])
    assert np.allclose(asked(state), first, atol=1e-3)


def test_stations_hear_each_other_the_same_both_ways():
    state = network(antennas__receive=8, fading__subbands=2)
    one, other = np.array([0, 4]), np.array([[4], [0]])
    found = state.fading.stations(one, other, stream(1, 0, 0, Purpose.STATION_CHANNELS))
    # what departs is counted against the axis (``h^H w``), what arrives along it
    np.testing.assert_allclose(found[0, 0], np.swapaxes(found[1, 0], -1, -2)[:, ::-1, ::-1], rtol=1e-6)


def test_channels_between_stations_have_few_directions():
    """Of 100 pairs in sight the strongest of four singular values has most of the power; of independent entries not."""
    state = network(network__area=4.5, network__near_stations=40)
    found = state.fading.stations(np.arange(20), state.around_stations(np.arange(20)).station, None)
    found = found[np.abs(found).sum((-1, -2, -3)) > 0][:, 0]
    assert np.mean(np.abs(found) ** 2) == pytest.approx(1, abs=0.1)
    values = np.linalg.svd(found, compute_uv=False) ** 2
    assert np.median(values[:, 0] / values.sum(-1)) > 0.75
    independent = np.linalg.svd(complex_normal(np.random.default_rng(1), found.shape), compute_uv=False) ** 2
    assert np.median(independent[:, 0] / independent.sum(-1)) < 0.6


def frame(some, **objects):
    state = NetworkState(some, deploy(some, 0))
    return state, run_frame(state, 0, find_policies(some, **objects))


def test_sinr_equals_hand_made_zero_forcing():
    """In every sub-band: pseudo-inverse, unit columns, equal power; interference of all near cells; noise."""
    bands = 3
    some = scenario(fading__subbands=bands, allocation__targets_per_bs=0)
    state, record = frame(some)
    users = record.frame_state.selection.users
    around = record.frame_state.around_users
    channels = state.fading.users(users.ids, around.station, 0.0, None)
    for band in range(bands):
        beams = np.zeros((state.stations, 8, 2), complex)
        for station in range(state.stations):
            own = channels[np.flatnonzero(users.station == station), 0, band]
            if len(own):
                w = np.linalg.pinv(own.conj())
                beams[station, :, :len(own)] = w / np.linalg.norm(w, axis=0) / np.sqrt(len(own))
        for link in range(len(users)):
            seen = np.array([np.abs(channels[link, n, band].conj() @ beams[around.station[link, n]]) ** 2
                             for n in range(around.station.shape[1])]) * around.path_gain[link][:, None]
            wanted = seen[0, users.slot[link]]
            rest = seen.sum() - wanted + around.far_field[link] + some.user_noise
            assert record.users.subband_sir[link, band] == pytest.approx(wanted / rest, rel=1e-6)
    rate = np.log2(1 + record.users.subband_sir).mean(-1)
    np.testing.assert_allclose(record.users.rate, rate)
    np.testing.assert_allclose(record.users.sir, 2**rate - 1)


def test_sub_bands_of_rayleigh_are_frames_with_one_selection():
    """SIRs of users and targets in S sub-bands, and of S frames: one law, here of one selection each."""
    plain = isacsys.Scenario().replace({"network.area": 9.0, "network.users_per_cell": 12.0, "antennas.receive": 4,
                                        "network.targets_per_cell": 12.0, "allocation.users_per_bs": 4,
                                        "allocation.communication_cluster": 2, "allocation.sensing_cluster": 2})
    split, users, targets = plain.replace({"fading.subbands": 8}), ([], []), ([], [])
    for i, some in enumerate((plain, split)):
        for drop in range(30):
            state = NetworkState(some, deploy(some, drop))
            record = run_frame(state, drop, find_policies(some))
            users[i].append(record.users.sir if record.users.subband_sir is None else record.users.subband_sir[:, 5])
            targets[i].append(record.targets.sir if record.targets.subband_sir is None
                              else record.targets.subband_sir[:, 5])
    same_law(np.concatenate(users[0]), np.concatenate(users[1]))
    same_law(np.concatenate(targets[0]), np.concatenate(targets[1]))
    across = np.corrcoef(np.log(record.users.subband_sir[:, 0]), np.log(record.users.subband_sir[:, 1]))[0, 1]
    assert across < 0.99  # not one channel for all


def test_power_terms_are_means_over_sub_bands():
    some = scenario(fading__subbands=2, allocation__communication_cluster=2)
    _, record = frame(some)
    for terms in (record.users, record.targets):
        assert len(terms.signal) == len(terms.sir) == len(terms.subband_sir)
        assert terms.subband_sir.shape[1] == 2
    np.testing.assert_allclose(record.targets.sir, record.targets.subband_sir.mean(-1))
    assert record.power.shape[0] == record.frame_state.stations
    assert (record.power.sum(-1) < 1 + 1e-9).all()


class Same(Fading):
    """The numbers that `rayleigh` draws for vectors, where every near station exists."""

    def channels(self, links, rng):
        return complex_normal(rng, (len(links), links.antennas))[:, None]

    def between(self, links, receive, rng):
        return complex_normal(rng, (len(links), receive, links.antennas))[:, None]


class OneRay(Fading):
    """A single plane wave of random phase."""

    def channels(self, links, rng):
        n = np.arange(links.antennas)
        phase = rng.uniform(0, 2 * np.pi, len(links))[:, None, None]
        return np.exp(1j * (phase + np.pi * n * links.cosine[:, None, None])) * np.ones((1, links.subbands, 1))


class Wrong(Fading):
    """Of another shape."""

    def channels(self, links, rng):
        return np.ones((len(links), links.antennas))


@pytest.mark.parametrize("cluster", [1, 2])
def test_nothing_changes_where_channels_are_those_of_rayleigh(cluster, monkeypatch):
    plain = scenario(fading__model="rayleigh", simulation__engine="vectors", network__near_stations=11,
                     allocation__communication_cluster=cluster)
    monkeypatch.setitem(FADING.built_in, "same", Same)
    _, one = frame(plain)
    _, other = frame(plain.replace({"fading.model": "same"}))
    for name in ("signal", "own", "interference_other", "sir"):
        np.testing.assert_allclose(getattr(one.users, name), getattr(other.users, name), rtol=1e-12)


def test_a_fading_model_of_ones_own(tmp_path, monkeypatch):
    (tmp_path / "one_ray_model.py").write_text(
        "import numpy as np\nimport isacsys\nclass OneRay(isacsys.Fading):\n    \"\"\"A plane wave.\"\"\"\n"
        "    def channels(self, links, rng):\n        n = np.arange(links.antennas)\n"
        "        phase = rng.uniform(0, 2 * np.pi, len(links))[:, None, None]\n"
        "        ray = np.exp(1j * (phase + np.pi * n * links.cosine[:, None, None]))\n"
        "        return ray * np.ones((1, links.subbands, 1))\n",
        encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    run = isacsys.run(scenario(fading__model="one_ray_model:OneRay", fading__subbands=2), drops=1, executor="serial")
    assert run["communication_rate"].mean > 0


def test_a_wrong_shape_is_blamed_on_the_model(monkeypatch):
    monkeypatch.setitem(FADING.built_in, "wrong", Wrong)
    monkeypatch.setattr("isacsys.network.fading.is_ours", lambda model: False)
    with pytest.raises(PluginError, match=r"fading model Wrong returned an array of shape"):
        frame(scenario(fading__model="wrong"))


def test_policies_see_channels_in_all_sub_bands():
    class Look(isacsys.Scheduler):
        """Serve the first."""

        needs_channels = True

        def select_users(self, station, count, rng):
            assert station.users.subband_channel.shape[1:] == (2, 8)
            with pytest.raises(SchedulingError, match="subband_channel has them all"):
                _ = station.users.channel
            return station.users.ids[:count]

    some = scenario(fading__subbands=2)
    _, record = frame(some, scheduler=Look())
    assert len(record.users.sir)


def test_the_beams_are_made_for_the_channels_that_were_seen():
    """With all K users of a cell served and no ageing, zero forcing leaves nothing between them."""
    some = scenario(scheduling__policy="max_rate", allocation__targets_per_bs=0)
    _, record = frame(some)
    assert (record.users.own < 1e-9 * record.users.signal).all()
    old = some.replace({"csi.own_age": 0.02})
    _, record = frame(old)
    assert np.median(record.users.own / record.users.signal) > 1e-4


def test_same_bits_again():
    some = scenario(fading__subbands=2)
    one, other = (isacsys.run(some, drops=2, executor="serial", frames=3)["communication_rate"] for _ in range(2))
    assert one.mean == other.mean


@pytest.mark.parametrize(("changes", "line"), [
    ({"propagation.model": "power_law", "network.indoor_share": 0.0}, "fading.environment"),
    ({"simulation.engine": "short"}, "simulation.engine = 'short'"),
    ({"propagation.rician_factor_db": 3.0}, "propagation.rician_factor_db"),
    ({"fading.release": 16}, "fading.release = 16: 14 or 19"),
    ({"fading.subbands": 0}, "fading.subbands = 0"),
    ({"fading.model": "clusters"}, "fading.model = 'clusters'"),
    ({"propagation.model": "inf_dh", "fading.release": 14, "network.indoor_share": 0.0}, "fading.release = 14")])
def test_bad_input_is_one_line(changes, line):
    with pytest.raises(ConfigError) as error:
        some = scenario().replace(changes)
        isacsys.run(some, drops=1, executor="serial")
    assert line in str(error.value) and "\n" not in str(error.value)


def test_power_law_with_an_environment():
    some = scenario(propagation__model="power_law", network__indoor_share=0.0, fading__environment="umi",
                    antennas__pattern="omni", antennas__vertical_elements=1, network__sectors=1)
    state, record = frame(some)
    assert len(record.users.sir) and np.isfinite(record.users.sir).all()
    sites = np.tile(np.arange(state.stations), (len(state.users), 1))
    codes = state.fading.model._world.codes(np.arange(len(state.users)), state.users.position, sites)
    assert set(np.unique(codes)) == {0, 1}  # lines of sight come from the environment


def test_rayleigh_model_has_the_law_it_says():
    class Links:
        antennas, subbands = 4, 3

        def __len__(self):
            return 1000

    found = Rayleigh().channels(Links(), np.random.default_rng(1))
    assert found.shape == (1000, 3, 4)
    assert np.mean(np.abs(found) ** 2) == pytest.approx(1, abs=4 / np.sqrt(found.size))


def test_a_remark_where_frames_are_no_replications():
    some = scenario(fading__doppler_speed="automatic").replace({"simulation.frames": 2})
    assert any("no replications" in line for line in some.warnings())


@pytest.mark.parametrize("model", [Rayleigh, OneRay])
def test_models_pass_their_checks(model):
    check_fading(model)


def test_the_checks_find_wrong_power():
    class Loud(OneRay):
        """Twice the power."""

        def channels(self, links, rng):
            return np.sqrt(2) * super().channels(links, rng)

    with pytest.raises(AssertionError, match=r"mean \|h\|\^2 of Loud is 12"):
        check_fading(Loud)
    with pytest.raises(AssertionError, match="not of shape"):
        check_fading(Wrong)


def test_blocks_see_all_sub_bands():
    """Link model `nr`: bits are delivered over frequency-selective channels, at most those of the Shannon rate."""
    some = scenario(fading__subbands=4, link__model="nr", allocation__targets_per_bs=0)
    _, record = frame(some)
    assert (record.delivery.efficiency > 0).any()
    assert (record.delivery.efficiency <= record.users.rate + 1e-9).all()


def test_shadowing_is_the_first_parameter_and_above_zero_is_more_power():
    """The normal number of step 4 of links in sight is (median loss - loss) / sigma of the very gains of users."""
    state = network(antennas__pattern="omni", antennas__vertical_elements=1, network__indoor_share=0.0)
    gains, users = state.large_scale.users, np.arange(len(state.users))
    masts, position = np.arange(len(state.deployment.masts.position)), state.users.position
    code = state.fading.model._world.codes(users, position, np.tile(masts, (len(users), 1)))
    user, mast = np.nonzero(code == 0)
    standard = state.fading.model._world.places(user, mast, 0).standard[:, 0]
    away = np.linalg.norm(1e3 * (position[user] - state.deployment.masts.position[mast]), axis=-1)
    near = away < 200  # no way round the torus is shorter
    distance = np.hypot(away[near], 25 - 1.5)
    median = 28 + 22 * np.log10(distance) + 20 * np.log10(3.5)
    loss = -10 * np.log10(gains.everywhere(position)[user, 3 * mast])[near]
    np.testing.assert_allclose((median - loss) / 4.0, standard[near], atol=1e-4)


def test_a_full_log_has_the_sinr_of_every_sub_band(tmp_path):
    path = str(tmp_path / "run.h5")
    some = scenario(fading__subbands=3, recording__level="full")
    isacsys.run(some, drops=1, executor="serial", output=path)
    with h5py.File(path) as file:
        bands, links = file["subbands/communication"], file["links/communication"]
        assert len(bands["sir"]) == 3 * len(links["sir"])
        rate = np.log2(1 + bands["sir"][:]).reshape(-1, 3).mean(-1)
        np.testing.assert_allclose(rate, links["rate"][:])
        assert (bands["user"][::3] == links["user"][:]).all()
