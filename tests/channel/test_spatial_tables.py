"""Every number of the tables of TR 38.901 section 7.5 (and 7.6.9, 7.9.2.2) against the data of the package tr3gpp."""

import csv
import re
from importlib.resources import files

import numpy as np
import pytest

from isacsys.channel import spatial_tables
from isacsys.channel.parameters import Environment, correlations

FAMILIES = {"UMi - Street Canyon": "umi", "UMa": "uma", "RMa": "rma", "Indoor-Office": "inh", "InF": "inf"}
FREQUENCIES = (0.7, 3.5, 6.0, 28.0, 73.0)


def rows(number):
    tr3gpp = pytest.importorskip("tr3gpp")
    root = files(tr3gpp) / "data" / "TR-38.901" / "v19.4.0" / "07-channel-models" / "tables"
    with (root / f"table-{number}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def value(text, **names):
    """A formula as the tables print it: "-0.18 log10(1+ fc) - 7.28, see note 8"."""
    text = text.split("see")[0].strip().rstrip(",").replace("–", "-").replace("−", "-").lstrip("= ")
    text = re.sub(r"\|(.*?)\|", r"abs(\1)", text).replace("[", "(").replace("]", ")").replace("^", "**")
    text = text.replace("{", "(").replace("}", ")")
    for name in ("a(fc)", "b(fc)", "c(fc)", "e(fc)"):
        text = text.replace(name, name[0])
    text = re.sub(r"(\d|\))\s*(log10|abs|max|\()", r"\1*\2", text)
    text = re.sub(r"log10\*\(", "log10(", text)
    text = re.sub(r"\ba\s+log10", "a*log10", text)
    functions = {"log10": np.log10, "max": max, "abs": abs, "arctan": lambda x: np.degrees(np.arctan(x))}
    return float(eval(text, {"__builtins__": {}}, {**functions, **names}))  # of a package that we chose, in a test


def states():
    return [(row, FAMILIES[row["scenario"]], row["condition"].lower()) for row in rows("7.5-6")
            if row["scenario"] in FAMILIES]


@pytest.mark.slow
@pytest.mark.parametrize("gigahertz", FREQUENCIES)
def test_table_7_5_6(gigahertz):
    seen = 0
    for row, family, name in states():
        fc = max(gigahertz, spatial_tables.FLOORS[family])
        state = Environment(family if family != "inf" else "inf_sl", gigahertz * 1e9).state(name)
        hall = {"V": 4.0, "S": 1.0}
        for i, spread in ((2, "DS"), (3, "ASD"), (4, "ASA"), (6, "ZSA")):
            assert state.mean[i] == pytest.approx(value(row[f"mu_lg{spread}"], fc=fc, **hall)), (family, name, spread)
            assert state.deviation[i] == pytest.approx(value(row[f"sigma_lg{spread}"], fc=fc)), (family, name, spread)
        if row["mu_K"] != "N/A":
            assert (state.mean[1], state.deviation[1]) == (float(row["mu_K"]), float(row["sigma_K"]))
        assert state.delay_scaling == float(row["delay_scaling_parameter_r_tau"])
        assert state.cross_polar == (float(row["mu_XPR"]), float(row["sigma_XPR"]))
        assert state.clusters == int(row["number_of_clusters"])
        assert int(row["number_of_rays_per_cluster"]) == 20
        delay = row["cluster_DS_ns"]
        assert state.cluster_delay == pytest.approx(1e-9 * (3.91 if delay == "N/A" else value(delay, fc=fc)))
        for i, spread in enumerate(("ASD", "ASA", "ZSA")):
            assert state.cluster_spread[i] == value(row[f"cluster_{spread}_deg"])
        assert state.shadowing == float(row["per_cluster_shadowing_std_zeta_db"])
        for i, parameter in enumerate(spatial_tables.ORDER):
            there = row[f"corr_distance_{parameter}_m"]
            assert np.isnan(state.distances[i]) if there == "N/A" else state.distances[i] == float(there)
        found = correlations(spatial_tables.RELEASE_19[family, name])
        for one, other in spatial_tables.PAIRS:
            there = row[f"corr_{one}_{other}"].replace("–", "-")
            expected = 0.0 if there == "N/A" else float(there)
            place = spatial_tables.ORDER.index(one), spatial_tables.ORDER.index(other)
            assert found[place] == expected, (family, name, one, other)
        seen += 1
    assert seen == 13


@pytest.mark.slow
@pytest.mark.parametrize(("number", "environment"), [("7.5-7", "uma"), ("7.5-8", "umi"), ("7.5-9", "rma"),
                                                     ("7.5-10", "inh"), ("7.5-11", "inf_sl")])
def test_zenith_of_departure(number, environment):
    for row in rows(number):
        name = row["condition"].lower()
        if name == "o2i":  # as without line of sight, whatever it is outdoors
            name = "nlos"
        for gigahertz in FREQUENCIES:
            there = Environment(environment, gigahertz * 1e9)
            fc = there.gigahertz
            extra = {"a": 0.208 * np.log10(fc) - 0.782, "b": 25, "c": -0.13 * np.log10(fc) + 2.03,
                     "e": 7.66 * np.log10(fc) - 5.96, "fc": fc}
            for d2d, high, low in ((12.0, 10.0, 1.5), (80.0, 25.0, 13.5), (333.0, 10.0, 22.5), (900.0, 35.0, 1.5)):
                names = {"d2D": d2d, "hUT": low, "hBS": high, **extra}
                mean = there.zenith_mean(name, np.array([d2d]), np.array([low]), np.array([high]))[0]
                assert mean == pytest.approx(value(row["mu_lgZSD"], **names))
                offset = there.offset(name, np.array([d2d]), np.array([low]))[0]
                assert offset == pytest.approx(value(row["mu_offset_ZOD"], **names))
            assert there.state(name).deviation[5] == pytest.approx(value(row["sigma_lgZSD"], fc=fc))


@pytest.mark.slow
def test_small_tables():
    assert {int(r["num_clusters"]): float(r["c_phi_nlos"]) for r in rows("7.5-2")} == spatial_tables.AZIMUTH_SCALING
    assert {int(r["num_clusters"]): float(r["c_theta_nlos"]) for r in rows("7.5-4")} == spatial_tables.ZENITH_SCALING
    assert tuple(float(r["offset_angle"]) for r in rows("7.5-3")) == spatial_tables.RAY_OFFSETS
    groups = tuple(tuple(int(ray) for ray in r["mapping_to_rays"].split(",")) for r in rows("7.5-5"))
    assert groups == spatial_tables.SUB_CLUSTERS
    late = tuple(float(re.findall(r"^[\d.]+", r["delay_offset"])[0]) for r in rows("7.5-5"))
    assert late == spatial_tables.SUB_CLUSTER_DELAYS
    names = {"InH": ["inh"], "InF-SL, InF-DL": ["inf_sl", "inf_dl"], "InF-SH, InF-DH": ["inf_sh", "inf_dh"],
             "UMi": ["umi"], "UMa": ["uma"], "RMa": ["rma"]}
    delays = {name: (float(r["mu_lg_delta_tau"]), float(r["sigma_lg_delta_tau"])) for r in rows("7.6.9-1")
              for name in names.get(r["scenario"], [])}
    assert delays == spatial_tables.EXCESS_DELAY
    cross = {r["target"].lower(): (float(r["mu_xpr_db"]), float(r["sigma_xpr_db"])) for r in rows("7.9.2.2-1")}
    assert cross == spatial_tables.TARGET_CROSS_POLAR


@pytest.mark.parametrize("release", [19, 14])
def test_cross_correlations_are_some(release):
    for (family, _), row in spatial_tables.RELEASES[release].items():
        if (release, family) != (14, "inf"):
            assert np.linalg.eigvalsh(correlations(row)).min() > 0


def test_release_14_at_6_ghz():
    """Means by hand: lg DS of UMi -0.24 lg 7 - 7.14; lg ASD of UMa 1.06 + 0.1114 lg 6."""
    assert Environment("umi", 6e9, 14).state("los").mean[2] == pytest.approx(-7.342824)
    assert Environment("uma", 6e9, 14).state("los").mean[3] == pytest.approx(1.146686, abs=1e-6)
    assert Environment("uma", 2e9, 14).state("los").mean[3] == pytest.approx(1.146686, abs=1e-6)  # floor of 6 GHz
    assert Environment("umi", 0.5e9).state("los").mean[2] == pytest.approx(-7.28 - 0.18 * np.log10(3))


def test_offices_have_a_lowest_carrier_and_factories_none():
    """At 3.5 GHz: lg ASA in the line of sight. Note of part 2 of Table 7.5-6; part 3 has no such note."""
    assert Environment("inh", 3.5e9).state("los").mean[4] == pytest.approx(1.781 - 0.19 * np.log10(7))
    assert Environment("inf_dh", 3.5e9).state("los").mean[4] == pytest.approx(1.78 - 0.18 * np.log10(4.5))
