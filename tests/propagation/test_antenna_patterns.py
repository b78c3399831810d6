"""Antenna patterns: by formula, from MSI and CSV files, turned by a mechanical tilt, and by a plug-in."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import isacsys
from isacsys.core.errors import ConfigError, PluginError
from isacsys.propagation import check_propagation, range_warnings
from isacsys.propagation.antenna_patterns import ANTENNA_PATTERN, Element, Omni, read_grid, read_msi, turned
from isacsys.testing import check_antenna_pattern

AZIMUTH, ZENITH = st.floats(-180, 180), st.floats(0, 180)


def lobe(angle, width):
    return np.minimum(12 * ((np.asarray(angle, float) + 180) % 360 - 180) ** 2 / width**2, 25.0)


def msi(horizontal, vertical, gain="GAIN 17.25 dBi", step=1.0):
    angles = np.arange(0, 360, step)
    cuts = [f"{word} {len(angles)}\n" + "".join(f"{a:.1f} {v!r}\n" for a, v in zip(angles, cut.tolist(), strict=True))
            for word, cut in (("HORIZONTAL", horizontal), ("VERTICAL", vertical))]
    return "\n".join(["NAME twelve ports", "MAKE nobody", "FREQUENCY 3500", gain, "TILT ELECTRICAL", *cuts])


@pytest.fixture
def written(tmp_path):
    def write(text, name="a.msi"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)
    return write


@pytest.fixture
def cuts():
    angles = np.arange(360.0)
    across = lobe(angles, 65) + 0.01 * angles * (angles < 180)  # not the same on both sides
    down = lobe(angles - 6, 10)
    return across - across[0] + down[0], np.where(angles == 180, across[180] - across[0] + down[0], down)


def test_element():
    element = Element()
    assert element.towards(np.array(0.0), np.array(90.0)) == 8
    assert element.towards(np.array(32.5), np.array(90.0)) == pytest.approx(5)
    assert element.towards(np.array(0.0), np.array(122.5)) == pytest.approx(5)
    assert element.towards(np.array(180.0), np.array(90.0)) == -22
    assert element.towards(np.array(392.5), np.array(90.0)) == pytest.approx(5)


def test_an_msi_file_is_exact_on_both_cuts_and_interpolated_between(written, cuts):
    across, down = cuts
    pattern = read_msi(written(msi(across, down)))
    angle = np.arange(360)
    np.testing.assert_allclose(pattern.towards(angle, np.array(90.0)), 17.25 - across, atol=1e-12)
    ahead = angle[angle <= 90]
    np.testing.assert_allclose(pattern.towards(np.array(0.0), 90.0 + ahead), 17.25 - down[ahead], atol=1e-12)
    np.testing.assert_allclose(pattern.towards(np.array(0.0), 90.0 - ahead), 17.25 - down[-ahead], atol=1e-12)
    np.testing.assert_allclose(pattern.towards(np.array(180.0), 90.0 + ahead), 17.25 - down[180 - ahead], atol=1e-12)
    half = (across[40] + across[41]) / 2
    assert pattern.towards(np.array(40.5), np.array(90.0)) == pytest.approx(17.25 - half, abs=1e-12)
    seam = (across[359] + across[0]) / 2
    assert pattern.towards(np.array(-0.5), np.array(90.0)) == pytest.approx(17.25 - seam, abs=1e-12)


@given(AZIMUTH, st.floats(0, 180))
def test_between_the_cuts_it_is_the_sum_that_the_model_states(azimuth, zenith):
    rng = np.random.default_rng(4)
    across, down = rng.uniform(0, 30, 360), rng.uniform(0, 30, 360)
    from isacsys.propagation.antenna_patterns.files import Cut, MsiPattern
    pattern = MsiPattern(10.0, Cut(np.arange(360.0), across), Cut(np.arange(360.0), down))

    def at(cut, angle):
        low = math.floor(angle)
        return cut[low % 360] + (angle - low) * (cut[(low + 1) % 360] - cut[low % 360])

    share, t = abs(azimuth) / 180, zenith - 90
    expected = max(0.0, at(across, azimuth) + (1 - share) * (at(down, t) - across[0])
                   + share * (at(down, 180 - t) - across[180]))
    assert float(pattern.gain(np.array(azimuth), np.array(zenith))) == pytest.approx(10 - expected, abs=1e-9)


@pytest.mark.parametrize(("line", "largest", "remarks"), [
    ("GAIN 15.0 dBd", 17.15, 0), ("GAIN 15.0 dBi", 15.0, 0), ("GAIN 15.0", 17.15, 1), ("gain 15.0 DBI", 15.0, 0)])
def test_gains_in_dbd_and_dbi(written, cuts, line, largest, remarks):
    pattern = read_msi(written(msi(*cuts, gain=line)))
    assert pattern.largest == pytest.approx(largest)
    assert len(pattern.remarks) == remarks


def test_a_symmetric_pattern_in_csv_and_msi_is_one(written):
    angles = np.arange(360.0)
    pattern = read_msi(written(msi(lobe(angles, 65), lobe(angles, 8))))
    a, z = (g.ravel() for g in np.meshgrid(np.arange(-180, 180, 2.0), np.arange(0, 181, 2.0)))
    rows = [f"{i},{j},{g!r}" for i, j, g in zip(a, z, pattern.gain(a, z).tolist(), strict=True)]
    grid = read_grid(written("azimuth,zenith,gain\n" + "\n".join(rows), "a.csv"))
    azimuth, zenith = np.meshgrid(np.arange(-360, 361, 6.0), np.arange(0, 181, 2.0))
    np.testing.assert_allclose(grid.towards(azimuth, zenith), pattern.towards(azimuth, zenith), atol=1e-9)
    np.testing.assert_allclose(grid.towards(-azimuth, zenith), grid.towards(azimuth, zenith), atol=1e-9)


def test_a_grid_is_bilinear(written):
    text = "zenith,azimuth,gain\n" + "".join(f"{z},{a},{g}\n" for z, a, g in (
        (0, 0, 0), (0, 180, 4), (180, 0, 10), (180, 180, 20)))
    grid = read_grid(written(text, "a.csv"))
    assert float(grid.towards(np.array(45.0), np.array(90.0))) == pytest.approx(0.75 * 5 + 0.25 * 12)
    assert float(grid.towards(np.array(-45.0), np.array(90.0))) == pytest.approx(0.75 * 5 + 0.25 * 12)


@pytest.mark.parametrize(("old", "new", "says"), [
    ("GAIN 17.25 dBi", "GAIN lots", "GAIN with a number"), ("GAIN 17.25 dBi", "", "a line GAIN"),
    ("GAIN 17.25 dBi", "GAIN 5 dBi\nGAIN 6 dBi", "GAIN once"), ("GAIN 17.25 dBi", "GAIN 17 dBm", "dBi or dBd"),
    ("HORIZONTAL 360", "HORIZONTAL", "HORIZONTAL with the number"),
    ("HORIZONTAL 360", "HORIZONTAL 400", "more of HORIZ"),
    ("VERTICAL 360", "VERTICAL 361", "361 lines of VERTICAL, not 360"), ("VERTICAL 360", "COMMENT", "no numbers but"),
    ("17.0 ", "16.0 ", "every angle once"), ("17.0 ", "nan ", "an angle from 0 to 360"),
    ("17.0 ", "-17.0 ", "an angle from 0 to 360"),
    ("3.0 ", "3.0 -", "at least 0"), ("17.0 ", "17.0 1 ", "an angle from")])
def test_a_malformed_msi_file_is_one_line(written, old, new, says):
    text = msi(np.arange(360.0) / 20, np.arange(360.0) / 20)
    assert old in text
    with pytest.raises(ConfigError, match=says) as error:
        read_msi(written(text.replace(old, new, 1)))
    assert "\n" not in str(error.value)
    assert "a.msi" in str(error.value)


@pytest.mark.parametrize(("text", "says"), [
    ("", "header azimuth"), ("azimuth,zenith\n0,0\n", "header azimuth"), ("azimuth,zenith,gain\n", "at least one"),
    ("azimuth,zenith,gain\n0,0,nan\n", "line 2"), ("azimuth,zenith,gain\n0,0,1\n0,180\n", "line 3"),
    ("azimuth,zenith,gain\n0,0,1\n0,90,1\n", "from 0 to 180"),
    ("azimuth,zenith,gain\n0,0,1\n0,180,1\n90,0,1\n", "2 azimuths and 2 zenith angles make 4 rows, not 3"),
    ("azimuth,zenith,gain\n0,0,1\n0,180,1\n90,0,1\n90,0,1\n", "every direction once"),
    ("azimuth,zenith,gain\n0,0,1\n0,180,1\n400,0,1\n400,180,1\n", "azimuths of one turn"),
    ("azimuth,zenith,gain\n0,0,1\n0,180,1\n360,0,2\n360,180,1\n", "the same gains at the azimuths 0 and 360")])
def test_a_malformed_grid_is_one_line(written, text, says):
    with pytest.raises(ConfigError, match=says) as error:
        read_grid(written(text, "a.csv"))
    assert "\n" not in str(error.value)


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(ConfigError, match="no.msi"):
        read_msi(str(tmp_path / "no.msi"))
    (tmp_path / "b.msi").write_bytes(b"\xff\xfe\x00GAIN")
    with pytest.raises(ConfigError, match="readable text"):
        read_msi(str(tmp_path / "b.msi"))


@given(AZIMUTH, ZENITH, st.floats(-60, 60))
def test_turning_keeps_angles_and_brings_boresight_down(azimuth, zenith, tilt):
    def vector(a, z):
        a, z = np.radians(a), np.radians(z)
        return np.array([np.sin(z) * np.cos(a), np.sin(z) * np.sin(a), np.cos(z)])

    seen = vector(*turned(azimuth, zenith, tilt))
    t = np.radians(tilt)
    axes = np.array([[np.cos(t), 0, -np.sin(t)], [0, 1, 0], [np.sin(t), 0, np.cos(t)]])  # of the antenna, in the world
    np.testing.assert_allclose(seen, axes @ vector(azimuth, zenith), atol=1e-9)
    np.testing.assert_allclose(turned(0.0, 90.0 + tilt, tilt), (0.0, 90.0), atol=1e-9)


class Cosine(isacsys.AntennaPattern):
    """A lobe of 8 dBi, 20 dB down behind."""

    def gain(self, azimuth, zenith):
        return 8 - 20 * np.sin(np.radians(azimuth) / 2) ** 2


class Endless(isacsys.AntennaPattern):
    def gain(self, azimuth, zenith):
        return np.full(np.broadcast_shapes(azimuth.shape, zenith.shape), np.inf)


class Short(isacsys.AntennaPattern):
    def gain(self, azimuth, zenith):
        return np.zeros(3)


class Wrong(isacsys.AntennaPattern):
    def gain(self, azimuth, zenith):
        raise KeyError("no")


def test_a_pattern_of_ones_own():
    for pattern in (Cosine, Omni, Element):
        check_antenna_pattern(pattern)
    assert float(Cosine().towards(np.array(180.0), np.array(20.0))) == pytest.approx(-12)
    for pattern, says in ((Endless, "Endless returned a gain that is not"), (Short, "Short returned gains of shape"),
                          (Wrong, "Wrong raised KeyError")):
        with pytest.raises(PluginError, match=says):
            check_antenna_pattern(pattern)


def test_a_pattern_by_name_and_by_file(written, cuts):
    scenario = isacsys.Scenario().replace({"propagation.model": "free_space", "network.far_field": "torus"})
    named = scenario.replace({"antennas.pattern": f"{__name__}:Cosine"})
    assert type(ANTENNA_PATTERN.of(named)).__name__ == "Cosine"
    with pytest.raises(ConfigError, match=r"antennas.pattern = 'tr389': did you mean \"tr38901\""):
        check_propagation(scenario.replace({"antennas.pattern": "tr389"}))
    file = scenario.replace({"antennas.pattern": written(msi(*cuts, gain="GAIN 10"))})
    check_propagation(file)
    assert any("dBd" in line for line in range_warnings(file))
    for key, value in (("vertical_elements", 4), ("downtilt", 96.0)):
        with pytest.raises(ConfigError, match=f"antennas.{key}"):
            check_propagation(file.replace({f"antennas.{key}": value}))
    with pytest.raises(ConfigError, match="antennas.parameters"):
        check_propagation(file.replace({"antennas.parameters": {"width": 3}}))


def test_a_zenith_angle_that_is_meant_as_a_tilt_gets_a_remark():
    scenario = isacsys.Scenario().replace({"propagation.model": "uma", "antennas.downtilt": 12})
    assert any("zenith angle" in line for line in range_warnings(scenario))


def test_a_file_is_named_relative_to_the_scenario_and_pinned(tmp_path, cuts):
    from isacsys.config.input_files import pin
    (tmp_path / "a.msi").write_text(msi(*cuts))
    (tmp_path / "s.toml").write_text('[propagation]\nmodel = "free_space"\n[antennas]\npattern = "a.msi"\n')
    scenario = isacsys.Scenario.load(tmp_path / "s.toml")
    assert scenario.antennas.pattern == str(tmp_path / "a.msi")
    digest = pin(scenario)["antennas.pattern"]
    (tmp_path / "a.msi").write_text(msi(*cuts) + "\n")
    with pytest.raises(ConfigError, match="does not change during a run"):
        pin(scenario.replace({}), {"antennas.pattern": "0" * 16})
    assert pin(scenario)["antennas.pattern"] != digest
