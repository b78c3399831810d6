"""A number that is none is an error that names drop, frame and link, whatever term it is in."""

import numpy as np
import pytest

from isacsys import Metric, Scenario
from isacsys.core import accounting
from isacsys.core.columns import count
from isacsys.core.errors import DropError, PluginError
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.services import communication, sensing
from isacsys.simulation import simulate_drop
from isacsys.simulation.drop import Drop

SMALL = Scenario().replace({
    "network.area": 9.0, "allocation.users_per_bs": 3, "allocation.targets_per_bs": 2, "antennas.transmit": 12,
    "allocation.communication_cluster": 2, "allocation.sensing_cluster": 2, "simulation.frames": 3,
    "propagation.noise_power": 0.1, "network.users_per_cell": 10.0, "network.targets_per_cell": 10.0})
PLACE = 4  # link that gets the NaN
TERMS = {"signal": ("signal", "echo"), "own": ("intra_cell", "inter_target"), "granted": ("leakage_granted",) * 2,
         "refused": ("interference_refused",) * 2, "other": ("interference_other",) * 2, "far": ("far_field",) * 2}


def spoil(values):
    found = np.array(values, float)
    found[PLACE] = np.nan
    return found


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("tracks", [False, True])
def test_a_term_that_is_no_number_is_named(monkeypatch, term, kind, tracks):
    """In the second frame of drop 3; interference that is NaN passed for none, and made a ratio infinite."""
    module, named = (communication, sensing)[kind], []
    terms = module.account_links

    def spoilt(frame_state, which, signal, own, counts, interference, far, more):
        if which == kind and frame_state.name.frame == 1:
            parts = dict(zip(("granted", "refused", "other"), interference, strict=True))
            every = {"signal": signal, "own": own, "far": far, **parts}
            every[term] = spoil(every[term])
            signal, own, far = every["signal"], every["own"], every["far"]
            interference = tuple(every[name] for name in parts)
            links = frame_state.selection.users if kind == 0 else frame_state.selection.targets
            named.append(f"{('user', 'target')[kind]} {links.ids[PLACE]} with station {links.station[PLACE]} is no")
        return terms(frame_state, which, signal, own, counts, interference, far, more)

    monkeypatch.setattr(module, "account_links", spoilt)
    scenario = SMALL.replace({"tracking.enabled": tracks, "sensing.coherent_time": 0.001})
    with pytest.raises(DropError, match=r"drop 3, frame 1, seed 1") as caught:
        simulate_drop(scenario, 3, MemoryRecorder("summary"))
    assert TERMS[term][kind] in str(caught.value) and named[0] in str(caught.value)


@pytest.mark.parametrize("index", range(3))
def test_the_named_seam_passes_it_on(monkeypatch, index):
    split = accounting.split

    def spoilt(*arguments):
        found = list(split(*arguments))
        found[index] = spoil(found[index])
        return tuple(found)

    monkeypatch.setattr(accounting, "split", spoilt)
    with pytest.raises(DropError, match="NaN.*drop 0, frame 0"):
        simulate_drop(SMALL, 0, MemoryRecorder("summary"))


def test_positions_that_are_no_numbers_are_found_in_the_frame():
    drop = Drop(SMALL, 0, MemoryRecorder("summary"))
    drop.stage.state.users.distance = np.full(len(drop.stage.state.users), np.nan)
    with pytest.raises(DropError, match="distance"):
        drop.run()


class Doubtful(Metric):
    """Gives what is no number."""

    columns = (count("doubtful", "nothing"),)

    def sums(self, record):
        return {"doubtful": float("nan")}


def test_a_metric_that_gives_no_number_is_named():
    with pytest.raises(PluginError, match="Doubtful gave NaN for doubtful"):
        simulate_drop(SMALL, 0, MemoryRecorder("summary"), metrics=[Doubtful()])
