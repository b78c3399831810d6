"""Which drops are simulated together: whose numbers are the same then, and how many pay."""

from __future__ import annotations

from isacsys.config.scenario import Scenario
from isacsys.network.trajectories import come_and_go
from isacsys.plugins.kinds import written_by_users
from isacsys.scheduling import find_scheduler

ENOUGH = 300  # stations of a frame that has little to gain from others
_TOGETHER = 448  # stations of a frame of several drops: beyond, a frame costs what its stations cost
_LONG = 1e6  # stations times frames of drops that are kept in memory together ...
_PEOPLE = 1e5  # users and targets of these drops
_LINKS = 1e6  # rows of links that they keep until all are done
_FEWEST = 8  # ... but so many drops take no longer together than one by itself

_MUST_BE = {  # settings under which kernels give several drops the bits that each has by itself
    "precoding.policy": "zero_forcing", "combining.policy": "mrc", "cooperation.communication": "nulling",
    "cooperation.sensing": "nulling", "sensing.cluster_center": "serving_bs", "csi.feedback_bits": 0,
    "fading.model": "rayleigh", "fading.subbands": 1, "traffic.model": "full_buffer", "backhaul.latency": 0.0,
    "backhaul.capacity": 0.0, "backhaul.loss": 0.0, "targets.lifetime": 0.0, "targets.revisit_period": 0.0,
    "tracking.enabled": False, "energy.model": "none"}


def one_by_one(scenario: Scenario, handed: tuple[str, ...] = ()) -> str:
    """Return why drops are simulated one by one, whatever ``simulation.batch`` says; empty where they need not be.

    ``handed`` are the names of what was handed in from Python.
    """
    own = [*(name for name in handed if name != "positions"), *written_by_users(scenario)]
    if own:
        return f"{own[0]} is of your own"
    for key, value in _MUST_BE.items():
        if scenario.get(key) != value:
            return f"{key} = {_text(scenario.get(key))}"
    return next((f"{key} = {_text(scenario.get(key))}" for key, wrong in _more(scenario).items() if wrong), "")


def remark(scenario: Scenario) -> str:
    """Return a line on why drops of a small network do not share frames; empty where they do, or would gain nothing."""
    why = one_by_one(scenario) if scenario.simulation.batch != 1 and _stations(scenario) < ENOUGH else ""
    return f"drops were simulated one by one ({why}); others of small networks share frames" if why else ""


def _stations(scenario: Scenario) -> float:
    """Return how many stations there are on average; of a network from a file, more than share a frame."""
    network = scenario.network
    return ENOUGH if network.layout == "file" else max(network.bs_density * network.area, 1.0)


def _more(scenario: Scenario) -> dict[str, bool]:
    policies = (scenario.scheduling.policy, scenario.scheduling.target_policy)
    return {
        "simulation.engine": scenario.simulation.engine == "vectors",
        "propagation.rician_factor_db": scenario.propagation.rician_factor_db not in ("none", -float("inf")),
        "simulation.processes": bool(scenario.simulation.processes),
        "backhaul.lead": scenario.lead_frames > 0,
        "mobility.model": scenario.moving,
        "network.users_file": come_and_go(scenario),
        "precoding.sensing_power": scenario.precoding.sensing_power > 0 and any(
            find_scheduler(name).needs_channels for name in policies if name),
        "recording.level": scenario.recording.level == "full"}


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, dict) else f'"{value}"' if isinstance(value, str) else f"{value}"


def batch_size(scenario: Scenario, handed: tuple[str, ...] = ()) -> int:
    """Return how many drops are simulated together: ``simulation.batch``, or as many as pay; 1: one by one.

    Large frames gain nothing. The number of stations that a file decides on is not known here.
    """
    asked, stations, frames = scenario.simulation.batch, _stations(scenario), scenario.simulation.frames
    if asked == 1 or one_by_one(scenario, handed):
        return 1
    if not isinstance(asked, str):
        return asked
    if stations >= ENOUGH:
        return 1
    length = max(_FEWEST, int(_LONG / (stations * frames)))
    return max(1, min(round(_TOGETHER / stations), length, *_in_memory(scenario, stations)))


def _in_memory(scenario: Scenario, stations: float) -> tuple[int, ...]:
    """Return how many drops fit into the memory that a batch should take: its people, and the rows of its links."""
    network, a, frames = scenario.network, scenario.allocation, scenario.simulation.frames
    people = stations * max(network.users_per_cell + network.targets_per_cell, 1.0)
    links = stations * frames * (a.users_per_bs + a.targets_per_bs)
    recorded = scenario.recording.level == "links"
    return int(_PEOPLE / people), *([int(_LINKS / links)] if recorded else [])
