"""Cells, users and targets from tables: what they say, and one line for everything that is wrong."""

import numpy as np
import pytest
from pyproj import Geod

from isacsys.core.errors import ConfigError
from isacsys.geography import PlaceTable, Projection, read_cells, read_people
from isacsys.geography.projection import _great_circle

HEADER = "site,longitude,latitude,azimuth,height,downtilt,mechanical_tilt,power_dbm,pattern"


@pytest.fixture
def written(tmp_path):
    def write(text, name="cells.csv"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)
    return write


def test_what_a_file_says(written):
    rows = read_cells(written(f"{HEADER}\nA,11.5,48.1,0,25,6,2,46,\nA,11.5,48.1,120,25.5,,,,tr38901\n"
                              "B,11.6,48.2,,,,,,\n"))
    assert rows.names == ("A", "B")
    assert rows.site.tolist() == [0, 0, 1]
    assert rows.places.in_degrees
    assert rows.places.position[2].tolist() == [11.6, 48.2]
    assert rows.azimuth[:2].tolist() == [0, 120] and np.isnan(rows.azimuth[2])
    assert rows.height[1] == 25.5
    assert (rows.downtilt[0], rows.mechanical_tilt[0], rows.power[0]) == (6, 2, 46)
    assert rows.pattern == ("", "tr38901", "")
    plain = read_cells(written("y, site ,x\n\n2,A,1\n 4,B,3\n"))
    assert plain.places.position.tolist() == [[1, 2], [3, 4]] and not plain.places.in_degrees


@pytest.mark.parametrize(("text", "says"), [
    ("", "a CSV file with a header, as site,x,y"), ("site,x,y\n", "at least one row"),
    ("x,y\n1,2\n", "line 1': a header with a column site"),
    ("site,x,y,azimut\nA,1,2,3\n", "no column 'azimut'; did you mean azimuth"),
    ("site,x,y,colour\nA,1,2,red\n", "no column 'colour'; known are site, x"),
    ("site,x,x\nA,1,2\n", "the column x once"), ("site,x\nA,1\n", "x and y in km, or longitude"),
    ("site,x,y,longitude,latitude\nA,1,2,3,4\n", "x and y in km, or longitude"),
    ("site,x,y\nA,1\n", "line 2': 3 values, site,x,y, not 2"),
    ("site,x,y\nA,1,\n", "line 2': a number for x and for y"),
    ("site,x,y\nA,1,nan\n", "line 2': y: km north, not 'nan'"),
    ("site,x,y\nA,inf,2\n", "line 2': x: km east, not 'inf'"),
    ("site,x,y\nA,1,2\n,1,3\n", "line 3': a name for site"),
    ("site,x,y,azimuth\nA,1,2,400\n", "line 2': azimuth: degrees clockwise from north, from -180 to 360, not '400'"),
    ("site,longitude,latitude\nA,37.8,-122.4\n", "line 2': latitude: .* are longitude and latitude swapped"),
    ("site,longitude,latitude\nA,200,20\n", "line 2': longitude: degrees from -180 to 180"),
    ("site,x,y,height\nA,1,2,-3\n", "line 2': height"), ("site,x,y,downtilt\nA,1,2,95\n", "line 2': downtilt"),
    ("site,x,y,power_dbm\nA,1,2,500\n", "line 2': power_dbm"), ("site,x,y,pattern\nA,1,2,tr38901\n", "an azimuth for"),
    ("site,x,y,azimuth\nA,1,2,0\nA,1,2,360\n", "line 3': every cell once: site A has one .* in line 2"),
    ("site,x,y\nA,1,2\nA,1,2\n", "line 3': every cell once"),
    ("site,x,y\nA,1,2\nB,5,5\nC,1,2\n", "line 4': sites at least 1 m apart: C is on top of A in line 2"),
    ("site,x,y,azimuth\nA,1,2,0\nA,1.1,2,120\n", "line 3': a cell of site A within 1 m of its cell in line 2"),
    ("site,x,y\nA,1,2\nB,500000,2\n", "x and y are in km, not in m"),
    ("site,longitude,latitude\nA,11.5,48.1\nB,48.1,11.5\n", "longitude and latitude swapped")])
def test_bad_cells_are_one_line(written, text, says):
    with pytest.raises(ConfigError, match=says) as error:
        read_cells(written(text))
    assert "\n" not in str(error.value)


def test_people(written):
    rows = read_people(written("x,y,height,indoor,start,end\n1,2,1.5,1,,\n3,4,,0,5,7.5\n"), "network.users_file")
    assert rows.indoor.tolist() == [1, 0] and rows.start[1] == 5 and rows.end[1] == 7.5 and rows.come_and_go
    assert not read_people(written("x,y\n1,2\n"), "network.users_file").come_and_go
    for text, says in (("x,y,start,end\n1,2,5,4\n", "end: at least start, 5 s, not 4"),
                       ("x,y,indoor\n1,2,maybe\n", "indoor: 1 or 0"), ("x,y,start\n1,2,-1\n", "line 2': start")):
        with pytest.raises(ConfigError, match=says):
            read_people(written(text), "network.users_file")


def test_distances_are_those_of_geodesics():
    """30 sites over 20 km: within 1 m, in fact within 2 cm; an azimuth of 90 degrees points east."""
    rng, geod = np.random.default_rng(3), Geod(ellps="WGS84")
    for longitude, latitude in ((11.5, 48.1), (-70.0, -33.4), (179.99, 65.0)):
        east, north = rng.uniform(-1e4, 1e4, (2, 30))
        away, azimuth = np.hypot(east, north), np.degrees(np.arctan2(east, north))
        lon, lat, _ = geod.fwd(np.full(30, longitude), np.full(30, latitude), azimuth, away)
        places = PlaceTable(np.stack([lon, lat], axis=-1), True)
        projection = Projection.about(places, "network.cells")
        position = projection.to_km(places)
        i, j = np.triu_indices(30, 1)
        exact = geod.inv(lon[i], lat[i], lon[j], lat[j])[2]
        assert np.abs(1e3 * np.hypot(*(position[i] - position[j]).T) - exact).max() < 0.05
        back = projection.to_degrees(position)
        np.testing.assert_allclose((back - places.position + 180) % 360 - 180, 0, atol=1e-9)
        lon, lat, _ = geod.fwd(projection.longitude, projection.latitude, 90.0, 5000.0)
        np.testing.assert_allclose(projection.to_km(PlaceTable(np.array([[lon, lat]]), True)), [[5, 0]], atol=5e-3)


def test_how_far_places_may_be_is_measured_on_the_sphere():
    """Within 0.6 % of geodesics, from the equator to the far north, along and across meridians."""
    geod = Geod(ellps="WGS84")
    for latitude in (0.0, 48.0, 70.0):
        places = np.array([[11.5, latitude], [13.0, latitude], [11.0, latitude + 1.5], [9.0, latitude - 1.0]])
        far = [geod.inv(11.0, latitude, *place)[2] / 1e3 for place in places]
        assert _great_circle(places, 11.0, latitude) == pytest.approx(far, rel=6e-3)


def test_one_projection_for_all_files():
    cells = PlaceTable(np.array([[11.5, 48.1], [11.6, 48.2]]), True)
    projection = Projection.about(cells, "network.cells")
    np.testing.assert_allclose(projection.to_degrees(projection.to_km(cells)), cells.position, atol=1e-9)
    with pytest.raises(ConfigError, match="network.users_file = 'its columns': longitude and latitude, as in the file"):
        projection.to_km(PlaceTable(np.zeros((1, 2)), False), "network.users_file")
    with pytest.raises(ConfigError, match="swapped"):
        projection.to_km(PlaceTable(np.array([[48.1, 11.5]]), True), "network.users_file")
