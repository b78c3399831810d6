"""A network at night: stations sleep, or are switched off, while drones must be looked at.

The load of each hour of a day, and what the network does about it: nothing; sleep whenever a station has nothing to do;
or sleep, with half of the stations switched off from midnight to six. Prints energy of a day and of a look, how many of
the drones are followed, and what users get; draws them over the hours.
"""

import argparse
from pathlib import Path

import numpy as np

import isacsys
from isacsys import plotting

# Share of the busiest hour's files that arrive in each hour: a day of a residential area, made up.
DAY = (0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.3, 0.5, 0.5, 0.5, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.8, 1.0, 1.0, 1.0,
       0.8, 0.7)
NIGHT = range(6)
NETWORK = {
    "network.layout": "hexagonal", "network.inter_site_distance": 500.0, "network.area": 3.464,
    "network.users_per_cell": 8.0, "network.targets_per_cell": 2.0, "network.minimum_distance": 35.0,
    "network.target_height": 100.0, "propagation.model": "uma", "radio.bandwidth": 20e6,
    "antennas.transmit": 16, "antennas.receive": 16, "allocation.users_per_bs": 4, "allocation.targets_per_bs": 2,
    "precoding.sensing_power": 0.3, "combining.policy": "mvdr",
    "sensing.target_type": "uav_small", "sensing.coherent_time": 0.01, "sensing.fluctuation": "swerling1",
    "tracking.enabled": True, "mobility.target_speed": 15.0, "targets.revisit_period": 0.2,
    "scheduling.target_policy": "due",
    "link.model": "nr", "traffic.model": "poisson", "traffic.file_size": 4e6, "traffic.arrival_rate": 3.0,
    "energy.model": "tr38864", "energy.reference_power": 4.0,  # W: an assumption, about 1.1 kW at full load
    "simulation.frames": 150,
}
POLICIES = {
    "always on": {"energy.sleep": "never"},
    "sleeps": {},
    "sleeps, half off at night": {},
}
PANELS = {"power": "power (W per station)", "energy_per_look": "energy of a look (J)",
          "track_availability": "drones followed (share)", "file_throughput_50": "median file (Mbit/s)"}


def hour(policy, load, night, drops, executor):
    """Return the figures of an hour of a load."""
    processes = {"load_profile": {"load": [load]}}
    if night and "off" in policy:
        processes["station_timetable"] = {"share": 0.5, "on": 24.0}
    scenario = isacsys.Scenario().replace({**NETWORK, **POLICIES[policy], "simulation.processes": processes})
    run = isacsys.run(scenario, drops=drops, executor=executor, progress=False)
    return {name: run[name] for name in (*PANELS, "sleep_share")}


def day(drops=8, executor=None, hours=DAY):
    """Return the figures of every hour, by policy; hours that are alike are simulated once."""
    known, found = {}, {}
    for policy in POLICIES:
        found[policy] = []
        for number, load in enumerate(hours):
            night = number in NIGHT and "off" in policy
            key = policy, load, night
            if key not in known:
                known[key] = hour(policy, load, night, drops, executor)
            found[policy].append(known[key])
    return found


def draw(found):
    """Draw the four figures over the hours of the day."""
    made, panels = plotting.figure(len(PANELS), rows=2, height=2.6)
    for axes, (name, title) in zip(panels, PANELS.items(), strict=True):
        for family, hours in enumerate(found.values()):
            mean, half = (np.array([getattr(figures[name], part) or 0.0 for figures in hours])
                          for part in ("mean", "half_width"))
            plotting.simulated(axes, np.arange(len(hours)), mean, half, family)
        plotting.axis(axes, "hour", title)
    plotting.legend(made, list(found), {"simulated": "simulated, 95 %"})
    return made


def main(drops=8, output="night.png", executor=None, hours=DAY):
    """Print what a day takes and gives, and draw it."""
    found = day(drops, executor, hours)
    for policy, figures in found.items():
        power, look, kept, user = (np.nanmean(np.array([hour[name].mean for hour in figures], float))
                                   for name in PANELS)
        print(f"{policy:26} {24 * power / 1e3:6.2f} kWh a station and day, {look:6.2f} J a look, "
              f"{kept:.3f} of the drones followed, median file {user:.1f} Mbit/s")
    plotting.save(draw(found), output)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drops", type=int, default=8, help="of every hour (default: %(default)s)")
    parser.add_argument("-o", "--output", type=Path, default=Path("night.png"), help="picture (default: %(default)s)")
    chosen = parser.parse_args()
    main(chosen.drops, chosen.output)
