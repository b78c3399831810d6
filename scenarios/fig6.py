"""Fig. 6: the best weighted ASE rho T_c + (1 - rho) T_s, and its two parts, over the weight rho, for 20 antennas.

    python scenarios/fig6.py [--quick] [-o DIRECTORY]
"""

import numpy as np
from fig5 import KEYS
from figures import ASE, COMMUNICATION, SENSING, check, claim, options, paper, write

from isacsys import plotting
from isacsys.analysis.communication_rates import bits
from isacsys.analysis.optimization import best
from isacsys.analysis.scenarios import designs_of

PARTS = ("weighted", "communication", "sensing")


def optima(scenario, weights, method):
    """Return the best design at every weight, and weighted, communication and sensing ASE of each."""
    designs = designs_of(scenario, method=method)
    found = [best(designs, rho=float(rho)) for rho in weights]
    parts = np.array([[float(bits(d.communication_ase)), float(bits(d.sensing_ase))] for d in found])
    weighted = weights * parts[:, 0] + (1 - weights) * parts[:, 1]
    settings = [{key: int(getattr(d, symbol)) for symbol, key in KEYS.items()} for d in found]
    return settings, dict(zip(PARTS, (weighted, parts[:, 0], parts[:, 1]), strict=True))


def measured(weights, settings, findings):
    """Return what the designs give when simulated, with half-widths, at every weight."""
    at = {(f.name, *f.settings.values()): f for f in findings}
    rows = []
    for rho, point in zip(weights, settings, strict=True):
        users, targets = (at[(name, *point.values())] for name in (COMMUNICATION, SENSING))
        rows.append({"weighted": (rho * users.simulation + (1 - rho) * targets.simulation,
                                  rho * users.half_width + (1 - rho) * targets.half_width),
                     "communication": (users.simulation, users.half_width),
                     "sensing": (targets.simulation, targets.half_width)})
    return rows


def draw(weights, exact, approximate, rows):
    """Draw the three curves, and what was simulated."""
    figure, (axes,) = plotting.figure(width=5.6, height=4.6)
    for family, part in enumerate(PARTS):
        plotting.curve(axes, weights, exact[part], family, "exact")
        plotting.curve(axes, weights, approximate[part], family, "approximate")
        plotting.simulated(axes, weights, [row[part][0] for row in rows], [row[part][1] for row in rows], family)
    plotting.axis(axes, r"weight of communication, $\rho$", ASE, "Fig. 6: $M_t = 20$")
    axes.set_ylim(bottom=0)
    plotting.legend(figure, PARTS, {"exact": "exact", "approximate": "paper's formulas", "simulated": "network"},
                    columns=3)
    return figure


def table(weights, settings, exact, rows):
    """Return the rows of the CSV."""
    return [{"rho": float(rho), **point, **{f"{part}_exact": float(exact[part][i]) for part in PARTS},
             **{part: row[part][0] for part in PARTS}, **{f"{part}_half_width": row[part][1] for part in PARTS}}
            for i, (rho, point, row) in enumerate(zip(weights, settings, rows, strict=True))]


def report(exact):
    """Print the claims of the paper beside what was found."""
    users, targets = exact["communication"], exact["sensing"]
    rising = bool(np.all(np.diff(users) >= -1e-9) and np.all(np.diff(targets) <= 1e-9))
    claim("as rho grows, sensing ASE rises and communication ASE falls",
          "rho weighs communication in (15): communication ASE "
          f"{'rises' if rising else 'does not always rise'} and sensing ASE {'falls' if rising else 'not always'}, "
          "the other way round", False)
    claim("the weighted ASE is never above the larger of its two parts",
          f"largest excess {np.max(exact['weighted'] - np.maximum(users, targets)):.1g}",
          bool(np.all(exact["weighted"] <= np.maximum(users, targets) + 1e-9)))


def main(arguments=None):
    """Optimise, simulate, draw."""
    where = options(__doc__, arguments)
    scenario = paper()
    weights = np.linspace(0, 1, 11 if where.quick else 21)
    settings, exact = optima(scenario, weights, "exact")
    _, approximate = optima(scenario, weights, "approximate")
    sweep = list({tuple(p.values()): p for p in settings}.values())
    found = where.validate(scenario, sweep, drops=150)
    rows = measured(weights, settings, found.findings)
    print("Fig. 6")
    report(exact)
    check(found, where)
    figure = draw(weights, exact, approximate, rows)
    write(where, "fig6", figure, table(weights, settings, exact, rows))
    return figure


if __name__ == "__main__":
    main()
