"""The best setting, by simulation."""

import contextlib
import csv
import io
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import isacsys
from isacsys import Scenario
from isacsys.campaign import METRICS
from isacsys.campaign.estimates import estimate, mean_half_width
from isacsys.campaign.objectives import per_drop, read_constraints
from isacsys.campaign.search_result import SearchResult
from isacsys.campaign.searches import SearchField
from isacsys.campaign.settings_grid import Condition
from isacsys.campaign.store import FileStore
from isacsys.cli import main
from isacsys.core.errors import ConfigError, DropError, IncompleteRun, LogFormatError
from isacsys.statistics import moments, two_sided
from tests.campaign import fakes

BASE = Scenario().replace({"allocation.users_per_bs": 1, "antennas.transmit": 10})
OVER = {"allocation.users_per_bs": range(1, 11), "allocation.communication_cluster": [1, 2]}
FEW = {"allocation.users_per_bs": range(4, 9)}
K, L = OVER


def search(over=OVER, **options):
    return isacsys.search(BASE, over, **{"maximize": "communication_ase", "executor": "serial",
                                         "simulate": fakes.simulate_a_peak, **options})


def few(**options):
    """A search of a few rounds."""
    return search(FEW, **{"indifference": 0.2, **options})


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture(scope="module")
def found():
    return search()


def test_the_best_setting_is_found_and_the_rest_told_apart(found):
    assert found.best[K] in (6, 7)
    assert found.complete
    assert found.objective.unit == "bit/s/Hz/km^2"
    assert found.table[0] == {**found.best, "mean": found.objective.mean, "difference": 0.0, "half_width": 0.0,
                              "drops": found.table[0]["drops"], "status": "best"}
    assert {row["status"] for row in found.table[1:]} == {"eliminated"}
    differences = [row["difference"] for row in found.table]
    assert differences == sorted(differences, reverse=True)
    assert found.drops_spent == sum(row["drops"] for row in found.table) < found.drops_equal_allocation
    assert found.drops_equal_allocation == max(row["drops"] for row in found.table) * found.settings
    assert len(found.table) == found.settings


def test_what_breaks_16a_is_left_out_and_counted(found):
    """K L + J (Q - 1) + 1 <= 10: K up to 9 with L = 1, up to 4 with L = 2; K = 10 is what 10 antennas allow."""
    assert found.settings == 9 + 4
    assert found.left_out == 1 + 6
    assert found.reasons == {"K L + J (Q - 1) + 1": 7}
    more = search({K: [1, 2, 11]})
    assert (more.settings, more.left_out) == (2, 1)
    assert more.reasons == {"allocation.users_per_bs": 1}


def test_equal_settings_are_no_obstacle(found):
    """L makes no difference at all, to the last bit."""
    rows = {(row[K], row[L]): row for row in found.table}
    for users in range(1, 5):
        assert rows[users, 1]["mean"] == rows[users, 2]["mean"]


def test_every_row_is_a_run_of_that_setting(found):
    for row, run in zip(found.table, found.runs, strict=True):
        assert run.drops == row["drops"]
        assert run["communication_ase"].mean == pytest.approx(row["mean"])
        assert all(run.scenario.get(key) == row[key] for key in (K, L))
    best, other = found.runs[0], found.runs[1]
    with pytest.warns(UserWarning, match="both have") if best.drops != other.drops else _nothing():
        pair = isacsys.compare(best, other)["communication_ase"]
    assert found.table[1]["difference"] == pytest.approx(pair.difference)
    n = min(best.drops, other.drops)
    values = [run.table("drops")["communication_rate"][:n] / 20 for run in (best, other)]
    error = 0.05 / (found.settings - 1)
    width = two_sided(moments(values[1] - values[0], np.array(n)), error)
    assert found.table[1]["half_width"] == pytest.approx(float(width))


class _nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_json_csv_and_pandas_have_the_table(found):
    pandas = pytest.importorskip("pandas")
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert list(told) == ["best", "objective", "confidence", "indifference", "settings", "left_out", "drops_spent",
                          "drops_equal_allocation", "complete", "table"]
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [float(row["mean"]) for row in rows] == [row["mean"] for row in found.table]
    assert pandas.DataFrame(found.table)["drops"].sum() == found.drops_spent
    assert found.indifference == pytest.approx(0.01 * found.objective.mean)
    assert f"best: {K} = {found.best[K]}" in str(found)
    assert "eliminated" in found._repr_html_()


def test_a_metric_may_be_small_and_ratios_race_too():
    assert search({K: range(1, 6)}, minimize="communication_ase", maximize=None).best == {K: 1}
    typical = search({K: range(1, 6)}, maximize="communication_rate")
    assert typical.best == {K: 1}  # the share of a cell's rate
    assert typical.objective.mean == pytest.approx(typical.runs[0]["communication_rate"].mean)


def test_values_of_a_ratio_have_its_mean_and_its_spread():
    run = isacsys.run(BASE, drops=20, executor="serial", simulate=fakes.simulate)
    drops = run.table("drops")
    for name in ("communication_rate", "sensing_ase_typical", "null_refused_fraction"):
        values, known = per_drop(run.scenario, drops, METRICS[name]), estimate(run.scenario, drops, name)
        assert values.mean() == pytest.approx(known.mean)
        assert mean_half_width(values) == pytest.approx(known.half_width)


def test_a_weight_asks_for_both_services():
    found = search(weight=0.3, maximize=None)
    assert found.goal == "maximize 0.3 communication_ase + 0.7 sensing_ase"
    for row, run in zip(found.table, found.runs, strict=True):
        assert row["mean"] == pytest.approx(0.3 * row["communication_ase"] + 0.7 * row["sensing_ase"])
        assert row["sensing_ase"] == run["sensing_ase"].mean
    best = max(range(1, 10), key=lambda k: 0.3 * (10 - 0.1 * (k - 6.3) ** 2) + 0.7 * (6 - 0.5 * k))
    assert found.best[K] == best


def test_bounds_are_held():
    found = search(subject_to=["sensing_ase >= 4"], tolerance=0.2)
    assert found.best[K] == 4  # 6 - K / 2 is 4 there, within the tolerance of it
    assert {row["status"] for row in found.table if row[K] >= 5} == {"infeasible"}
    assert found.subject_to == ("sensing_ase >= 4",)


def test_where_nothing_is_feasible_there_is_no_best():
    found = search(subject_to=["sensing_ase >= 10"])
    assert found.complete
    assert found.best is None
    assert found.objective.mean is None
    assert {row["status"] for row in found.table} == {"infeasible"}
    assert "no setting is feasible" in str(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_metric_without_data_is_not_above_anything_and_not_at_least_anything():
    over = {"allocation.targets_per_bs": [0, 1]}
    low, high = (search(over, subject_to=[f"sensing_rate {sign} 100"]) for sign in ("<=", ">="))
    assert low.complete
    assert {row["status"] for row in low.table} == {"best", "eliminated"}
    assert {row["status"] for row in high.table} == {"infeasible"}
    none = search(over, maximize="sensing_rate")
    assert none.best == {"allocation.targets_per_bs": 1}
    assert none.table[1]["mean"] is None
    assert none.table[1]["status"] == "infeasible"


def test_conditions_leave_points_out_of_the_grid():
    found = search(where="K * L <= 4 and allocation.users_per_bs != 3")
    assert {(row[K], row[L]) for row in found.table} == {(1, 1), (2, 1), (4, 1), (1, 2), (2, 2)}
    assert found.left_out == 0


@pytest.mark.parametrize(("text", "value"), [
    ("K <= 12", True), ("not (K > 12)", True), ("-K < 0 <= L", True), ("K % 5 == 2 or Q > 1", True),
    ("scheduling.policy == 'random'", True), ("K // 5 + J / 2 - 1 >= M_t", False),
])
def test_conditions(text, value):
    assert Condition(text).holds(Scenario(), {}) is value


@pytest.mark.parametrize("text", ["K <=", "__import__('os')", "K ** 9", "'a' * 9", "K < 'a'", "K / 0", "k < 1",
                                  "[K]", "network.nothing < 1", "lambda: 0", "K if K else L", "x.y.z(1)", "1" * 2000,
                                  "(" * 500])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ConfigError):
        Condition(text).holds(Scenario(), {})


@pytest.mark.parametrize(("options", "message"), [
    ({"maximize": "rate"}, "maximize = 'rate': one of"),
    ({"maximize": None}, "objective = None: exactly one of maximize, minimize and weight"),
    ({"weight": 0.5}, "exactly one of"),
    ({"maximize": None, "weight": 2}, "weight = 2: a number from 0 to 1"),
    ({"subject_to": ["sensing_ase > 4"]}, "subject_to = 'sensing_ase > 4': METRIC >= X"),
    ({"subject_to": ["sensing >= 4"]}, "subject_to = 'sensing': one of"),
    ({"subject_to": ["sensing_ase >= inf"]}, "X a number"),
    ({"tolerance": 0.1}, "tolerance = 0.1: something to be tolerated"),
    ({"subject_to": ["sensing_ase >= 4"], "tolerance": -1}, "tolerance = -1: a number from 0 on"),
    ({"confidence": 1}, "confidence = 1: a number between 0 and 1"),
    ({"indifference": -1}, "indifference = -1: a number from 0 on"),
    ({"drops_at_most": 64}, "drops_at_most = 64: a whole number, at least 65: 5 drops for each of 13 settings"),
    ({"over": {}}, "over = {}: a mapping"),
    ({"over": {"allocation.users": [1]}}, r"did you mean allocation.users_per_bs\? \(at allocation.users = 1\)"),
    ({"over": {"simulation.drops": [1, 2]}}, "the search decides on the drops"),
    ({"over": {K: [10, 11]}}, "K L .* = 11: at most antennas.transmit = 10"),
    ({"where": "K > 99"}, "where = 'K > 99': a condition that some point of the grid meets"),
    ({"where": "K > "}, "a condition on settings"),
    ({"resume": True}, "only with an output"),
])
def test_a_question_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        search(**{"over": OVER, **options})


def test_a_result_opens_again(tmp_path):
    found = few()
    written = few(output=tmp_path / "a")
    read = isacsys.open_search(tmp_path / "a")
    assert read.to_dict() == written.to_dict() == found.to_dict()
    assert str(read) == str(written) == str(found)
    assert read.scenario == written.scenario
    assert [run.drops for run in read.runs] == [row["drops"] for row in read.table]
    assert isacsys.SearchResult.open(tmp_path / "a").best == found.best
    assert (tmp_path / "a" / "search.csv").read_text() == found.to_csv()
    assert not (tmp_path / "a" / "lock").exists()
    for text in ("", "[]", "{}", '{"objective": {"mean": 1, "half_width": 1, "unit": "1"}, "table": 3}'):
        (tmp_path / "a" / "search.json").write_text(text)
        with pytest.raises(LogFormatError, match="damaged"):
            isacsys.open_search(tmp_path / "a")
    with pytest.raises(LogFormatError, match="no search"):
        isacsys.open_search(tmp_path)


def test_the_budget_ends_it_and_a_larger_one_goes_on(tmp_path):
    short = few(output=tmp_path / "a", drops_at_most=30)
    assert not short.complete
    assert short.drops_spent <= 30
    assert "not told apart" in {row["status"] for row in short.table}
    assert "the drops ended before" in str(short)
    few(output=tmp_path / "a", resume=True)
    few(output=tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_another_question_is_answered_by_the_same_logs(tmp_path):
    one = few(output=tmp_path / "a")
    before = files(tmp_path / "a")
    other = few(output=tmp_path / "a", minimize="communication_ase", maximize=None, resume=True)
    assert other.best[K] == 4
    assert other.to_dict() == few(minimize="communication_ase", maximize=None).to_dict() != one.to_dict()
    again = few(output=tmp_path / "a", resume=True)
    assert again.to_dict() == one.to_dict()
    assert before["search.json"] == (tmp_path / "a" / "search.json").read_bytes()


def test_a_directory_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "note").write_text("mine")
    with pytest.raises(ConfigError, match="a new or empty directory"):
        few(output=tmp_path)
    assert files(tmp_path) == {"note": b"mine"}
    few(output=tmp_path, force=True)
    with pytest.raises(ConfigError, match="simulation.seed"):
        few(output=tmp_path, seed=7, resume=True)
    (tmp_path / "empty").mkdir()
    few(output=tmp_path / "empty")


def test_a_drop_that_fails_is_named_with_its_setting_and_the_rest_is_kept(tmp_path):
    with pytest.raises(DropError, match="drop 3") as error:
        few(output=tmp_path / "a", simulate=fakes.FailAt({3}))
    assert any("finished drops are kept; --resume -o" in note for note in error.value.__notes__)
    assert list((tmp_path / "a").glob("*.parts"))


def test_workers_change_nothing(tmp_path):
    few(output=tmp_path / "a")
    few(output=tmp_path / "b", executor="process", workers=2)
    assert files(tmp_path / "a") == files(tmp_path / "b")


@pytest.mark.slow
def test_dask_changes_nothing(tmp_path):
    few(output=tmp_path / "a")
    few(output=tmp_path / "b", executor="dask", workers=2)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert few(executor="dask", workers=2).to_dict() == few().to_dict()


PROGRAM = """
import sys
from tests.campaign import test_searches
test_searches.search(test_searches.FEW, output=sys.argv[1], executor=sys.argv[2], resume=True, indifference=0.05,
                     simulate=test_searches.fakes.simulate_a_peak_slowly)
"""


def parts(directory):
    """Batches that are finished; directories come and go meanwhile."""
    count = 0
    for path in directory.glob("*.parts"):
        with contextlib.suppress(FileNotFoundError):
            count += sum(name.endswith(".npz") for name in os.listdir(path))
    return count


POINTS = [(FileStore, "add", 1), (FileStore, "add", 4), (SearchField, "watch", 1), (SearchField, "watch", 2),
          (FileStore, "finish", 1), (FileStore, "finish", 2), (SearchResult, "save", 1)]


def killed(output, place, name, call):
    """Search in a process that kills itself before a numbered call of a method; return whether it did."""
    pid = os.fork()
    if pid == 0:
        original, calls = getattr(place, name), itertools.count(1)

        def counted(*arguments, **options):
            if next(calls) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **options)

        setattr(place, name, counted)
        with contextlib.suppress(BaseException):
            few(output=output, resume=True)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def test_killed_at_named_points_and_resumed_it_leaves_the_same_bytes(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    few(output=whole)
    for point in POINTS:
        assert killed(cut, *point), point
    few(output=cut, resume=True)
    assert files(whole) == files(cut)


@pytest.mark.slow
def test_killed_at_random_and_resumed_it_leaves_the_same_bytes(tmp_path):
    whole, cut, moments, interrupted = tmp_path / "whole", tmp_path / "cut", random.Random(10), 0
    few(output=whole, indifference=0.05)
    for _ in range(10):
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(cut), "process"], start_new_session=True,
                                   stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        seen, more = parts(cut), moments.randrange(1, 4)
        while process.poll() is None and parts(cut) < seen + more:
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        interrupted += process.returncode == -signal.SIGKILL
    few(output=cut, resume=True, indifference=0.05)
    assert interrupted
    assert files(whole) == files(cut)


class Interrupted:
    """Ctrl-C in one drop."""

    def __init__(self, drop):
        self.drop = drop

    def __call__(self, scenario, drop, recorder, **objects):
        if drop == self.drop:
            signal.raise_signal(signal.SIGINT)
        fakes.simulate_a_peak(scenario, drop, recorder)


def test_ctrl_c_says_how_to_go_on(tmp_path):
    with pytest.raises(IncompleteRun, match=f"finished drops are kept; --resume -o {tmp_path / 'a'} continues"):
        few(output=tmp_path / "a", simulate=Interrupted(3))
    few(output=tmp_path / "a", resume=True)
    few(output=tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


@pytest.mark.slow
def test_ctrl_c_reaches_workers(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / "a"), "process"], stderr=subprocess.PIPE,
                               text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                               start_new_session=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    while process.poll() is None and parts(tmp_path / "a") < 3:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert f"finished drops are kept; --resume -o {tmp_path / 'a'} continues" in errors
    assert IncompleteRun.__name__ in errors


def test_the_picture_has_settings_and_front(found):
    assert len(found.plot().axes) == 1
    both = few(weight=0.5, maximize=None).plot()
    assert len(both.axes) == 2
    assert "Pareto front" in both.legends[0].get_texts()[-1].get_text()
    assert len(few(subject_to=["sensing_ase >= 3.5"], tolerance=0.2).plot().axes) == 2
    few(subject_to=["sensing_ase >= 10"]).plot()


def test_a_best_setting_at_the_end_of_an_axis_is_remarked(found):
    """The peak is at K = 6 or 7. There is nothing below L = 1, and above K = 9 antennas do not allow it."""
    assert found.remarks == []
    assert f"{K} = 4 is the largest value searched" in search({K: [2, 4]}).remarks[0]
    assert f"{K} = 8 is the smallest value searched" in str(search({K: [8, 9], L: [1]}))
    assert search({K: [2, 4]}, minimize="communication_ase", maximize=None).remarks  # K = 1 is possible
    assert not search({K: [1, 4]}, minimize="communication_ase", maximize=None).remarks
    assert not search({K: [4, 9]}, minimize="communication_ase", maximize=None, where="K > 4").remarks
    assert not search({"scheduling.policy": ["nearest", "random"]}).remarks
    power = search({"precoding.sensing_power": [0.0, 0.5]}, indifference=1.0)
    assert [power.best["precoding.sensing_power"], power.remarks] == [0.0, []]


def test_the_command_answers_in_one_object(tmp_path, capsys):
    path = tmp_path / "small.toml"
    path.write_text("[network]\narea = 9.0\n[allocation]\nusers_per_bs = 2\n")
    arguments = ["search", str(path), "--over", f"{K}=1,2,20,21", "--maximize", "communication_ase", "--json",
                 "--executor", "serial"]
    code = main([*arguments, "-o", str(tmp_path / "a"), "--drops-at-most", "20"])
    told = json.loads(capsys.readouterr().out)
    assert told["settings"] == 2
    assert told["left_out"] == 2
    assert code == (0 if told["complete"] else 3)
    assert main([*arguments, "-o", str(tmp_path / "b"), "--subject-to", "sensing_ase >= 1e6"]) == 1
    assert main([*arguments, "-o", str(tmp_path / "a")]) == 2
    assert "--resume" in capsys.readouterr().err


def test_bounds_without_a_value_given_have_a_tolerance_of_one_per_cent():
    [bound] = read_constraints("sensing_ase <= -4", None, METRICS)
    assert (bound.sign, bound.bound, bound.tolerance) == (-1, -4.0, 0.04)
