"""Every number of `isacsys.channel.spatial_tables` (release 19) against a second reading of the report."""

import math

import numpy as np
import pytest

from isacsys.channel import spatial_tables
from isacsys.channel.parameters import Environment, correlations
from tests.twins import standard_rays
from tests.twins import standard_tables as twin

HALLS = {"inf_sl": 4.0, "inf_dh": 4.0, "inf_dl": 300 * 150 * 10 / (2 * (300 * 150 + 300 * 10 + 150 * 10)),
         "inf_sh": 300 * 150 * 10 / (2 * (300 * 150 + 300 * 10 + 150 * 10))}  # Table 7.8-7
NAMES = ("uma", "umi", "rma", "inh", *HALLS)


@pytest.mark.parametrize("name", NAMES)
def test_table_7_5_6(name):
    """At carriers below and above the floors of the notes."""
    for gigahertz in (0.7, 3.5, 6.0, 28.0, 73.0):
        environment = Environment(name, gigahertz * 1e9)
        assert set(environment.states) == {state for family, state in twin.COLUMNS if family == environment.family}
        for state in environment.states:
            expected, found = twin.column(name, state, gigahertz, HALLS.get(name, 4.0)), environment.state(state)
            for i, key in enumerate(twin.LSPS):
                assert found.distances[i] == pytest.approx(expected[f"far {key}"] or math.nan, nan_ok=True)
                if expected.get(f"mean {key}") is not None:
                    assert found.mean[i] == pytest.approx(expected[f"mean {key}"], abs=1e-12), (state, key)
                    assert found.deviation[i] == pytest.approx(expected[f"std {key}"], abs=1e-12), (state, key)
            matrix = correlations(spatial_tables.RELEASE_19[environment.family, state])
            assert (matrix == np.array(twin.correlation_matrix(expected))).all()
            np.testing.assert_allclose(found.lower, standard_rays.lower_cholesky(matrix.tolist()), atol=1e-12)
            assert found.cross_polar == (expected["mean XPR"], expected["std XPR"])
            assert (found.clusters, found.delay_scaling) == (expected["N"], expected["r_tau"])
            assert found.shadowing == expected["zeta"]
            assert 1e9 * found.cluster_delay == pytest.approx(expected["c_DS"] or 3.91)
            assert found.cluster_spread.tolist() == [expected["c_ASD"], expected["c_ASA"], expected["c_ZSA"]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("outdoors", ["los", "nlos"])
def test_zenith_of_departure(name, outdoors):
    places = np.array([[12.0, 10.0, 1.5], [80.0, 25.0, 13.5], [333.0, 10.0, 22.5], [2500.0, 35.0, 1.5]])
    for gigahertz in (0.7, 6.0, 28.0):
        environment = Environment(name, gigahertz * 1e9)
        for distance, high, low in places:
            mean, deviation, offset = twin.zenith_of_departure(name, outdoors, gigahertz, distance, low, high)
            at = np.array([distance]), np.array([low])
            assert environment.zenith_mean(outdoors, *at, np.array([high]))[0] == pytest.approx(mean)
            assert environment.offset(outdoors, *at)[0] == pytest.approx(offset)
            assert environment.state(outdoors).deviation[5] == pytest.approx(deviation)


@pytest.mark.parametrize(("name", "sight", "outdoors"), [
    ("uma", True, "los"), ("uma", False, "nlos"), ("umi", True, "los"), ("umi", False, "nlos"), ("rma", True, "nlos"),
    ("rma", False, "nlos")])
def test_links_into_buildings_depart_as_outdoors(name, sight, outdoors):
    """Deviation, mean and offset of zeniths are those of the state outdoors; RMa has a column of its own."""
    environment = Environment(name, 6e9)
    standard, one = np.zeros((1, 7)), np.ones(1)
    standard[0, 5] = 1.0
    found = environment.spreads(environment.state("o2i"), standard, 90 * one, 7.5 * one, 25 * one, sight)
    mean, deviation, offset = twin.zenith_of_departure(name, outdoors, 6.0, 90.0, 7.5, 25.0)
    assert np.log10(found.zenith_departure[0]) == pytest.approx(mean + deviation)
    assert found.mean_zenith_departure[0] == pytest.approx(10**mean)
    assert found.offset[0] == pytest.approx(offset)


def test_constants():
    assert standard_rays.C_PHI == spatial_tables.AZIMUTH_SCALING
    assert standard_rays.C_THETA == spatial_tables.ZENITH_SCALING
    assert [s * x for x in spatial_tables.RAY_OFFSETS for s in (1, -1)] == standard_rays.OFFSETS
    for rays, late in zip(spatial_tables.SUB_CLUSTERS, spatial_tables.SUB_CLUSTER_DELAYS, strict=True):
        assert {standard_rays.SUBCLUSTER[ray] for ray in rays} == {late}
    assert sum(len(rays) for rays in spatial_tables.SUB_CLUSTERS) == 20


# Mean and deviation of lg DS, lg ASD, lg ASA, lg ZSA, and c_ASD, of release 14: TR 38.901 V14 (UMa, UMi, as Sionna 1.2
# has them), and TR 38.900 V14 (InH without sight, as WiLab-plus has it). Of TR 38.900 sight in offices, and c_ASA and
# c_ZSA into buildings, were read once only.
RELEASE_14 = {
    ("umi", "los"): "-.24*F-7.14 .38 -.05*F+1.21 .41 -.08*F+1.73 .014*F+.28 -.1*F+.73 -.04*F+.34 3",
    ("umi", "nlos"): "-.24*F-6.83 .16*F+.28 -.23*F+1.53 .11*F+.33 -.08*F+1.81 .05*F+.3 -.04*F+.92 -.07*F+.41 10",
    ("umi", "o2i"): "-6.62 .32 1.25 .42 1.76 .16 1.01 .43 5",
    ("uma", "los"): "-.0963*G-6.955 .66 .1114*G+1.06 .28 1.81 .20 .95 .16 5",
    ("uma", "nlos"): "-.204*G-6.28 .39 -.1144*G+1.5 .28 -.27*G+2.08 .11 -.3236*G+1.512 .16 2",
    ("uma", "o2i"): "-6.62 .32 1.25 .42 1.76 .16 1.01 .43 5",
    ("inh", "nlos"): "-.28*F-7.29 .10*F+.11 1.49 .17 -.11*F+1.80 .12*F -.15*F+1.04 -.09*F+.24 3"}


@pytest.mark.parametrize(("name", "state"), RELEASE_14)
def test_release_14(name, state):
    for gigahertz in (6.0, 30.0):
        found = Environment(name, gigahertz * 1e9, 14).state(state)
        names = {"F": math.log10(1 + gigahertz), "G": math.log10(gigahertz)}
        values = [eval(text, {"__builtins__": {}}, names) for text in RELEASE_14[name, state].split()]  # of this file
        for i, key in enumerate(("DS", "ASD", "ASA", "ZSA")):
            place = twin.LSPS.index(key)
            assert found.mean[place] == pytest.approx(values[2 * i]), key
            assert found.deviation[place] == pytest.approx(values[2 * i + 1]), key
        assert found.cluster_spread[0] == values[8]
        if name == "inh":
            assert (found.clusters, found.delay_scaling, found.shadowing, found.cross_polar) == (10, 1.84, 3, (12, 7))
            wide = [30.53 - 13 * names["F"], 10.25 - 3.72 * names["F"]]
            assert found.cluster_spread[1:].tolist() == pytest.approx(wide)
        else:  # the rest is as in release 19
            expected = twin.column(name, state, gigahertz)
            assert (found.clusters, found.delay_scaling) == (expected["N"], expected["r_tau"])
            assert found.cross_polar == (expected["mean XPR"], expected["std XPR"])
