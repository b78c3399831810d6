"""The command about targets: roc."""

from __future__ import annotations

import argparse

from isacsys.cli.options import add_scenario, load_scenario, print_json
from isacsys.cli.rooms import roc_curves, roc_points, style
from isacsys.cli.simulation_commands import add_campaign, campaign_options, simulation_changes
from isacsys.core.display import text_table

_EXAMPLE = """examples:
  isacsys roc scenarios/surveillance.toml --drops 4 --frames 50
  isacsys roc scenarios/surveillance.toml --false-alarm 1e-6,1e-3 --json -o roc.png"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("roc", epilog=_EXAMPLE,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    add_scenario(parser)
    parser.add_argument("--false-alarm", type=_numbers, metavar="P,P,…",
                        help="probabilities of false alarm (default: 1e-8 … 1e-1)")
    parser.add_argument("-o", "--output", metavar="FILE", help="a picture: ends with .png, .svg or .pdf")
    add_campaign(parser)
    parser.set_defaults(handler=roc)


def roc(options: argparse.Namespace) -> int:
    """Print P_d over P_fa."""
    if options.output:
        style.check_output(options.output)
    scenario = load_scenario(options, simulation_changes(options))
    points = roc_points.roc(scenario, options.false_alarm or roc_points.FALSE_ALARMS, **campaign_options(options))
    if options.json:
        print_json({"drops": scenario.simulation.drops, "frames": scenario.simulation.frames,
                    "roc": [point.to_dict() for point in points]})
    else:
        rows = [(f"{p.false_alarm:.3g}", _cell(p.detection_probability), f"± {_cell(p.half_width)}") for p in points]
        print(text_table(("false alarm", "detection", "95 %"), rows))
    if options.output:
        style.save(roc_curves.draw_roc({"": points}), options.output)
    return 0


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers with commas between") from None
