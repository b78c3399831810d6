"""One campaign in this process: the same file always, and nothing that is finished is lost."""

import json
import multiprocessing
import shutil
import threading
import time
import warnings
from functools import cache

import numpy as np
import pytest

import isacsys
from isacsys import Positions, Scenario
from isacsys.campaign import output, store, worker
from isacsys.campaign.output import MANIFEST, parts_directory
from isacsys.core.errors import ConfigError, DropError, IncompleteRun, LogFormatError
from isacsys.recording import Log
from isacsys.recording.atomic_files import DirectoryLock
from isacsys.recording.merge import MergedSources
from isacsys.recording.parts import Part, write_part
from tests.campaign import fakes
from tests.campaign.fakes import SCENARIO
from tests.recording.rows import same_tables


def run(output=None, **options):
    return isacsys.run(options.pop("scenario", SCENARIO), output=output,
                       **{"executor": "serial", "simulate": fakes.simulate, **options})


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The log of an undisturbed run."""
    path = tmp_path_factory.mktemp("whole") / "run.h5"
    run(path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.h5"


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    """Leave a run, finished or with drops 0 to 6 only: copies of two that were simulated once."""
    @cache
    def begun(finished):
        folder = tmp_path_factory.mktemp("begun")
        if finished:
            run(folder / "run.h5")
        else:
            with pytest.raises(DropError):
                run(folder / "run.h5", simulate=fakes.fail_at_seven)
        return folder

    return lambda path, finished=False: shutil.copytree(begun(finished), path.parent, dirs_exist_ok=True)


def test_memory_and_file_hold_the_same(path):
    one, other = run(), run(path)
    same_tables(fakes.tables(one), fakes.tables(other))
    assert one.metrics == other.metrics
    assert one.to_dict() == other.to_dict() == isacsys.open_run(path).to_dict()
    assert one.scenario == other.scenario
    assert other.complete
    assert [p.name for p in path.parent.iterdir()] == ["run.h5"]


@pytest.mark.parametrize(("seconds", "size"), [
    (0.0, 1e9), (1e9, 1e5), pytest.param(1e9, 1.0, marks=pytest.mark.slow),
    pytest.param(0.01, 1e9, marks=pytest.mark.slow)])
def test_batches_of_any_size_make_the_same_file(path, whole, monkeypatch, seconds, size):
    monkeypatch.setattr(worker, "SECONDS", seconds)
    monkeypatch.setattr(worker, "BYTES", size)
    run(path)
    assert path.read_bytes() == whole


def test_another_seed_makes_other_numbers():
    assert run()["communication_ase"] != run(seed=2)["communication_ase"]


def test_the_log_says_what_was_simulated(path):
    run(path, drops=6)
    found = isacsys.open_run(path)
    assert found.scenario == SCENARIO.replace({"simulation.drops": 6})
    for name in "python", "isacsys", "numpy", "scipy", "h5py", "simpy":
        assert found.attributes[f"{name}_version"]
    assert found.attributes["seed"] == 1
    assert found.attributes["complete"]


def test_more_drops_continue_a_finished_log(path, whole):
    run(path, drops=11)
    assert isacsys.open_run(path).drops == 11
    run(path, resume=True)
    assert path.read_bytes() == whole


def test_what_a_continued_log_has_so_far_is_shown(path, whole):
    run(path, drops=5)
    with pytest.raises(DropError):
        run(path, resume=True, simulate=fakes.fail_at_seven)
    assert isacsys.open_run(path).table("drops")["drop"].tolist() == list(range(7))
    assert not isacsys.open_run(path).complete
    assert Log(path).attributes["drops"] == 5
    run(path, resume=True)
    assert path.read_bytes() == whole


def test_nothing_left_to_do_changes_nothing(path, whole):
    run(path)
    assert run(path, resume=True).drops == 40
    assert path.read_bytes() == whole
    assert not parts_directory(path).exists()


def test_fewer_drops_are_refused(path, whole):
    run(path)
    with pytest.raises(ConfigError, match="simulation.drops = 20: at least 40"):
        run(path, resume=True, drops=20)
    assert path.read_bytes() == whole


def test_what_is_there_is_not_overwritten_unasked(path, whole):
    run(path)
    with pytest.raises(ConfigError, match="--resume"):
        run(path)
    assert path.read_bytes() == whole
    run(path, force=True, seed=2)
    assert path.read_bytes() != whole


@pytest.mark.parametrize(("changes", "key"), [
    ({"seed": 2}, "simulation.seed = 2: .* begun with 1"),
    ({"frames": 3}, "simulation.frames = 3"),
    ({"scenario": SCENARIO.replace({"allocation.users_per_bs": 3})}, "allocation.users_per_bs = 3: .* begun with 12"),
    ({"scenario": SCENARIO.replace({"recording.level": "summary"})}, "recording.level"),
    ({"scheduler": fakes.Counter()}, "scheduler"),
    ({"only_drop": 3}, "first drop"),
])
@pytest.mark.parametrize("finished", [True, False])
def test_another_campaign_is_refused_and_the_difference_named(begin, path, changes, key, finished):
    begin(path, finished)
    before = {p: p.read_bytes() for p in path.parent.rglob("*") if p.is_file() and p.name != "lock"}
    with pytest.raises(ConfigError, match=key):
        run(path, resume=True, **changes)
    assert {p: p.read_bytes() for p in before} == before


def test_positions_in_a_file_that_changed_are_another_campaign(path):
    positions = path.parent / "positions.csv"
    positions.write_text("kind,x,y\nstation,1,1\n")
    scenario = SCENARIO.replace({"network.layout": "file", "network.positions": str(positions)})
    run(path, scenario=scenario)
    positions.write_text("kind,x,y\nstation,1,2\n")
    with pytest.raises(ConfigError, match="content of network.positions"):
        run(path, scenario=scenario, resume=True)


def test_positions_handed_in_differ_by_their_content(path):
    scenario = SCENARIO.replace({"network.layout": "file"})
    run(path, scenario=scenario, positions=Positions(np.array([[1.0, 1.0]])))
    run(path, scenario=scenario, positions=Positions(np.array([[1.0, 1.0]])), resume=True)
    with pytest.raises(ConfigError, match="positions"):
        run(path, scenario=scenario, positions=Positions(np.array([[1.0, 2.0]])), resume=True)


def test_a_drop_that_fails_is_named_and_the_others_are_kept(path, whole):
    with pytest.raises(DropError, match=r"ZeroDiv.*of course .*fakes.py, line \d+\) \(drop 7, seed 1\)") as error:
        run(path, simulate=fakes.fail_at_seven)
    assert "--resume" in error.value.__notes__[0]
    unfinished = isacsys.open_run(path)
    assert not unfinished.complete
    assert unfinished.table("drops")["drop"].tolist() == list(range(7))
    assert set(unfinished.table("frames")["drop"]) == set(range(7))
    run(path, resume=True)
    assert path.read_bytes() == whole


def test_a_campaign_that_fails_at_once_leaves_nothing(path):
    with pytest.raises(DropError):
        run(path, simulate=fakes.fail_at_seven, only_drop=7)
    assert list(path.parent.iterdir()) == []


def test_an_unfinished_run_is_not_overwritten_unasked(begin, path, whole):
    begin(path)
    with pytest.raises(ConfigError, match="an unfinished run is there"):
        run(path)
    run(path, force=True)
    assert path.read_bytes() == whole


def test_fewer_drops_than_are_finished_are_refused_also_unfinished(begin, path):
    begin(path)
    with pytest.raises(ConfigError, match="at least 7"):
        run(path, resume=True, drops=5)
    assert run(path, resume=True, drops=9).drops == 9


def test_one_drop_alone_is_that_drop(path):
    alone, everything = run(only_drop=7), run()
    for table, columns in fakes.tables(alone).items():
        mine = everything.table(table)["drop"] == 7
        for name, column in columns.items():
            assert np.array_equal(column, everything.table(table)[name][mine])
    run(path, only_drop=7)
    assert Log(path).attributes["first_drop"] == 7
    assert isacsys.open_run(path).drops == 1


def spoil_part(directory):
    part = sorted(directory.glob("*.npz"))[-1]
    part.write_bytes(part.read_bytes()[:-8] + b"damaged!")


def cut_part(directory):
    part = sorted(directory.glob("*.npz"))[0]
    part.write_bytes(part.read_bytes()[:-8])


def leave_litter(directory):
    (directory / "drops-000000030-000000031.npz.123.tmp").write_bytes(b"half")


def repeat_part(directory):
    """As a worker that outlives its parent might."""
    one, other = (Part(path) for path in sorted(directory.glob("*.npz"))[:2])
    write_part(directory, one.first, other.stop, one.campaign, MergedSources([one, other]))


def add_foreign_part(directory):
    write_part(directory, 20, 21, "f" * 32, Part(sorted(directory.glob("*.npz"))[0]))


@pytest.mark.parametrize("disturb", [spoil_part, cut_part, leave_litter, repeat_part, add_foreign_part])
def test_whatever_happens_to_the_parts_the_result_is_the_same(begin, path, whole, disturb):
    begin(path)
    disturb(parts_directory(path))
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        run(path, resume=True)
    assert path.read_bytes() == whole


def test_a_run_killed_while_its_parts_were_removed_is_finished(begin, path, whole):
    begin(path)
    left = path.parent / "left"
    shutil.copytree(parts_directory(path), left)
    run(path, resume=True)
    shutil.copytree(left, parts_directory(path))
    assert isacsys.open_run(path).complete
    run(path, resume=True)
    assert path.read_bytes() == whole
    assert not parts_directory(path).exists()


def test_a_manifest_that_is_damaged_is_named(begin, path):
    begin(path)
    (parts_directory(path) / MANIFEST).write_text("{")
    for call in (lambda: isacsys.open_run(path), lambda: run(path, resume=True)):
        with pytest.raises(LogFormatError, match="campaign.json is damaged"):
            call()


def test_a_damaged_log_is_not_continued(path):
    run(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(LogFormatError):
        run(path, resume=True)
    assert len(path.read_bytes()) == 5000


def test_other_versions_are_warned_of(begin, path, monkeypatch):
    begin(path)
    monkeypatch.setattr(store, "versions", lambda: {"numpy_version": "0.1"})
    with pytest.warns(UserWarning, match=r"begun with numpy_version .* this is 0\.1"):
        run(path, resume=True)


def hold(path, ready, go):
    """Run, slowly, in another process."""
    ready.set()
    run(path, simulate=fakes.simulate_slowly)
    go.wait()


def test_a_run_that_was_killed_a_moment_ago_is_waited_for(path):
    """Until the last of its processes has died, its lock is held."""
    directory = parts_directory(path)
    directory.mkdir()
    lock = DirectoryLock(directory)
    dying = threading.Timer(0.4, lock.release)
    dying.start()
    assert run(path) and dying.finished.is_set()
    dying.join()


def test_an_output_belongs_to_one_process(path, whole, monkeypatch):
    monkeypatch.setattr(output, "_PATIENCE", 0.01)
    context = multiprocessing.get_context("spawn")
    ready, go = context.Event(), context.Event()
    other = context.Process(target=hold, args=(path, ready, go))
    other.start()
    while not (parts_directory(path) / MANIFEST).exists():
        assert other.is_alive()
        time.sleep(0.01)
    for flag in "resume", "force":
        with pytest.raises(ConfigError, match="another run that is going on"):
            run(path, **{flag: True})
    assert not isacsys.open_run(path).complete
    go.set()
    other.join()
    assert path.read_bytes() == whole


@pytest.mark.parametrize("output", ["missing/run.h5", ".", "file/run.h5"])
def test_an_output_that_cannot_be_is_refused(tmp_path, output):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="output"):
        run(tmp_path / output)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("options", "key"), [
    ({"executor": "threads"}, "executor"), ({"workers": 0}, "workers"), ({"workers": 1.5}, "workers"),
    ({"dask_address": "tcp://x:1"}, "dask_address"), ({"only_drop": -1}, "only_drop"), ({"drops": 0}, "drops"),
    ({"precision": 0.0}, "precision"), ({"precision": float("nan")}, "precision"), ({"metrics": ["sir"]}, "metric"),
    ({"precision": 0.1, "only_drop": 1}, "precision"), ({"metrics": ["sensing_ase"]}, "metric"),
    ({"resume": True}, "resume"), ({"force": True}, "force"), ({"resume": True, "force": True}, "resume"),
    ({"scenario": SCENARIO.replace({"scheduling.policy": "nobody"})}, "scheduling.policy"),
    ({"scheduler": lambda: 0}, "scheduler"),
])
def test_nonsense_is_refused_before_anything_happens(options, key):
    with pytest.raises(ConfigError, match=key) as error:
        run(**options)
    assert "\n" not in str(error.value)


def test_every_drop_gets_its_own_copy_of_what_is_handed_in():
    counter = fakes.Counter()
    assert run(scheduler=counter, simulate=fakes.count_up).drops == 40
    assert counter.calls == 0


def test_tables_of_a_higher_level_are_not_there():
    with pytest.raises(ConfigError, match=r"recording.level = \"links\""):
        run().table("events")
    with pytest.raises(ConfigError, match="one of communication_rate"):
        run()["rate"]


def test_real_drops_are_the_same_in_memory_and_on_disk(path):
    scenario = Scenario().replace({"network.area": 9.0, "recording.level": "full", "simulation.drops": 5,
                                   "allocation.communication_cluster": 2})
    one, other = (isacsys.run(scenario, executor="serial", output=output) for output in (None, path))
    same_tables(fakes.tables(one), fakes.tables(other))
    assert json.loads(json.dumps(one.to_dict())) == other.to_dict()


def test_an_interrupted_run_without_output_says_so():
    with pytest.raises(DropError) as error:
        run(simulate=fakes.fail_at_seven)
    assert "nothing is kept" in error.value.__notes__[0]
    assert not isinstance(error.value, IncompleteRun)
