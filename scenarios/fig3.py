"""Fig. 3: communication ASE over K and over the size L of the users' clusters, for 20 antennas.

    python scenarios/fig3.py [--quick] [-o DIRECTORY]
"""

from figures import ASE, COMMUNICATION, best, check, claim, column, options, paper, select, write

from isacsys import plotting

ANTENNAS = 20
CLUSTERS = (1, 2, 3, 4, 5)
K, L = "allocation.users_per_bs", "allocation.communication_cluster"


def draw(findings):
    """Draw a family of curves, one for every L."""
    figure, (axes,) = plotting.figure(width=5.6, height=4.6)
    for family, cluster in enumerate(CLUSTERS):
        mine = select(findings, communication_cluster=cluster)
        users = [f.settings[K] for f in mine]
        plotting.curve(axes, users, column(mine, "exact_nominal"), family, "exact")
        plotting.curve(axes, users, column(mine, "exact_measured"), family, "measured")
        plotting.simulated(axes, users, column(mine, "simulation"), column(mine, "half_width"), family)
    top = best(findings, "exact_nominal")
    plotting.mark(axes, top.settings[K], top.exact_nominal, f"$K = {top.settings[K]}, L = {top.settings[L]}$")
    plotting.axis(axes, "users per base station, $K$", f"communication {ASE}", f"Fig. 3: $M_t = {ANTENNAS}$",
                  whole=True)
    axes.set_ylim(0, 1.15 * top.simulation)
    plotting.legend(figure, [f"$L = {cluster}$" for cluster in CLUSTERS],
                    {"exact": "exact, nominal D", "measured": "exact, as measured", "simulated": "simulation"})
    return figure


def report(findings):
    """Print the claim of the paper beside what was found."""
    tops = {name: best(findings, name) for name in ("exact_nominal", "paper", "simulation")}
    place = {name: (top.settings[K], top.settings[L]) for name, top in tops.items()}
    claim("the communication ASE is largest at K = 12, L = 1: no need to null interference",
          "largest at (K, L) = {exact_nominal} by the exact formula, {paper} by Theorem 1, "
          "{simulation} simulated".format(**place), place["exact_nominal"] == (12, 1))


def main(arguments=None):
    """Simulate, compare, draw."""
    where = options(__doc__, arguments)
    few = {1: (4, 12, 18), 2: (3, 7, 9), 3: (2, 5), 4: (2, 4), 5: (1, 3)}
    sweep = [{L: cluster, K: users} for cluster in CLUSTERS
             for users in (few[cluster] if where.quick else range(1, (ANTENNAS - 1) // cluster + 1))]
    found = where.validate(paper({"allocation.targets_per_bs": 0}), sweep, drops=100)[COMMUNICATION]
    print("Fig. 3")
    report(found.findings)
    check(found, where)
    figure = draw(found.findings)
    write(where, "fig3", figure, [f.row() for f in found.findings])
    return figure


if __name__ == "__main__":
    main()
