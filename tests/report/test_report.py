"""Reports: whole, self-contained, text where there is text; the pictures are those of the run."""

import dataclasses
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest

import isacsys
from isacsys import Estimator, Metric, Scenario
from isacsys.cli import main
from isacsys.metrics import count
from isacsys.network.receivers import ReceiverType
from isacsys.report import charts, render, write_report
from isacsys.report.budget import required
from isacsys.report.content import visible
from isacsys.report.scene import scene_of
from tests.campaign.fakes import SCENARIO as FAKE
from tests.campaign.fakes import fail_at_seven, simulate

HOSTILE = "<script>alert(1)</script>\"' onload=alert(2) \u202eevil\u05d0"
SMALL = Scenario().replace({"network.area": 16.0, "network.users_per_cell": 8, "allocation.users_per_bs": 3,
                            "allocation.communication_cluster": 2, "allocation.targets_per_bs": 2,
                            "allocation.sensing_cluster": 2, "recording.level": "full"})
EVERYTHING = SMALL.replace({
    "simulation.frames": 6, "traffic.model": "poisson", "traffic.file_size": 1e5, "traffic.arrival_rate": 5.0,
    "mobility.user_speed": 30.0, "mobility.target_speed": 30.0, "targets.lifetime": 0.5, "targets.revisit_period": 0.02,
    "backhaul.latency": 0.01, "backhaul.loss": 0.1, "csi.own_age": 0.001, "propagation.noise_power": 0.01,
    "sensing.inter_target_echo": True, "sensing.cluster_center": "target"})
VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """Checks that what is opened is closed, and keeps text, ids and what a browser would fetch or run."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.scripts, self.fetched, self.handlers, self.tags = [], [], 0, [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.scripts += tag == "script" and ("type", "application/json") not in attrs
        self.fetched += [value for name, value in attrs if name in ("src", "href", "xlink:href", "action", "data")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


def check(page):
    """A page that is whole, fetches nothing, and runs its own script alone."""
    found = Page(page)
    assert found.scripts == 1 and found.handlers == []
    assert all(value.startswith("#") or value == "data:," for value in found.fetched)
    assert "default-src 'none'" in page and not re.search(r"https?://", page)
    assert "NaN" not in "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL)).replace("NaNs", "")
    assert not re.search(r'[ "\(,MLV]nan\b|\binf\b', "".join(re.findall(r' d="[^"]*"', page)))
    text = "".join(found.text)
    for bidi in "\u202e\u202d\u2066":
        assert bidi not in page
    return text


def titles(page):
    """The headings of sections."""
    return re.findall(r"<h2><bdi>(.*?)</bdi></h2>", page)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with everything recorded."""
    return isacsys.run(SMALL, drops=6, executor="serial", output=tmp_path_factory.mktemp("runs") / "a.h5")


def test_a_report_has_every_section_and_every_number(run):
    page = render([run])
    text = check(page)
    assert titles(page) == ["At a glance", "Map: a.h5, drop 0", "Users", "Distributions",
                            "Where interference comes from", "Convergence over drops", "Every estimate",
                            "Beside the analysis", "What was simulated", "Make it again"]
    for name, estimate in run.meaningful.items():
        assert name in text and f"{estimate.mean:.2g}"[:3] in text
    assert "seed" in text and "random" in text and run.attributes["numpy_version"] in text
    assert "agrees" in text and "isacsys run a.toml" in text and "Stations that interfere most" in text
    assert page.count("<figure") == page.count("<summary>numbers") >= 7
    assert len(page.encode()) < 1e6


def test_the_map_is_the_first_frame_in_which_anybody_is_served():
    """With processes, warm-up and movement, as in the log."""
    scenario = EVERYTHING.replace({"traffic.file_size": 2e4, "traffic.arrival_rate": 0.5, "simulation.warm_up": 2,
                                   "backhaul.latency": 0.0, "backhaul.loss": 0.0, "recording.level": "full"})
    run = isacsys.run(scenario, drops=1, executor="serial")
    scene, links, paths = scene_of(run, 0), run.table("links/communication"), run.table("paths/users")
    looks = run.table("links/sensing")
    assert scene.frame == min(links["frame"][0], looks["frame"][0])
    shown = {ReceiverType.USER: links, ReceiverType.TARGET: looks}
    for kind, table in shown.items():
        mine = table["frame"] == scene.frame
        assert scene.served[int(kind)].sinr == pytest.approx(10 * np.log10(table["sir"][mine]))
    users = links["user"][links["frame"] == scene.frame]
    mine = paths["frame"] == scene.frame
    places = {user: (x, y) for user, x, y in zip(*(paths[name][mine] for name in ("user", "x", "y")), strict=True)}
    assert np.allclose(scene.served[0].place, np.array([places[user] for user in users]).reshape(-1, 2))


@pytest.mark.parametrize(("changes", "says"), [
    ({"sensing.rcs": 1e-9}, "dB are missing"),
    ({"sensing.rcs": 1e-9, "propagation.noise_power": 1e3}, "Against these looks stand noise"),
    ({"sensing.rcs": 1e-9, "recording.level": "summary"}, "would say what is missing")])
def test_a_network_that_loses_its_targets_says_what_is_missing(changes, says):
    surveillance = SMALL.replace({"tracking.enabled": True, "sensing.coherent_time": 0.001, "sensing.false_alarm": 1e-4,
                                  "simulation.frames": 8, "mobility.target_speed": 20.0, **changes})
    text = check(render([isacsys.run(surveillance, drops=2, executor="serial")]))
    assert "What is missing for sensing" in text and says in text


def test_the_budget_asks_for_what_a_look_needs():
    """For P_d = 0.9 at P_fa = 1e-4, known RCS: detections drawn here, at that SINR and 1 dB below."""
    need = required(1e-4)
    rng = np.random.default_rng(5)
    noise = (rng.standard_normal((200_000, 2)) @ [1, 1j]) / np.sqrt(2)
    for sinr, least, most in ((need, 0.897, 0.903), (need / 10**0.1, 0.0, 0.84)):
        assert least <= np.mean(np.abs(np.sqrt(sinr) + noise) ** 2 > -np.log(1e-4)) <= most


def test_the_map_is_the_first_frame_of_the_run(run):
    scene, links = scene_of(run, 0), run.table("links/communication")
    first = links["drop"] == 0
    assert scene.served[0].sinr == pytest.approx(10 * np.log10(links["sir"][first]))
    assert np.array_equal(scene.served[0].station, links["station"][first])
    requests = run.table("requests")
    assert np.array_equal(scene.granted, requests["granted"][requests["drop"] == 0])


def test_several_runs_stand_side_by_side_with_paired_differences(run):
    runs = [run, *(isacsys.run(SMALL.replace(changes), drops=drops, executor="serial") for changes, drops in (
        ({"scheduling.policy": "nearest"}, 6), ({"simulation.seed": 2}, 4), ({"recording.level": "summary"}, 5)))]
    page = render(runs)
    text = check(page)
    assert "Differences" in titles(page) and "paired by 6 drops" in text and "paired by 5 drops" in text
    assert "cannot be paired by drop: simulation.seed" in text
    found = isacsys.compare(run, runs[1])["communication_rate"]
    assert f"{found.difference:.1f}" in text
    assert "a.h5" in text and "run (2)" in text and len([t for t in titles(page) if "Map" in t]) == 4


def test_everything_on(tmp_path):
    run = isacsys.run(EVERYTHING, drops=4, executor="serial")
    page = render([run])
    text = check(page)
    assert {"Over time", "Sensing quality and tracks"} <= set(titles(page))
    assert "missed_revisits_fraction" in text and "left out by the analysis" in text and "time (s)" in text


def test_sites_of_three_cells_and_a_network_that_ends(tmp_path):
    (tmp_path / "p.csv").write_text("kind,x,y\n" + "\n".join(
        [f"station,{x},{y}" for x in (1.0, 2.0, 3.0) for y in (1.0, 2.2)] + [f"user,{0.5 + x},1.3" for x in range(4)]))
    built = {"propagation.model": "uma", "network.sectors": 3, "antennas.pattern": "tr38901"}
    ends = {"network.layout": "file", "network.positions": str(tmp_path / "p.csv"), "network.boundary": "open"}
    for changes in built, {"propagation.model": "uma", **ends}:
        run = isacsys.run(SMALL.replace(changes), drops=2, executor="serial")
        assert "SINR of users below" in check(render([run]))
        scene = scene_of(run, 0)
        assert np.all(scene.sites <= scene.extent) and len(scene.stations) == len(scene.sites) * run.scenario.get(
            "network.sectors")


@pytest.mark.parametrize(("changes", "drops"), [
    pytest.param(changes, drops, marks=[pytest.mark.slow] * ((i + drops // 2) % 2)) for i, changes in enumerate([
        {"network.users_per_cell": 0.0}, {"network.users_per_cell": 0.0, "network.targets_per_cell": 0.0},
        {"allocation.users_per_bs": 20, "network.users_per_cell": 30, "allocation.communication_cluster": 1},
        {"allocation.targets_per_bs": 0}, {"network.bs_density": 0.15}, {"recording.level": "summary"}])
    for drops in (1, 3)])
def test_networks_at_the_edge(changes, drops):
    """No users, nobody at all, K = M_t, nothing sensed, a station or two, no links."""
    text = check(render([isacsys.run(SMALL.replace({"allocation.communication_cluster": 1,
                                                    "allocation.sensing_cluster": 1, **changes}),
                                     drops=drops, executor="serial")]))
    assert ("which says nothing of the spread" in text) == (drops == 1)


def test_an_unfinished_run_and_one_without_a_drop(tmp_path):
    with pytest.raises(isacsys.IsacError):
        isacsys.run(FAKE, drops=20, output=tmp_path / "a.h5", executor="serial", simulate=fail_at_seven)
    text = check(render([tmp_path / "a.h5"]))
    assert "7 of 20, unfinished" in text and "of the drops so far" in text
    isacsys.run(FAKE, drops=2, output=tmp_path / "b.h5", executor="serial", simulate=simulate)
    check(render([tmp_path / "b.h5"]))


class Hostile(Metric):
    """A figure with a name that wants to be run."""

    columns = (count("x", HOSTILE),)
    estimates = (Estimator("sensing_" + HOSTILE, {"x": 1, "stations": -1}, HOSTILE, HOSTILE),)

    def sums(self, record):
        return {"x": 1}


def test_hostile_names_are_text(tmp_path):
    scenario = dataclasses.replace(SMALL, file=HOSTILE)
    path = tmp_path / (HOSTILE.replace("/", "") + ".h5")
    isacsys.run(scenario, drops=3, executor="serial", output=path, measure=[Hostile()])
    page = render([path, path])
    text = check(page)
    assert "<script>alert(1)</script>\"' onload=alert(2) \\u202eevil\u05d0" in text
    assert "\\u202e" in visible(HOSTILE) and visible("שלום <b>") == "שלום <b>"


def test_ten_thousand_stations_take_less_than_ten_seconds(tmp_path):
    """Measured with a clock that others' work slows down: twice that is the limit here."""
    scenario = Scenario().replace({"network.area": 10000.0, "network.users_per_cell": 4, "network.targets_per_cell": 2,
                                   "allocation.users_per_bs": 2, "recording.level": "links"})
    run = isacsys.run(scenario, drops=1, executor="serial", output=tmp_path / "big.h5")
    begin = time.process_time()
    page = render([run])
    assert time.process_time() - begin < 10
    assert len(page.encode()) < 3e6
    assert "in the middle of" in check(page)


def test_the_command_writes_a_page_or_says_why_not(tmp_path, run, capsys):
    assert main(["report", str(run.path), "-o", str(tmp_path / "x.html")]) == 0
    assert "MB" in capsys.readouterr().out and (tmp_path / "x.html").read_text().startswith("<!doctype html>")
    assert main(["report", str(run.path), "-o", str(tmp_path / "x.pdf")]) == 2
    assert main(["report", str(tmp_path / "nothing.h5"), "-o", str(tmp_path / "x.html")]) == 2
    assert main(["report", str(run.path), "-o", str(tmp_path / "no" / "x.html")]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert write_report([run], tmp_path / "y.html").exists()


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-37.2, 51), (1e-9, 2e-9), (0, 12345), (-1e6, -1e5)])
def test_ticks_are_round_few_and_inside(low, high):
    found = charts.ticks(low, high)
    assert 3 <= len(found) <= 9 and min(found) >= low - 1e-9 * abs(low) and max(found) <= high + 1e-9 * abs(high)


def test_a_line_is_broken_where_there_is_nothing():
    assert charts.path(np.array([0.0, 1, 2, 3]), np.array([0, np.nan, 2, 3])) == "M0.0 0.0M2.0 2.0L3.0 3.0"
