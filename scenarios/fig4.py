"""Fig. 4: sensing ASE over the size Q of the targets' clusters, K = L = 1, as many targets as the antennas allow.

Simulated twice: the network, in which a base station that runs out of antennas refuses requests for nulls, and the
gamma model of the analysis, in which every request is granted.

    python scenarios/fig4.py [--quick] [-o DIRECTORY]
"""

import numpy as np
from figures import ASE, COMMUNICATION, SENSING, check, claim, column, options, paper, select, write

from isacsys import plotting
from isacsys.analysis.sampling import sample_communication_sir, sample_sensing_sir

ANTENNAS = (10, 20, 30)
M, J, Q = "antennas.transmit", "allocation.targets_per_bs", "allocation.sensing_cluster"
FAMILY = {antennas: family for family, antennas in enumerate(ANTENNAS)}


def targets(antennas, cluster, most=10):
    """Return J = min(J_max, floor((M_t - 1 - K L) / (Q - 1))) at K = L = 1."""
    return most if cluster == 1 else min(most, (antennas - 2) // (cluster - 1))


def gamma_model(point, samples):
    """Return simulated ASE of users and targets, with half-widths, where all requests are granted."""
    free = point[M] - point[J] * (point[Q] - 1)
    users = sample_communication_sir(K=1, D=free, samples=samples)
    sensed = sample_sensing_sir(K=1, Q=point[Q], M_t=point[M], samples=samples)
    return {name: (links * np.mean(rate), 1.96 * links * np.std(rate) / np.sqrt(samples))
            for name, links, rate in ((COMMUNICATION, 1, np.log2(1 + users)), (SENSING, point[J], np.log2(1 + sensed)))}


def draw(findings, granted):
    """Draw T_s and T_c: curves, the network (filled), the gamma model (hollow)."""
    figure, panels = plotting.figure(2, width=4.6, height=4.6)
    for axes, name, what in zip(panels, (SENSING, COMMUNICATION), ("sensing", "communication"), strict=True):
        for antennas, family in FAMILY.items():
            mine = select([f for f in findings if f.name == name], transmit=antennas)
            clusters = [f.settings[Q] for f in mine]
            plotting.curve(axes, clusters, column(mine, "exact_nominal"), family, "exact")
            plotting.simulated(axes, clusters, column(mine, "simulation"), column(mine, "half_width"), family)
            model = [granted[antennas, cluster][name] for cluster in clusters]
            plotting.simulated(axes, clusters, [m for m, _ in model], [h for _, h in model], family,
                               hollow=True)
        plotting.axis(axes, "base stations in a target's cluster, $Q$", f"{what} {ASE}",
                      "Fig. 4: $K = L = 1$" if name == SENSING else "what the users get meanwhile", whole=True)
        axes.set_ylim(bottom=0)
    plotting.legend(figure, [f"$M_t = {antennas}$" for antennas in ANTENNAS],
                    {"exact": "exact", "simulated": "network, with refusals", "hollow": "everything granted"},
                    columns=6)
    return figure


def report(findings, refused):
    """Print the claims of the paper beside what was found."""
    sensing, users = ([f for f in findings if f.name == name] for name in (SENSING, COMMUNICATION))
    mine = select(sensing, transmit=20)
    alone, top = mine[0], max(mine, key=lambda f: f.exact_nominal)
    gain, measured = top.exact_nominal / alone.exact_nominal, top.simulation / alone.simulation
    claim("nulling interference is needed to sense: the sensing ASE rises with Q, then falls",
          f"at M_t = 20 it is largest at Q = {top.settings[Q]}, J = {top.settings[J]}", top.settings[Q] > 1)
    claim("at M_t = 20 up to twice the sensing ASE of no nulling",
          f"{gain:.3f} times by the exact formula, every request granted (Q = {top.settings[Q]}, "
          f"J = {top.settings[J]}); {measured:.2f} times in the simulated network", gain > 1.9)
    meanwhile = next(f for f in users if f.settings == top.settings)
    print(f"  what the paper does not report: there {refused[20, top.settings[Q]]:.0%} of the requests are refused; "
          f"this costs {1 - top.simulation / top.exact_nominal:.1%}\n  of the sensing ASE, and leaves users "
          f"{meanwhile.simulation / meanwhile.exact_nominal - 1:.0%} more communication ASE than nominal D\n")


def main(arguments=None):
    """Simulate, compare, draw."""
    where = options(__doc__, arguments)
    few = {10: (1, 2, 5), 20: (1, 2, 3, 5, 9), 30: (1, 3, 8, 20)}
    sweep = [{M: m, J: targets(m, q), Q: q} for m in ANTENNAS for q in (few[m] if where.quick else range(1, m))]
    found = where.validate(paper({"allocation.users_per_bs": 1}), sweep, drops=150)
    findings = [f for f in found.findings if f.name in (SENSING, COMMUNICATION)]
    granted = {(p[M], p[Q]): gamma_model(p, 2_000 if where.quick else 40_000) for p in sweep}
    refused = {(f.settings[M], f.settings[Q]): f.refused for f in findings}
    print("Fig. 4")
    report(findings, refused)
    check(found, where)
    figure = draw(findings, granted)
    rows = [{**f.row(), "refused": f.refused, **dict(zip(("all_granted", "all_granted_half_width"),
             granted[f.settings[M], f.settings[Q]][f.name], strict=True))} for f in findings]
    write(where, "fig4", figure, rows)
    return figure


if __name__ == "__main__":
    main()
