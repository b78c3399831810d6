"""Stores of finished batches: memory, or a directory beside the later log."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from isacsys.campaign.output import (
    MODE,
    clear,
    clear_leftovers,
    manifest,
    own_directory,
    read_manifest,
    whole_parts,
    write_manifest,
)
from isacsys.campaign.plan import Plan, check_same, differences, processor, versions
from isacsys.campaign.worker import FinishedDrops, Range, cannot_write
from isacsys.core.arrays import Table
from isacsys.core.errors import ConfigError, IncompleteRun, LogFormatError
from isacsys.recording import DropIntegrity, Log, MergedSources, Part, Source, Tables, write_log, write_part
from isacsys.recording.atomic_files import behind_links, is_hdf5, permissions
from isacsys.recording.integrity import drop_range


class Store(Protocol):
    """Keeps what is finished."""

    @property
    def directory(self) -> Path | None:
        """Where workers put finished batches; None: they return them."""

    @property
    def advice(self) -> str:
        """What to tell a user whose run was cut short."""

    @property
    def done(self) -> list[Range]:
        """Drops that are finished."""

    @property
    def kept(self) -> int:
        """Drops before this one stay, whatever a stopping rule says."""

    def add(self, batch: FinishedDrops) -> None:
        """Take a finished batch."""

    def drops(self, before: int) -> Table:
        """Return the rows of table ``drops``, in order, of the drops before ``before``."""

    def finish(self, stop: int) -> Source:
        """Return everything of the drops before ``stop``, which all are finished."""


class MemoryStore:
    """Keeps everything in memory."""

    directory: Path | None = None
    advice = "without an output nothing is kept"
    kept = 0

    def __init__(self) -> None:
        self._sources: dict[Range, Source] = {}

    @property
    def done(self) -> list[Range]:
        """Drops that are finished."""
        return sorted(self._sources)

    def add(self, batch: FinishedDrops) -> None:
        """Take a finished batch."""
        if batch.tables is not None:
            self._sources[batch.first, batch.stop] = batch.tables

    def drops(self, before: int) -> Table:
        """Return the rows of table ``drops``, in order, of the drops before ``before``."""
        return self.finish(before).read("drops")

    def finish(self, stop: int) -> MergedSources:
        """Return everything of the drops before ``stop``."""
        return MergedSources([self._sources[key] for key in self.done], stop)


class FileStore:
    """Keeps finished batches as parts in ``RUN.h5.parts`` until they are gathered into ``RUN.h5``.

    A log that is there already counts as the first part. Use it through `file_store`.
    """

    def __init__(self, path: Path, plan: Plan, directory: Path) -> None:
        self.path, self.plan, self.directory = path, plan, directory
        self.mode: int | None = None  # permissions of a log that is replaced
        self._pieces: dict[Range, Source] = {}
        self._drops: dict[Range, Table] = {}

    @property
    def advice(self) -> str:
        """What to tell a user whose run was cut short."""
        count = sum(stop - first for first, stop in self._pieces)
        if not count:
            return "no drop was finished"
        return f"{count} finished drops are kept; --resume -o {self.path} continues"

    @property
    def done(self) -> list[Range]:
        """Drops that are finished."""
        return sorted(self._pieces)

    def add(self, batch: FinishedDrops) -> None:
        """Take a finished batch; one that came without a file is written."""
        if batch.stop == batch.first:
            return
        try:
            path = batch.path or write_part(self.directory, batch.first, batch.stop, self.plan.fingerprint,
                                            batch.tables or Tables({}))
        except OSError as error:
            raise cannot_write(self.directory, error) from None
        self._pieces[batch.first, batch.stop] = Part(path)
        self._drops[batch.first, batch.stop] = batch.drops

    def drops(self, before: int) -> Table:
        """Return the rows of table ``drops``, in order, of the drops before ``before``."""
        for key, piece in self._pieces.items():
            if key not in self._drops:
                self._drops[key] = piece.read("drops")
        return MergedSources([Tables({"drops": self._drops[key]}) for key in self.done], before).read("drops")

    def finish(self, stop: int) -> Source:
        """Gather the drops before ``stop`` into the log, and remove the parts."""
        if not isinstance(self._pieces.get((self.plan.first, stop)), Log):
            try:
                write_log(self.path, self.plan.scenario.recording.level, self.plan.attributes(stop),
                          MergedSources([self._pieces[key] for key in self.done], stop),
                          DropIntegrity(self.plan.first, stop), self.mode)
            except LogFormatError as error:
                raise IncompleteRun(f"{error}; {self.advice}") from None
            except OSError as error:
                raise IncompleteRun(f"{cannot_write(self.path, error)}; {self.advice}") from None
            except KeyboardInterrupt:
                raise IncompleteRun(f"interrupted; {self.advice}") from None
        clear(self.directory)
        return Log(self.path)

    @property
    def kept(self) -> int:
        """The drop after the last one of a log that is there already: it only ever grows."""
        return max((stop for (_, stop), piece in self._pieces.items() if isinstance(piece, Log)), default=0)

    def load(self) -> None:
        """Take what an earlier run left. Raises ConfigError where it was another one."""
        if self.path.exists():
            log = Log(self.path)
            check_same(self.plan, log.attributes, self.path)
            self._compare_versions(log.attributes)
            log.verify()
            self._pieces[drop_range(log.attributes, self.path)] = log
        begun = read_manifest(self.directory)
        if begun is not None:
            check_same(self.plan, begun, self.path)
            self._compare_versions(begun)
            self.mode = int(begun[MODE]) & 0o777 if MODE in begun else None
            for part in whole_parts(self.directory, self.plan.fingerprint):
                self._take(part)
        last = max((stop for _, stop in self._pieces), default=0)
        if last > self.plan.stop:
            raise ConfigError("simulation.drops", self.plan.stop - self.plan.first,
                              f"at least {last - self.plan.first}, as far as {self.path} went: nothing is thrown away")

    def check_size(self) -> None:
        """Raise ConfigError, before anything is removed, for settings that take more room than can be read again."""
        manifest(self.plan.attributes(self.plan.stop))

    def make_room(self) -> None:
        """Remove the log that is there, and what an earlier run left; keep its permissions for the new one."""
        self.mode = permissions(self.path)
        behind_links(self.path).unlink(missing_ok=True)
        clear(self.directory)

    def begin(self) -> None:
        """Write down what is being simulated."""
        mode = {} if self.mode is None else {MODE: self.mode}
        write_manifest(self.directory, {**self.plan.attributes(self.plan.stop), **mode})

    def _take(self, part: Part) -> None:
        if any(first < part.stop and part.first < stop for first, stop in self._pieces):
            part.path.unlink(missing_ok=True)  # its drops are in another piece
            return
        try:
            part.verify()
        except LogFormatError as error:
            warnings.warn(f"{error}; its drops run again", stacklevel=2)
            part.path.unlink(missing_ok=True)
        else:
            self._pieces[part.first, part.stop] = part

    def _compare_versions(self, attributes: Mapping[str, Any]) -> None:
        for name, mine in versions().items():
            if attributes.get(name) != mine:
                warnings.warn(f"{self.path} was begun with {name} {attributes.get(name)}, this is {mine}: "
                              "numbers may differ in the last bit", stacklevel=2)
        for words in differences(attributes, processor()):
            warnings.warn(f"{self.path} was begun on another kind of processor ({words}): numbers may differ in the "
                          "last digits", stacklevel=2)


@contextmanager
def file_store(path: Path, plan: Plan, *, resume: bool, force: bool, guarded: bool = False) -> Iterator[FileStore]:
    """Open the store of the log at ``path`` for this process alone.

    ``guarded`` says that the caller has locked the directory that the log is in: a search has a log for every setting,
    and a process may not hold that many locks.

    Raises
    ------
    ConfigError
        Where there is something already and neither ``resume`` nor ``force`` says what to do with it, where it is
        not the same campaign, where another process is at it, or where it cannot be written.
    """
    with own_directory(path, guarded=guarded) as directory:
        store = FileStore(path, plan, directory)
        _prepare(store, directory, resume=resume, force=force)
        yield store


def _prepare(store: FileStore, directory: Path, *, resume: bool, force: bool) -> None:
    def refuse(allowed: str) -> ConfigError:
        return ConfigError("output", str(store.path), allowed)

    store.check_size()
    try:
        clear_leftovers(store.path)
        if force:
            if store.path.exists() and not is_hdf5(store.path):
                raise refuse("a new file, or a log to replace: this one is none")
            store.make_room()
        elif resume:
            store.load()
        elif store.path.exists():
            raise refuse("a new file, or --resume (resume=True) to continue it, or --force (force=True) to replace it")
        elif read_manifest(directory) is not None:
            raise refuse("a new file: an unfinished run is there; --resume continues it, --force starts anew")
        store.begin()
    except OSError as error:
        raise refuse(f"a file that can be written ({error.strerror or error})") from None
