"""Distributions over users: one picture, with the 5 % point where numpy has it."""

import numpy as np
import pytest

import isacsys
from isacsys.core.errors import ConfigError

SETTINGS = {"network.area": 12.0, "network.users_per_cell": 8.0, "simulation.frames": 6, "simulation.drops": 6,
            "recording.level": "users", "link.model": "nr"}


@pytest.fixture(scope="module")
def run():
    return isacsys.run(isacsys.Scenario().replace(SETTINGS), executor="serial")


def test_five_per_cent_is_marked(run):
    panels = run.plot().axes
    assert [axes.get_xlabel().split(" (")[1] for axes in panels] == ["Mbit/s)", "dB)", "bit/s/Hz)"]
    for axes, column in zip(panels, ("throughput", "geometry", "mean_rate"), strict=True):
        marker = next(line for line in axes.lines if line.get_marker() == "o")
        assert marker.get_xdata()[0] == pytest.approx(np.percentile(run.users()[column], 5))
        assert marker.get_ydata()[0] == 0.05
        curve = axes.lines[0]
        assert (np.diff(curve.get_ydata()) >= -1e-12).all()


def test_it_stands_beside_the_links(run):
    scenario = isacsys.Scenario().replace({**SETTINGS, "recording.level": "links", "simulation.drops": 2})
    made = isacsys.run(scenario, executor="serial").plot()
    assert sum("of a user" in axes.get_xlabel() for axes in made.axes) == 3 and len(made.axes) == 8


def test_the_report_has_it(run, tmp_path):
    from isacsys.report import write_report

    page = write_report([run], tmp_path / "page.html").read_text()
    assert "User throughput" in page and "5 % of all: " in page


def test_without_users_it_is_refused():
    scenario = isacsys.Scenario().replace({**SETTINGS, "recording.level": "summary", "simulation.drops": 1})
    with pytest.raises(ConfigError, match="recording.level"):
        isacsys.run(scenario, executor="serial").plot()
