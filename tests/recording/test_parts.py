"""Parts: whole or absent, and whatever is wrong with one is noticed."""

import fcntl
import json
import os
import random

import numpy as np
import pytest

import isacsys
from isacsys.campaign.output import write_manifest
from isacsys.campaign.request import Request
from isacsys.campaign.store import FileStore
from isacsys.core.errors import IncompleteRun, LogFormatError
from isacsys.recording import DropIntegrity, MemoryRecorder, Part, Tables, write_log, write_part
from isacsys.recording.atomic_files import DirectoryLock, whole_file
from isacsys.recording.schema import BLOCK_ROWS, TABLES
from isacsys.simulation import simulate_drop
from tests.recording.rows import fill, same_tables


@pytest.fixture
def recorder():
    recorder = MemoryRecorder("links")
    fill(recorder, "links", (BLOCK_ROWS + 100,))
    return recorder


def test_a_part_has_what_was_recorded(tmp_path, recorder):
    path = write_part(tmp_path, 3, 9, "abc", recorder)
    part = Part(path)
    assert (part.first, part.stop, part.campaign) == (3, 9, "abc")
    same_tables(*({table: source.read(table) for table in source.tables()} for source in (recorder, part)))
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_part(tmp_path):
    Part(write_part(tmp_path, 0, 1, "abc", MemoryRecorder("summary")))


def read_all(part):
    return {table: part.read(table) for table in part.tables()}


@pytest.mark.parametrize("spoil", [lambda c: c[:-1], lambda c: b"", lambda c: c[:100], lambda c: c[:len(c) // 2],
                                   lambda c: b"[]\n", lambda c: c.replace(b"part 3", b"part 4"),
                                   lambda c: c.replace(b"frames", b"phrase"), lambda c: c.replace(b"<f8", b"<i8")])
def test_a_damaged_part_is_noticed(tmp_path, recorder, spoil):
    path = write_part(tmp_path, 3, 9, "abc", recorder)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(LogFormatError, match=r"is damaged \("):
        read_all(Part(path))


HEADER = {"format": "isacsys part 3", "campaign": "a", "first": 3, "stop": 9, "columns": {"drops": [
    ["drop", "i8", "1", "number", False]]}}


@pytest.mark.parametrize(("change", "arrays"), [
    ({"columns": {"drops": [["drop", "O", "1", "", False]]}}, {"drops": np.zeros(6, [("drop", "i8")])}),
    ({"columns": {"drops": [["drop", "i8"]]}}, {}), ({"columns": 3}, {}), ({"first": "x"}, {}), ({"stop": 3}, {}),
    ({"format": "isacsys part 2"}, {}), ({}, {}), ({}, {"drops": np.zeros((6, 2), [("drop", "i8")])}),
    ({}, {"drops": np.zeros(6)}), ({}, {"drops": np.zeros(6, [("drop", "i8"), ("more", "i8")])}),
    ({}, {"drops": np.array([{"a": 1}] * 6, object)}), ({}, {"drops": np.arange(6).astype([("drop", "i8")])})])
def test_a_part_of_strangers_is_refused(tmp_path, change, arrays):
    """Objects are not unpickled, and rows are of the columns and drops that they are said to be of."""
    path = tmp_path / "drops-000000003-000000008.npz"
    np.savez(path, part=np.frombuffer(json.dumps({**HEADER, **change}).encode(), "u1"), **arrays)
    with pytest.raises(LogFormatError, match="is damaged") as error:
        Part(path).verify()
    assert "\n" not in str(error.value)


def test_a_part_that_is_packed_is_refused(tmp_path):
    """It might be larger than any memory."""
    path = tmp_path / "drops-000000003-000000008.npz"
    np.savez_compressed(path, part=np.frombuffer(json.dumps(HEADER).encode(), "u1"), drops=np.zeros(10**6, "i8"))
    with pytest.raises(LogFormatError, match="is damaged"):
        Part(path)


def test_an_unfinished_run_of_version_0_2_is_refused_in_one_line_and_stays(tmp_path):
    scenario = isacsys.Scenario().replace({"network.area": 2.0, "network.users_per_cell": 3.0, "simulation.drops": 2,
                                           "allocation.users_per_bs": 1})
    path, directory = tmp_path / "run.h5", tmp_path / "run.h5.parts"
    directory.mkdir()
    plan = Request().task(scenario).plan
    write_manifest(directory, plan.attributes(2))
    (directory / "drops-000000000-000000000.part").write_bytes(b'{"format": "isacsys part 2"')
    for call in (lambda: isacsys.run(scenario, output=path, executor="serial", resume=True),
                 lambda: isacsys.open_run(path)):
        with pytest.raises(LogFormatError, match="an unfinished run of isacsys 0.2: finish it with that version"):
            call()
    assert (directory / "drops-000000000-000000000.part").exists()
    isacsys.run(scenario, output=path, executor="serial", force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run.h5"]


def test_a_file_that_fails_halfway_is_not_there(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "x") as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert (tmp_path / "x").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_directory_belongs_to_one(tmp_path):
    lock = DirectoryLock(tmp_path)
    with pytest.raises(BlockingIOError):
        DirectoryLock(tmp_path)
    lock.release()
    DirectoryLock(tmp_path).release()


def test_a_lock_on_a_file_that_is_gone_is_no_lock(tmp_path):
    """Who waits for a lock may get it on a file that its last owner has just removed, while a third makes a new one."""
    stale = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(stale, fcntl.LOCK_EX)
    (tmp_path / "lock").unlink()
    lock = DirectoryLock(tmp_path)
    with pytest.raises(BlockingIOError):
        DirectoryLock(tmp_path)
    lock.release()
    os.close(stale)


def campaign_of(tmp_path, drops):
    """A part of a few drops, as a campaign writes it."""
    scenario = isacsys.Scenario().replace({"network.area": 2.0, "network.users_per_cell": 4.0,
                                           "allocation.users_per_bs": 1, "allocation.targets_per_bs": 0})
    recorder = MemoryRecorder("summary")
    for drop in drops:
        simulate_drop(scenario, drop, recorder)
    return write_part(tmp_path, drops.start, drops.stop, "abc", recorder)


def flips(path, step):
    """Flip one bit of every `step`-th byte in turn, and count what becomes of it: refused, or without effect."""
    content, rng = path.read_bytes(), random.Random(1)
    whole = {table: Part(path).read(table) for table in Part(path).tables()}
    refused = 0
    for place in range(0, len(content), step):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1:])
        try:
            part = Part(path)
            part.verify()
        except LogFormatError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert (part.first, part.stop, part.campaign) == (3, 6, "abc")
            same_tables({table: part.read(table) for table in part.tables()}, whole)
    path.write_bytes(content)
    return refused, len(range(0, len(content), step))


def test_a_flipped_bit_is_noticed_or_without_effect_wherever_it_is(tmp_path):
    """An archive says a few things that nobody asks, such as when it was made."""
    refused, tried = flips(campaign_of(tmp_path, range(3, 6)), 29)
    assert refused > 0.9 * tried


@pytest.mark.slow
def test_a_flipped_bit_is_noticed_or_without_effect_in_every_byte(tmp_path):
    refused, tried = flips(campaign_of(tmp_path, range(3, 6)), 1)
    print(f"\nbytes of a part: {tried}, refused: {refused}")
    assert refused > 0.9 * tried


@pytest.mark.parametrize("claim", [(3, 7), (2, 6), (4, 7)])
def test_a_part_of_other_drops_than_it_says_is_noticed(tmp_path, claim):
    recorder = MemoryRecorder("summary")
    for block in Part(campaign_of(tmp_path, range(3, 6))).blocks("drops"):
        recorder.append("drops", block)
    part = Part(write_part(tmp_path, *claim, "abc", recorder))
    with pytest.raises(LogFormatError, match="each in its place"):
        part.verify()


@pytest.mark.parametrize("drops", [[0, 1, 3], [0, 0, 1, 2], [0, 2, 1], [1, 2], [0, 1, 2, 3], []])
def test_a_log_is_what_it_claims_to_be(tmp_path, drops):
    columns = {c.name: np.zeros(len(drops), c.dtype) for c in TABLES["drops"]} | {"drop": np.array(drops, "i8")}
    source = Tables({"drops": columns, "frames": {c.name: np.zeros(0, c.dtype) for c in TABLES["frames"]}})
    with pytest.raises(LogFormatError, match="each in its place"):
        write_log(tmp_path / "run.h5", "summary", {}, source, DropIntegrity(0, 3))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spoil", [lambda c: c[:-5] + bytes([c[-5] ^ 16]) + c[-4:], lambda c: c[:-5]])
def test_a_part_that_changes_before_it_is_gathered_ends_the_run(tmp_path, spoil, monkeypatch):
    """It is not checked at the beginning only: what is written into the log is what was simulated, or nothing is."""
    scenario = isacsys.Scenario().replace({"network.area": 2.0, "network.users_per_cell": 4.0, "simulation.drops": 4,
                                           "allocation.users_per_bs": 1})
    finish = FileStore.finish

    def spoil_one(store, stop):
        path = next(iter(store.directory.glob("*.npz")))
        path.write_bytes(spoil(path.read_bytes()))
        return finish(store, stop)

    with monkeypatch.context() as patched:
        patched.setattr(FileStore, "finish", spoil_one)
        with pytest.raises(IncompleteRun, match="is damaged"):
            isacsys.run(scenario, output=tmp_path / "run.h5", executor="serial")
    assert not (tmp_path / "run.h5").exists()
    with pytest.warns(UserWarning, match="damaged"):
        isacsys.run(scenario, output=tmp_path / "run.h5", executor="serial", resume=True)
    isacsys.run(scenario, output=tmp_path / "whole.h5", executor="serial")
    assert (tmp_path / "run.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5", "whole.h5"]
