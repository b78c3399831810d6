"""Errors say what is wrong in one line, also after they have travelled."""

import pickle

import numpy as np
import pytest

import isacsys
from isacsys.core.errors import ConfigError, PluginError
from isacsys.recording import MemoryRecorder
from isacsys.simulation import simulate_drop

SMALL = isacsys.Scenario().replace({"network.area": 4.0, "network.users_per_cell": 5.0, "allocation.users_per_bs": 2,
                                    "simulation.frames": 2})


class Odd(Exception):
    """An exception that cannot be made from its arguments."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


class Faulty(isacsys.Process):
    def __init__(self, error):
        self.error = error

    def run(self, stage):
        yield stage.next_frame()
        raise eval(self.error)


@pytest.mark.parametrize(("error", "kind", "said"), [
    ("Odd('salt', 'pepper')", PluginError,
     r"Faulty raised Odd: salt and pepper \(.*test_errors.py, line \d+\) \(drop 7, frame"),
    ("ConfigError('a.b', 3, 'less')", ConfigError, "a.b = 3: less")])
def test_what_a_process_raises_is_not_garbled(error, kind, said):
    with pytest.raises(kind, match=said):
        simulate_drop(SMALL, 7, MemoryRecorder("summary"), processes=[Faulty(error)])


@pytest.mark.parametrize("value", [1.5, np.arange(5000).reshape(50, 100), "a\nb", object])
def test_an_error_can_be_made_again(value):
    error = ConfigError("key", value, "some\nthing")
    for again in (type(error)(*error.args), pickle.loads(pickle.dumps(error))):
        assert str(again) == str(error)
    assert "\n" not in str(error) and len(str(error)) < 400


def test_a_number_of_more_digits_than_can_be_written_is_no_traceback():
    assert str(ConfigError("key", 10 ** 5000, "less")) == "key = <int>: less"


@pytest.mark.parametrize("wrong", [np.ma.masked_array([1.0, 2.0], [True, False]), np.array([1.0 + 1j]), 1j, "x",
                                   10 ** 400, [[1.0], [1.0, 2.0]], None, np.array(None)])
def test_analysis_takes_real_numbers_only(wrong):
    with pytest.raises(ConfigError, match="alpha"):
        isacsys.analysis.communication_rate(K=8, L=2, alpha=wrong)
