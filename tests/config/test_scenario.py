"""Scenarios: what is accepted comes back unchanged, what is not says why in one line."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isacsys import Scenario
from isacsys.config.input_files import pin
from isacsys.config.scenario_values import FILES, SECTIONS
from isacsys.config.toml_text import parse_assignment
from isacsys.core.errors import ConfigError

RULES = [(f"{section}.{key}", rule) for section, cls in SECTIONS.items() for key, rule in cls.rules().items()]


def test_defaults_are_section_five_of_the_paper():
    s = Scenario()
    assert (s.antennas.transmit, s.antennas.receive, s.allocation.max_targets_per_bs) == (20, 10, 10)
    assert (s.propagation.path_loss_exponent, s.propagation.echo_exponent, s.sensing.rcs) == (4, 2, 0.1)
    assert s.echo_gain == pytest.approx(1)
    assert s.degrees_of_freedom == 20 - 12 + 1


@given(st.integers(1, 20), st.integers(0, 10), st.floats(2.001, 8), st.sampled_from(["poisson", "hexagonal"]))
def test_toml_gives_the_scenario_back(k, j, alpha, layout):
    scenario = Scenario().replace({"allocation.users_per_bs": k, "allocation.targets_per_bs": j,
                                   "propagation.path_loss_exponent": alpha, "network.layout": layout})
    assert Scenario.from_toml(scenario.to_toml()) == scenario


@given(st.text())
def test_any_text_survives_toml(policy):
    scenario = Scenario().replace({"scheduling.policy": policy})
    if "\x7f" not in policy and not any("\ud800" <= c <= "\udfff" for c in policy):
        assert Scenario.from_toml(scenario.to_toml()) == scenario


@pytest.mark.parametrize("value", [math.nan, math.inf, -1, "no such word", [1], None, {"a": 1}, 1e400, True, -1e9])
def test_wrong_values_name_key_value_and_what_is_allowed(value):
    refused = [(key, rule) for key, rule in RULES if rule.convert(value) is None]
    assert refused
    for key, rule in refused:
        with pytest.raises(ConfigError) as caught:
            Scenario().replace({key: value})
        message = str(caught.value)
        assert key in message and repr(value) in message and rule.allowed in message and "\n" not in message


@pytest.mark.parametrize(("changes", "words"), [
    ({"allocation.users_per_bs": 21}, ["allocation.users_per_bs", "21", "antennas.transmit = 20"]),
    ({"allocation.targets_per_bs": 11}, ["allocation.targets_per_bs", "max_targets_per_bs = 10"]),
    ({"allocation.communication_cluster": 101}, ["allocation.communication_cluster", "expected number"]),
    ({"allocation.sensing_cluster": 101}, ["allocation.sensing_cluster", "expected number"]),
    ({"propagation.path_loss_exponent": 2}, ["propagation.path_loss_exponent", "greater than 2"]),
    ({"network.area": -1}, ["network.area", "-1", "greater than 0"]),
    ({"network.area": 1e14}, ["network.area", "expected points"]),
    ({"network.positions": "x.csv"}, ["network.positions", "x.csv", "file"]),
    ({"allocation.user_per_bs": 3}, ["did you mean allocation.users_per_bs"]),
    ({"alocation.users_per_bs": 3}, ["did you mean allocation.users_per_bs"]),
    ({"users_per_bs": 3}, ["did you mean allocation.users_per_bs"]),
    ({"nothing.like_it": 3}, ["no such key", "the sections are"]),
])
def test_infeasible_and_misspelt_settings(changes, words):
    with pytest.raises(ConfigError) as caught:
        Scenario().replace(changes)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_files(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("[allocation]\nusers_per_bs = 3\n")
    assert Scenario.load(path).allocation.users_per_bs == 3
    for text in ("allocation = 3", "[allocation]\nusers_per_bs = ", "[allocation]\nusers_per_bs = 3.5", "x = 1"):
        path.write_text(text)
        with pytest.raises(ConfigError):
            Scenario.load(path)
    with pytest.raises(ConfigError, match="readable"):
        Scenario.load(tmp_path / "absent.toml")


def test_positions_are_relative_to_the_scenario(tmp_path):
    (tmp_path / "s.toml").write_text('[network]\nlayout = "file"\npositions = "sites.csv"\n')
    assert Scenario.load(tmp_path / "s.toml").network.positions == str(tmp_path / "sites.csv")


def test_assignments():
    assert parse_assignment("a.b=3") == ("a.b", 3)
    assert parse_assignment("a.b = hexagonal") == ("a.b", "hexagonal")
    assert parse_assignment("a.b=true") == ("a.b", True)
    with pytest.raises(ConfigError):
        parse_assignment("a.b")


def test_warning_only_where_requests_will_be_refused():
    assert Scenario().replace({"allocation.users_per_bs": 20}).warnings() == []
    assert "refused" in Scenario().replace({"allocation.communication_cluster": 2}).warnings()[0]


def test_warning_where_every_request_will_be_late():
    late = {"backhaul.latency": 0.02, "backhaul.lead": 0.01, "allocation.users_per_bs": 4}
    assert Scenario().replace(late).warnings() == []
    cooperative = Scenario().replace({**late, "allocation.communication_cluster": 2})
    assert "late" in cooperative.warnings()[0] and len(cooperative.warnings()) == 1
    assert cooperative.replace({"backhaul.lead": -1}).warnings() == []


@pytest.mark.parametrize("name", ["a\0b", "loop", "x" * 5000])
@pytest.mark.parametrize(("key", "chooser"), FILES.items())
def test_what_is_no_name_of_a_file_is_one_line(tmp_path, key, chooser, name):
    """A NUL, a link to itself, a name that is too long: refused by the scenario, or by whoever opens the file."""
    (tmp_path / "loop").symlink_to("loop")
    beside = {"propagation.model": "file", "allocation.targets_per_bs": 0} if key == "fading.file" else {}
    text, word = Scenario().replace({chooser: "file", key: "x", **beside}).to_toml(), key.split(".")[1]
    (tmp_path / "s.toml").write_text(text.replace(f'{word} = "x"', f"{word} = {json.dumps(name)}"))
    with pytest.raises(ConfigError, match=key):
        pin(Scenario.load(tmp_path / "s.toml"))


def test_a_byte_order_mark_is_no_part_of_a_scenario(tmp_path):
    """Notepad and PowerShell put one in front."""
    (tmp_path / "s.toml").write_bytes(b"\xef\xbb\xbf[network]\r\narea = 9.0\r\n")
    assert Scenario.load(tmp_path / "s.toml").network.area == 9.0
    assert Scenario.from_toml("\ufeff[network]\narea = 9.0").network.area == 9.0
    (tmp_path / "s.toml").write_bytes("[network]\narea = 9.0".encode("utf-16"))
    with pytest.raises(ConfigError, match="s.toml"):
        Scenario.load(tmp_path / "s.toml")
