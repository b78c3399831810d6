"""Write a policy: serve the users in the middle of the cell, and see what that gives on the same drops.

    python scenarios/write_a_policy.py
"""

import numpy as np

import isacsys


class InTheMiddle(isacsys.Scheduler):
    """Serve the users whose distance is closest to the median of their cell."""

    def select_users(self, station, count, rng):
        """Choose up to ``count`` of the station's users."""
        distance = station.users.distance
        return station.users.lowest(np.abs(distance - np.median(distance)), count)


def main(drops=40, **how):
    """Simulate both policies on the same drops, and compare them drop by drop."""
    scenario = isacsys.Scenario().replace({"allocation.users_per_bs": 5})
    random = isacsys.run(scenario, drops=drops, **how)
    middle = isacsys.run(scenario, drops=drops, scheduler=InTheMiddle(), **how)
    found = isacsys.compare(random, middle)
    for name in ("communication_rate_scheduled", "communication_ase"):
        gain = found[name]
        print(f"{name}: random {gain.a:.3f}, in the middle {gain.b:.3f}, "
              f"difference {gain.difference:+.3f} ± {gain.half_width:.3f}")
    return found


if __name__ == "__main__":
    main()
