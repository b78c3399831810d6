"""Parts: whole or absent, and whatever is wrong with one is noticed."""

import fcntl
import os

import pytest

from isacsys.errors import LogFormatError
from isacsys.recording import MemoryRecorder, Part, write_part
from isacsys.recording.files import DirectoryLock, whole_file
from isacsys.recording.schema import BLOCK_ROWS
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
                                   lambda c: c.replace(b"part 1", b"part 2"),
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
