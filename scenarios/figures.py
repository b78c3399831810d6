"""What the programs fig2.py to fig6.py share: their options, their files, and how they report a claim."""

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import isacsys
from isacsys import plotting

HERE = Path(__file__).parent
COMMUNICATION, SENSING = "communication_ase_typical", "sensing_ase_typical"
ASE = "ASE (bit/s/Hz/km²)"


@dataclass
class Options:
    """What the command line says: how much to simulate, and where to put what comes out."""

    quick: bool
    output: Path
    workers: int | None

    def drops(self, full):
        """Return how many drops to simulate at every point."""
        return max(6, full // 25) if self.quick else full

    def validate(self, scenario, sweep, drops):
        """Set a simulation of every point of ``sweep`` beside the analysis."""
        return isacsys.validate(scenario, sweep=sweep, drops=self.drops(drops), workers=self.workers,
                                executor="serial" if self.quick else "process", progress=sys.stderr.isatty())


def options(description, arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer points and drops: some seconds")
    parser.add_argument("-o", "--output", type=Path, default=Path("figures"), help="directory (default: %(default)s)")
    parser.add_argument("--workers", type=int, help="processes (default: one for every processor)")
    found = parser.parse_args(arguments)
    found.output.mkdir(parents=True, exist_ok=True)
    return Options(found.quick, found.output, found.workers)


def paper(changes=None):
    """Return the scenario of the paper's Section V, with changes."""
    return isacsys.Scenario.load(HERE / "paper.toml").replace(changes or {})


def write(where, name, figure, rows):
    """Write NAME.csv, NAME.png and NAME.svg."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    with open(where.output / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    plotting.save(figure, where.output / f"{name}.png", where.output / f"{name}.svg")
    print(f"wrote {where.output / name}.csv, .png, .svg\n")


def claim(says, found, agrees):
    """Print what the paper says, what was found, and whether they agree."""
    print(f"  the paper: {says}\n  found:     {found}\n  {'they agree' if agrees else 'THEY DO NOT AGREE'}\n")


def check(found, where):
    """Print whether the simulation agrees with the exact values at what was measured."""
    for name in (COMMUNICATION, SENSING):
        if not found[name].findings:
            continue
        print(f"  {name} beside the exact values at what was measured {found[name].verdict}")
        gaps = [abs(f.simulation / f.exact_nominal - 1) for f in found[name].findings if f.exact_nominal]
        if gaps:
            near = sum(gap <= 0.02 for gap in gaps)
            print(f"    and within 2 % of the exact value at nominal D at {near} of {len(gaps)} points; "
                  f"at most {max(gaps):.1%} away")
    if where.quick:
        print("  (--quick: intervals are wide)")
    print()


def select(findings, **settings):
    """Return the findings at some settings, named by the last word of their key: select(f, transmit=20)."""
    return [f for f in findings
            if all(f.settings[key] == value for key in f.settings
                   for name, value in settings.items() if key.endswith("." + name))]


def column(findings, name):
    """Return an attribute of every finding."""
    return [getattr(f, name) for f in findings]


def best(findings, name):
    """Return the finding with the largest ``name``; those that have none are left out."""
    return max((f for f in findings if getattr(f, name) is not None), key=lambda f: getattr(f, name))
