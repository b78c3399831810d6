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
from importlib import import_module
from typing import Any, TextIO

from isacsys.core.errors import ConfigError, DropError, IncompleteRun, IsacError
from isacsys.core.version import version

_PLACE_IN_THE_WEST = re.compile(r"-[0-9.]+,-?[0-9.]+")
COMMANDS = {  # name: module that has it, what it does
    "run": ("simulation_commands", "simulate a scenario; print the estimates"),
    "show": ("simulation_commands", "print the estimates of a log, finished or not"),
    "schedulers": ("simulation_commands", "list the scheduling policies"),
    "plugins": ("simulation_commands", "list everything that can be chosen by name, of every kind"),
    "sweep": ("study_commands", "simulate a grid of scenarios on common seeds"),
    "compare": ("study_commands", "compare logs drop by drop"),
    "search": ("study_commands", "find the best setting by simulation, with a stated confidence"),
    "roc": ("study_commands", "detection over false alarm for the network's own SIRs"),
    "analyze": ("analysis_commands", "compute the analytic values: exact, and the paper's approximations"),
    "optimize": ("analysis_commands", "find the best K, L, J, Q: the paper's P1 (--weight) and P2 (bounds)"),
    "validate": ("validation_command", "simulation beside analysis, with a verdict"),
    "calibrate": ("calibration_command", "a 3GPP calibration case beside the companies' percentiles"),
    "plot": ("picture_commands", "draw a run: distributions, interference, rate over distance; or an antenna pattern"),
    "map": ("picture_commands", "draw one drop: cells, who is served, who nulls for whom"),
    "report": ("picture_commands", "write one self-contained page about a run, or several side by side"),
    "play": ("picture_commands", "write a page that plays one recorded drop back"),
    "settings": ("settings_commands", "list every setting: default, range, unit, meaning"),
    "new": ("settings_commands", "write a commented scenario to start from"),
    "cells": ("settings_commands", "make a network of a list of cells: OpenCelliD, GeoJSON"),
}
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


class Commands:
    """Takes the subparsers of command modules, and gives each the line of `COMMANDS` that says what it does."""

    def __init__(self, subparsers: Any) -> None:
        self._subparsers = subparsers

    def add_parser(self, name: str, **options: Any) -> Any:
        """Return a new subparser."""
        return self._subparsers.add_parser(name, help=COMMANDS[name][1], **options)


def build_parser(words: Sequence[str] | None = None) -> Parser:
    """Return the parser of the command that ``words`` name, so that nothing else is imported; without words, of all."""
    parser = Parser(prog="isacsys", description="Simulate networked ISAC: cellular networks that serve users and "
                    "sense targets with one waveform and coordinate in clusters to null interference.")
    parser.add_argument("--version", action="version", version=f"isacsys {version()}")
    commands = Commands(parser.add_subparsers(metavar="COMMAND", required=True))
    named = [word for word in words or () if not word.startswith("-")][:1]
    if words is not None and (not named or named[0] not in COMMANDS):  # help, or a mistake: names and lines are enough
        for name in COMMANDS:
            commands.add_parser(name)
        return parser
    for module in dict.fromkeys(module for name, (module, _) in COMMANDS.items() if words is None or name in named):
        import_module(f"isacsys.cli.{module}").register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 1 a comparison failed, 2 bad input, 3 interrupted or incomplete.
    """
    options = build_parser(sys.argv[1:] if arguments is None else arguments).parse_args(arguments)
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


__all__ = ["BAD_INPUT", "DIFFERS", "DONE", "INCOMPLETE", "ConfigError", "main"]
