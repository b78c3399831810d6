"""Pictures, for what is in them: axes with units, curves, markers, legends beside the data."""

import sys

import numpy as np
import pytest

import isacsys
from isacsys import plotting
from isacsys.cli import main
from isacsys.network import NetworkState, deploy
from isacsys.plotting.network_map import cell_borders, draw_map, request_lines
from isacsys.plotting.run_summary import draw_run
from isacsys.simulation import find_policies, run_frame, settle

CLUSTERS = isacsys.Scenario().replace({
    "allocation.users_per_bs": 4, "allocation.communication_cluster": 3, "allocation.targets_per_bs": 2,
    "allocation.sensing_cluster": 3, "network.area": 16.0, "antennas.transmit": 12, "recording.level": "links"})
K = "allocation.users_per_bs"


@pytest.fixture(scope="module")
def run():
    """A small run with links."""
    return isacsys.run(CLUSTERS, drops=12, executor="serial")


def labels(figure):
    """Axis labels, panel by panel."""
    return [(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes]


def legend_texts(figure):
    """What the legend below the panels says."""
    return [text.get_text() for text in figure.legends[0].get_texts()]


def apart(figure):
    """Whether the legend covers no panel."""
    figure.canvas.draw()
    box = figure.legends[0].get_window_extent()
    return not any(box.overlaps(axes.get_window_extent()) for axes in figure.axes)


def test_a_run(run):
    figure = draw_run(run)
    assert labels(figure)[:4] == [("SIR (dB)", "P(SIR below)"), ("rate (bit/s/Hz)", "P(rate below)"),
                              ("mean share of the interference", ""),
                              ("distance to the serving BS (km)", "mean rate (bit/s/Hz)")]
    sir, rate, shares, distance = figure.axes[:4]
    assert [len(axes.lines) for axes in (sir, rate)] == [2, 2]
    assert [len(axes.collections) for axes in (sir, rate)] == [2, 2]  # the confidence bands
    assert sum(bar.get_width() for bar in shares.patches) == pytest.approx(2)
    assert len(distance.containers) == 2
    assert legend_texts(figure)[:2] == ["users", "targets"]
    assert apart(figure)


def test_distributions_are_those_of_the_links(run):
    links = run.table("links/communication")
    x, y = draw_run(run).axes[1].lines[0].get_data()
    middle = len(x) // 2
    below = links["weight"][links["rate"] <= x[middle]].sum() / links["weight"].sum()
    assert y[middle] == pytest.approx(below, abs=1e-12)
    assert np.all(np.diff(y) >= 0)


def test_a_run_without_links_cannot_be_drawn(tmp_path, capsys):
    log = tmp_path / "run.h5"
    isacsys.run(CLUSTERS.replace({"recording.level": "summary"}), drops=2, executor="serial", output=log)
    assert main(["plot", str(log), "-o", str(tmp_path / "run.png")]) == 2
    assert "recording.level" in capsys.readouterr().err


def test_a_map():
    figure = draw_map(CLUSTERS)
    axes, bar = figure.axes
    record = run_frame(NetworkState(CLUSTERS, deploy(CLUSTERS, 0)), 0, find_policies(CLUSTERS))
    deployment, selection = deploy(CLUSTERS, 0), record.frame_state.selection
    stations, targets = (line.get_xydata() for line in axes.lines)
    users = axes.collections[-1]
    assert np.array_equal(stations, deployment.stations)
    assert np.array_equal(targets, deployment.targets[selection.targets.ids])
    assert np.array_equal(users.get_offsets(), deployment.users[selection.users.ids])
    assert np.asarray(users.get_array()) == pytest.approx(10 * np.log10(record.users.sir))
    served = next(lines for lines in axes.collections if lines.get_label() == "served")
    assert len(served.get_segments()) == 2 * (len(selection.users) + len(selection.targets))
    assert legend_texts(figure) == [
        "nulls for a user", "refuses to null for a user", "nulls for the echo of a target",
        "refuses to null for the echo of a target", "served", "base station", "scheduled target", "scheduled user"]
    assert labels(figure)[0] == ("x (km)", "y (km)") and bar.get_ylabel() == "SINR of users (dB)"
    assert apart(figure)


def test_a_map_without_clusters_has_no_requests():
    figure = draw_map(CLUSTERS.replace({"allocation.communication_cluster": 1, "allocation.sensing_cluster": 1}))
    assert figure.axes[0].get_title() == "no nulls are requested: L = 1, Q = 1"
    assert [lines.get_label() for lines in figure.axes[0].collections][1:] == ["served", "scheduled user"]


def test_two_drops_draw_no_bands():
    figure = draw_run(isacsys.run(CLUSTERS, drops=2, executor="serial"))
    assert [len(axes.collections) for axes in figure.axes[:2]] == [0, 0]
    assert "seed 1" in figure.get_suptitle()


def test_borders_are_as_far_from_both_cells_on_the_torus():
    side = np.array([4.0, 4.0])
    stations = np.random.default_rng(3).random((9, 2)) * side
    middle = cell_borders(stations, side).mean(axis=1)
    inside = middle[np.all((middle >= 0) & (middle < side), axis=1)]
    step = inside[:, None] - stations
    distance = np.sort(np.hypot(*np.moveaxis(step - side * np.round(step / side), -1, 0)), axis=1)
    assert len(inside) > 9
    assert distance[:, 0] == pytest.approx(distance[:, 1])


def test_request_lines_are_as_long_as_the_torus_says():
    state = NetworkState(CLUSTERS, deploy(CLUSTERS, 1))
    frame_state = settle(state, 1, find_policies(CLUSTERS))
    requests = frame_state.requests
    which = requests.kind == 0
    lines = request_lines(frame_state, state.deployment, which)
    length = np.hypot(*np.moveaxis(lines[:, 1] - lines[:, 0], -1, 0))
    gain = frame_state.around_users.path_gain[requests.link[which], requests.column[which]]
    assert np.tile(gain ** -0.25, 2) == pytest.approx(length)


def test_differences_are_drawn_in_per_cent_of_a(run):
    with_less = isacsys.run(CLUSTERS.replace({"antennas.receive": 5}), drops=12, executor="serial")
    found = isacsys.compare(run, with_less)
    (axes,) = found.plot().axes
    shown = {name.replace("_", " "): d for name, d in found.metrics.items() if d.a}
    assert [label.get_text() for label in axes.get_yticklabels()] == list(shown)
    assert any(d.significant for d in shown.values())
    for place, (drawn, d) in enumerate(zip(axes.containers, shown.values(), strict=True)):
        (left, y), (right, _) = drawn.lines[2][0].get_segments()[0]
        one = 100 / abs(d.a)
        assert y == place and (right + left) / 2 == pytest.approx(one * d.difference, abs=1e-9)
        assert (right - left) / 2 == pytest.approx(one * (d.half_width or 0), abs=1e-9)


def test_a_validation_draws_itself(tmp_path):
    scenario = CLUSTERS.replace({"recording.level": "summary"})
    found = isacsys.validate(scenario, sweep={K: (2, 4), "antennas.transmit": (10, 12)}, drops=3, executor="serial",
                             metric="communication_rate")
    figure = found.plot(tmp_path / "found.svg")
    (axes,) = figure.axes
    assert labels(figure) == [(K, "communication rate (bit/s/Hz)")]
    assert len(axes.containers) == 2  # simulated points of two families
    curves = [line for line in axes.lines if line.get_linestyle() in ("-", "--", ":") and len(line.get_xdata()) == 2]
    assert len(curves) >= 2 * 3  # three rungs of each
    assert {"transmit = 10", "transmit = 12", "paper", "simulation"} <= set(legend_texts(figure))
    assert "communication rate" in (tmp_path / "found.svg").read_text()


def test_a_distribution_draws_itself():
    found = isacsys.validate(CLUSTERS, formula=lambda s, x: np.exp(-np.pi * x**2), metric="communication_distance",
                             drops=10, executor="serial")
    (axes,) = found.plot().axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("threshold of communication distance (km)", "P(above threshold)")
    assert len(axes.containers) == 1


def test_the_same_picture_is_the_same_file(tmp_path):
    for name in ("one", "other"):
        plotting.save(draw_map(CLUSTERS), tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    for suffix in ("png", "svg"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"other.{suffix}").read_bytes()


def test_the_commands_write_pictures(run, tmp_path, capsys):
    log = tmp_path / "run.h5"
    isacsys.run(CLUSTERS, drops=3, executor="serial", output=log)
    (tmp_path / "s.toml").write_text(CLUSTERS.to_toml())
    assert main(["plot", str(log), "-o", str(tmp_path / "run.png")]) == 0
    assert main(["map", str(tmp_path / "s.toml"), "--drop", "2", "-o", str(tmp_path / "map.svg")]) == 0
    assert (tmp_path / "run.png").stat().st_size > 10_000
    assert "refuses to null" in (tmp_path / "map.svg").read_text()
    for bad in (["map", str(tmp_path / "s.toml"), "-o", "map.gif"], ["plot", str(log), "-o", "/nowhere/run.png"],
                ["map", str(tmp_path / "s.toml"), "-o", str(tmp_path / "m.png"), "--drop", "-1"]):
        assert main(bad) == 2
    assert len([line for line in capsys.readouterr().err.splitlines() if "warning" not in line]) == 3


def test_a_missing_matplotlib_is_one_clear_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    (tmp_path / "s.toml").write_text(CLUSTERS.to_toml())
    assert main(["map", str(tmp_path / "s.toml"), "-o", str(tmp_path / "map.png")]) == 2
    assert "isacsys[plot]" in capsys.readouterr().err.splitlines()[-1]


def test_a_map_shows_the_network_that_is_simulated():
    """With what an allocation policy chooses, and a policy of its own for targets."""
    scenario = CLUSTERS.replace({"allocation.policy": "optimal", "scheduling.target_policy": "nearest",
                                 "scheduling.policy": "nearest", "recording.level": "full", "simulation.drops": 1})
    run = isacsys.run(scenario, executor="serial")
    axes = draw_map(scenario).axes[0]
    drawn = {line.get_label(): line.get_xdata() for line in axes.lines}
    drawn["scheduled user"] = axes.collections[-1].get_offsets()[:, 0]
    for kind, what in (("communication", "user"), ("sensing", "target")):
        chosen = run.table(f"selections/{kind}")
        first = chosen[what][chosen["frame"] == 0]
        assert sorted(drawn[f"scheduled {what}"]) == pytest.approx(sorted(run.table(f"positions/{what}s")["x"][first]))
