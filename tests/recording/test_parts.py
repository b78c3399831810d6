"""Parts: whole or absent, and whatever is wrong with one is noticed."""

import fcntl
import os
import random

import numpy as np
import pytest

import isacsys
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
    part.check()
    assert (part.first, part.stop, part.campaign) == (3, 9, "abc")
    same_tables(*({table: source.read(table) for table in source.tables()} for source in (recorder, part)))
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_part(tmp_path):
    Part(write_part(tmp_path, 0, 1, "abc", MemoryRecorder("summary"))).check()


@pytest.mark.parametrize("spoil", [lambda c: c[:-1], lambda c: c + b"x", lambda c: b"", lambda c: c[100:],
                                   lambda c: c.replace(b"crc32", b"crc33"), lambda c: b"[]\n", lambda c: b"{}\n",
                                   lambda c: c[:-9] + bytes([c[-9] ^ 1]) + c[-8:],
                                   lambda c: c.replace(b"part 2", b"part 1"),
                                   lambda c: c.replace(b"frames", b"phrase")])
def test_a_damaged_part_is_noticed(tmp_path, recorder, spoil):
    path = write_part(tmp_path, 3, 9, "abc", recorder)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(LogFormatError, match="is damaged"):
        Part(path).check()


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
            part.check()
            part.check_claims()
        except LogFormatError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert (part.first, part.stop, part.campaign) == (3, 6, "abc")
            same_tables({table: part.read(table) for table in part.tables()}, whole)
    path.write_bytes(content)
    return refused, len(range(0, len(content), step))


def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path):
    refused, tried = flips(campaign_of(tmp_path, range(3, 6)), 13)
    assert refused == tried


@pytest.mark.slow
def test_a_flipped_bit_is_noticed_in_every_byte(tmp_path):
    refused, tried = flips(campaign_of(tmp_path, range(3, 6)), 1)
    print(f"\nbytes of a part: {tried}, refused: {refused}")
    assert refused == tried


@pytest.mark.parametrize("claim", [(3, 7), (2, 6), (4, 7)])
def test_a_part_of_other_drops_than_it_says_is_noticed(tmp_path, claim):
    recorder = MemoryRecorder("summary")
    for block in Part(campaign_of(tmp_path, range(3, 6))).blocks("drops"):
        recorder.append("drops", block)
    part = Part(write_part(tmp_path, *claim, "abc", recorder))
    part.check()
    with pytest.raises(LogFormatError, match="each in its place"):
        part.check_claims()


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
        path = next(iter(store.directory.glob("*.part")))
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
