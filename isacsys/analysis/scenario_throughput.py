"""Throughput of a scenario's typical user while it is served, in Mbit/s, by the analysis alone.

The link law T is that of `link_laws`, stated a second time; only of a link model that a user wrote it is the model's
own, passed as a value. Coverage is known with the power law or any isotropic law of propagation, with noise and
nulling clusters; Shannon's law needs the rate alone.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from isacsys.analysis.communication_rates import bits
from isacsys.analysis.line_process import Medium
from isacsys.analysis.link_laws import OfSinr, link_law, shannon
from isacsys.analysis.throughput import expected_efficiency
from isacsys.config.scenario import Scenario

NR_OVERHEAD = 0.2
WHOLE = 1e-9  # of a block: quotients that are closer to a whole number than this are meant to be one
MEGA = 1e6


def symbols_of_frame(scenario: Scenario) -> float:
    """Return n, complex symbols of a stream in a frame: ``B x frame_duration x (1 - overhead)``."""
    given = scenario.link.overhead
    overhead = given if isinstance(given, float) else NR_OVERHEAD if scenario.link.model == "nr" else 0.0
    return scenario.radio.bandwidth * scenario.simulation.frame_duration * (1 - overhead)


def blocks_of_frame(scenario: Scenario) -> int:
    """Return how many transport blocks of NR a frame carries."""
    number = scenario.simulation.frame_duration / scenario.link.block_duration
    nearest = round(number)
    return max(1, nearest if abs(number - nearest) <= WHOLE else int(number))


def link_law_of(scenario: Scenario, own: OfSinr | None = None) -> OfSinr | None:
    """Return the law of a scenario's link model; ``own`` for one that is not built in. None where there is no law."""
    link = scenario.link
    if link.model not in ("shannon", "truncated_shannon", "nr"):
        return own
    if without_law(scenario):
        return None
    gap, fixed = link.implementation_gap_db, link.adaptation == "fixed"
    return link_law(link.model, symbols=symbols_of_frame(scenario) / blocks_of_frame(scenario),
                    attenuation=link.attenuation, maximum_efficiency=link.maximum_efficiency,
                    minimum_sinr_db=link.minimum_sinr_db, table=link.mcs_table,
                    gap_db=gap if isinstance(gap, float) else None, mcs=link.mcs if fixed else None)


def without_law(scenario: Scenario) -> list[str]:
    """Return one line for everything that leaves a link model without a law of the SINR of one frame."""
    link = scenario.link
    if link.model != "nr":
        return []
    lines = []
    if link.adaptation == "outer_loop":
        lines.append("link.adaptation = outer_loop: the analysis knows the SINR that a frame will have")
    if link.harq != "none":
        lines.append(f"link.harq = {link.harq}: the analysis knows no retransmissions")
    return lines


def without_coverage(scenario: Scenario) -> list[str]:
    """Return one line for everything with which only rates are known, not the law of the SINR."""
    a = scenario.allocation
    lines: list[str] = []
    if scenario.link.model == "shannon":
        return lines
    if scenario.joint and a.communication_cluster > 1:
        lines.append(f"cooperation.communication = {scenario.cooperation.communication}: the analysis has no coverage")
    if 0 < scenario.precoding.sensing_power < 1 and a.targets_per_bs:
        lines.append("precoding.sensing_power: the analysis has no coverage beside sensing beams")
    return lines


def throughput(scenario: Scenario, medium: Medium | None, *, rate: float, D: ArrayLike, streams: ArrayLike,
               weights: ArrayLike = 1.0, shape: float, own: OfSinr | None = None) -> float | None:
    """Return the throughput of the typical user while it is served, Mbit/s; None where no formula is known.

    Parameters
    ----------
    medium : Medium or None
        As in `scenarios.medium_of`.
    rate : float
        Its rate at the same laws, nats.
    D, streams, weights : array_like [n]
        As in `throughput.expected_efficiency`.
    shape : float
        As there.
    own : callable, optional
        As in `link_law_of`.
    """
    law, a = link_law_of(scenario, own), scenario.allocation
    if law is None or without_coverage(scenario):
        return None
    if law is shannon:
        efficiency = float(bits(rate))
    else:
        efficiency = expected_efficiency(
            law, K=a.users_per_bs, L=a.communication_cluster, alpha=scenario.propagation.path_loss_exponent, D=D,
            weights=weights, streams=streams, shape=shape, medium=medium, bs_density=scenario.network.bs_density)
    return efficiency * symbols_of_frame(scenario) / scenario.simulation.frame_duration / MEGA
