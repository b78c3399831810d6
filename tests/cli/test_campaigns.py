"""The commands run, show, schedulers, sweep, compare: JSON to the letter, one line an error, nothing else."""

import csv
import io
import json
import subprocess
import sys

import pytest

import isacsys
from isacsys import cli
from isacsys.campaign import METRICS
from isacsys.scheduling import available

TOML = """
[network]
area = 9.0
users_per_cell = 10.0
[allocation]
users_per_bs = 3
[simulation]
drops = 4
"""
FAILING = """
import isacsys
class Failing(isacsys.Scheduler):
    \"\"\"Fails in one cell of drop 2.\"\"\"
    def select_users(self, station, count, rng):
        if len(station.users) == 28:
            return 1 / 0
        return station.users.nearest(count)
"""


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(TOML)
    return "s.toml"


@pytest.fixture
def call(capsys):
    def call(*arguments, code=0):
        try:
            found = cli.main([str(a) for a in arguments])
        except SystemExit as end:
            found = end.code
        out, err = capsys.readouterr()
        assert found == code, err
        assert "Traceback" not in err
        if code in (2, 3):
            assert out == ""
            assert len(err.splitlines()) == 1
        return out, err

    return call


def run(call, scenario, *arguments, code=0):
    return call("run", scenario, "--executor", "serial", *arguments, code=code)


def test_run_prints_exactly_the_json_of_the_contract(call, scenario):
    out, err = run(call, scenario, "--json")
    assert err == ""
    found = json.loads(out)
    assert list(found) == ["drops", "frames", "complete", "metrics"]
    assert (found["drops"], found["frames"], found["complete"]) == (4, 1, True)
    assert set(found["metrics"]) >= {
        *(f"{kind}_{name}" for kind in ("communication", "sensing")
          for name in ("rate", "rate_scheduled", "ase", "ase_typical")),
        "null_requests_per_bs", "null_refused_fraction", "null_late_fraction", "constraints_per_bs"}
    for estimate in found["metrics"].values():
        assert list(estimate) == ["mean", "half_width", "unit"]
    assert found["metrics"]["null_refused_fraction"]["mean"] is None
    assert found["metrics"]["communication_ase"]["unit"] == "bit/s/Hz/km^2"


def test_run_prints_a_table_worth_reading(call, scenario):
    out, _ = run(call, scenario)
    assert out.startswith("4 drops of 1 frame; s.toml, seed 1, scheduler random")
    for name, metric in METRICS.items():  # nothing here takes time, or asks for nulls
        assert (name in out) == (not metric.about and name not in ("null_refused_fraction", "null_late_fraction"))
    assert "±" in out
    assert "bit/s/Hz/km²" in out


def test_flags_are_settings(call, scenario):
    found = json.loads(run(call, scenario, "--drops", 2, "--frames", 3, "--seed", 5, "--json")[0])
    same = isacsys.run(isacsys.Scenario.load(scenario), drops=2, frames=3, seed=5, executor="serial")
    assert found == same.to_dict()
    assert found == json.loads(run(call, scenario, "--set", "simulation.drops=2", "--set", "simulation.frames=3",
                                   "--set", "simulation.seed=5", "--json")[0])


def test_one_drop(call, scenario):
    found = json.loads(run(call, scenario, "--drops", 1, "--json")[0])
    assert all(e["half_width"] is None for e in found["metrics"].values())
    assert found["metrics"]["communication_ase"]["mean"] > 0


def test_show_prints_what_run_printed(call, scenario):
    assert run(call, scenario, "-o", "run.h5", "--json") == call("show", "run.h5", "--json")
    assert call("show", "run.h5")[0].startswith("4 drops")


def test_what_is_finished_before_an_error_is_shown_and_resumed(call, scenario, tmp_path):
    (tmp_path / "my_failing.py").write_text(FAILING)
    failing = ("--drops", 200, "--set", "scheduling.policy=my_failing:Failing")
    _, err = run(call, scenario, "-o", "run.h5", *failing, code=2)
    assert "Failing" in err
    assert "drop " in err
    assert "--resume" in err
    found = json.loads(call("show", "run.h5", "--json")[0])
    assert found["complete"] is False
    assert found["drops"] > 0
    assert "unfinished" in call("show", "run.h5")[0]
    drop = err.partition("drop ")[2].partition(",")[0]
    _, alone = run(call, scenario, "--only-drop", drop, *failing, code=2)
    assert alone.split(";")[0].strip() == err.split(";")[0].strip()


def test_resume_and_force(call, scenario):
    run(call, scenario, "-o", "run.h5")
    _, err = run(call, scenario, "-o", "run.h5", code=2)
    assert "--resume" in err
    assert "--force" in err
    assert json.loads(run(call, scenario, "-o", "run.h5", "--resume", "--drops", 6, "--json")[0])["drops"] == 6
    _, err = run(call, scenario, "-o", "run.h5", "--resume", "--drops", 6, "--seed", 2, code=2)
    assert "simulation.seed = 2" in err
    run(call, scenario, "-o", "run.h5", "--force", "--seed", 2)


def test_precision_and_metric(call, scenario):
    arguments = ("--precision", 0.1, "--metric", "communication_rate", "--drops", 500, "--json")
    found = json.loads(run(call, scenario, *arguments)[0])
    estimate = found["metrics"]["communication_rate"]
    assert 30 <= found["drops"] < 500
    assert estimate["half_width"] <= 0.1 * estimate["mean"]


def test_warnings_go_to_stderr(call, scenario):
    out, err = run(call, scenario, "--set", "allocation.communication_cluster=8", "--json")
    json.loads(out)
    assert err.startswith("isacsys: warning: K L + J (Q - 1) + 1 = 25 exceeds")


@pytest.mark.parametrize(("arguments", "said"), [
    (("run", "none.toml"), "scenario = 'none.toml'"), (("run",), "required"),
    (("run", "s.toml", "--drops", "0"), "simulation.drops = 0: a whole number at least 1"),
    (("run", "s.toml", "--drops", "few"), "--drops"), (("run", "s.toml", "--workers", "0"), "workers = 0"),
    (("run", "s.toml", "--metric", "sir", "--precision", "0.1"), "metric = 'sir': one of communication_rate"),
    (("run", "s.toml", "--precision", "-1"), "precision = -1.0"), (("run", "s.toml", "--resume"), "output"),
    (("run", "s.toml", "--set", "allocation.users_per_bs=21"), "at most antennas.transmit"),
    (("run", "s.toml", "--set", "scheduling.policy=newest"), "did you mean \"nearest\""),
    (("run", "s.toml", "-o", "no/where.h5"), "output = 'no/where.h5'"), (("run", "s.toml", "-o", "."), "output"),
    (("run", "s.toml", "--dask-address", "tcp://x:1"), "dask_address"),
    (("run", "s.toml", "--only-drop", "-3"), "only_drop = -3"),
    (("show", "none.h5"), "none.h5: no such file"), (("show", "s.toml"), "s.toml is not an isacsys log"),
    (("show", "."), "."), (("compare", "none.h5", "none.h5"), "none.h5"),
    (("sweep", "s.toml"), "--over"), (("sweep", "s.toml", "--over", "allocation.users_per_bs"), "axis"),
    (("sweep", "s.toml", "--over", "allocation.users_per_bs=21:22"), "allocation.users_per_bs"),
    (("sweep", "s.toml", "--over", "antennas.transmit=5", "antennas.transmit=6"), "every setting once"),
])
def test_an_error_is_one_line_that_names_it(call, scenario, tmp_path, arguments, said):
    before = set(tmp_path.iterdir())
    _, err = call(*arguments, code=2)
    assert said in err
    assert set(tmp_path.iterdir()) == before


def test_schedulers(call):
    assert json.loads(call("schedulers", "--json")[0]) == available()
    lines = call("schedulers")[0].splitlines()
    assert [line.split()[0] for line in lines] == list(available())


def sweep(call, scenario, *arguments):
    return call("sweep", scenario, "--executor", "serial", "--over", "allocation.users_per_bs=1:2",
                "scheduling.policy=random,nearest", *arguments)[0]


def test_sweep(call, scenario, tmp_path):
    table = sweep(call, scenario, "-o", "grid", "--csv")
    assert table == (tmp_path / "grid" / "sweep.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(r["allocation.users_per_bs"], r["scheduling.policy"]) for r in rows] == [
        (k, p) for k in "12" for p in ("random", "nearest")]
    points = json.loads(sweep(call, scenario, "-o", "grid", "--resume", "--json"))["points"]
    for row, point in zip(rows, points, strict=True):
        assert point["settings"] == {"allocation.users_per_bs": int(row["allocation.users_per_bs"]),
                                     "scheduling.policy": row["scheduling.policy"]}
        assert point["metrics"]["sensing_ase"]["mean"] == float(row["sensing_ase"])
    assert len(sweep(call, scenario).splitlines()) == 6  # what was varied, header, four points


def test_some_metrics_of_a_log_and_a_resumed_run_that_never_began(call, scenario):
    _, err = call("run", scenario, "-o", "a.h5", "--resume")
    assert "a.h5: nothing of it is there yet" in err
    _, err = call("run", scenario, "-o", "a.h5", "--resume")
    assert "nothing of it" not in err
    assert [line.split(":")[0] for line in call("show", "a.h5", "--metric", "sensing_ase", "--metric",
                                                "communication_ase")[0].splitlines()] == ["sensing_ase",
                                                                                          "communication_ase"]
    assert list(json.loads(call("show", "a.h5", "--metric", "sensing_ase", "--json")[0])) == ["sensing_ase"]
    assert "metric = 'sense'" in call("show", "a.h5", "--metric", "sense", code=2)[1]


def test_compare(call, scenario):
    for policy in "random", "nearest":
        run(call, scenario, "-o", f"{policy}.h5", "--set", f"scheduling.policy={policy}")
    found = json.loads(call("compare", "random.h5", "nearest.h5", "--json")[0])
    assert list(found) == ["drops", "metrics"]
    assert found["drops"] == 4
    assert set(found["metrics"]) == {name for name, metric in METRICS.items() if not metric.about}
    for difference in found["metrics"].values():
        assert list(difference) == ["a", "b", "difference", "half_width", "variance_saved"]
    assert found["metrics"]["communication_rate"]["difference"] > 0
    assert "variance saved" in call("compare", "random.h5", "nearest.h5")[0]
    run(call, scenario, "-o", "other.h5", "--seed", 2)
    _, err = call("compare", "random.h5", "other.h5", code=2)
    assert "simulation.seed = (1, 2)" in err


@pytest.mark.parametrize("command", ["run", "show", "sweep", "compare", "schedulers"])
def test_help_has_an_example(call, command):
    out, _ = call(command, "--help")
    assert f"isacsys {command}" in out.partition("example")[2]


def test_a_bar_is_shown_on_terminals_only(scenario):
    """stderr is a pipe here; the numbers alone are on stdout."""
    done = subprocess.run([sys.executable, "-m", "isacsys", "run", scenario, "--json", "--executor", "serial"],
                          capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert json.loads(done.stdout)["drops"] == 4
