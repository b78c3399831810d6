"""UMa and UMi beside Sionna 1.2's `tr38901`, whose tables are those of release 16: for these two, of release 14.

Both get the same places and states. What differs by version or by reading, and is allowed for, each in one place:

- links into buildings: no K, and the zenith of departure of Sionna is always that outdoors without line of sight (not
  compared here); c_ASA and c_ZSA 8 and 3 degrees for 20 and 6 of TR 38.900, which large-scale parameters do not see;
- Sionna draws heights of the environment below users of 13 m or more from a continuous law (here users are at 1.5 m);
- the way inside a building is uniform, not the smaller of two: it is taken from Sionna;
- coated glass is 23 + 0.3 f dB (release 14), and 25.4 + 0.11 f here by default: `release=14` is asked for;
- its `distance_3d` returns the distance on the ground: the test puts in the one that it has worked out;
- its offset of ray 16 is -0.1481 for -1.1481 (Table 7.5-3), so spreads of its rays are up to 3.4 % of c below;
- it keeps clusters of less than -25 dB, so here, too, all are kept.
"""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from isacsys.channel import spatial_tables
from isacsys.channel.draws import AOA, AOD, clusters, draw
from isacsys.channel.parameters import Environment, correlations
from isacsys.channel.rays import circular_spread, delay_spread
from isacsys.propagation.base import links
from isacsys.propagation.buildings import penetration
from isacsys.propagation.urban import UrbanMacro, UrbanMicro

CARRIER = 6e9
LINKS = 10_000  # each of a batch of its own: Sionna correlates users of a batch
HEIGHT = {"uma": 25.0, "umi": 10.0}
STATES = {"los": "LoS", "nlos": "NLoS", "o2i": "O2I"}


def numbers(name, state):
    spec = find_spec("sionna")
    if spec is None:
        pytest.skip("no sionna: pip install \"isacsys[sionna]\"")
    folder = Path(spec.submodule_search_locations[0]) / "phy" / "channel" / "tr38901" / "models"
    return json.loads((folder / f"{name[0].upper()}{name[1].upper()}{name[2:]}_{STATES[state]}.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["uma", "umi", "rma"])
@pytest.mark.parametrize("state", ["los", "nlos", "o2i"])
def test_tables(name, state):
    """Every number that Sionna's tables have."""
    theirs, row = numbers(name, state), spatial_tables.RELEASE_14[name, state]
    ours = Environment(name, CARRIER, 14).state(state)
    lg = spatial_tables.ORDER
    for i, key in enumerate(lg):
        if key in ("SF", "ZSD") or (key == "K" and state != "los"):
            continue
        if key == "K":
            assert (ours.mean[i], ours.deviation[i]) == (theirs["muK"], theirs["sigmaK"])
            continue
        for ending, value in (("mu", ours.mean[i]), ("sigma", ours.deviation[i])):
            a, b, c = (theirs[f"{ending}{key}{letter}"] for letter in "abc")
            assert value == pytest.approx(c + (a * np.log10(b + 6.0) if a else 0.0)), (key, ending)
    found = correlations(row)
    for one, other in spatial_tables.PAIRS:
        assert found[lg.index(one), lg.index(other)] == theirs[f"corr{one}vs{other}"], (one, other)
    assert ours.cross_polar == (theirs["muXPR"], theirs["sigmaXPR"])
    assert (ours.clusters, ours.delay_scaling, ours.shadowing) == (
        theirs["numClusters"], theirs["rTau"], theirs["zeta"])
    assert ours.scaling == (theirs["CPhiNLoS"], theirs["CThetaNLoS"])
    delay = max(theirs["cDSa"], theirs["cDSb"] - theirs["cDSc"] * np.log10(6.0))
    assert 1e9 * ours.cluster_delay == pytest.approx(delay)
    spread = [theirs["cASD"], theirs["cASA"], theirs["cZSA"]]
    if state == "o2i" and name != "rma":  # TR 38.900 V14
        assert spread[1:] == [8, 3]
        spread[1:] = [20, 6]
    assert ours.cluster_spread.tolist() == spread
    for i, key in enumerate(lg):
        if key != "K" or state == "los":
            assert ours.distances[i] == theirs[f"corrDist{key}"], key


def topology():
    """Users around a station, at 1.5 m: [link, 1, 3]."""
    rng = np.random.default_rng(1)
    distance = np.sqrt(rng.uniform(35.0**2, 250.0**2, (LINKS, 1)))
    angle = rng.uniform(0, 2 * np.pi, distance.shape)
    return np.stack([distance * np.cos(angle), distance * np.sin(angle), np.full(distance.shape, 1.5)], -1)


def theirs(name, state, building, seed, monkeypatch):
    """Sionna's values [link]: LSPs, loss, way inside, and circular spreads of its rays."""
    phy = pytest.importorskip("sionna.phy")
    place, station = topology(), np.tile([[[0.0, 0.0, HEIGHT[name]]]], (LINKS, 1, 1))
    phy.config.seed = seed
    array = phy.channel.tr38901.PanelArray(1, 1, "single", "V", "omni", CARRIER)
    arguments = {"carrier_frequency": CARRIER, "o2i_model": building, "ut_array": array, "bs_array": array,
                 "direction": "downlink", "precision": "double"}
    model = (phy.channel.tr38901.UMa if name == "uma" else phy.channel.tr38901.UMi)(**arguments)
    kind, still = type(model._scenario).__mro__[1], np.zeros_like(place)
    monkeypatch.setattr(kind, "distance_3d", property(lambda scenario: scenario._distance_3d))
    model.set_topology(place, station, still, np.zeros_like(station), still, np.full(place.shape[:2], state == "o2i"),
                       los=state == "los")
    lsp, scenario = model._lsp_sampler(), model._scenario
    some = model._ray_sampler(lsp)

    def flat(value):
        return np.asarray(value).reshape(LINKS, *np.shape(value)[3:])

    loss = flat(model._lsp_sampler.sample_pathloss()) - 10 * np.log10(flat(lsp.sf))
    depth = np.asarray(scenario.distance_2d_in).ravel()
    power, delay = flat(some.powers), flat(some.delays)
    k = flat(lsp.k_factor) if state == "los" else np.zeros(len(loss))
    share = np.concatenate([power / (1 + k)[:, None], (k / (1 + k))[:, None]], -1)
    found = {"depth": depth, "path loss": flat(scenario.basic_pathloss), "loss": loss, "DS": flat(lsp.ds),
             "ASD": flat(lsp.asd), "ASA": flat(lsp.asa), "K": 10 * np.log10(flat(lsp.k_factor)),
             "delay spread": delay_spread(share, np.concatenate([delay, delay[:, :1]], -1))}
    for key, angle, straight in (("spread of departure", some.aod, scenario.los_aod),
                                 ("spread of arrival", some.aoa, scenario.los_aoa)):
        turned = np.degrees(flat(angle))
        each = np.concatenate([np.repeat(share[:, :-1], 20, -1) / 20, share[:, -1:]], -1)
        found[key] = circular_spread(each, np.concatenate([turned.reshape(len(turned), -1), flat(straight)[:, None]],
                                                          -1))
    return found


def ours(name, state, building, depth, seed):
    rng, model = np.random.default_rng(seed), UrbanMacro() if name == "uma" else UrbanMicro()
    environment = Environment(name, CARRIER, 14)
    parameters = environment.state(state)
    step = topology()[:, 0, :2]
    distance, count = np.hypot(*step.T), len(step)
    low, high = np.full(count, 1.5), np.full(count, HEIGHT[name])
    standard = rng.standard_normal((count, 7)) @ parameters.lower.T
    spreads = environment.spreads(parameters, standard, distance, low, high, False)
    some = links(distance, HEIGHT[name], low, CARRIER, np.full(count, state == "los"))
    sigma = model.sigma_indoor if state == "o2i" else model.shadowing_db(some)
    loss = model.path_loss(some) - sigma * standard[:, 0]
    if state == "o2i":
        loss = loss + penetration(6.0, np.full(count, building == "high"), depth, rng.standard_normal(count), 14)
    drawn = draw((np.random.Generator(np.random.SFC64([seed, i])) for i in range(count)), count, parameters.clusters)
    found = clusters(parameters, spreads, np.zeros((count, 4)), drawn)
    share = np.concatenate([found.power * (1 - found.share)[:, None], found.share[:, None]], -1)
    values = {"path loss": model.path_loss(some), "loss": loss, "DS": spreads.delay, "ASD": spreads.departure,
              "ASA": spreads.arrival, "K": spreads.factor,
              "delay spread": delay_spread(share, np.concatenate([found.delay, found.delay[:, :1]], -1))}
    offsets = np.array([s * a for a in spatial_tables.RAY_OFFSETS for s in (1, -1)])
    each = np.concatenate([np.repeat(share[:, :-1], 20, -1) / 20, share[:, -1:]], -1)
    for key, i, width in (("spread of departure", AOD, parameters.cluster_spread[0]),
                          ("spread of arrival", AOA, 8.0 if state == "o2i" else parameters.cluster_spread[1])):
        angle = (found.angle[:, i, :, None] + width * offsets).reshape(count, -1)
        values[key] = circular_spread(each, np.concatenate([angle, np.zeros((count, 1))], -1))
    return values


def compared(one, other):
    """Differences of medians, and ratio of deviations less one, each with its standard error.

    Of the median: 1 / (2 density sqrt(n)); of the deviation: by the fourth moment.
    """
    n = len(one)
    near = [np.diff(np.quantile(x, (0.48, 0.52)))[0] / 0.04 for x in (one, other)]  # one over the density
    error = 0.5 * np.hypot(*near) / np.sqrt(n)
    excess = [np.mean((x - x.mean()) ** 4) / x.var() ** 2 - 1 for x in (one, other)]
    return (np.median(one) - np.median(other), error, one.std() / other.std() - 1, np.sqrt(sum(excess) / (4 * n)))


CASES = [("uma", "los", "low"), ("uma", "nlos", "low"), ("uma", "o2i", "low"), ("uma", "o2i", "high"),
         ("umi", "los", "low"), ("umi", "nlos", "low"), ("umi", "o2i", "low"), ("umi", "o2i", "high")]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_ten_thousand_links(case, monkeypatch):
    """Medians and deviations within 4 standard errors, of lg or dB; of rays' angles, 0.005 besides for ray 16."""
    seed = 7 + CASES.index(case)
    first, found = theirs(*case, seed, monkeypatch), {}
    second = ours(*case, first["depth"], seed)
    np.testing.assert_allclose(first.pop("path loss"), second.pop("path loss"), atol=1e-9)
    for key in second:
        if key == "K" and case[1] != "los":
            continue
        one, other = (np.asarray(x[key]) for x in (first, second))
        if key not in ("K", "loss"):
            one, other = np.log10(one), np.log10(other)
        found[key] = compared(one, other)
    print(case, {key: np.round(value, 4).tolist() for key, value in found.items()})  # seen with -s, or where it fails
    for key, (shift, error, wider, uncertain) in found.items():
        slack = 0.005 if key.startswith("spread of") else 0.0
        assert abs(shift) < 4 * error + slack, (key, shift, error)
        assert abs(wider) < 4 * uncertain + 2 * slack, (key, wider, uncertain)
