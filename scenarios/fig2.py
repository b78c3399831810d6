"""Fig. 2: communication ASE over the number of users K, without clusters (L = 1), for 5, 10 and 20 antennas.

    python scenarios/fig2.py [--quick] [-o DIRECTORY]
"""

from figures import ASE, COMMUNICATION, best, check, claim, column, options, paper, select, write

from isacsys import plotting

ANTENNAS = (5, 10, 20)
M, K = "antennas.transmit", "allocation.users_per_bs"


def draw(findings):
    """Draw simulated points over the exact curves and those of Theorem 1."""
    figure, (axes,) = plotting.figure(width=5.6, height=4.6)
    for family, antennas in enumerate(ANTENNAS):
        mine = select(findings, transmit=antennas)
        users = [f.settings[K] for f in mine]
        plotting.curve(axes, users, column(mine, "exact_nominal"), family, "exact")
        plotting.curve(axes, users, column(mine, "paper"), family, "approximate")
        plotting.simulated(axes, users, column(mine, "simulation"), column(mine, "half_width"), family)
        top = best(mine, "exact_nominal")
        plotting.mark(axes, top.settings[K], top.exact_nominal, f"$K = {top.settings[K]}$")
    plotting.axis(axes, "users per base station, $K$", f"communication {ASE}", "Fig. 2: $L = 1$", whole=True)
    axes.set_ylim(0, 1.15 * max(f.simulation for f in findings))
    plotting.legend(figure, [f"$M_t = {antennas}$" for antennas in ANTENNAS],
                    {"exact": "exact", "approximate": "Theorem 1", "simulated": "simulation"}, columns=3)
    return figure


def report(findings):
    """Print the claim of the paper beside what was found."""
    exact = [best(select(findings, transmit=m), "exact_nominal").settings[K] for m in ANTENNAS]
    simulated = [best(select(findings, transmit=m), "simulation").settings[K] for m in ANTENNAS]
    shares = ", ".join(f"{k}/{m} = {k / m:.0%}" for k, m in zip(exact, ANTENNAS, strict=True))
    claim("the best K is about 60 % of the antennas, whatever their number",
          f"exact {shares}; simulated best K: {', '.join(map(str, simulated))}",
          all(abs(k - 0.6 * m) <= 1 for k, m in zip(exact, ANTENNAS, strict=True)))


def main(arguments=None):
    """Simulate, compare, draw."""
    where = options(__doc__, arguments)
    few = {5: (1, 3, 4), 10: (2, 6, 7, 9), 20: (4, 8, 12, 17)}
    sweep = [{M: antennas, K: users} for antennas in ANTENNAS
             for users in (few[antennas] if where.quick else range(1, antennas))]
    found = where.validate(paper({"allocation.targets_per_bs": 0}), sweep, drops=150)[COMMUNICATION]
    print("Fig. 2")
    report(found.findings)
    check(found, where)
    figure = draw(found.findings)
    write(where, "fig2", figure, [f.row() for f in found.findings])
    return figure


if __name__ == "__main__":
    main()
