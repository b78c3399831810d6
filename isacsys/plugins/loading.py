"""Loading of users' code: import from beside a scenario, and one line that says where it failed.

Standard names come first wherever a user stands: the directories of a scenario are looked through after everything
that is installed, and never for a module of Python's own library.
"""

from __future__ import annotations

import importlib
import signal
import sys
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FunctionType, ModuleType, TracebackType
from typing import Any

from isacsys.core.errors import ConfigError, IsacError, PluginError

_NO_CARE = nullcontext()
_PACKAGE = str(Path(__file__).parents[1])
_NOT_THEIRS = (_PACKAGE, "<frozen", str(Path(importlib.__file__).parent))
_INSTALLED = (*_NOT_THEIRS, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")))


class Beside(MetaPathFinder):
    """Finds modules in the directories of the present scenario, after all other finders."""

    def __init__(self) -> None:
        self.directories: tuple[str, ...] = ()
        self._found: set[str] = set()

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        """Search a module that does not belong to a package."""
        if path is not None or not self.directories or fullname in sys.stdlib_module_names:
            return None
        spec = PathFinder.find_spec(fullname, list(self.directories))
        if spec is not None:
            self._found.add(fullname)
        return spec

    def look_in(self, directories: tuple[str, ...]) -> None:
        """Search here from now on; modules of other scenarios are discarded, as their names may be the same."""
        if self not in sys.meta_path:
            sys.meta_path.append(self)
        if directories != self.directories:
            for name in [name for name in sys.modules if name.partition(".")[0] in self._found]:
                del sys.modules[name]
            self.directories, self._found = directories, set()


    @property
    def found(self) -> frozenset[str]:
        """The modules found so far."""
        return frozenset(self._found)


_beside = Beside()


def found_beside() -> frozenset[str]:
    """Return the names of modules that were loaded from beside the present scenario."""
    return _beside.found


def load(key: str, name: str, beside: tuple[str, ...] = (), what: str = "Class") -> Any:
    """Return what ``"module:Class"`` names. Raises ConfigError, naming ``key``, where it cannot be imported.

    Parameters
    ----------
    key, name : str
        The setting and its value.
    beside : tuple of str
        Directories to look in for what is not installed.
    what : str
        What stands after the colon, in words.
    """
    module, _, attribute = name.partition(":")
    _beside.look_in(beside)
    with blamed(lambda fault: ConfigError(key, name, f"an importable \"module:{what}\" ({fault})"), importing=True):
        if module not in sys.modules:
            importlib.invalidate_caches()  # it may have been written a moment ago
        found = importlib.import_module(module)
        if not hasattr(found, attribute):
            home = getattr(found, "__file__", None) or "built in"
            raise AttributeError(f"module {module} ({home}) has no {attribute or 'empty name'}")
        return getattr(found, attribute)


class blamed:
    """Turn whatever a plug-in raises, an attempt to exit included, into ``error(fault)``, an error of ours.

    What is an error of ours already passes, and so does Ctrl-C: a KeyboardInterrupt is the plug-in's own where none
    can come from the keyboard.
    """

    __slots__ = ("_error", "_importing", "_plugin")

    def __init__(self, error: Any, plugin: object = None, *, importing: bool = False) -> None:
        self._error, self._plugin, self._importing = error, plugin, importing

    def __enter__(self) -> None:
        """Return itself."""

    def __exit__(self, kind: object, raised: BaseException | None, trace: object) -> None:
        """Raise PluginError for what the plug-in raised."""
        if raised is None or isinstance(raised, (IsacError, GeneratorExit)):
            return
        if isinstance(raised, KeyboardInterrupt) and not self._importing and _from_keyboard(raised):
            return
        raise self._error(fault(raised, self._plugin)) from raised


def calling(plugin: object, word: str, doing: str) -> Any:
    """Return a context in which ``plugin`` (a ``word``) is called: what it raises becomes a `PluginError`."""
    return blamed(lambda fault: PluginError(f"{word} {type(plugin).__name__} raised {fault} {doing}".rstrip()), plugin)


def calling_theirs(plugin: object, word: str, doing: str) -> Any:
    """Return the same context for a user's own plug-in; a failure of one of ours is no plug-in's fault."""
    return _NO_CARE if is_ours(plugin) else calling(plugin, word, doing)


def is_ours(plugin: object) -> bool:
    """Return whether a plug-in comes with isacsys."""
    return _is_ours(type(plugin))  # type: ignore[arg-type]


def written(plugin: object, *methods: str) -> str:
    """Return which of some methods the user's own class of a plug-in defines, the first of the most derived class.

    Empty where it inherits all of them from isacsys. Where two methods can answer one question, the one that a user has
    written is the one to ask.
    """
    return next((name for kind in type(plugin).__mro__ if not _is_ours(kind) for name in methods if name in vars(kind)),
                "")


@cache
def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "isacsys"


def fault(error: BaseException, plugin: object = None) -> str:
    """Return in one line what was raised and where: the last line of the plug-in's own file in the traceback."""
    message = str(error)
    words = f"{type(error).__name__}: {message}" if message else type(error).__name__
    place = _place(error, plugin)
    return " ".join(f"{words} ({place})".split() if place else words.split())


def _place(error: BaseException, plugin: object) -> str:
    frames = list(_frames(error.__traceback__))
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    own = _files(type(plugin))
    places = [frame for frame in frames if frame[0] in own] or \
        [frame for frame in frames if not frame[0].startswith(_INSTALLED)] or \
        [frame for frame in frames if not frame[0].startswith(_NOT_THEIRS)]
    return f"{places[-1][0]}, line {places[-1][1]}" if places else ""


def _frames(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _files(cls: type) -> set[str]:
    """Return the files in which a class and its bases are written, apart from ours."""
    functions = (value for base in cls.__mro__ for value in vars(base).values() if isinstance(value, FunctionType))
    return {file for function in functions if not (file := function.__code__.co_filename).startswith(_PACKAGE)}


def _from_keyboard(error: KeyboardInterrupt) -> bool:
    """Return whether Ctrl-C may be the cause: Python's own handler is installed, or this package's raised it."""
    frames = list(_frames(error.__traceback__))
    ours = bool(frames) and frames[-1][0].startswith(_PACKAGE)
    main = threading.current_thread() is threading.main_thread()
    return ours or (main and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
