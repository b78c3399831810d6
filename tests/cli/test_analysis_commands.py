"""isacsys analyze and isacsys optimize, as they are called."""

import csv
import io
import json
from pathlib import Path

import pytest

from isacsys import cli
from isacsys.analysis import scenarios
from tests.remembered import remembered

SCENARIO = str(Path(__file__).parents[2] / "scenarios" / "paper.toml")


@pytest.fixture(scope="module", autouse=True)
def once():
    with remembered(scenarios, "design_space"):
        yield


@pytest.fixture
def call(capsys):
    def run(*arguments):
        try:
            code = cli.main(arguments)
        except SystemExit as leaving:
            code = leaving.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err
    return run


def figures(call, *arguments):
    code, out, err = call(*arguments, "--json")
    assert code == 0 and err == ""
    return json.loads(out)


def rows(call, *arguments):
    code, out, _ = call(*arguments, "--csv")
    assert code == 0
    return list(csv.DictReader(io.StringIO(out)))


def test_analyze_keeps_its_contract(call):
    found = figures(call, "analyze", SCENARIO)
    keys = {"rate_exact", "rate_approximate", "ase_exact", "ase_approximate"}
    assert found["degrees_of_freedom"] == 9
    assert set(found) == {"degrees_of_freedom", "communication", "sensing"}
    assert set(found["communication"]) == {*keys, "throughput_exact"}
    assert set(found["sensing"]) == keys
    assert found["communication"]["rate_exact"] == pytest.approx(2.04060, abs=1e-5)
    assert found["communication"]["ase_exact"] == pytest.approx(12 * found["communication"]["rate_exact"])


def test_analyze_with_one_stream_and_without_targets(call):
    found = figures(call, "analyze", SCENARIO, "--set", "allocation.users_per_bs=1")
    assert found["sensing"]["rate_beam_law"] == pytest.approx(1.94857, abs=1e-5)
    assert figures(call, "analyze", SCENARIO, "--set", "allocation.targets_per_bs=0")["sensing"] is None


def test_analyze_over_a_grid(call):
    axes = "--sweep", "allocation.users_per_bs=1:7:3", "propagation.path_loss_exponent=3,4"
    found = figures(call, "analyze", SCENARIO, *axes)["sweep"]
    table = rows(call, "analyze", SCENARIO, *axes)
    assert [point["allocation.users_per_bs"] for point in found] == [1, 1, 4, 4, 7, 7]
    rates = [point["communication"]["rate_exact"] for point in found]
    assert [float(row["communication_rate_exact"]) for row in table] == rates
    assert table[0]["sensing_rate_beam_law"] and not table[-1]["sensing_rate_beam_law"]


def test_analyze_for_readers(call):
    assert "communication_ase_exact         24.487 bit/s/Hz/km^2" in call("analyze", SCENARIO)[1]
    assert "rates in bit/s/Hz" in call("analyze", SCENARIO, "--sweep", "allocation.users_per_bs=1,2")[1]


def test_analyze_says_what_it_leaves_out(call):
    code, _, err = call("analyze", SCENARIO, "--set", "propagation.noise_power=0.1")
    assert code == 0 and "leaves noise out" in err


def test_optimize_keeps_its_contract(call):
    found = figures(call, "optimize", SCENARIO, "--weight", "0.3")
    assert set(found) == {"optimum", "communication_ase", "sensing_ase", "objective", "method"}
    assert found["optimum"] == {"K": 7, "L": 1, "J": 10, "Q": 2} and found["method"] == "exact"
    assert found["objective"] == pytest.approx(0.3 * found["communication_ase"] + 0.7 * found["sensing_ase"])


def test_optimize_p2_in_bits(call):
    """3 bits are 2.08 nats, which takes Q = 3."""
    bound = "--min-sensing-rate", "3"
    found = figures(call, "optimize", SCENARIO, *bound)
    assert found["optimum"]["Q"] == 3 and found["sensing_ase"] >= 3 * found["optimum"]["J"]
    assert figures(call, "optimize", SCENARIO, *bound, "--min-communication-cluster", "2")["optimum"]["L"] == 2
    approximate = figures(call, "optimize", SCENARIO, *bound, "--method", "approximate")
    assert approximate["method"] == "approximate" and approximate["objective"] > found["objective"]


def test_optimize_frontier(call):
    found = figures(call, "optimize", SCENARIO, "--frontier")
    front = found["frontier"]
    assert set(front[0]) == set(found) - {"frontier"}
    assert front[0]["optimum"] == found["optimum"] == {"K": 12, "L": 1, "J": 10, "Q": 1}
    table = rows(call, "optimize", SCENARIO, "--frontier")
    assert [int(row["K"]) for row in table] == [point["optimum"]["K"] for point in front]


def test_optimize_over_antennas_whatever_the_scenario_allocates(call):
    table = rows(call, "optimize", SCENARIO, "--sweep", "antennas.transmit=4,20")
    assert [(row["antennas.transmit"], row["K"], row["L"]) for row in table] == [("4", "3", "1"), ("20", "12", "1")]


@pytest.mark.parametrize(("arguments", "message"), [
    (("analyze", "nowhere.toml"), "nowhere.toml"),
    (("analyze", SCENARIO, "--set", "allocation.communication_cluster=2"), "antennas.transmit = 20: at least"),
    (("analyze", SCENARIO, "--sweep", "allocation.users_per_bs"), "axis"),
    (("analyze", SCENARIO, "--sweep", "allocation.users=1:3"), "no such key"),
    (("optimize", SCENARIO, "--min-sensing-rate", "30"),
     "--min-sensing-rate = 30.0: no design meets it; at most 5.649"),
    (("optimize", SCENARIO, "--min-sensing-rate", "3", "--min-communication-ase", "24"),
     "--min-communication-ase = 24.0: no design meets it; at most 22.1393 beside --min-sensing-rate"),
    (("optimize", SCENARIO, "--min-sensing-cluster", "25"),
     "--min-sensing-cluster = 25: no design meets it; at most 19"),
    (("optimize", SCENARIO, "--weight", "1.5"), "--weight"),
    (("optimize", SCENARIO, "--min-sensing-ase", "nan"), "--min-sensing-ase"),
    (("optimize", SCENARIO, "--set", "allocation.max_targets_per_bs=0"), "allocation.max_targets_per_bs = 0"),
])
def test_bad_input_is_one_line_that_names_it(call, arguments, message):
    code, out, err = call(*arguments)
    assert code == 2 and out == ""
    assert message in err and err.splitlines()[-1].startswith("isacsys")


@pytest.mark.parametrize("command", ["analyze", "optimize"])
def test_help_has_an_example(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0 and "example" in out


def test_optimize_over_the_share_of_sensing_beams(call):
    small = "--set", "antennas.transmit=5", "--set", "allocation.max_targets_per_bs=3", "--weight", "0.2"
    found = figures(call, "optimize", SCENARIO, *small, "--sensing-power")
    plain = figures(call, "optimize", SCENARIO, *small)
    assert list(found["optimum"]) == ["K", "L", "J", "Q", "sensing_power"] and list(plain["optimum"]) == list("KLJQ")
    assert found["objective"] > plain["objective"] and 0 < found["optimum"]["sensing_power"] <= 0.95


def test_optimize_over_cooperation(call):
    small = "--set", "antennas.transmit=6"
    found = figures(call, "optimize", SCENARIO, *small, "--cooperation")
    assert list(found["optimum"]) == ["K", "L", "J", "Q", "cooperation"]
    assert found["optimum"]["cooperation"] in ("nothing", "nulling", "joint")
    for row in found["cooperation"]:
        assert row[row["best"]] == max(row[name] for name in ("nothing", "nulling", "joint"))
    code, _, err = call("optimize", SCENARIO, *small, "--cooperation", "--method", "approximate")
    assert code == 2 and "exact" in err


@pytest.mark.parametrize("text", ['[precoding]\npolicy = "regularized"\n', '[mobility]\nuser_speed = 3.0\n'])
def test_where_optimisation_ends_it_points_to_the_search(call, tmp_path, text):
    path = tmp_path / "scenario.toml"
    path.write_text(f"{text}[antennas]\ntransmit = 4\n[allocation]\nusers_per_bs = 2\n")
    _, _, err = call("optimize", str(path))
    assert "isacsys search" in err
