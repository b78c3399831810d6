"""Stations fail and come back: what users of the network notice, frame by frame."""

import isacsys
from isacsys.core.random_streams import Purpose


class Outage(isacsys.Process):
    """Switches a share of the stations off after some seconds, and on again later."""

    def __init__(self, share=0.2, at=0.1, back=0.2):
        self.share, self.at, self.back = share, at, back

    def run(self, stage):
        """Wait, fail, wait, come back."""
        count = stage.state.stations
        failing = stage.stream(Purpose.PROCESS).permutation(count)[:int(self.share * count)]
        for seconds, on in ((self.at, False), (self.back - self.at, True)):
            yield stage.wait(seconds)
            for station in failing:
                stage.state.switch(station, on=on)


def main(drops=20, executor="process"):
    """Print ASE before, during and after: the SIR of a link does not depend on density, what an area gets does."""
    scenario = isacsys.Scenario().replace({"simulation.frames": 30, "network.area": 25, "allocation.targets_per_bs": 0,
                                           "allocation.users_per_bs": 5, "simulation.drops": drops})
    found = []
    for name, processes in (("no outage", ()), ("a fifth fails", [Outage()])):
        frames = isacsys.run(scenario, processes=processes, executor=executor).table("frames")
        ase = frames["communication_rate"] / frames["area"]
        found.append([ase[frames["frame"] // 10 == part].mean() for part in range(3)])
        print(f"{name:14}", *(f"{value:7.3f}" for value in found[-1]), "bit/s/Hz/km^2 before, during, after")
    return found


if __name__ == "__main__":
    main()
