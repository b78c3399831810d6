"""The command line: one module a group of commands, each registering its own subparsers."""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

from isacsys.core.errors import ConfigError, DropError, IncompleteRun, IsacError

_PLACE_IN_THE_WEST = re.compile(r"-[0-9.]+,-?[0-9.]+")
DONE, DIFFERS, BAD_INPUT, INCOMPLETE = 0, 1, 2, 3


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one line and exits 2."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Print one line and leave."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; a place in the west, ``--near -70.6,-33.4``, is no option."""
        words: list[str] = []
        for word in sys.argv[1:] if args is None else args:
            if words and words[-1].startswith("--") and _PLACE_IN_THE_WEST.fullmatch(word):
                words[-1] += f"={word}"
            else:
                words.append(word)
        return super().parse_known_args(words, namespace)


def build_parser() -> Parser:
    """Return the parser of every command."""
    from isacsys.cli import (
        analysis_commands,
        calibration_command,
        cells_command,
        picture_commands,
        report_command,
        search_command,
        sensing_commands,
        settings_commands,
        simulation_commands,
        study_commands,
        validation_command,
    )

    parser = Parser(prog="isacsys", description="Simulate networked ISAC: cellular networks that serve users and "
                    "sense targets with one waveform and coordinate in clusters to null interference.")
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (
        simulation_commands,
        study_commands,
        search_command,
        analysis_commands,
        validation_command,
        calibration_command,
        picture_commands,
        cells_command,
        report_command,
        settings_commands,
        sensing_commands,
    ):
        module.register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 1 a comparison failed, 2 bad input, 3 interrupted or incomplete.
    """
    options = build_parser().parse_args(arguments)
    warnings.showwarning = _one_line
    for name, value in vars(options).items():
        if any("\0" in text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)):
            return _say(ConfigError(name, value, "text without a NUL"), BAD_INPUT)
    if arguments is not None:  # called by a program, whose signals are its own
        return _perform(options)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of an encoding that may lack a plus-minus sign
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _perform(options)
    finally:  # all is said: what comes while Python ends must not be answered by a traceback
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


def _perform(options: argparse.Namespace) -> int:
    try:
        return int(options.handler(options))
    except (IncompleteRun, DropError) as error:
        return _say(error, INCOMPLETE)
    except IsacError as error:
        return _say(error, BAD_INPUT)
    except KeyboardInterrupt:
        return _say("interrupted", INCOMPLETE)
    except BrokenPipeError:  # `isacsys show … | head`: the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (OSError, MemoryError) as error:
        return _say(error if str(error) else "not enough memory", BAD_INPUT)


def _say(message: object, code: int) -> int:
    text = "; ".join([str(message), *getattr(message, "__notes__", ())])
    print(f"isacsys: {' '.join(text.split())}", file=sys.stderr)
    return code


def _one_line(message: Warning | str, category: type[Warning], filename: str, lineno: int,
              file: TextIO | None = None, line: str | None = None) -> None:
    print(f"isacsys: warning: {message}", file=sys.stderr)


def _version() -> str:
    from isacsys.core.version import version

    return f"isacsys {version()}"


__all__ = ["BAD_INPUT", "DIFFERS", "DONE", "INCOMPLETE", "ConfigError", "main"]
