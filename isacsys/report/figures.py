"""The sections of figures: what was simulated, estimates, differences, the ladder; and how to make it again."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Sequence

from isacsys.analysis.scenarios import left_out
from isacsys.campaign import Run, compare
from isacsys.core.display import figure, pretty_unit, with_interval
from isacsys.core.errors import IsacError
from isacsys.report.content import PageSection, PageTable
from isacsys.validation import validate

_RUNGS = (("paper", "paper"), ("exact_nominal", "exact, nominal D"), ("exact_measured", "exact, as measured"),
          ("simulation", "simulation"))
_MARKS = {True: "✓", False: "✗", None: "–"}


def simulated(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Return the section on what was simulated, with what, and what the analysis leaves out."""
    rows = [["scenario", *(run.scenario.file or "-" for run in runs)],
            ["drops", *(f"{run.drops} of {run.planned}{'' if run.complete else ', unfinished'}" for run in runs)],
            ["frames in a drop", *(str(run.frames) for run in runs)],
            ["seed", *(str(run.scenario.simulation.seed) for run in runs)],
            ["scheduler", *(run.policy("scheduler") for run in runs)],
            ["grants", *(run.policy("grant_policy") for run in runs)],
            ["recorded", *(run.scenario.recording.level for run in runs)]]
    versions = sorted({key for run in runs for key in run.attributes if key.endswith("_version")} - {"format_version"})
    rows += [[key.removesuffix("_version"), *(str(run.attributes.get(key, "-")) for run in runs)] for key in versions]
    changed = sorted({key for run in runs for key in run.scenario.changed()})
    settings = [[key, *(str(run.scenario.get(key)) for run in runs)] for key in changed]
    lines = [f"{name}: {line}" for name, run in zip(names, runs, strict=True) for line in run.scenario.warnings()]
    missing = [f"{name}: left out by the analysis: {line}" for name, run in zip(names, runs, strict=True)
               for line in left_out(run.scenario)]
    left, lines = len(missing), lines + missing
    lines += [f"{name} is unfinished: what follows is of the drops so far."
              for name, run in zip(names, runs, strict=True) if not run.complete]
    code = [(f"scenario of {name}, every setting", run.scenario.to_toml(comments=True))
            for name, run in zip(names, runs, strict=True)]
    tables = [PageTable(["", *names], rows, "What was simulated")]
    if settings:
        tables.append(PageTable(["setting", *names], settings, "Settings that are not at their defaults"))
    first = runs[0]
    size = f"{_counted(first.drops, 'drop')} of {_counted(first.frames, 'frame')}"
    summary = (f"{first.scenario.file or 'scenario'}, {size}, seed {first.scenario.simulation.seed}; " +
               f"{len(changed)} settings that are not at their defaults"
               f"{f'; the analysis leaves out {left} settings' * bool(left)}")
    return PageSection("simulated", "What was simulated", lines, tables, code=code, summary=summary)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def estimates(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Return the table of every estimate with data, with its 95 % interval."""
    known = {name: metric for run in runs for name, metric in run.known_metrics.items()}
    shown = [name for name in known if any(name in run.meaningful for run in runs)]
    rows = [[name, *(with_interval(run[name].mean, run[name].half_width) if name in run.meaningful else "-"
                     for run in runs), pretty_unit(known[name].unit), known[name].meaning] for name in shown]
    lines = ["Means over drops with 95 % intervals; the drop is the unit of replication."]
    lines += [f"{name} has one drop, which says nothing of the spread." for name, run in zip(names, runs, strict=True)
              if run.drops == 1]
    if not rows:
        return PageSection("estimates", "Estimates", ["No drop is finished yet."])
    summary = f"{len(rows)} metrics with 95 % intervals"
    return PageSection("estimates", "Every estimate", lines, summary=summary,
                       tables=[PageTable(["metric", *names, "unit", "meaning"], rows)])


def differences(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Compare every other run with the first, paired by drop where they can be."""
    tables, lines = [], []
    for name, run in zip(names[1:], runs[1:], strict=True):
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                found = compare(runs[0], run)
        except IsacError as error:
            lines.append(f"{names[0]} and {name} cannot be paired by drop: {error}")
            continue
        rows = [[metric, figure(d.a), figure(d.b), with_interval(d.difference, d.half_width),
                 "yes" if d.significant else "no", "-" if d.variance_saved is None else f"{d.variance_saved:.0%}"]
                for metric, d in found.metrics.items() if d.difference is not None
                and (metric in runs[0].meaningful or metric in run.meaningful)]
        lines += [f"{names[0]} and {name}: {warning.message}" for warning in said]
        tables.append(
            PageTable(
                ["metric", names[0], name, f"{name} - {names[0]}", "excludes zero", "variance saved"],
                rows,
                f"{name} less {names[0]}, paired by {found.drops} drops",
            )
        )
    return PageSection("differences", "Differences", lines, tables)


def ladder(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Set the simulation beside the paper's formulas and the exact ones, with a verdict."""
    lines, tables = [], []
    for name, run in zip(names, runs, strict=True):
        try:
            found = validate(run)
        except IsacError as error:
            lines.append(f"{name} is not judged: {error}")
            continue
        lines.append(f"{_MARKS[found.agrees]} {name}: {found.verdict}")
        tables.append(PageTable(["quantity", *(title for _, title in _RUNGS), "verdict"], [
            [finding.name, *(figure(getattr(finding, rung, None)) for rung, _ in _RUNGS), finding.verdict]
            for finding in found.findings], f"{name} beside the analysis"))
    summary = "; ".join(lines) if len(lines) == 1 else f"{len(runs)} runs beside the exact formulas"
    return PageSection("ladder", "Beside the analysis", lines, tables, summary=summary)


def again(runs: Sequence[Run], names: Sequence[str]) -> PageSection:
    """Return the commands that make the report again."""
    logs = [str(run.path) if run.path else f"{name}.h5" for name, run in zip(names, runs, strict=True)]
    steps = []
    for name, run, log in zip(names, runs, logs, strict=True):
        handed = [what for what in ("scheduler", "grant_policy", "precoder", "positions") if run.attributes.get(what)]
        beyond = f"  # with a {' and '.join(handed)} of its own, from Python" if handed else ""
        file = f"{name.rpartition('.')[0] or name}.toml"
        steps.append(f"# save the scenario of {name} (above) as {shlex.quote(file)}\n"
                     f"isacsys run {shlex.quote(file)} -o {shlex.quote(log)}{beyond}")
    steps.append(f"isacsys report {' '.join(map(shlex.quote, logs))} -o report.html")
    return PageSection("again", "Make it again", code=[("commands", "\n".join(steps))])
