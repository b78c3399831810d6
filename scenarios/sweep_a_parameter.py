"""Sweep a parameter: how many users should a base station serve?

    python scenarios/sweep_a_parameter.py
"""

import isacsys
from isacsys import plotting

KEY = "allocation.users_per_bs"


def main(drops=40, users=range(2, 20, 2), output="sweep.png", **how):
    """Simulate every point on the same seeds, print a table, draw a curve."""
    found = isacsys.sweep(isacsys.Scenario(), {KEY: users}, drops=drops, **how)
    for served, ase, half_width in zip(found[KEY], found["communication_ase"],
                                       found["communication_ase_half_width"], strict=True):
        print(f"K = {served:2d}: {ase:.2f} ± {half_width:.2f} bit/s/Hz/km²")
    figure, (axes,) = plotting.figure()
    plotting.simulated(axes, found[KEY], found["communication_ase"], found["communication_ase_half_width"], 0)
    plotting.axis(axes, "users per base station", "communication ASE (bit/s/Hz/km²)", whole=True)
    return plotting.save(figure, output)


if __name__ == "__main__":
    main()
