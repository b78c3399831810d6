"""Logs at full say which station interferes most: found again with plain loops over what stations do."""

import numpy as np
import pytest

import isacsys
from isacsys import Scenario

SCENARIO = Scenario().replace({"network.area": 12.0, "network.near_stations": 3, "allocation.users_per_bs": 3,
                               "network.users_per_cell": 6, "allocation.targets_per_bs": 2})


@pytest.mark.parametrize("kind", ["communication", "sensing"])
def test_the_strongest_is_a_part_of_the_interference_and_the_most_of_a_fair_share(kind):
    run = isacsys.run(SCENARIO.replace({"recording.level": "full"}), drops=6, executor="serial")
    links = run.table(f"links/{kind}")
    others = links["interference_other"] + links["interference_refused"] + links["leakage_granted"]
    most = links["strongest_interference"]
    assert np.all(most <= others * (1 + 1e-12)) and np.all(3 * most >= others * (1 - 1e-12))  # three are near
    assert np.array_equal(links["strongest_station"] >= 0, most > 0)
    assert np.all(links["strongest_station"] != links["station"]) or kind == "sensing"


def test_of_one_near_station_it_is_all():
    run = isacsys.run(SCENARIO.replace({"recording.level": "full", "network.near_stations": 2}), drops=4,
                      executor="serial")
    links, places = run.table("links/communication"), run.table("positions/stations")
    users = run.table("positions/users")
    assert links["strongest_interference"] == pytest.approx(links["interference_other"])  # the serving one and another
    side = np.sqrt(12.0)
    for row in range(0, len(links["drop"]), 7):
        drop, user = links["drop"][row], links["user"][row]
        at = [np.array([t["x"], t["y"]])[:, t["drop"] == drop].T for t in (users, places)]
        step = (at[1] - at[0][user] + side / 2) % side - side / 2
        nearest = np.argsort(np.hypot(*step.T))
        assert nearest[0] == links["station"][row]
        assert links["strongest_station"][row] in (nearest[1], -1)


def test_other_levels_do_not_have_it():
    run = isacsys.run(SCENARIO.replace({"recording.level": "links"}), drops=2, executor="serial")
    assert "strongest_station" not in run.table("links/communication")
