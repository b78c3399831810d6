"""Cells from the points of a GeoJSON file (RFC 7946)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from isacsys.core.errors import ConfigError
from isacsys.geography.cells import COLUMNS
from isacsys.geography.tables import PLACE

NAMES = ("site", "name", "id", "ref")  # properties that may name a site
_OTHERS = tuple(name for name in COLUMNS if name not in PLACE and name != "site")


@dataclass(frozen=True)
class GeoPoint:
    """A point and what its properties say of a cell.

    Attributes
    ----------
    site : str
    longitude, latitude : float
        Degrees.
    values : dict
        From columns of a file of cells to text.
    """

    site: str
    longitude: float
    latitude: float
    values: dict[str, str]


def read_geo_json(text: str, key: str, path: str) -> list[GeoPoint]:
    """Read the points of a GeoJSON file; lines and areas are left out.

    Properties named as the columns of a file of cells are kept; the first of `NAMES` that is there names the site.

    Raises
    ------
    ConfigError
        Naming the feature.
    """
    try:
        found = json.loads(text)
        features = found["features"] if found["type"] == "FeatureCollection" else [found]
        points = [_point(feature, number, key, path) for number, feature in enumerate(features)
                  if (feature.get("geometry") or {}).get("type") in ("Point", "MultiPoint")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(key, path, "a GeoJSON file with a FeatureCollection of points") from None
    if not points:
        raise ConfigError(key, path, "a GeoJSON file with at least one point")
    return points


def _point(feature: dict[str, Any], number: int, key: str, path: str) -> GeoPoint:
    geometry, properties = feature["geometry"], feature.get("properties") or {}
    place = geometry["coordinates"] if geometry["type"] == "Point" else geometry["coordinates"][0]
    longitude, latitude = float(place[0]), float(place[1])
    if not (math.isfinite(longitude) and abs(longitude) <= 180 and abs(latitude) <= 90):
        raise ConfigError(key, f"{path}, feature {number}: {longitude:g}, {latitude:g}", "longitude from -180 to 180 "
                          "first, then latitude from -90 to 90 degrees; are they swapped?")
    named = [properties.get(name, feature.get(name)) for name in NAMES]
    site = next((str(name) for name in named if name not in (None, "")), f"point-{number}")
    values = {name: str(properties[name]) for name in _OTHERS if properties.get(name) is not None}
    return GeoPoint(" ".join(site.replace(",", " ").split()), longitude, latitude, values)
