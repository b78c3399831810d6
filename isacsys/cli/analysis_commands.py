"""The commands that compute without simulating: analyze, optimize."""

from __future__ import annotations

import argparse
import itertools
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from isacsys.cli.options import Subparsers, add_command, add_json, add_scenario, load_scenario, parse_axes, print_json
from isacsys.cli.rooms import analysis, detection_values, link, propagation, scenarios
from isacsys.core.display import csv_text, text_table
from isacsys.core.errors import ConfigError

if TYPE_CHECKING:
    from isacsys.analysis import Designs
    from isacsys.config.scenario import Scenario

_RATE, _ASE = "bit/s/Hz", "bit/s/Hz/km^2"
_RATE_BOUNDS = {"min_communication_rate": f"R_c, {_RATE}", "min_sensing_rate": f"R_s, {_RATE}",
                "min_communication_ase": f"T_c, {_ASE}", "min_sensing_ase": f"T_s, {_ASE}"}
_SIZE_BOUNDS = {"min_communication_cluster": "L", "min_sensing_cluster": "Q"}
_ANALYZE_EXAMPLE = """examples:
  isacsys analyze scenarios/paper.toml
  isacsys analyze scenarios/paper.toml --over allocation.users_per_bs=1:20 --csv"""
_OPTIMIZE_EXAMPLE = """examples:
  isacsys optimize scenarios/paper.toml --weight 0.3
  isacsys optimize scenarios/paper.toml --min-sensing-rate 3 --frontier
  isacsys optimize scenarios/paper.toml --weight 0.3 --sensing-power
  isacsys optimize scenarios/paper.toml --over antennas.transmit=4:64:4 --csv"""
# optimize searches every allocation, so that of the scenario must not get in its way
_ANY_ALLOCATION = {"allocation.users_per_bs": 1, "allocation.targets_per_bs": 0, "allocation.communication_cluster": 1,
                   "allocation.sensing_cluster": 1}


def register(commands: Subparsers) -> None:
    """Add the commands."""
    parser = add_command(commands, "analyze", analyze, _ANALYZE_EXAMPLE)
    _add_common(parser)
    parser = add_command(commands, "optimize", optimize, _OPTIMIZE_EXAMPLE)
    _add_common(parser)
    _add_problem(parser)


def analyze(options: argparse.Namespace) -> int:
    """Print rates and ASE of every point."""
    figures = [{**changes, **_values(scenario)} for changes, scenario in _points(options, {})]
    _print(options, figures, [_flat(point) for point in figures])
    return 0


def optimize(options: argparse.Namespace) -> int:
    """Print the best design of every point, or the designs of its frontier."""
    figures = [{**changes, **_optimum(scenario, options)} for changes, scenario in _points(options, _ANY_ALLOCATION)]
    rows = [_flat({**point, **design}) for point in figures for design in point.get("frontier", [{}])]
    _print(options, figures, rows)
    return 0


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_scenario(parser)
    parser.add_argument("--over", "--sweep", dest="sweep", metavar="section.key=VALUES", action="extend",
                        nargs="+", default=[],
                        help="an axis: first:last[:step], both ends included, or a,b,c; several make a grid")
    add_json(parser)
    parser.add_argument("--csv", action="store_true", help="print comma-separated values")


def _add_problem(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weight", metavar="RHO", type=_share, default=1.0,
                        help="maximise RHO T_c + (1 - RHO) T_s; 1, the default, is T_c alone")
    for name, meaning in _RATE_BOUNDS.items():
        parser.add_argument(_flag(name), metavar="X", type=_bound, default=0.0, help=f"least {meaning}")
    for name, meaning in _SIZE_BOUNDS.items():
        parser.add_argument(_flag(name), metavar="N", type=_size, default=1, help=f"least {meaning}")
    wider = parser.add_mutually_exclusive_group()
    wider.add_argument("--sensing-power", action="store_true",
                       help="search the share of the power on sensing beams too, in steps of 0.01")
    wider.add_argument("--cooperation", action="store_true",
                       help="search what a cluster does too: nothing, nulling or joint transmission")
    parser.add_argument("--frontier", action="store_true", help="every design that none beats in both T_c and T_s")
    parser.add_argument("--method", choices=("exact", "approximate"), default="exact",
                        help="exact rates, or Theorems 1 and 2 and Proposition 2")


def _share(text: str) -> float:
    if not 0 <= float(text) <= 1:
        raise argparse.ArgumentTypeError(f"{text} does not lie between 0 and 1")
    return float(text)


def _size(text: str) -> int:
    if not -2**31 < int(text) < 2**31:
        raise argparse.ArgumentTypeError("that many stations are in no cluster")
    return int(text)


def _bound(text: str) -> float:
    if not math.isfinite(float(text)):
        raise argparse.ArgumentTypeError(f"{text} is not a finite number")
    return float(text)


def _points(options: argparse.Namespace, extra: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Scenario]]:
    """Yield what is changed and the scenario, for every point of the grid."""
    axes, base = parse_axes(options.sweep, "--over"), load_scenario(options, extra)
    lines = scenarios.left_out(base)
    if lines and extra:
        lines.append("isacsys search finds the best setting with all of that, by simulation")
    for line in lines:
        warnings.warn(line, stacklevel=2)
    for values in itertools.product(*axes.values()):
        changes = dict(zip(axes, values, strict=True))
        yield changes, base.replace(changes)


def _values(scenario: Scenario) -> dict[str, Any]:
    communication = asdict(scenarios.communication_values(scenario, propagation.law_of(scenario),
                                                          link.law_of_link(scenario)))
    sensing = scenarios.sensing_values(scenario)
    figures = None if sensing is None else {k: v for k, v in asdict(sensing).items() if v is not None}
    values: dict[str, Any] = {"degrees_of_freedom": scenario.degrees_of_freedom, "communication": communication,
                              "sensing": figures}
    for name, found in (("looks", detection_values.look_values(scenario)),
                        ("geometry", detection_values.geometry_values(scenario))):
        if found is not None:
            values[name] = {key: value for key, value in asdict(found).items() if value is not None}
    return values


def _optimum(scenario: Scenario, options: argparse.Namespace) -> dict[str, Any]:
    over = "sensing_power" if options.sensing_power else "cooperation" if options.cooperation else "sizes"
    designs = _restricted(scenarios.designs_of(scenario, method=options.method, over=over), options)
    optimum = scenarios.exact_designs(analysis.best(designs, rho=options.weight), scenario)
    figures = _design(optimum, options)
    if options.cooperation:
        figures["cooperation"] = _cooperation(scenario, optimum)
    if options.frontier:
        front = scenarios.exact_designs(analysis.pareto_front(designs), scenario)
        figures["frontier"] = [_design(front[i], options) for i in range(len(front))]
    return figures


def _cooperation(scenario: Scenario, optimum: Designs) -> list[dict[str, Any]]:
    """Return, for every K and L beside the targets of the optimum, the rates in bits and which way is best."""
    rates = scenarios.cooperation_of(scenario, J=int(optimum.J), Q=int(optimum.Q))
    columns = {name: analysis.bits(getattr(rates, name)).tolist() for name in ("nothing", "nulling", "joint")}
    return [{"K": int(K), "L": int(L), **dict(zip(columns, row, strict=True)), "best": best}
            for K, L, best, row in zip(rates.K, rates.L, rates.best, zip(*columns.values(), strict=True), strict=True)]


def _restricted(designs: Designs, options: argparse.Namespace) -> Designs:
    """Apply the bounds, which users give in bits."""
    nats = {**dict.fromkeys(_RATE_BOUNDS, math.log(2)), **dict.fromkeys(_SIZE_BOUNDS, 1.0)}
    try:
        return analysis.restricted(designs, **{name: getattr(options, name) * nat for name, nat in nats.items()})
    except analysis.InfeasibleBounds as error:
        beside = " beside " + ", ".join(map(_flag, error.others)) if error.others else ""
        raise ConfigError(_flag(error.key), getattr(options, error.key),
                          f"no design meets it; at most {error.best / nats[error.key]:.6g}{beside}") from None


def _design(design: Designs, options: argparse.Namespace) -> dict[str, Any]:
    t_c, t_s = float(analysis.bits(design.communication_ase)), float(analysis.bits(design.sensing_ase))
    objective = options.weight * t_c + (1 - options.weight) * t_s
    optimum: dict[str, Any] = {name: int(getattr(design, name)) for name in "KLJQ"}
    if design.sensing_power is not None:
        optimum["sensing_power"] = float(design.sensing_power)
    if design.cooperation is not None:
        optimum["cooperation"] = str(design.cooperation)
    return {"optimum": optimum, "communication_ase": t_c, "sensing_ase": t_s, "objective": objective,
            "method": options.method}


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _flat(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten ``communication.rate_exact`` to ``communication_rate_exact`` and so on; K, L, J, Q stay by themselves."""
    flat: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            flat.update({key if name == "optimum" else f"{name}_{key}": inner for key, inner in value.items()})
        elif value is not None and name not in ("frontier", "cooperation"):
            flat[name] = value
    return flat


def _print(options: argparse.Namespace, figures: Sequence[Mapping[str, Any]], rows: Sequence[dict[str, Any]]) -> None:
    header = list(dict.fromkeys(name for row in rows for name in row))
    table = [[row.get(name, "") for name in header] for row in rows]
    if options.json:
        print_json({"sweep": figures} if options.sweep else figures[0])
    elif options.csv:
        print(csv_text([header, *table]), end="")
    elif len(rows) == 1:
        print(text_table(("", "value"), [(name, f"{_short(value)}{_unit(name)}") for name, value in rows[0].items()]))
    else:
        print(text_table(header, [list(map(_short, row)) for row in table]))
        print(f"rates in {_RATE}, ASE in {_ASE}")


def _short(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _unit(name: str) -> str:
    units = {"_ase": _ASE, "objective": _ASE, "_rate": _RATE, "_throughput": "Mbit/s"}
    return next((f" {unit}" for part, unit in units.items() if part in name), "")
