"""Percentiles, fairness and gaps of a drop are those recomputed from the rows of its links."""

import numpy as np
import pytest

from isacsys.metrics.drop_metrics import jain
from tests.simulation.test_laws import run


def test_fairness_is_one_for_equals_and_one_nth_for_a_monopoly():
    assert jain(np.full(7, 3.0)) == pytest.approx(1) and jain(np.eye(7)[2]) == pytest.approx(1 / 7)
    assert jain(np.zeros(4)) == 0 and jain(np.empty(0)) == 0


def test_what_a_drop_says_is_what_its_links_say():
    tables = run({"simulation.frames": 9, "network.users_per_cell": 4})
    drop, links, echoes = (tables.table(name) for name in ("drops", "links/communication", "links/sensing"))
    rate = np.bincount(links["user"], links["rate"], len(tables.table("positions/users")["user"])) / 9
    assert drop["cell_edge_rate"][0] == pytest.approx(np.percentile(rate, 5))
    assert drop["fairness"][0] == pytest.approx(jain(rate))
    gaps = np.concatenate([np.diff(echoes["frame"][echoes["target"] == t]) for t in np.unique(echoes["target"])]) * 0.01
    assert drop["sensing_gaps"][0] == len(gaps) and drop["sensing_gap"][0] == pytest.approx(gaps.sum())
    assert drop["sensing_gap_95"][0] == pytest.approx(np.percentile(gaps, 95))


def test_only_users_who_had_data_count(tmp_path):
    """Files for every third user, before the first frame: the others neither lower the edge nor the fairness."""
    path = tmp_path / "arrivals.csv"
    changes = {"simulation.frames": 9, "network.users_per_cell": 12, "backhaul.lead": 0.01}
    users = len(run(changes).table("positions/users")["user"])
    path.write_text("time,user,bits\n" + "".join(f"-1,{i},1e12\n" for i in range(0, users, 3)))
    tables = run({**changes, "traffic.model": "file", "traffic.arrivals": str(path)})
    drop, links = tables.table("drops"), tables.table("links/communication")
    assert np.all(links["user"] % 3 == 0)
    rate = np.bincount(links["user"], links["rate"], users)[::3] / 9
    assert drop["fairness"][0] == pytest.approx(rate.sum() ** 2 / (len(rate) * np.sum(rate**2)))
    assert drop["cell_edge_rate"][0] == pytest.approx(np.percentile(rate, 5)) and np.percentile(rate, 5) > 0


def test_one_frame_says_nothing_of_time():
    drop = run({}).table("drops")
    assert all(drop[name][0] == 0 for name in ("rated", "fairness", "sensing_gaps", "files", "handovers", "user_time"))
