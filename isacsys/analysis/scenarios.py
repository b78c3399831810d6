"""The analytic values of a scenario, in the units that users see: bit/s/Hz and bit/s/Hz/km^2.

The analysis is that of a network of Poisson stations without backhaul or ageing, of targets also without noise; what a
scenario has beyond it is left out, and `left_out` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isacsys.analysis.beam_law import SensingBeams
from isacsys.analysis.beam_law import measured_communication_rate as nats_of_typical_user
from isacsys.analysis.communication_rates import (
    area_spectral_efficiency,
    bits,
    communication_rate,
    communication_rate_approximate,
    mean_communication_rate,
)
from isacsys.analysis.cooperation import Sender, measured_coherent_rate, measured_joint_rate
from isacsys.analysis.lattices import lattice_gain
from isacsys.analysis.line_process import Medium, power_law
from isacsys.analysis.link_laws import OfSinr
from isacsys.analysis.optimization import (
    Designs,
    Rates,
    cooperation_rates,
    cooperation_space,
    design_space,
    exactly,
    power_space,
)
from isacsys.analysis.sensing_beams import sensing_rate_with_beams
from isacsys.analysis.sensing_rates import sensing_rate, sensing_rate_approximate, sensing_rate_beam_law
from isacsys.analysis.throughput import throughput
from isacsys.config.scenario import Scenario
from isacsys.config.toml_text import toml_value
from isacsys.core.errors import ConfigError
from isacsys.core.propagation_law import PropagationLaw

# What only time makes matter: backhaul, ageing, movement, traffic, life of targets.
OVER_TIME = ("backhaul.latency", "backhaul.capacity", "backhaul.loss", "csi.own_age", "mobility.user_speed",
             "mobility.target_speed", "mobility.positions", "traffic.model", "targets.lifetime",
             "targets.revisit_period")
# What the analysis contains, what a validation measures, and what matters only beside another setting. Anything else
# that is not at its default is left out, settings that are still to come included.
CONTAINED = frozenset(f"{section}.{name}" for section, names in {
    "network": "bs_density users_per_cell targets_per_cell area positions near_stations bs_height user_height "
               "minimum_distance",
    "antennas": "transmit receive",
    "allocation": "users_per_bs targets_per_bs communication_cluster sensing_cluster policy parameters weight "
                  "max_targets_per_bs",
    "link": "model parameters overhead maximum_efficiency attenuation minimum_sinr_db block_duration mcs_table "
            "implementation_gap_db adaptation mcs initial_offset_db outer_loop_step_db target_bler harq "
            "maximum_transmissions outage_sinr_db",
    "radio": "transmit_power_dbm bandwidth noise_figure_db bs_noise_figure_db",
     "propagation": "model parameters correlation_distance site_correlation o2i_release path_loss_exponent "
                    "echo_exponent carrier_frequency",
     "sensing": "rcs mismatch_loss matched_filter_gain cluster_center coherent_time false_alarm cfar_cells "
                "fluctuation_deviation clutter_rejection_db",
     "tracking": "policy parameters acceleration speed gate maximum_misses maximum_error steering",
    "cooperation": "communication sensing timing_error",
    "precoding": "parameters regularization sensing_power", "combining": "parameters", "nulling": "policy parameters",
    "scheduling": "policy target_policy parameters target_parameters rate_window",
    "energy": "model parameters category reference_set efficiency reference_power size chains sleep",
    "backhaul": "latency_law lead", "mobility": "model turn_rate hysteresis",
    "traffic": "file_size size_law arrival_rate arrivals", "targets": "revisit_spread",
    "simulation": "drops frames frame_duration seed engine",
    "recording": "level metrics"}.items() for name in names.split())
_LEAVES = "does not contain it"
_OF_TARGETS = ("sensing.", "tracking.", "combining.", "cooperation.sensing", "cooperation.direct_path_rejection_db",
               "cooperation.timing_error")  # what users do not notice
_SAID = ("network.layout", "network.far_field", "propagation.noise_power", "sensing.inter_target_echo")


@dataclass(frozen=True)
class LinkValues:
    """Mean rate (bit/s/Hz) and area spectral efficiency (bit/s/Hz/km^2), exact and in the paper's approximation.

    The paper knows neither noise nor sensing beams nor any law but the power law: None.
    """

    rate_exact: float
    rate_approximate: float | None
    ase_exact: float
    ase_approximate: float | None


@dataclass(frozen=True)
class CommunicationValues(LinkValues):
    """The same of users; ``throughput_exact`` (Mbit/s, of the typical user while it is served) by their link model.

    None where no formula is known: retransmissions, outer loops, no law of the SINR.
    """

    throughput_exact: float | None


@dataclass(frozen=True)
class SensingValues(LinkValues):
    """The same of sensing; ``rate_beam_law`` has the exact law of the beam and is None unless K = 1."""

    rate_beam_law: float | None


def medium_of(scenario: Scenario, law: PropagationLaw | None = None) -> Medium | None:
    """Return what lies between stations and users; None for the power law without noise.

    Parameters
    ----------
    law : PropagationLaw, optional
        Of the scenario's model of propagation, where that is not the power law.
    """
    p = scenario.propagation
    if law is None and p.noise_power == 0:
        return None
    if law is None:
        return Medium(power_law(p.path_loss_exponent), p.noise_power)
    return Medium(law, scenario.user_noise, min(p.site_correlation, 1 - 1e-9))


def sensing_beams_of(scenario: Scenario, constraints: float) -> SensingBeams | None:
    """Return the sensing beams of a station with so many constraints; None where there are none."""
    left = round(scenario.antennas.transmit - constraints)
    if scenario.precoding.sensing_power in (0, 1) or scenario.allocation.targets_per_bs == 0 or left < 1:
        return None
    return SensingBeams(scenario.allocation.targets_per_bs, left, scenario.precoding.sensing_power)


def communication_values(scenario: Scenario, law: PropagationLaw | None = None,
                         efficiency: OfSinr | None = None) -> CommunicationValues:
    """Return rate and ASE of the typical user at the nominal degrees of freedom, exact and by Theorem 1; throughput.

    Parameters
    ----------
    law : PropagationLaw, optional
        As in `medium_of`.
    efficiency : callable, optional
        Law of a link model that is not built in, see `throughput.link_law_of`.

    Raises
    ------
    ConfigError
        Where D < 1.
    """
    D, medium, users = _freedom(scenario), medium_of(scenario, law), scenario.allocation.users_per_bs
    exact, approximate = _user_nats(scenario, medium, D)
    delivered = throughput(scenario, medium, rate=float(np.asarray(exact)), D=D, streams=users, shape=users,
                           own=efficiency)
    return CommunicationValues(**_rates_and_ase(exact, approximate, users, scenario), throughput_exact=delivered)


def _user_nats(scenario: Scenario, medium: Medium | None, D: int) -> tuple[ArrayLike, ArrayLike | None]:
    """Return the exact rate of the typical user, and Theorem 1's where it knows the network, in nats."""
    a, alpha = scenario.allocation, scenario.propagation.path_loss_exponent
    design: dict[str, Any] = {"K": a.users_per_bs, "L": a.communication_cluster}
    beams = sensing_beams_of(scenario, scenario.demand - 1)
    if scenario.joint and a.communication_cluster > 1:
        alike = Sender(D, a.users_per_bs * a.communication_cluster)
        return measured_joint_nats(scenario, medium, alike, alike, a.users_per_bs * a.communication_cluster), None
    if medium is None and beams is None:
        return (communication_rate(D=D, alpha=alpha, **design),
                communication_rate_approximate(D=D, alpha=alpha, **design))
    return nats_of_typical_user(D=D, streams=a.users_per_bs, weights=1, shape=a.users_per_bs, alpha=alpha,
                                medium=medium, bs_density=scenario.network.bs_density, sensing=beams, **design), None


def measured_joint_nats(scenario: Scenario, medium: Medium | None, serving: Sender, member: Sender,
                        shape: float) -> float:
    """Return the rate of a user that its cluster sends to jointly, as `measured_joint_rate` takes it.

    Exact where powers add; where amplitudes add, by Monte Carlo, to 0.1 %, and for the power law without noise only.
    """
    link: dict[str, Any] = {"L": scenario.allocation.communication_cluster, "serving": serving, "member": member,
                            "alpha": scenario.propagation.path_loss_exponent, "shape": shape}
    if scenario.cooperation.communication == "joint":
        return measured_joint_rate(medium=medium, bs_density=scenario.network.bs_density, **link)
    return measured_coherent_rate(**link)


def measured_communication_rate(scenario: Scenario, *, D: ArrayLike, weights: ArrayLike) -> float:
    """Return the exact rate of the typical user, averaged over a measured law of the degrees of freedom, in bit/s/Hz.

    Parameters
    ----------
    D, weights : array_like [n]
        Values of M_t - (own users + granted nulls) + 1 and how often a typical user met them.
    """
    a = scenario.allocation
    return float(bits(mean_communication_rate(K=a.users_per_bs, L=a.communication_cluster, D=D, weights=weights,
                                              alpha=scenario.propagation.path_loss_exponent)))


def sensing_values(scenario: Scenario) -> SensingValues | None:
    """Return rate and ASE of the typical target, exact and by Proposition 2 or Theorem 2.

    None without sensing, and for another model of propagation than the power law.
    """
    a, p = scenario.allocation, scenario.propagation
    if a.targets_per_bs == 0 or p.model != "power_law":
        return None
    link = {"Q": a.sensing_cluster, "alpha": p.path_loss_exponent, "beta": p.echo_exponent, "c": scenario.echo_gain,
            "bs_density": scenario.network.bs_density}
    center = scenario.sensing.cluster_center
    if sensing_beams_of(scenario, scenario.demand - 1) is not None:
        exact = sensing_rate_with_beams(
            M_t=scenario.antennas.transmit, K=a.users_per_bs, L=a.communication_cluster, J=a.targets_per_bs,
            sensing_power=scenario.precoding.sensing_power, cluster_center=center, **link)
        return SensingValues(**_rates_and_ase(exact, None, a.targets_per_bs, scenario), rate_beam_law=None)
    exact = sensing_rate(K=a.users_per_bs, cluster_center=center, **link)
    approximate = sensing_rate_approximate(K=a.users_per_bs, **link)
    beam = None
    if a.users_per_bs == 1:
        beam = float(bits(sensing_rate_beam_law(M_t=scenario.antennas.transmit, cluster_center=center, **link)))
    return SensingValues(**_rates_and_ase(exact, approximate, a.targets_per_bs, scenario), rate_beam_law=beam)


# What P1 is solved for; of the rest of `left_out` it is known that its optimum leaves it out.
_OPTIMISED = {"propagation.model": "power_law", "precoding.policy": "zero_forcing", "combining.policy": "mrc",
              "propagation.rician_factor_db": Scenario().propagation.rician_factor_db, "csi.feedback_bits": 0}


def designs_of(scenario: Scenario, *, method: str = "exact", over: str = "sizes") -> Designs:
    """Return every feasible design of the scenario's antennas, path loss, echo and J_max (`design_space`), in nats.

    ``over`` says what is searched beside K, L, J, Q: "sensing_power" (`power_space`), "cooperation"
    (`cooperation_space`), or "sizes", nothing.
    """
    for key, known in _OPTIMISED.items():
        if scenario.get(key) != known:
            raise ConfigError(key, scenario.get(key), f"{toml_value(known)}: optimisation knows no other; "
                              "isacsys search simulates any")
    spaces: dict[str, Callable[..., Designs]] = {
        "sizes": design_space, "sensing_power": power_space, "cooperation": cooperation_space}
    if method != "exact" and over != "sizes":
        raise ConfigError("method", method, f"exact: no approximation is known with {over.replace('_', ' ')}")
    if scenario.precoding.sensing_power > 0 and over != "sensing_power":
        return _with_beams(scenario, method, over)
    extra = {"method": method} if over == "sizes" else {}
    return spaces[over](M_t=_antennas(scenario), J_max=_most_targets(scenario), **_link(scenario), **extra)


def _with_beams(scenario: Scenario, method: str, over: str) -> Designs:
    """Return the designs with the scenario's own share of the power on sensing beams."""
    share = scenario.precoding.sensing_power
    if method != "exact" or over != "sizes" or share > 0.95:
        raise ConfigError("precoding.sensing_power", share, "0, or up to 0.95 with exact rates of nulling clusters")
    found = power_space(M_t=_antennas(scenario), J_max=_most_targets(scenario), **_link(scenario), share=share)
    return replace(found, sensing_power=None)


def exact_designs(designs: Designs, scenario: Scenario) -> Designs:
    """Return designs with a share of the power on sensing beams with their rates computed, not interpolated."""
    return designs if designs.sensing_power is None else exactly(designs, M_t=_antennas(scenario), **_link(scenario))


def cooperation_of(scenario: Scenario, *, J: int, Q: int) -> Rates:
    """Return the rates of every K and L beside J targets with clusters of Q, by what a cluster does, in nats."""
    return cooperation_rates(M_t=_antennas(scenario), J=J, Q=Q, alpha=scenario.propagation.path_loss_exponent)


def _antennas(scenario: Scenario) -> int:
    if scenario.antennas.transmit < 2:
        raise ConfigError("antennas.transmit", scenario.antennas.transmit, "at least 2: K L + J (Q - 1) + 1 <= M_t")
    return scenario.antennas.transmit


def _most_targets(scenario: Scenario) -> int:
    if scenario.allocation.max_targets_per_bs < 1:
        raise ConfigError("allocation.max_targets_per_bs", scenario.allocation.max_targets_per_bs, "at least 1: J >= 1")
    return scenario.allocation.max_targets_per_bs


def _link(scenario: Scenario) -> dict[str, Any]:
    return {"alpha": scenario.propagation.path_loss_exponent, "beta": scenario.propagation.echo_exponent,
            "c": scenario.echo_gain, "bs_density": scenario.network.bs_density,
            "cluster_center": scenario.sensing.cluster_center}


def left_out(scenario: Scenario, kind: str = "") -> list[str]:
    """Return one line for every setting whose effect the analysis does not contain.

    ``kind``: "communication" or "sensing" for what one of them leaves out; empty for what either does.
    """
    lines = []
    if scenario.network.layout != "poisson":
        lines.append(f'network.layout = "{scenario.network.layout}": the analysis takes Poisson stations'
                     + _gain_of_a_lattice(scenario))
    if scenario.network.far_field != "infinite_plane":
        lines.append(f'network.far_field = "{scenario.network.far_field}": the plane of the analysis is infinite')
    if scenario.propagation.noise_power > 0 and kind != "communication":
        lines.append("propagation.noise_power: the analysis of sensing leaves noise out")
    if scenario.propagation.model != "power_law" and kind != "communication":
        lines.append(f'propagation.model = "{scenario.propagation.model}": the analysis of sensing takes the power law')
    if scenario.propagation.site_correlation == 1:
        lines.append("propagation.site_correlation = 1: the analysis takes shadowing that is not all in common")
    if scenario.sensing.inter_target_echo:
        lines.append("sensing.inter_target_echo: the analysis leaves the echoes of other targets out")
    if scenario.precoding.sensing_power == 1:
        lines.append("precoding.sensing_power = 1: the analysis takes users that are left some power")
    if scenario.joint and scenario.allocation.communication_cluster > 1:
        lines += _left_out_together(scenario)
    default = dict(Scenario().items())
    elsewhere = _OF_TARGETS if kind == "communication" else ()
    changed = {key: value for key, value in scenario.items() if value != default[key] and key not in CONTAINED
               and not key.startswith(elsewhere)}
    return lines + [f"{key} = {value}: the analysis "
                    f"{'knows one frame, in which everything arrives at once' if key in OVER_TIME else _LEAVES}"
                    for key, value in changed.items() if key not in _SAID]


def _gain_of_a_lattice(scenario: Scenario) -> str:
    """Return the gain of a lattice over the Poisson network, where distances alone matter."""
    if scenario.network.layout != "hexagonal" or scenario.built:
        return ""
    gain = 10 * np.log10(float(lattice_gain(alpha=scenario.propagation.path_loss_exponent)))
    return f"; a triangular lattice has {gain:.2f} dB more SIR (by the mean interference-to-signal ratio)"


def _left_out_together(scenario: Scenario) -> list[str]:
    """Return what the analysis of joint transmission leaves out."""
    lines = []
    if scenario.precoding.sensing_power > 0:
        lines.append("precoding.sensing_power: the analysis of joint transmission leaves sensing beams out")
    if scenario.cooperation.communication == "joint_coherent" and (
            scenario.propagation.model != "power_law" or scenario.propagation.noise_power > 0):
        lines.append("propagation: amplitudes that add are sampled for the power law without noise")
    return lines


def _freedom(scenario: Scenario) -> int:
    if scenario.degrees_of_freedom < 1:
        needed = scenario.demand - 1
        raise ConfigError("antennas.transmit", scenario.antennas.transmit,
                          f"at least K L + J (Q - 1) = {needed} for the analysis")
    return scenario.degrees_of_freedom


def _rates_and_ase(exact: ArrayLike, approximate: ArrayLike | None, links: int, scenario: Scenario) -> dict[str, Any]:
    figures: dict[str, float | None] = {}
    for name, rate in (("exact", exact), ("approximate", approximate)):
        figures[f"rate_{name}"] = None if rate is None else float(bits(rate))
        figures[f"ase_{name}"] = None if rate is None else float(area_spectral_efficiency(
            bits(rate), links=links, bs_density=scenario.network.bs_density))
    return figures
