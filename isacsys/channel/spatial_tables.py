"""The tables of TR 38.901 section 7.5 that fast fading needs, as printed: release 19 (V19), and release 14 beside it.

A value that depends on the carrier is a pair (constant, slope): ``constant + slope lg(f)`` for UMa and
``constant + slope lg(1 + f)`` for all others, f in GHz and not below `FLOORS`. Lists are in the order of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Value = float | tuple[float, float]

# The order of the large-scale parameters. Section 7.5, step 4
ORDER = ("SF", "K", "DS", "ASD", "ASA", "ZSD", "ZSA")
# The order of the cross-correlations in Table 7.5-6
PAIRS = (("ASD", "DS"), ("ASA", "DS"), ("ASA", "SF"), ("ASD", "SF"), ("DS", "SF"), ("ASD", "ASA"), ("ASD", "K"),
         ("ASA", "K"), ("DS", "K"), ("SF", "K"), ("ZSD", "SF"), ("ZSA", "SF"), ("ZSD", "K"), ("ZSA", "K"),
         ("ZSD", "DS"), ("ZSA", "DS"), ("ZSD", "ASD"), ("ZSA", "ASD"), ("ZSD", "ASA"), ("ZSA", "ASA"),
         ("ZSD", "ZSA"))
FLOORS = {"uma": 6.0, "umi": 2.0, "rma": 0.0, "inh": 6.0, "inf": 0.0}  # GHz. Table 7.5-6, notes: InF has none
LEGACY_CLUSTER_DELAY = 3.91  # ns, c_DS where the table has none. Below (7.5-26)
URBAN_CLUSTER_DELAY = (6.5622, -3.4084, 0.25)  # ns: max(0.25, 6.5622 - 3.4084 lg f). Table 7.5-6, UMa


@dataclass(frozen=True)
class Row:
    """A column of Table 7.5-6: a scenario in one state.

    Attributes
    ----------
    delay, departure, arrival, zenith : (mean, deviation)
        Of lg(DS/s), lg(ASD/degree), lg(ASA/degree), lg(ZSA/degree).
    factor : (mean, deviation) or None
        Of K, dB; None: without line of sight.
    correlations : [21]
        In the order of `PAIRS`; 0 with K where there is none.
    delay_scaling : float
        r_tau.
    cross_polar : (mean, deviation)
        Of the cross-polarisation ratio, dB.
    clusters : int
        N.
    cluster_delay : float or None
        c_DS, ns; None: not given; nan: `URBAN_CLUSTER_DELAY`.
    cluster_departure, cluster_arrival, cluster_zenith : value
        c_ASD, c_ASA, c_ZSA, degrees.
    cluster_shadowing : float
        zeta, dB.
    distances : (DS, ASD, ASA, SF, K, ZSA, ZSD)
        Correlation distances, m; K nan where there is none.
    """

    delay: tuple[Value, Value]
    departure: tuple[Value, Value]
    arrival: tuple[Value, Value]
    zenith: tuple[Value, Value]
    factor: tuple[Value, Value] | None
    correlations: tuple[float, ...]
    delay_scaling: float
    cross_polar: tuple[float, float]
    clusters: int
    cluster_delay: float | None
    cluster_departure: Value
    cluster_arrival: Value
    cluster_zenith: Value
    cluster_shadowing: float
    distances: tuple[float, ...]


_URBAN, _NONE = float("nan"), float("nan")
_O2I = (.4, .4, 0, .2, -.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, -.6, -.2, -.2, 0, 0, .5, .5)
_FACTORY = (0,) * 6 + (-.5, 0, -.7) + (0,) * 12

# Table 7.5-6 parts 1 to 3. DS of InF depends on the hall: `FACTORY_DELAY`.
RELEASE_19: dict[tuple[str, str], Row] = {
    ("umi", "los"): Row(
        ((-7.28, -.18), .39), ((1.21, -.05), (.29, .08)), ((1.66, -.07), (.26, .021)), ((.81, -.11), (.29, -.03)),
        (9, 5), (.5, .8, -.4, -.5, -.4, .4, -.2, -.3, -.7, .5, 0, 0, 0, 0, 0, .2, .5, .3, 0, 0, 0),
        3, (9, 3), 12, 5, 3, 17, 7, 3, (7, 8, 8, 10, 15, 12, 12)),
    ("umi", "nlos"): Row(
        ((-6.87, -.22), (.22, .19)), ((1.54, -.24), (.33, .10)), ((1.76, -.07), (.27, .05)),
        ((.92, -.03), (.35, -.05)),
        None, (0, .4, -.4, 0, -.7, 0, 0, 0, 0, 0, 0, 0, 0, 0, -.5, 0, .5, .5, 0, .2, 0),
        2.1, (8, 3), 19, 11, 10, 22, 7, 3, (10, 10, 9, 13, _NONE, 10, 10)),
    ("umi", "o2i"): Row(
        (-6.62, .32), (1.25, .42), (1.76, .16), (1.01, .43), None, _O2I,
        2.2, (9, 5), 12, 11, 5, 8, 3, 4, (10, 11, 17, 7, _NONE, 25, 25)),
    ("uma", "los"): Row(
        ((-7.067, -.0794), (.57, .026)), (.92, .31), (1.76, .19), (.96, .15),
        (9, 3.5), (.4, .8, -.5, -.5, -.4, 0, 0, -.2, -.4, 0, 0, -.8, 0, 0, -.2, 0, .5, 0, -.3, .4, 0),
        2.5, (8, 4), 12, _URBAN, 3.58, 11, 7, 3, (30, 18, 15, 37, 12, 15, 15)),
    ("uma", "nlos"): Row(
        ((-6.47, -.134), .39), (1.09, .44), ((2.04, -.25), (.17, -.03)), ((1.445, -.2856), .17),
        None, (.4, .6, 0, -.6, -.4, .4, 0, 0, 0, 0, 0, -.4, 0, 0, -.5, 0, .5, -.1, 0, 0, 0),
        2.3, (7, 3), 20, _URBAN, 1.8, 15, 7, 3, (40, 50, 50, 50, _NONE, 50, 50)),
    ("uma", "o2i"): Row(
        (-6.62, .32), (.58, .7), (1.76, .16), (1.01, .43), None, _O2I,
        2.2, (9, 5), 12, 11, 1.8, 8, 3, 4, (10, 11, 17, 7, _NONE, 25, 25)),
    ("rma", "los"): Row(
        (-7.49, .55), (.90, .38), (1.52, .24), (.47, .40),
        (7, 4), (0, 0, 0, 0, -.5, 0, 0, 0, 0, 0, .01, -.17, 0, -.02, -.05, .27, .73, -.14, -.20, .24, -.07),
        3.8, (12, 4), 11, None, 2, 3, 3, 3, (50, 25, 35, 37, 40, 15, 15)),
    ("rma", "nlos"): Row(
        (-7.43, .48), (.95, .45), (1.52, .13), (.58, .37),
        None, (-.4, 0, 0, .6, -.5, 0, 0, 0, 0, 0, -.04, -.25, 0, 0, -.10, -.40, .42, -.27, -.18, .26, -.27),
        1.7, (7, 3), 10, None, 2, 3, 3, 3, (36, 30, 40, 120, _NONE, 50, 50)),
    ("rma", "o2i"): Row(
        (-7.47, .24), (.67, .18), (1.66, .21), (.93, .22),
        None, (0, 0, 0, 0, 0, -.7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .66, .47, -.55, -.22, 0),
        1.7, (7, 3), 10, None, 2, 3, 3, 3, (36, 30, 40, 120, _NONE, 50, 50)),
    ("inh", "los"): Row(
        ((-7.692, -.01), .18), (1.60, .18), ((1.781, -.19), (.119, .12)), ((1.44, -.26), (.264, -.04)),
        (7, 4), (.6, .8, -.5, -.4, -.8, .4, 0, 0, -.5, .5, .2, .3, 0, .1, .1, .2, .5, 0, 0, .5, 0),
        3.6, (11, 4), 15, None, 5, 8, 9, 6, (8, 7, 5, 10, 4, 4, 4)),
    ("inh", "nlos"): Row(
        ((-7.173, -.28), (.055, .10)), (1.62, .25), ((1.863, -.11), (.059, .12)), ((1.387, -.15), (.746, -.09)),
        None, (.4, 0, -.4, 0, -.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, -.27, -.06, .35, .23, -.08, .43, .42),
        3, (10, 4), 19, None, 5, 11, 9, 3, (5, 3, 3, 6, _NONE, 4, 4)),
    ("inf", "los"): Row(
        (_NONE, .15), (1.56, .25), ((1.78, -.18), (.2, .12)), ((1.5, -.2), .35),
        (7, 8), _FACTORY, 2.7, (12, 6), 25, None, 5, 8, 9, 4, (10,) * 7),
    ("inf", "nlos"): Row(
        (_NONE, .19), (1.57, .2), (1.72, .3), ((1.45, -.13), .45),
        None, (0,) * 21, 3, (11, 6), 25, None, 5, 8, 9, 3, (10, 10, 10, 10, _NONE, 10, 10)),
}

# Mean of lg(DS/s) in a factory: lg(a V/S + b) + c, V/S the hall's volume over its surface, m. Table 7.5-6 part 3
FACTORY_DELAY = {"los": (26, 14, -9.35), "nlos": (30, 32, -9.44)}
# V/S of the halls of Table 7.8-7, m: 300 x 150 x 10 and 120 x 60 x 10
HALLS = {"inf_sl": 4.0, "inf_dl": 300 * 150 * 10 / (2 * (300 * 150 + 300 * 10 + 150 * 10)),
         "inf_sh": 300 * 150 * 10 / (2 * (300 * 150 + 300 * 10 + 150 * 10)), "inf_dh": 4.0}

# Where release 14 differs. UMa and UMi: TR 38.901 V14; into buildings and InH: TR 38.900 V14, with the
# correlations of TR 38.901 (those of TR 38.900 into buildings are no correlations: an eigenvalue is negative).
RELEASE_14: dict[tuple[str, str], Row] = RELEASE_19 | {
    ("umi", "los"): replace(
        RELEASE_19["umi", "los"], delay=((-7.14, -.24), .38), departure=((1.21, -.05), .41),
        arrival=((1.73, -.08), (.28, .014)), zenith=((.73, -.1), (.34, -.04))),
    ("umi", "nlos"): replace(
        RELEASE_19["umi", "nlos"], delay=((-6.83, -.24), (.28, .16)), departure=((1.53, -.23), (.33, .11)),
        arrival=((1.81, -.08), (.3, .05)), zenith=((.92, -.04), (.41, -.07))),
    ("umi", "o2i"): replace(RELEASE_19["umi", "o2i"], cluster_arrival=20, cluster_zenith=6),
    ("uma", "los"): replace(
        RELEASE_19["uma", "los"], delay=((-6.955, -.0963), .66), departure=((1.06, .1114), .28),
        arrival=(1.81, .20), zenith=(.95, .16), cluster_departure=5),
    ("uma", "nlos"): replace(
        RELEASE_19["uma", "nlos"], delay=((-6.28, -.204), .39), departure=((1.5, -.1144), .28),
        arrival=((2.08, -.27), .11), zenith=((1.512, -.3236), .16), cluster_departure=2),
    ("uma", "o2i"): replace(RELEASE_19["uma", "o2i"], departure=(1.25, .42), cluster_departure=5, cluster_arrival=20,
                            cluster_zenith=6),
    ("inh", "los"): replace(
        RELEASE_19["inh", "los"], delay=((-7.79, -.01), (.5, -.16)), arrival=((1.86, -.19), (0, .12)),
        zenith=((1.21, -.26), (.17, -.04)), factor=((2.12, .84), (6.19, -.58)), delay_scaling=2.15,
        cross_polar=(15, 3), clusters=8, cluster_departure=7, cluster_arrival=(16.72, -6.2),
        cluster_zenith=(10.28, -3.85)),
    ("inh", "nlos"): replace(
        RELEASE_19["inh", "nlos"], delay=((-7.29, -.28), (.11, .1)), departure=(1.49, .17),
        arrival=((1.80, -.11), (0, .12)), zenith=((1.04, -.15), (.24, -.09)), delay_scaling=1.84,
        cross_polar=(12, 7), clusters=10, cluster_departure=3, cluster_arrival=(30.53, -13),
        cluster_zenith=(10.25, -3.72)),
}
RELEASES = {19: RELEASE_19, 14: RELEASE_14}

# Tables 7.5-7 to 7.5-11: mean and deviation of lg(ZSD/degree). Those of UMa, UMi and RMa depend on places:
# max(lowest, per_km d_2D/1000 + per_m (h_UT - 1.5) + constant), with |h_UT - h_BS| or max(h_UT - h_BS, 0) for UMi.
ZENITH_DEPARTURE: dict[tuple[str, str], tuple[tuple[float, float, float, float], float]] = {
    ("uma", "los"): ((-.5, -2.1, -.01, .75), .40), ("uma", "nlos"): ((-.5, -2.1, -.01, .9), .49),
    ("umi", "los"): ((-.21, -14.8, .01, .83), .35), ("umi", "nlos"): ((-.5, -3.1, .01, .2), .35),
    ("rma", "los"): ((-1, -.17, -.01, .22), .34), ("rma", "nlos"): ((-1, -.19, -.01, .28), .30),
}
ZENITH_DEPARTURE_INDOOR: dict[int, dict[tuple[str, str], tuple[Value, Value]]] = {
    19: {("inh", "los"): ((2.228, -1.43), (.30, .13)), ("inh", "nlos"): (1.08, .36),
         ("inf", "los"): (1.35, .35), ("inf", "nlos"): (1.2, .55)},
    14: {("inh", "los"): ((2.25, -1.43), (.15, .13)), ("inh", "nlos"): (1.37, .38)},
}
# The offset of the zenith of departure without line of sight: e - 10^(a lg max(b, d_2D) + c - 0.07 (h_UT - 1.5)) for
# UMa, each (constant, slope in lg f); -10^(-1.5 lg max(10, d_2D) + 3.3) for UMi; arctan((35 - 3.5)/d) -
# arctan((35 - 1.5)/d) for RMa. Release 14 (TR 38.900) has no term in h_UT.
OFFSET_URBAN_MACRO = {"a": (-.782, .208), "b": 25.0, "c": (2.03, -.13), "e": (-5.96, 7.66), "height": -.07}
OFFSET_URBAN_MICRO = (-1.5, 10.0, 3.3)
OFFSET_RURAL = (35.0, 3.5, 1.5)

# Table 7.5-3: offsets of the rays of a cluster, in order, each with both signs
RAY_OFFSETS = (.0447, .1413, .2492, .3715, .5129, .6797, .8844, 1.1481, 1.5195, 2.1551)
# Table 7.5-2: C_phi without line of sight, by number of clusters
AZIMUTH_SCALING = {4: .779, 5: .860, 6: .921, 7: .973, 8: 1.018, 10: 1.090, 11: 1.123, 12: 1.146, 14: 1.190,
                   15: 1.211, 16: 1.226, 19: 1.273, 20: 1.289, 25: 1.358}
# Table 7.5-4: C_theta without line of sight
ZENITH_SCALING = {6: .788, 7: .847, 8: .889, 10: .957, 11: 1.031, 12: 1.104, 14: 1.1072, 15: 1.1088, 16: 1.1276,
                  19: 1.184, 20: 1.178, 25: 1.282}
# Table 7.5-5: the rays (from 1) of the sub-clusters of the two strongest clusters, and their delays in c_DS
SUB_CLUSTERS = ((1, 2, 3, 4, 5, 6, 7, 8, 19, 20), (9, 10, 11, 12, 17, 18), (13, 14, 15, 16))
SUB_CLUSTER_DELAYS = (0.0, 1.28, 2.56)
# (7.5-3), (7.5-10), (7.5-15): polynomials in K (dB), lowest power first
DELAY_SCALING_LOS = (.7705, -.0433, .0002, .000017)
AZIMUTH_SCALING_LOS = (1.1035, -.028, -.002, .0001)
ZENITH_SCALING_LOS = (1.3086, .0339, -.0077, .0002)
AZIMUTH_CAP, ZENITH_CAP = 104.0, 52.0  # degrees. Section 7.5, step 4
WEAKEST_CLUSTER = -25.0  # dB below the strongest. Section 7.5, step 6
# Table 7.6.9-1: mean and deviation of lg(excess delay/s)
EXCESS_DELAY = {"inh": (-8.6, .1), "inf_sl": (-7.5, .4), "inf_dl": (-7.5, .4), "inf_sh": (-7.5, .4),
                "inf_dh": (-7.5, .4), "umi": (-7.5, .5), "uma": (-7.4, .2), "rma": (-8.33, .26)}
# Table 7.9.2.2-1: mean and deviation of a target's cross-polarisation ratio, dB
TARGET_CROSS_POLAR = {"uav": (13.75, 7.07), "human": (19.81, 4.25), "vehicle": (21.12, 6.88), "agv": (9.60, 6.85)}
