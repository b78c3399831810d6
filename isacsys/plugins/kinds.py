"""Kinds of plug-in: what users may choose by name, write themselves, or pass as an object.

A kind is registered once, in the module of its built-ins::

    SCHEDULER = register(Kind("scheduler", Scheduler, "scheduling.policy", SCHEDULERS))

and is found from then on by built-in name, as ``"module:Class"`` (beside the scenario's file or installed), through an
entry point (group ``isacsys.schedulers``), or as an object. `docs/guides/plugins.md` says how to add one.
"""

from __future__ import annotations

import difflib
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from isacsys.core.errors import ConfigError
from isacsys.plugins.loading import blamed, load

T = TypeVar("T")


class Settings(Protocol):
    """What a kind needs to know of a scenario."""

    @property
    def beside(self) -> tuple[str, ...]:
        """Directories in which modules are looked for."""

    def get(self, dotted: str) -> Any:
        """Return the value of ``"section.key"``."""


@dataclass(frozen=True, eq=False)
class PluginKind(Generic[T]):
    """One kind of plug-in.

    Attributes
    ----------
    word : str
        What one is called: ``"grant policy"``.
    base : type
        What each is a subclass of; exported as ``isacsys.<name>``.
    key : str
        The setting that names it; its parameters are the key ``parameters`` of the same section.
    built_in : mapping
        From name to class.
    parameters : str
        The setting with its keyword arguments, where it is called otherwise.
    also : tuple of str
        Further settings that name one.
    many : bool
        Whether ``key`` names any number of them: a table from name to parameters.
    files : mapping
        From the suffix of a file (".msi") to what makes one of its name and the setting that gives it.
    """

    word: str
    base: type[T]
    key: str
    built_in: Mapping[str, type[T]] = field(default_factory=dict)
    parameters: str = ""
    also: tuple[str, ...] = ()
    many: bool = False
    files: Mapping[str, Callable[[str, str], T]] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The entry-point group: ``isacsys.grant_policies``."""
        word = self.word.replace(" ", "_")
        return f"isacsys.{f'{word[:-1]}ies' if word.endswith('cy') else f'{word}es' if word[-1] == 's' else f'{word}s'}"

    @property
    def parameters_key(self) -> str:
        """The setting with its keyword arguments."""
        return self.parameters or f"{self.key.partition('.')[0]}.parameters"

    @property
    def check(self) -> str:
        """The function of `isacsys.testing` that runs one through its invariants: ``check_grant_policy``."""
        return f"check_{self.word.replace(' ', '_')}"

    def of(self, settings: Settings, key: str = "", parameters: str = "") -> T:
        """Return a new one, as ``key`` (default: the kind's own) and ``parameters`` of a scenario say."""
        key = key or self.key
        parameters = parameters or self.parameters_key
        return self.find(settings.get(key), settings.get(parameters), settings.beside, key=key, of_key=parameters)

    def all_of(self, settings: Settings) -> list[T]:
        """Return a new one of each that a scenario names, where it names any number of them."""
        found = []
        for name, parameters in settings.get(self.key).items():
            of_key = f"{self.key}.{name}"
            if not isinstance(parameters, Mapping):
                raise ConfigError(of_key, parameters, "a table of its parameters, {} for none")
            found.append(self.find(name, parameters, settings.beside, key=self.key, of_key=of_key))
        return found

    def find(self, name: str, parameters: Mapping[str, Any] | None = None, beside: tuple[str, ...] = (), *,
             key: str = "", of_key: str = "parameters") -> T:
        """Return a new one of this name, made with ``parameters``. Raises ConfigError, naming ``key``, for wrong ones.
        """
        key = key or self.key
        if self.is_file(name):
            if parameters:
                raise ConfigError(of_key, dict(parameters), f"none for a file, as {key} = \"{name}\"")
            return self.files[Path(name).suffix.lower()](name, key)
        return self._make(self.look_up(name, beside, key=key), name, key, parameters or {}, of_key)

    def is_file(self, name: str) -> bool:
        """Return whether a name is that of a file."""
        return Path(name).suffix.lower() in self.files

    def look_up(self, name: str, beside: tuple[str, ...] = (), *, key: str = "") -> type[T]:
        """Return the class of this name. Raises ConfigError, naming ``key``, where there is none."""
        key = key or self.key
        if name in self.built_in:
            return self.built_in[name]
        installed = _installed(self.group)
        if name in installed:
            found = load(key, installed[name].value, beside)
        elif ":" in name:
            found = load(key, name, beside)
        else:
            known = [*self.built_in, *installed]
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean \"{near[0]}\"? " if near else ""
            also = f"a file that ends with {' or '.join(self.files)}, " if self.files else ""
            raise ConfigError(key, name, f"{hint}one of {', '.join([*known, ''])}{also}or \"module:Class\"")
        if not (isinstance(found, type) and issubclass(found, self.base)):
            raise ConfigError(key, name, f"a subclass of isacsys.{self.base.__name__}")
        return found

    def check_object(self, argument: str, value: object) -> None:
        """Raise ConfigError, naming ``argument``, unless ``value`` is an object of this kind."""
        if isinstance(value, type) and issubclass(value, self.base):
            raise ConfigError(argument, value, f"an object, not a class: write {value.__name__}()")
        if not isinstance(value, self.base):
            raise ConfigError(argument, value, f"a {self.word}: an object of a subclass of isacsys."
                              f"{self.base.__name__}, or the name of one")

    def available(self) -> dict[str, str]:
        """Return the names there are, each with a line on what it does."""
        lines = {name: summary(cls) for name, cls in self.built_in.items()}
        return lines | {name: f"from {point.value}" for name, point in _installed(self.group).items()
                        if name not in lines}

    def _make(self, cls: type[T], name: str, key: str, parameters: Mapping[str, Any], of_key: str) -> T:
        if parameters:
            _check_parameters(cls, parameters, of_key)
        wanted = "a class that can be made with these parameters" if parameters else \
            "a class that can be made without arguments"
        with blamed(lambda fault: ConfigError(of_key if parameters else key, dict(parameters) if parameters else name,
                                              f"{wanted} ({fault})"), importing=True):
            return cls(**parameters)


KINDS: dict[str, PluginKind[Any]] = {}


def register(kind: PluginKind[T]) -> PluginKind[T]:
    """Add a kind to those that ``isacsys plugins`` lists, and return it."""
    KINDS[kind.word] = kind
    return kind


def written_by_users(settings: Settings) -> dict[str, type]:
    """Return the classes that a scenario names and that are not built in, by setting."""
    found = {}
    for kind in KINDS.values():
        for key in (kind.key, *kind.also):
            given = settings.get(key)
            for name in given if kind.many else (given,):
                if name and name not in kind.built_in and not kind.is_file(name):
                    found[f"{key}.{name}" if kind.many else key] = kind.look_up(name, settings.beside, key=key)
    return found


def summary(cls: type) -> str:
    """Return the first line of what a class says of itself."""
    return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


def _check_parameters(cls: type, parameters: Mapping[str, Any], of_key: str) -> None:
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):  # some classes written in C have none
        return
    try:
        signature.bind(**parameters)
    except TypeError as error:
        known = ", ".join(signature.parameters) or "none"
        raise ConfigError(of_key, dict(parameters), f"the parameters of {cls.__name__}, which are: {known} ({error})"
                          ) from None


def _installed(group: str) -> dict[str, EntryPoint]:
    return _entry_points(group, tuple(sys.path))


@lru_cache(maxsize=64)
def _entry_points(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Return what installed packages offer; looking through them takes longer than a frame."""
    try:
        return {point.name: point for point in entry_points(group=group)}
    except Exception as error:  # of any package that happens to be installed
        warnings.warn(f"what installed packages offer cannot be read ({type(error).__name__}: {error})", stacklevel=2)
        return {}
