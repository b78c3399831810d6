"""A frame of 100 stations: against the naive reference, against a floor, and where its time goes."""

import tempfile

import numpy as np

from isacsys import Scenario
from isacsys.beamforming import ZeroForcing
from isacsys.channel import sampled_gains
from isacsys.link.blocks import block_formats, mcs_table
from isacsys.metrics import Tally
from isacsys.network import station_status
from isacsys.network.state import NetworkState
from isacsys.recording.hdf5 import Hdf5Recorder
from isacsys.recording.memory_recorder import MemoryRecorder
from isacsys.scheduling import base, null_requests
from isacsys.services import Communication, Sensing
from isacsys.simulation import clock, frame, log_rows
from isacsys.simulation.drop import Drop
from tests import naive
from tools.benchmarks.timing import Shares, in_turn

CASES = {"K=12 L=1": (12, 1, 0, 1), "K=5 L=2": (5, 2, 0, 1), "K=4 L=2 J=3 Q=3": (4, 2, 3, 3),
         "K=1 L=1 J=9 Q=3": (1, 1, 9, 3), "K=10 L=1": (10, 1, 0, 1)}


def scenario(case, stations=100, frames=10**6):
    """A benchmark's scenario, links recorded."""
    k, l, j, q = CASES[case]
    return Scenario().replace({
        "allocation.users_per_bs": k, "allocation.communication_cluster": l, "allocation.targets_per_bs": j,
        "allocation.sensing_cluster": q, "network.area": stations, "network.layout": "fixed_count",
        "recording.level": "links", "simulation.frames": frames})


class Frames:
    """The package's frames one after the other, their log written to a file."""

    def __init__(self, chosen, number=0, recorder=None):
        self.recorder = recorder or Hdf5Recorder(tempfile.TemporaryFile(), "links")  # noqa: SIM115 - gone with it
        self.drop = Drop(chosen, number, self.recorder)
        self.next = 0

    def __call__(self):
        """Run the next frame."""
        self.drop.clock.frame(self.next)
        self.next += 1


def warm(chosen):
    """Frames of a drop that has gone on for a while: nearly everybody's neighbours have been looked up."""
    frames = Frames(chosen)
    for _ in range(100):
        frames()
    return frames


def floor(chosen):
    """The draws that a frame cannot do without, at the generator's speed, and one factorised Gram matrix a station."""
    rng, a, n = np.random.default_rng(0), chosen.allocation, round(chosen.network.area)
    near, k, j = chosen.network.near_stations, a.users_per_bs, a.targets_per_bs
    filters = min(j, chosen.antennas.receive)
    exponentials = n * k * (near - 1) * k + (n * near * k if j == 1 else 0)
    normals = 2 * n * near * k * filters if j > 1 else 0
    order = k + k * (a.communication_cluster - 1) + j * (a.sensing_cluster - 1)
    order = min(order, chosen.antennas.transmit - 1)
    channel = rng.standard_normal((n, order, 20)) + 1j * rng.standard_normal((n, order, 20))

    def run():
        rng.standard_exponential(exponentials)
        rng.standard_normal(normals)
        lower = np.linalg.cholesky(channel @ channel.conj().swapaxes(1, 2))
        np.linalg.eigvalsh(lower[:, :k, :k])

    return run


def reference(chosen):
    """The naive reference's frame on the same number of everything, its associations made beforehand."""
    rng, a, n = np.random.default_rng(1), chosen.allocation, round(chosen.network.area)
    p = naive.Parameters(
        M_t=chosen.antennas.transmit, M_r=chosen.antennas.receive, K=a.users_per_bs, J=a.targets_per_bs,
        L=a.communication_cluster, Q=a.sensing_cluster, alpha=4, beta=2, c=1, bs_density=1, side=(np.sqrt(n),) * 2)
    layout = naive.draw_layout(rng, p, n, 60 * n, 60 * n)
    choice, attached = naive.choose_random(rng, p, layout), naive.attach_all(p, layout)
    return lambda: naive.fast_reference_frame(p, layout, choice, rng, attached)


def against(case, rounds):
    """Milliseconds of a frame and its ratios to reference and floor."""
    chosen = scenario(case)
    frames = warm(chosen)
    # so many frames that every block writes a chunk of its log
    seconds = in_turn({"frame": frames, "reference": reference(chosen), "floor": floor(chosen)}, rounds, block=33)
    return {"frame_ms": 1e3 * seconds["frame"], "times_faster_than_reference": seconds.ratio("reference", "frame"),
            "times_the_floor": seconds.ratio("frame", "floor"), "frames_per_second": 1 / seconds["frame"]}


def fresh(case, rounds):
    """A drop of one frame, positions and all, in frame times."""
    chosen, numbers = scenario(case), iter(range(1, 10**6))
    frames = warm(chosen)
    single = chosen.replace({"simulation.frames": 1, "recording.level": "summary"})
    seconds = in_turn({"frame": frames, "fresh": lambda: Frames(single, next(numbers), frames.recorder)()},
                      rounds, block=4)
    return {"fresh_drop_ms": 1e3 * seconds["fresh"], "in_frame_times": seconds.ratio("fresh", "frame")}


EVERYTHING = {
    "backhaul.latency": 0.004, "backhaul.loss": 0.01, "csi.own_age": 0.002, "mobility.user_speed": 3.0,
    "mobility.target_speed": 10.0, "mobility.turn_rate": 0.1, "mobility.hysteresis": 0.05,
    "traffic.model": "poisson", "traffic.arrival_rate": 5.0, "targets.lifetime": 5.0, "targets.revisit_period": 0.5,
    "scheduling.policy": "longest_queue", "scheduling.target_policy": "deadline"}


def everything(case, rounds, frames=60):
    """Milliseconds of a frame in which everybody moves, waits and ages, and its ratio to a static one."""
    static = scenario(case, frames=frames)
    targets = static.allocation.targets_per_bs > 0
    changes = {key: value for key, value in EVERYTHING.items() if targets or "target" not in key}
    calls = {name: lambda chosen=chosen: Drop(chosen, 0, MemoryRecorder("links")).run()
             for name, chosen in (("static", static), ("everything", static.replace(changes)))}
    seconds = in_turn(calls, rounds)
    return {"static_ms": 1e3 * seconds["static"] / frames, "everything_ms": 1e3 * seconds["everything"] / frames,
            "ratio": seconds.ratio("everything", "static")}


# Of the same frame with zero forcing, in bounds that a design keeps to: K = 12, L = 1, 100 stations.
DESIGNS = {
    "regularised": ({"precoding.policy": "regularized"}, 0, 2.0),
    "sensing beams": ({"precoding.sensing_power": 0.3}, 1, 1.5),
    "MVDR": ({"combining.policy": "mvdr"}, 1, 4.0),
    "line of sight": ({"propagation.rician_factor_db": 9.0}, 0, 6.0),
    "few bits": ({"csi.feedback_bits": 10}, 0, None)}


def design(name, rounds):
    """Milliseconds of a frame with a chosen design, and its ratio to zero forcing."""
    changes, targets, bound = DESIGNS[name]
    plain = scenario("K=12 L=1").replace({"allocation.targets_per_bs": targets})
    seconds = in_turn({"plain": warm(plain), "design": warm(plain.replace(changes))}, rounds, block=10)
    row = {"zero_forcing_ms": 1e3 * seconds["plain"], "design_ms": 1e3 * seconds["design"],
           "ratio": seconds.ratio("design", "plain")}
    return row if bound is None else {**row, "at_most": bound}


# Of the same frame with clusters that null, K = 4 and 100 stations, in bounds that cooperation keeps to.
COOPERATION = {
    "joint": ({"cooperation.communication": "joint"}, {"allocation.communication_cluster": 3}, 2.5),
    "joint, coherent": ({"cooperation.communication": "joint_coherent"}, {"allocation.communication_cluster": 3}, 2.5),
    "multistatic": ({"cooperation.sensing": "multistatic"},
                    {"allocation.targets_per_bs": 3, "allocation.sensing_cluster": 4}, 4.0)}


def cooperation(name, rounds):
    """Milliseconds of a frame in which clusters do more than null, and its ratio to one in which they null."""
    changes, common, bound = COOPERATION[name]
    nulling = scenario("K=12 L=1").replace({"allocation.users_per_bs": 4, "allocation.targets_per_bs": 1, **common})
    seconds = in_turn({"nulling": warm(nulling), "more": warm(nulling.replace(changes))}, rounds, block=10)
    return {"nulling_ms": 1e3 * seconds["nulling"], "cooperating_ms": 1e3 * seconds["more"],
            "ratio": seconds.ratio("more", "nulling"), "at_most": bound}


# Of the same frame with the Shannon rate.
LINKS = {"nr": ({}, 1.25),
         "outer loop, HARQ": ({"link.adaptation": "outer_loop", "link.harq": "incremental_redundancy"}, None)}


def links(name, rounds):
    """Milliseconds of a frame whose links send blocks of NR, and its ratio to one that takes the Shannon rate."""
    changes, bound = LINKS[name]
    plain = scenario("K=12 L=1").replace({"allocation.targets_per_bs": 0})
    seconds = in_turn({"shannon": warm(plain), "nr": warm(plain.replace({"link.model": "nr", **changes}))}, rounds,
                      block=10)
    row = {"shannon_ms": 1e3 * seconds["shannon"], "nr_ms": 1e3 * seconds["nr"],
           "ratio": seconds.ratio("nr", "shannon")}
    return row if bound is None else {**row, "at_most": bound}


def blocks(count=10**6):
    """Seconds in which the law of block errors is computed for a million blocks."""
    rng, formats = np.random.default_rng(0), block_formats(mcs_table(1), 4000.0)
    mcs, sinr = rng.integers(0, len(formats), count), 10 ** (rng.uniform(-10, 30, (count, 1)) / 10)
    seconds = in_turn({"law": lambda: formats.error(mcs, sinr)}, 3)
    return {"seconds": seconds["law"], "at_most": 0.5}


WATCHED = (
    (clock, "schedule", "scheduling"),
    (clock, "coordinate", "grants"),
    (clock, "transmit", "accounting"),
    (NetworkState, "around_users", "accounting"),
    (frame, "select", "scheduling"),
    (frame, "grant", "grants"),
    (null_requests, "constraints", "grants"),
    (null_requests, "user_requests", "grants"),
    (null_requests, "target_requests", "grants"),
    (null_requests, "sensors_of", "grants"),
    (ZeroForcing, "design", "design"),
    (sampled_gains, "total_gains", "draws"),
    (sampled_gains, "filtered_gains", "draws"),
    (sampled_gains, "beam_gains", "draws"),
    (Communication, "account", "accounting"),
    (Sensing, "account", "accounting"),
    (log_rows, "record_frame", "recording"),
    (Tally, "frame", "recording"),
    (Hdf5Recorder, "append", "recording"),
    (clock.FrameClock, "frame", "entities"),
    (Drop, "run", "SimPy"),
)


def shares(case, frames=100):
    """Percent of a drop's time by part, set-up apart."""
    watch = Shares()
    watch.watch(station_status, "attach", "setup")
    for owner, attribute, name in WATCHED:
        watch.watch(owner, attribute, name)
    try:
        run = Frames(scenario(case, frames=frames))
        run.drop.run()
    finally:
        watch.restore()
    spent = {name: s for name, s in watch.seconds.items() if name != "setup"}
    total = sum(spent.values())
    return {name: 100 * s / total for name, s in sorted(spent.items(), key=lambda item: -item[1])}


assert base.select is frame.select  # what `WATCHED` relies on
