"""Energy of whole drops: which stations sleep, what is metered, what is off changes nothing."""

import numpy as np
import pytest

import isacsys
from isacsys import Metric, Process, Scenario
from isacsys.core.columns import count
from isacsys.energy.meter import asleep_energy
from isacsys.energy.models import Tr38864
from isacsys.recording import MemoryRecorder
from isacsys.simulation import simulate_drop

SMALL = {"network.area": 12, "network.users_per_cell": 1.0, "network.targets_per_cell": 0.6, "antennas.transmit": 8,
         "allocation.users_per_bs": 2, "allocation.targets_per_bs": 1, "simulation.frames": 12, "simulation.drops": 2}
BEAMS = {"precoding.sensing_power": 0.3}
REPORT = {"energy.model": "tr38864", "energy.reference_power": 2.0}


class Watch(Metric):
    """Keeps the stations of every frame."""

    columns = (count("watched", "frames"),)

    def __init__(self):
        self.seen = []

    def sums(self, record):
        Watch.last.append(record)
        return {"watched": 1}


def frames_of(changes, processes=(), drop=0):
    """The records of a drop, and its row of table drops."""
    Watch.last = []
    recorder = MemoryRecorder()
    simulate_drop(Scenario().replace({**SMALL, **changes}), drop, recorder, metrics=[Watch()], processes=processes)
    return Watch.last, {name: column[0] for name, column in recorder.read("drops").items()}


class Outage(Process):
    """The first station is off for three frames."""

    def run(self, stage):
        yield stage.wait(0.04)
        stage.state.switch(0, on=False)
        yield stage.wait(0.03)
        stage.state.switch(0, on=True)


def by_hand(records, sleep="automatic", unit=2.0):
    """Energy of a drop, J: each station's frames in a loop, set 1 of category 1, by the formulas of the report."""
    states = Tr38864(reference_power=unit).sleep_states()
    total, duration = 0.0, 0.01
    for b in range(len(records[0].stations["on"])):
        idle = off = 0.0
        for record in [*records, None]:
            users = looks = beams = 0.0
            on = True
            if record is not None:
                users = record.power[b, :2].sum()
                beams = record.power[b, 2:].sum()
                looks = np.count_nonzero(record.frame_state.selection.targets.station == b)
                on = record.stations["on"][b]
            awake = record is not None and on and (users + beams + looks > 0 or sleep == "never")
            if record is None or not on or awake:
                total += float(asleep_energy(states[: 1 if sleep == "micro" else 3], np.array([idle]))[0])
                idle = 0.0
            if record is None or on:
                total += unit * off + unit * 1.0 if off else 0.0
                off = 0.0
            if awake:
                active = 0.4 + 0.6 * (users + beams)
                total += unit * duration * (55 + 225 * active + (110 - 55) * (looks > 0))
            elif record is not None:
                idle, off = (idle + duration, off) if on else (idle, off + duration)
    return total


@pytest.mark.parametrize("sleep", ["automatic", "never", "micro"])
@pytest.mark.parametrize("beams", [{}, BEAMS])
def test_a_drop_by_hand(sleep, beams):
    records, row = frames_of({**REPORT, **beams, "energy.sleep": sleep}, [Outage()])
    assert row["energy"] == pytest.approx(by_hand(records, sleep))
    assert row["energy_time"] == pytest.approx(len(records[0].stations["on"]) * 12 * 0.01)
    asleep = sum(np.count_nonzero(record.stations["asleep"]) for record in records)
    assert row["stations_asleep"] == asleep
    assert asleep == 3 if sleep == "never" else asleep > 3
    assert not records[5].stations["on"][0]
    assert records[5].stations["on"][1:].all()
    assert records[5].stations["power"][0] == 2.0  # deep sleep


def test_who_sleeps_has_nothing_to_do():
    records, _ = frames_of({**REPORT, **BEAMS})
    for record in records:
        selection, found = record.frame_state.selection, record.stations
        busy = (selection.users.count > 0) | (selection.targets.count > 0)
        assert np.array_equal(found["asleep"], ~busy)
        assert np.array_equal(found["listening"], selection.targets.count > 0)
        assert np.array_equal(found["output"] > 0, record.transmitting)
        assert found["output"][record.transmitting] == pytest.approx(1)
        assert np.array_equal(found["load"] > 0, selection.users.count > 0)
        assert ((selection.users.count == 0) & (found["output"] > 0)).any()  # sensing beams alone


def test_stations_without_users_are_silent_without_sensing_beams():
    records, _ = frames_of(REPORT)
    for record in records:
        assert np.array_equal(record.stations["asleep"], record.frame_state.selection.silent)


def test_figures_of_a_run():
    run = isacsys.run(Scenario().replace({**SMALL, **REPORT, **BEAMS, "recording.level": "links"}), executor="serial",
                      progress=False)
    drops = run.table("drops")
    assert run["power"].mean == pytest.approx(drops["energy"].sum() / drops["energy_time"].sum())
    assert run["power"].unit == "W"
    looks = len(run.table("links/sensing")["target"])
    assert run["energy_per_look"].mean == pytest.approx(drops["energy"].sum() / looks)
    assert run["sleep_share"].mean == pytest.approx(drops["stations_asleep"].sum() / drops["stations"].sum())
    assert run["relative_power"].mean == pytest.approx(run["power"].mean / (2 * 280))


def test_power_goes_by_the_data_that_is_sent():
    """Queues that run empty: of each station the mean share of the frame with data, over its users, by the log."""
    changes = {**REPORT, "network.users_per_cell": 6.0, "traffic.model": "poisson", "traffic.arrival_rate": 20.0,
               "traffic.file_size": 2e5, "link.model": "nr", "allocation.targets_per_bs": 0}
    records, _ = frames_of(changes)
    shares = []
    for record in records:
        users, share = record.frame_state.selection.users, record.delivery.load
        for b in range(users.stations):
            mine = share[users.station == b]
            expected = 55 + 225 * (0.4 + 0.6 * mine.mean()) if len(mine) else 55
            assert record.stations["power"][b] == pytest.approx(2 * expected)
            assert record.stations["output"][b] == pytest.approx(mine.mean() if len(mine) else 0)
            shares += mine.tolist()
    assert 0.05 < np.mean(shares) < 0.95


def test_bits_over_energy():
    run = isacsys.run(Scenario().replace({**SMALL, **REPORT, "link.model": "nr"}), executor="serial", progress=False)
    drops = run.table("drops")
    assert run["energy_efficiency"].mean == pytest.approx(drops["megabits"].sum() / drops["energy"].sum())
    assert run["energy_efficiency"].unit == "Mbit/J"


def test_without_a_reference_power_watts_are_unknown_and_ratios_known():
    known, unknown = (
        isacsys.run(Scenario().replace({**SMALL, **REPORT, "energy.reference_power": watts}), executor="serial",
                    progress=False) for watts in (2.0, 0.0))
    assert unknown["power"].mean is None
    assert unknown["energy_per_look"].mean is None
    assert unknown["energy_efficiency"].mean is None
    assert unknown["relative_power"].mean == pytest.approx(known["relative_power"].mean)
    assert unknown["sleep_share"].mean == known["sleep_share"].mean


def test_earth_in_a_drop():
    records, row = frames_of({"energy.model": "earth"}, [Outage()])
    watts = sum(np.where(r.stations["asleep"] | ~r.stations["on"], 150, 2 * 130 + 4.7 * 10**1.6).sum() for r in records)
    assert row["energy"] == pytest.approx(0.01 * watts)


def test_a_model_of_ones_own(tmp_path):
    (tmp_path / "mine.py").write_text("import isacsys\nimport numpy as np\n\n\nclass Flat(isacsys.EnergyModel):\n"
                                      "    def __init__(self, base=200.0):\n        self.base = base\n\n"
                                      "    def power(self, stations):\n"
                                      "        return np.where(stations.on, self.base + 300 * stations.load, 10.0)\n")
    (tmp_path / "s.toml").write_text('[energy]\nmodel = "mine:Flat"\nparameters = {base = 100.0}\n')
    scenario = Scenario.load(tmp_path / "s.toml").replace(SMALL)
    recorder = MemoryRecorder()
    simulate_drop(scenario, 0, recorder, processes=[Outage()])
    row = {name: column[0] for name, column in recorder.read("drops").items()}
    stations, sending = row["stations"], row["transmitting"]
    assert row["energy"] == pytest.approx(0.01 * (100 * (stations - 3) + 300 * sending + 10 * 3))


@pytest.mark.parametrize("model", ["tr38864", "earth"])
def test_a_model_changes_nothing_else(model):
    rows = []
    for name in ("none", model):
        recorder = MemoryRecorder()
        simulate_drop(Scenario().replace({**SMALL, **BEAMS, "energy.model": name, "recording.level": "full"}), 0,
                      recorder)
        rows.append(recorder)
    without, with_model = rows
    for table in without.tables():
        for column, values in without.read(table).items():
            assert np.array_equal(values, with_model.read(table)[column], equal_nan=values.dtype.kind == "f"), column
    assert "energy" not in without.read("drops")


def test_helpers_listen():
    changes = {**REPORT, **BEAMS, "cooperation.sensing": "multistatic", "allocation.sensing_cluster": 3}
    records, _ = frames_of(changes)
    for record in records:
        helpers = record.frame_state.helpers
        expected = record.frame_state.selection.targets.count > 0
        expected[helpers.station] = True
        assert np.array_equal(record.stations["listening"], expected)
        assert not (record.stations["asleep"] & expected).any()


def test_cells_of_a_file_have_powers_of_their_own(tmp_path):
    """EARTH: 2 (130 + 4.7 P / 2) W, P of 46 and of 43 dBm."""
    (tmp_path / "cells.csv").write_text("site,x,y,power_dbm\n1,0.2,0.2,46\n2,0.8,0.2,43\n")
    records, row = frames_of({
        "energy.model": "earth", "energy.sleep": "never", "network.cells": str(tmp_path / "cells.csv"),
        "network.layout": "file", "network.boundary": "open", "network.users_per_cell": 20.0,
        "propagation.model": "uma", "allocation.targets_per_bs": 0})
    for record in records:
        full = 260 + 4.7 * 10 ** (np.array([16.0, 13.0]) / 10)
        assert record.stations["power"] == pytest.approx(np.where(record.transmitting, full, 260))
    assert row["energy"] == pytest.approx(0.01 * sum(record.stations["power"].sum() for record in records))
