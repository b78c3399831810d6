"""The commands that compute without simulating: analyze, optimize."""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from isacsys.analysis.communication import bits
from isacsys.analysis.optimization import METHODS, Designs, InfeasibleBounds, best, pareto_front, restricted
from isacsys.analysis.scenarios import communication_values, designs_of, left_out, sensing_values
from isacsys.cli.common import add_json, add_scenario, format_table, load_scenario, parse_axis, print_json
from isacsys.errors import ConfigError
from isacsys.scenario import Scenario

RATE, ASE = "bit/s/Hz", "bit/s/Hz/km^2"
BOUNDS = {
    "min_communication_rate": f"R_c at least X {RATE}",
    "min_sensing_rate": f"R_s at least X {RATE}",
    "min_communication_ase": f"T_c at least X {ASE}",
    "min_sensing_ase": f"T_s at least X {ASE}",
    "min_communication_cluster": "L at least X",
    "min_sensing_cluster": "Q at least X",
}
WHOLE = ("min_communication_cluster", "min_sensing_cluster")


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    analyze = commands.add_parser(
        "analyze", help="the analytic values of a scenario",
        description="Exact rates and area spectral efficiencies of the gamma model beside the paper's approximations.",
        epilog="example: isacsys analyze scenarios/paper.toml --sweep allocation.users_per_bs=1:20 --csv")
    analyze.set_defaults(handler=_analyze)
    optimize = commands.add_parser(
        "optimize", help="the best K, L, J, Q (problems P1 and P2)",
        description="Search all feasible K, L, J, Q: P1 with --weight, P2 with the bounds, or both together.",
        epilog="example: isacsys optimize scenarios/paper.toml --min-sensing-rate 3 --frontier")
    optimize.set_defaults(handler=_optimize)
    optimize.add_argument("--weight", metavar="RHO", type=float, default=1.0,
                          help="maximise RHO T_c + (1 - RHO) T_s (default 1: T_c)")
    for name, meaning in BOUNDS.items():
        optimize.add_argument(f"--{name.replace('_', '-')}", metavar="X", type=int if name in WHOLE else float,
                              default=1 if name in WHOLE else 0.0, help=meaning)
    optimize.add_argument("--frontier", action="store_true", help="also every design that is not beaten in both ASE")
    optimize.add_argument("--method", choices=METHODS, default="exact", help="exact rates, or the paper's approximations")
    for parser in (analyze, optimize):
        add_scenario(parser)
        parser.add_argument("--sweep", metavar="section.key=FIRST:LAST[:STEP]", action="append", default=[],
                            help="over a range or a list a,b,c; several make a grid")
        form = parser.add_mutually_exclusive_group()
        add_json(form)
        form.add_argument("--csv", action="store_true", help="print one line of comma-separated values per design")


def _analyze(options: argparse.Namespace) -> int:
    points = [{**changes, **_analysis(scenario)} for changes, scenario in _points(options)]
    _print(options, points, [_flat(point) for point in points])
    return 0


def _analysis(scenario: Scenario) -> dict[str, Any]:
    sensing = sensing_values(scenario)
    figures: dict[str, Any] = {"degrees_of_freedom": scenario.degrees_of_freedom,
                               "communication": asdict(communication_values(scenario)),
                               "sensing": None if sensing is None else asdict(sensing)}
    if sensing is not None and sensing.rate_beam_law is None:
        del figures["sensing"]["rate_beam_law"]
    return figures


def _optimize(options: argparse.Namespace) -> int:
    points = [{**changes, **_optimum(scenario, options)} for changes, scenario in _points(options)]
    rows = [_flat({**point, **design}) for point in points
            for design in (point.pop("frontier") if options.frontier and not options.json else [{}])]
    _print(options, points, rows)
    return 0


def _optimum(scenario: Scenario, options: argparse.Namespace) -> dict[str, Any]:
    designs = _restricted(designs_of(scenario, method=options.method), options)
    figures = _figures(best(designs, rho=options.weight), options)
    if options.frontier:
        front = pareto_front(designs)
        figures["frontier"] = [_figures(front[i], options) for i in range(len(front))]
    return figures


def _restricted(designs: Designs, options: argparse.Namespace) -> Designs:
    """Apply the bounds, which users give in bits."""
    scale = {name: 1.0 if name in WHOLE else np.log(2) for name in BOUNDS}
    try:
        return restricted(designs, **{name: getattr(options, name) * scale[name] for name in BOUNDS})
    except InfeasibleBounds as error:
        beside = " beside " + ", ".join(map(_flag, error.others)) if error.others else ""
        raise ConfigError(_flag(error.key), getattr(options, error.key),
                          f"no design meets this; at most {error.best / scale[error.key]:.6g}{beside}") from None


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _figures(design: Designs, options: argparse.Namespace) -> dict[str, Any]:
    ase = float(bits(design.communication_ase)), float(bits(design.sensing_ase))
    return {"optimum": {name: int(getattr(design, name)) for name in "KLJQ"},
            "communication_ase": ase[0], "sensing_ase": ase[1],
            "objective": options.weight * ase[0] + (1 - options.weight) * ase[1], "method": options.method}


def _points(options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], Scenario]]:
    """Yield the changes and the scenario of every point of the grid; only the empty change without ``--sweep``."""
    axes = [parse_axis(text) for text in options.sweep]
    base = load_scenario(options)
    for line in left_out(base):
        warnings.warn(line, stacklevel=2)
    for values in itertools.product(*(values for _, values in axes)):
        changes = {key: value for (key, _), value in zip(axes, values, strict=True)}
        yield changes, base.replace(changes)


def _flat(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten nested figures: ``communication_rate_exact`` and the like, K, L, J, Q by themselves."""
    flat: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flat.update({key if name == "optimum" else f"{name}_{key}": inner for key, inner in value.items()})
        elif value is not None:
            flat[name] = value
    return flat


def _print(options: argparse.Namespace, points: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    if options.json:
        print_json({"sweep": points} if options.sweep else points[0])
        return
    header = list(dict.fromkeys(name for row in rows for name in row))
    table = [[row.get(name, "") for name in header] for row in rows]
    if options.csv:
        csv.writer(sys.stdout).writerows([header, *table])
    elif len(table) == 1:
        print(format_table(("", "value", "unit"), [(n, _short(v), _unit(n)) for n, v in zip(header, table[0], strict=True)]))
    else:
        print(format_table(header, [list(map(_short, row)) for row in table]))
        print(f"rates in {RATE}, ASE in {ASE}")


def _short(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _unit(name: str) -> str:
    return ASE if "ase" in name or name == "objective" else RATE if "rate" in name else ""
