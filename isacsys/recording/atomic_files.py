"""Files that are either whole or absent, and directories that belong to one process at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isacsys.core.errors import LogFormatError

_HDF5 = b"\x89HDF\r\n\x1a\n"


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears as ``path`` only when everything in it is on disk.

    It is written aside, synced and renamed, and its directory is synced: a process killed, or a machine that loses
    power, leaves either all of it or nothing.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(aside, "w+b", buffering=0) as file:
            yield file
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def check_regular(path: Path) -> None:
    """Raise LogFormatError for what is there but no regular file: a pipe would keep a reader waiting for ever."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise LogFormatError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise LogFormatError(f"{str(path)!r} is no name of a file") from None
    if not stat.S_ISREG(mode):
        raise LogFormatError(f"{path} is not a regular file")


def is_hdf5(path: Path) -> bool:
    """Whether a regular file begins as HDF5 files do, or is empty."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(_HDF5)) in (b"", _HDF5)


def sync_directory(path: Path) -> None:
    """Put the names in a directory on disk."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot, and need not
            raise
    finally:
        os.close(descriptor)


class DirectoryLock:
    """Keeps a directory to one process; the lock goes with its owner, however that ends.

    Raises
    ------
    BlockingIOError
        While another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._descriptor = self._acquire(directory / "lock")

    def release(self) -> None:
        """Let others in."""
        os.close(self._descriptor)

    @staticmethod
    def _acquire(path: Path) -> int:
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _lock(descriptor)
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
            except FileNotFoundError:  # the last owner removed it between our opening and our locking
                pass
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # not a POSIX system: nothing guards against a second process
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):  # a file system without locks
            raise
