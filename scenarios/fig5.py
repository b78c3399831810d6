"""Fig. 5: the boundary between sensing and communication ASE at 30 antennas, for clusters of at least some size.

    python scenarios/fig5.py [--quick] [-o DIRECTORY]
"""

import numpy as np
from figures import ASE, COMMUNICATION, SENSING, check, claim, options, paper, write

from isacsys import plotting
from isacsys.analysis.communication_rates import bits
from isacsys.analysis.optimization import pareto_front, restricted
from isacsys.analysis.scenarios import designs_of

BOUNDS = ((1, 1), (2, 1), (1, 2), (2, 2))  # smallest L, smallest Q
KEYS = {"K": "allocation.users_per_bs", "L": "allocation.communication_cluster", "J": "allocation.targets_per_bs",
        "Q": "allocation.sensing_cluster"}


def boundaries(scenario, method):
    """Return the designs that no other one beats in both ASE, for every pair of bounds."""
    designs = designs_of(scenario, method=method)
    return {(least, fewest): pareto_front(restricted(designs, min_communication_cluster=least,
                                                     min_sensing_cluster=fewest)) for least, fewest in BOUNDS}


def some(front, count):
    """Return ``count`` designs of a boundary, evenly along it, as settings of a scenario."""
    along = np.unique(np.linspace(0, len(front) - 1, count).round().astype(int))
    return [{key: int(getattr(front, symbol)[i]) for symbol, key in KEYS.items()} for i in along]


def draw(fronts, approximate, points, findings):
    """Draw boundaries, and what some designs on them give when simulated."""
    at = {(f.name, *f.settings.values()): f for f in findings}
    figure, (axes,) = plotting.figure(width=5.6, height=4.8)
    for family, bounds in enumerate(BOUNDS):
        for front, kind in ((fronts, "exact"), (approximate, "approximate")):
            plotting.curve(axes, bits(front[bounds].sensing_ase), bits(front[bounds].communication_ase), family, kind,
                           width=2.8 - 0.6 * family)
        pairs = [(at[(SENSING, *p.values())], at[(COMMUNICATION, *p.values())]) for p in points[bounds]]
        plotting.simulated(axes, [s.simulation for s, _ in pairs], [c.simulation for _, c in pairs],
                           [c.half_width for _, c in pairs], family)
    plotting.axis(axes, f"sensing {ASE}", f"communication {ASE}", "Fig. 5: $M_t = 30$")
    axes.set_ylim(bottom=0)
    plotting.legend(figure, [f"$L \\geq {least}, Q \\geq {fewest}$" for least, fewest in BOUNDS],
                    {"exact": "exact", "approximate": "paper's formulas", "simulated": "network"})
    return figure


def report(fronts):
    """Print the claim of the paper beside what was found."""
    top = {bounds: float(bits(front.communication_ase).max()) for bounds, front in fronts.items()}
    most = {bounds: float(bits(front.sensing_ase).max()) for bounds, front in fronts.items()}
    inside = all(top[b] <= top[1, 1] + 1e-9 and most[b] <= most[1, 1] + 1e-9 for b in BOUNDS)
    claim("the stricter the bounds on the clusters, the further in the boundary",
          "; ".join(f"L ≥ {b[0]}, Q ≥ {b[1]}: T_c up to {top[b]:.1f}, T_s up to {most[b]:.1f}" for b in BOUNDS), inside)


def main(arguments=None):
    """Optimise, simulate, draw."""
    where = options(__doc__, arguments)
    scenario = paper({"antennas.transmit": 30})
    fronts, approximate = (boundaries(scenario, method) for method in ("exact", "approximate"))
    points = {bounds: some(front, 2 if where.quick else 7) for bounds, front in fronts.items()}
    sweep = list({tuple(p.values()): p for chosen in points.values() for p in chosen}.values())
    found = where.validate(scenario, sweep, drops=150)
    findings = [f for f in found.findings if f.name in (SENSING, COMMUNICATION)]
    print("Fig. 5")
    report(fronts)
    check(found, where)
    figure = draw(fronts, approximate, points, findings)
    write(where, "fig5", figure, [f.row() for f in findings])
    return figure


if __name__ == "__main__":
    main()
