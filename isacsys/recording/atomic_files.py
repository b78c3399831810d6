"""Files that are either whole or absent, and directories that belong to one process at a time."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from isacsys.core.errors import LogFormatError

fcntl: Any = None  # Windows has none
with contextlib.suppress(ImportError):
    fcntl = importlib.import_module("fcntl")

_HDF5 = b"\x89HDF\r\n\x1a\n"
# What file systems answer to a call that they do not have.
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY}
_HELD_BY_OTHERS = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
_ATTEMPTS = 100  # to lock a file that others remove; where numbers of files change, there is no end to it


@contextlib.contextmanager
def whole_file(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """Open a file for writing that appears as ``path`` only when everything in it is on disk.

    It is written aside, synced and renamed, and its directory is synced: a process killed, or a machine that loses
    power, leaves either all of it or nothing. Where ``path`` is a symbolic link, the file it points to is replaced. A
    file that is replaced leaves its group and permissions to the new one (and its owner, where root writes).

    Parameters
    ----------
    path : path
    mode : int, optional
        Permissions where nothing is replaced; default: those of new files.
    """
    path = behind_links(path)
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(aside, "w+b", buffering=0) as file:
            yield file
            _sync(file.fileno(), _UNSUPPORTED)
        _permit(aside, path, mode)
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_all(file: BinaryIO, data: bytes | memoryview) -> None:
    """Write all of ``data`` to an unbuffered file, which may take less at a time. Raises OSError on a full disk."""
    view = memoryview(data)
    while len(view):
        view = view[file.write(view):]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, all of it or nothing."""
    with whole_file(path) as file:
        write_all(file, content)


def behind_links(path: Path) -> Path:
    """Return the file or directory that a path leads to, whether it exists or not."""
    return Path(os.path.realpath(path))


def permissions(path: Path) -> int | None:
    """Return the permission bits of a file; None where there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def _permit(aside: Path, path: Path, mode: int | None) -> None:
    """Set group and permissions of a new file to those of the one that it replaces, if the file system has any."""
    with contextlib.suppress(FileNotFoundError):
        before, mine = path.stat(), aside.stat()
        mode = stat.S_IMODE(before.st_mode)
        if (before.st_uid, before.st_gid) != (mine.st_uid, mine.st_gid):
            with contextlib.suppress(OSError):  # only root may give a file away
                os.chown(aside, before.st_uid if os.geteuid() == 0 else -1, before.st_gid)
    if mode is not None:
        with contextlib.suppress(OSError):
            os.chmod(aside, mode)


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
    """Return whether a regular file begins as HDF5 files do, or is empty."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(_HDF5)) in (b"", _HDF5)


def sync_directory(path: Path) -> None:
    """Write the names in a directory to disk, where its file system can: many network file systems cannot."""
    if os.name != "posix":
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # a directory that may be written and not read; what is in it is complete
        return
    try:
        _sync(descriptor, {*_UNSUPPORTED, errno.EBADF, errno.EISDIR, errno.EACCES, errno.EPERM})
    finally:
        os.close(descriptor)


def _sync(descriptor: int, unsupported: Collection[int]) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in unsupported:
            raise


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
        """Release the lock."""
        os.close(self._descriptor)

    @staticmethod
    def _acquire(path: Path) -> int:
        for attempt in range(_ATTEMPTS):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                locks = _lock(descriptor)
                if not locks or attempt == _ATTEMPTS - 1 or os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
            except FileNotFoundError:  # the last owner removed it between our opening and our locking
                pass
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)
        raise BlockingIOError


def _lock(descriptor: int) -> bool:
    """Lock a file; return whether it can be, on this system and file system. Raises BlockingIOError: others hold it."""
    if fcntl is None:  # not a POSIX system: nothing guards against a second process
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD_BY_OTHERS:
            raise BlockingIOError(error.errno, error.strerror) from None
        return False  # NFS without its daemon, some Lustre, FUSE: each has an error of its own for it
    return True
