"""Metrics: stated once, summed, estimated; a user's own travel with the run and are read back without their code."""

import json

import numpy as np
import pytest

import isacsys
from isacsys import Estimator, Metric, Scenario
from isacsys.core.errors import ConfigError, IsacError
from isacsys.metrics import METRICS, count, real
from isacsys.network.receivers import ReceiverType
from isacsys.recording import Log, MemoryRecorder, MergedSources, Part, Tables, write_log, write_part
from isacsys.recording.schema import TABLES, Layout
from isacsys.services import LinkTerms
from isacsys.services import link_terms as links
from tests.recording.rows import some_rows

SMALL = Scenario().replace({"network.area": 9.0, "network.users_per_cell": 8, "allocation.users_per_bs": 4,
                            "simulation.frames": 2, "recording.level": "links"})


class SlowUsers(Metric):
    """Share of scheduled users below 1 bit/s/Hz, and the median rate of a drop."""

    columns = (count("slow_users", "scheduled users below 1 bit/s/Hz"),)
    drop_columns = (real("median_rate", "bit/s/Hz", "median rate of scheduled users"),
                    count("medians", "1 where a user was scheduled"))
    estimates = (Estimator("slow_user_fraction", {"slow_users": 1, "communication_links": -1}, "1", "share of them"),
                 Estimator("median_rate", {"median_rate": 1, "medians": -1}, "bit/s/Hz", "median, mean over drops"))

    def __init__(self):
        self._rates = []

    def sums(self, record):
        self._rates.append(record.users.rate)
        return {"slow_users": int(np.count_nonzero(record.users.rate < 1))}

    def drop(self):
        rates = np.concatenate(self._rates)
        return {"median_rate": float(np.median(rates)) if len(rates) else 0.0, "medians": int(len(rates) > 0)}


def test_every_column_and_figure_has_a_name_of_its_own_and_says_what_it_means():
    for table, columns in TABLES.items():
        names = [column.name for column in columns]
        assert len(set(names)) == len(names), table
        assert all(column.unit and column.description for column in columns)
    known = {column.name for column in TABLES["drops"]} | {"bs_density"}
    for name, metric in METRICS.items():
        assert metric.name == name and metric.unit and metric.meaning
        assert {*metric.powers, metric.about or "stations"} <= known


@pytest.mark.parametrize("workers", [{"executor": "serial"}, {"workers": 1}])
def test_a_metric_of_ones_own_is_recorded_estimated_and_read_back(tmp_path, workers):
    run = isacsys.run(SMALL, drops=5, output=tmp_path / "a.h5", measure=[SlowUsers()], **workers)
    links = run.table("links/communication")
    slow = links["rate"] < 1
    assert run["slow_user_fraction"].mean == pytest.approx(slow.mean())
    medians = [np.median(links["rate"][links["drop"] == drop]) for drop in np.unique(links["drop"])]
    assert run["median_rate"].mean == pytest.approx(np.mean(medians))
    assert run.table("frames")["slow_users"].sum() == slow.sum()
    described = {column.name: column for column in Log(tmp_path / "a.h5").columns("drops")}
    assert described["slow_users"].description == SlowUsers.columns[0].description
    plain = isacsys.run(SMALL, drops=5, executor="serial")
    assert "slow_user_fraction" not in plain.metrics
    assert plain["communication_ase"] == run["communication_ase"]
    both = isacsys.compare(run, plain)
    assert both["slow_user_fraction"].b is None and both["communication_ase"].difference == 0


def test_a_run_with_a_metric_of_ones_own_is_resumed_and_stopped_by_it(tmp_path):
    whole = isacsys.run(SMALL, drops=6, output=tmp_path / "a.h5", measure=[SlowUsers()], executor="serial")
    isacsys.run(SMALL, drops=3, output=tmp_path / "b.h5", measure=[SlowUsers()], executor="serial")
    again = isacsys.run(SMALL, drops=6, output=tmp_path / "b.h5", resume=True, measure=[SlowUsers()], executor="serial")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert again["median_rate"] == whole["median_rate"]
    with pytest.raises(ConfigError, match="metrics"):
        isacsys.run(SMALL, drops=8, output=tmp_path / "b.h5", resume=True, executor="serial")
    stopped = isacsys.run(SMALL, drops=60, precision=0.9, metrics=["median_rate"], measure=[SlowUsers()],
                          executor="serial")
    assert stopped.drops == 30


class Taken(SlowUsers):
    """Uses a column that there is."""

    columns = (count("stations", "again"),)


class Unknown(SlowUsers):
    """Made of what nobody records."""

    estimates = (Estimator("x", {"nothing": 1}, "1", "x"),)


class Double(SlowUsers):
    """Uses the name of a figure that there is."""

    estimates = (Estimator("fairness", {"slow_users": 1}, "1", "x"),)


class Short(SlowUsers):
    """Forgets a column."""

    def sums(self, record):
        return {}


@pytest.mark.parametrize("metric", [Taken, Unknown, Double, Short])
def test_a_faulty_metric_is_named(metric):
    with pytest.raises(IsacError, match=metric.__name__):
        isacsys.run(SMALL, drops=2, measure=[metric()], executor="serial")


def test_a_column_that_a_log_lacks_is_absent_and_no_damage(tmp_path):
    """An optional column in one half of what is gathered: the whole does not have it, and nothing else is lost."""
    extra = real("extra", "s", "something", optional=True)
    with_it, without = MemoryRecorder("summary"), MemoryRecorder("summary")
    with_it.declare("drops", [extra])
    rows = some_rows("drops", 4)
    with_it.append("drops", {**rows, "extra": np.arange(4.0)})
    without.append("drops", rows)
    write_log(tmp_path / "a.h5", "summary", {}, with_it)
    log = Log(tmp_path / "a.h5")
    assert log.read("drops")["extra"].tolist() == [0, 1, 2, 3]
    assert {column.name: column.unit for column in log.columns("drops")}["extra"] == "s"
    part = Part(write_part(tmp_path, 0, 4, "x", with_it))
    assert part.read("drops")["extra"].tolist() == [0, 1, 2, 3]
    assert Tables.of(part).columns("drops") == part.columns("drops")
    mixed = MergedSources([log, without])
    assert "extra" not in mixed.read("drops") and len(mixed.read("drops")["drop"]) == 8
    write_log(tmp_path / "b.h5", "summary", {}, mixed)
    assert "extra" not in Log(tmp_path / "b.h5").read("drops")


def test_figures_made_of_columns_that_are_not_there_do_not_apply():
    run = isacsys.run(SMALL, drops=3, executor="serial")
    drops = run.table("drops")
    run._source = Tables({**{t: run._source.read(t) for t in run._source.tables()},
                          "drops": {n: c for n, c in drops.items() if n != "null_lost"}})
    assert "null_lost_fraction" not in run.metrics and run["null_lost_fraction"].mean is None
    assert json.dumps(run.to_dict(), allow_nan=False)


def test_more_columns_of_links_are_recorded_where_there_are_any(monkeypatch):
    more = {ReceiverType.USER: (real("sinr_guess", "1", "guess"),), ReceiverType.TARGET: ()}
    monkeypatch.setattr(links, "MORE", more)
    columns = links.link_columns(ReceiverType.USER)
    assert columns[-1].name == "sinr_guess" and columns[-1].optional
    terms = LinkTerms(*[np.ones(2)] * 11, more={"sinr_guess": np.zeros(2)})
    assert list(terms.columns(ReceiverType.USER)) == [c.name for c in columns if c.name != "degrees_of_freedom"]


def test_a_layout_is_what_is_required_and_what_comes():
    assert Layout("drops").names == {c.name for c in TABLES["drops"] if not c.optional}
    with pytest.raises(ValueError, match="wants columns"):
        Layout("drops", ["drop"])
    with pytest.raises(ValueError, match="wants columns"):
        Layout("drops", [*Layout("drops").names, "stranger"])
