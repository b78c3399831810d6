"""Every rate of the stored grid, which make_reference.py computed with mpmath on another road."""

import json
from pathlib import Path

import pytest

from isacsys import analysis

REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text(encoding="utf-8"))


def arguments(point):
    return {key: value for key, value in point.items() if key not in ("rate", "error")}


def name(point):
    return " ".join(f"{key}={value}" for key, value in arguments(point).items())


def tolerance(size, usual):
    return usual if size <= 12 else 1e-4


@pytest.mark.parametrize("point", REFERENCE["communication"], ids=name)
def test_communication_rate(point):
    assert point["error"] < 1e-7
    rate = analysis.communication_rate(**arguments(point))
    assert rate == pytest.approx(point["rate"], rel=tolerance(point["L"], 1e-6), abs=0)


@pytest.mark.parametrize("point", REFERENCE["sensing"], ids=name)
def test_sensing_rate(point):
    assert point["error"] < 1e-5
    rate = analysis.sensing_rate(**arguments(point))
    assert rate == pytest.approx(point["rate"], rel=tolerance(point["Q"], 1e-5), abs=0)


def test_the_grid_spans_what_is_promised():
    def span(points, key):
        values = [point[key] for point in points]
        return min(values), max(values)

    communication, sensing = REFERENCE["communication"], REFERENCE["sensing"]
    assert [span(communication, key) for key in ("K", "L", "alpha", "D")] == [(1, 64), (1, 64), (2.05, 6), (1, 200)]
    assert [span(sensing, key) for key in ("Q", "alpha", "beta", "c", "bs_density")] == [
        (1, 64), (2.1, 6), (2, 4), (1e-4, 1e4), (0.01, 100)]
