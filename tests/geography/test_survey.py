"""Networks from public lists: OpenCelliD, GeoJSON."""

import gzip
import json

import numpy as np
import pytest
from pyproj import Geod

from isacsys.core.errors import ConfigError
from isacsys.geography import read_cells, survey

HEADER = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"


def row(cell, lon, lat, radio="LTE", net=1, samples=1):
    return f"{radio},262,{net},801,{cell},0,{lon},{lat},1000,{samples},1,1500000000,1600000000,0\n"


ROWS = (row(256 * 7, 11.500, 48.1, samples=3) + row(256 * 7 + 1, 11.504, 48.1) + row(256 * 7 + 2, 11.500, 48.1)
        + row(256 * 9, 11.52, 48.11) + row(77, 11.53, 48.12, radio="GSM", net=2) + row(256 * 11, 12.9, 48.1))


@pytest.mark.parametrize("header", [HEADER, ""])
@pytest.mark.parametrize("name", ["o.csv", "o.csv.gz"])
def test_open_cell_id(tmp_path, header, name):
    path = tmp_path / name
    content = (header + ROWS).encode()
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = survey(str(path), (11.5, 48.1), 5.0)
    assert found.sites == 3 and len(found.rows) == 5
    text = " ".join(found.remarks)
    assert "positions are estimates" in text and "azimuths are unknown" in text
    assert "--radio" in text and "--operator" in text
    made = tmp_path / "cells.csv"
    made.write_text(found.to_csv())
    cells = read_cells(str(made))
    assert cells.names == ("LTE-262-1-7", "LTE-262-1-9", "GSM-262-2-801-77")
    assert cells.site.tolist() == [0, 0, 0, 1, 2]
    assert cells.azimuth[:3].tolist() == [0, 120, 240] and np.isnan(cells.azimuth[3:]).all()
    np.testing.assert_allclose(cells.places.position[0], [11.5008, 48.1])  # weighted with the samples
    assert len(survey(str(path), (11.5, 48.1), 5.0, azimuths="omni").rows) == 3
    assert survey(str(path), (11.5, 48.1), 5.0, radio="lte", operator="262-1").sites == 2


def test_within_is_a_geodesic(tmp_path):
    geod, path = Geod(ellps="WGS84"), tmp_path / "o.csv"
    places = [geod.fwd(-70.6, -33.4, azimuth, distance)[:2] for azimuth in (0, 45, 90, 200)
              for distance in (2999.0, 3001.0)]
    path.write_text(HEADER + "".join(row(256 * i, *place) for i, place in enumerate(places)))
    assert [r["site"] for r in survey(str(path), (-70.6, -33.4), 3.0).rows] == [f"LTE-262-1-{i}" for i in (0, 2, 4, 6)]


def test_geo_json(tmp_path):
    def point(place, **properties):
        return {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": properties}
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        point([11.5, 48.1], name="town hall", azimuth=30, height=22.5),
        point([11.5, 48.1], name="town hall", azimuth=150),
        point([11.51, 48.1, 530.0], name="town hall"), point([11.52, 48.1]), point([13, 48.1], name="far"),
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, "properties": {}}]},
        indent=1))
    found = survey(str(path), (11.5, 48.1), 5.0)
    assert [r["site"] for r in found.rows] == ["town hall", "town hall", "town hall (2)", "point-3"]
    made = tmp_path / "cells.csv"
    made.write_text(found.to_csv())
    cells = read_cells(str(made))
    assert cells.azimuth[:2].tolist() == [30, 150] and cells.height[0] == 22.5
    assert found.remarks == ["the file says no power_dbm of a cell"]


@pytest.mark.parametrize(("text", "says"), [
    ("", "GeoJSON file"), ("{", "GeoJSON file"), ("[1]", "GeoJSON file"), ('{"type": "FeatureCollection"}', "GeoJSON"),
    ('{"type": "FeatureCollection", "features": []}', "at least one point"),
    ('{"type": "Feature", "geometry": {"type": "Point", "coordinates": [48.1, 111.5]}}', "feature 0: .*swapped"),
    (HEADER + row(1, 48.1, 111.5), "line 2': .*swapped"), (HEADER + row("x", 1, 2), "line 2': a row radio,mcc"),
    (HEADER + "LTE,262\n", "line 2': a row"), (HEADER + row(1, 5, 6), "a file with cells within 5 km of 11.5, 48.1"),
    ("radio,mcc,net\n1,2,3\n", "GeoJSON")])
def test_bad_lists_are_one_line(tmp_path, text, says):
    path = tmp_path / "l.txt"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says) as error:
        survey(str(path), (11.5, 48.1), 5.0)
    assert "\n" not in str(error.value)
