"""The commands about scenario files: settings, new."""

from __future__ import annotations

import argparse
from pathlib import Path

import isacsys.propagation  # noqa: F401 - its models
from isacsys.cli.options import add_json, print_json, with_files
from isacsys.cli.rooms import atomic_files, metrics
from isacsys.config.catalogue import Setting, models, new_scenario, schema, settings
from isacsys.core.errors import ConfigError

_SETTINGS_EXAMPLE = """examples:
  isacsys settings
  isacsys settings allocation
  isacsys settings allocation.users_per_bs --json
  isacsys settings --schema > isacsys.schema.json"""
_NEW_EXAMPLE = """example:
  isacsys new mine.toml"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    parser = commands.add_parser("settings",
                                 epilog=with_files(_SETTINGS_EXAMPLE),
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", metavar="SECTION|KEY", help="a section, a section.key, or a key alone")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of scenario files, for editors")
    add_json(parser)
    parser.set_defaults(handler=show_settings)
    parser = commands.add_parser("new", epilog=_NEW_EXAMPLE,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", metavar="FILE.toml", help="must not exist")
    parser.add_argument("--model", metavar="MODEL", help=f"propagation: {', '.join(models())} (default: {models()[0]})")
    parser.set_defaults(handler=new)


def show_settings(options: argparse.Namespace) -> int:
    """Print settings as text, as JSON, or as a JSON Schema."""
    if options.schema:
        if options.name is not None:
            raise ConfigError("--schema", options.name, "the schema of a whole scenario: no section beside it")
        print_json(schema())
        return 0
    found = _named(options.name)
    if options.json:
        print_json({"settings": [setting.to_dict() for setting in found]})
    else:
        print("\n\n".join(setting.to_text() for setting in found))
    return 0


def _named(name: str | None) -> list[Setting]:
    """Return settings of a name; where there are none, say which figures have it."""
    try:
        return settings(name)
    except ConfigError as error:
        figures = [figure for figure in metrics.METRICS if name and name.lower() in figure]
        if not figures:
            raise
        raise ConfigError(error.key, name, f"a section or a key; figures of a run with that name are "
                          f"{', '.join(figures[:6])}") from None


def new(options: argparse.Namespace) -> int:
    """Write a scenario file."""
    path, text = Path(options.path), new_scenario(options.model)
    if path.exists() or path.suffix != ".toml":
        raise ConfigError("FILE.toml", options.path, "a file that does not exist, whose name ends with .toml")
    try:
        with atomic_files.whole_file(path) as file:
            atomic_files.write_all(file, text.encode())
    except OSError as error:
        raise ConfigError("FILE.toml", options.path, f"a file that can be written ({error.strerror})") from None
    print(f"{path}: every setting with its default; isacsys run {path}")
    return 0
