"""The tables of a scenario: every key with its default, range, unit and meaning, stated once."""

from __future__ import annotations

import math
from dataclasses import dataclass

from isacsys.config.rules import Parameters, Section, choice, flag, integer, pair, real, real_or, table, text
from isacsys.core.errors import ConfigError

# dB, deviation of 10 lg sigma_S of the types of target of TR 38.901 section 7.9.2
TARGET_SPREADS = {"uav_small": 3.74, "uav_large": 2.50, "human": 3.94, "vehicle": 3.41, "agv": 2.51}


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(Section):
    """Where base stations, users and targets are."""

    bs_density: float = real(1.0, "lambda_b, density of base stations", unit="1/km^2", above=0, minimum=1e-9,
                             maximum=1e9)
    users_per_cell: float = real(60.0, "lambda_u / lambda_b, mean number of users in a cell", minimum=0)
    targets_per_cell: float = real(60.0, "lambda_s / lambda_b, mean number of targets in a cell", minimum=0)
    area: float = real(100.0, "area of the torus", unit="km^2", above=0)
    layout: str = choice("poisson", "the point processes", ("poisson", "fixed_count", "hexagonal", "file"))
    positions: str = text("", "for layout \"file\": a CSV file of kind,x,y", columns={
        "kind": "station, user or target", "x": "km", "y": "km"})
    cells: str = text("", "cells of a real network: a CSV file, one row a cell, with site and x, y (km) or longitude, "
                      "latitude (degrees), and as wanted height (m), azimuth (degrees clockwise from north), downtilt "
                      "and mechanical_tilt (degrees below the horizon), power_dbm, pattern (a name or a file); implies "
                      "layout \"file\" and an open boundary")
    users_file: str = text("", "users of a network from a file: a CSV file of x, y (km) or longitude, latitude "
                           "(degrees), and as wanted height (m), indoor (1 or 0), start and end (s)")
    targets_file: str = text("", "likewise, of targets")
    near_stations: int = integer(16, "base stations drawn one by one for a receiver", minimum=1, maximum=10**6)
    neighbour_sites: int = integer(0, "sites in the list of every site, itself and the nearest, of propagation models, "
                                   "antennas and cells: users, targets and stations there compare the cells of these "
                                   "alone, and hear those of all others as mean power (0: all sites)", minimum=0,
                                   maximum=10**6)
    far_field: str = choice("infinite_plane", "stations beyond them", ("infinite_plane", "torus"))
    sectors: int = integer(1, "cells of a site; bs_density and near_stations count cells", minimum=1, maximum=6)
    inter_site_distance: float = real(0.0, "of a hexagonal layout of the same density; where it is given, it takes the "
                                      "place of bs_density (0: not given)", unit="m", minimum=0)
    bs_height: float = real(0.0, "of the antennas of base stations (0: usual for propagation.model)", unit="m",
                            minimum=0)
    user_height: float = real(0.0, "of users (0: usual for propagation.model)", unit="m", minimum=0)
    target_height: float = real(0.0, "of targets (0: as users)", unit="m", minimum=0)
    minimum_distance: float = real(0.0, "users and targets are no closer to a site, on the ground", unit="m", minimum=0)
    indoor_share: float = real(0.0, "share of the area, and so of the users, that is inside buildings", minimum=0,
                               maximum=1)
    fewest_storeys: int = integer(0, "of a building; indoor users are 3 m a storey higher (0: at user_height)",
                                  minimum=0)
    most_storeys: int = integer(0, "of a building: uniform between the two", minimum=0)
    boundary: str = choice("torus", "torus: wrapped round; open: the network ends, and with given positions the area "
                           "fits these", ("torus", "open"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cells:
            self._imply_open_file()
        if self.inter_site_distance:
            per_site = 2 / math.sqrt(3) / (self.inter_site_distance / 1e3) ** 2
            object.__setattr__(self, "bs_density", self.sectors * per_site)
        if self.most_storeys < self.fewest_storeys:
            raise ConfigError("network.most_storeys", self.most_storeys, f"at least {self.fewest_storeys}, "
                              "network.fewest_storeys")

    def _imply_open_file(self) -> None:
        for key, value, allowed in (("positions", self.positions, ("",)), ("sectors", self.sectors, (1,)),
                                    ("layout", self.layout, ("poisson", "file"))):
            if value not in allowed:
                raise ConfigError(f"network.{key}", value, f"{allowed[-1]!r} with network.cells, whose file says it")
        object.__setattr__(self, "layout", "file")
        object.__setattr__(self, "boundary", "open")


@dataclass(frozen=True, kw_only=True)
class AntennasSettings(Section):
    """The arrays of a base station."""

    transmit: int = integer(20, "M_t, transmit antennas of a base station", minimum=1, maximum=10**5)
    receive: int = integer(10, "M_r, receive antennas of a base station", minimum=1, maximum=10**5)
    pattern: str = text("omni", "\"omni\", \"tr38901\" (the element of TR 38.901 Table 7.3-1), a file that ends with "
                        ".msi or .csv, or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that antennas.pattern names")
    vertical_elements: int = integer(1, "elements of the column behind every antenna, half a wavelength apart",
                                     minimum=1, maximum=1024)
    downtilt: float = real(90.0, "zenith angle of the beam of a column: 102 is 12 degrees below the horizon",
                           unit="degree", minimum=0, maximum=180)


@dataclass(frozen=True, kw_only=True)
class AllocationSettings(Section):
    """How the spatial degrees of freedom are shared out."""

    users_per_bs: int = integer(12, "K, users served by a base station in a frame", minimum=1)
    targets_per_bs: int = integer(1, "J, targets sensed by a base station in a frame (0: no sensing)", minimum=0)
    communication_cluster: int = integer(1, "L, base stations in the cluster of a user", minimum=1)
    sensing_cluster: int = integer(1, "Q, base stations in the cluster of a target", minimum=1)
    policy: str = text("fixed", "\"fixed\": the numbers above; \"optimal\": those that maximise weight x "
                       "communication ASE + (1 - weight) x sensing ASE by the exact analysis; \"approximate\": by the "
                       "paper's; or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that allocation.policy names")
    weight: float = real(0.5, "rho of P1, for policies that optimise", minimum=0, maximum=1)
    max_targets_per_bs: int = integer(10, "J_max, most targets a base station can resolve", minimum=0, maximum=10**4)


@dataclass(frozen=True, kw_only=True)
class RadioSettings(Section):
    """Power, bandwidth and noise of a network that is not normalised: any propagation.model but "power_law"."""

    transmit_power_dbm: float = real(46.0, "of a base station", unit="dBm")
    bandwidth: float = real(10e6, "by which a rate in bit/s/Hz becomes bit/s, and of the noise", unit="Hz", above=0)
    noise_figure_db: float = real(9.0, "of users", unit="dB", minimum=0)
    bs_noise_figure_db: float = real(5.0, "of base stations", unit="dB", minimum=0)


PROPAGATION_MODELS = ("power_law", "free_space", "uma", "umi", "rma", "inh", "inf_sl", "inf_dl", "inf_sh", "inf_dh",
                      "uma_av", "file")


@dataclass(frozen=True, kw_only=True)
class PropagationSettings(Section):
    """Path loss and noise; of the power law in km, (d / 1 km)^-alpha, of the others as TR 38.901 has them."""

    model: str = text("power_law", ", ".join(f'"{name}"' for name in PROPAGATION_MODELS) + ", or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that propagation.model names")
    correlation_distance: float = real(1.0, "factor on the distances over which shadowing, lines of sight and "
                                       "buildings stay alike (0: independent from place to place)", minimum=0)
    site_correlation: float = real(0.0, "correlation of the shadowing of two sites at one place", minimum=0, maximum=1)
    o2i_release: int = integer(19, "release of TR 38.901 for the loss of coated windows: 14 or 19", minimum=14,
                               maximum=19)
    path_loss_exponent: float = real(4.0, "alpha, of one-way links", above=2, maximum=20)
    echo_exponent: float = real(2.0, "beta, of one way of the echo, which falls as R^(-2 beta)", above=0, maximum=20)
    noise_power: float = real(0.0, "noise relative to what a BS at full power gives at 1 km", minimum=0)
    carrier_frequency: float = real(3.5e9, "carrier frequency; sets Doppler, path loss and wavelength", unit="Hz",
                                    above=0)
    rician_factor_db: float | str = real_or(
        ("none", "tr38901"), "none", "power in the line of sight over scattered power, of links of users; \"none\": no "
        "line of sight; \"tr38901\": by the state of each link, TR 38.901 Table 7.5-6", unit="dB", infinite=True)


@dataclass(frozen=True, kw_only=True)
class FadingSettings(Section):
    """Small-scale fading of single links."""

    model: str = text("rayleigh", "\"rayleigh\" (by its law where there is one), \"tr38901\" (clusters and rays), "
                      "\"file\" (and that of propagation.model as well), or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that fading.model names")
    subbands: int = integer(1, "S, equal parts of the band, each flat", minimum=1, maximum=1024)
    release: int = integer(19, "of TR 38.901, for \"tr38901\": 19, or 14, with which companies calibrated", minimum=14,
                           maximum=19)
    environment: str = choice("automatic", "whose clusters \"tr38901\" draws; \"automatic\": that of "
                              "propagation.model", ("automatic", "uma", "umi", "rma", "inh", "inf_sl", "inf_dl",
                                                    "inf_sh", "inf_dh"))
    doppler_speed: float | str = real_or(("automatic",), "automatic", "of users, by which the phases of rays change "
                                         "while users stand still; \"automatic\": as users move", unit="m/s", minimum=0)
    file: str = text("", "for model \"file\": an HDF5 or npz file of paths or vectors")


@dataclass(frozen=True, kw_only=True)
class SensingSettings(Section):
    """The echo and how it is received."""

    rcs: float = real(0.1, "xi, radar cross-section", above=0)
    mismatch_loss: float = real(1.0, "kappa, loss of the receive filter", above=0, maximum=1)
    matched_filter_gain: float = real(1.0, "Delta T, gain of the matched filter", above=0)
    cluster_center: str = choice("serving_bs", "around whom the sensing cluster is formed", ("serving_bs", "target"))
    inter_target_echo: bool = flag(False, "count the echoes of the other scheduled targets of the BS as interference")
    target_type: str = choice("none", "takes the place of sensing.rcs: a type of TR 38.901 section 7.9.2",
                              ("none", *TARGET_SPREADS))
    clutter: bool = flag(False, "count the mono-static background of TR 38.901 section 7.9.4 as interference")
    clutter_rejection_db: float = real(0.0, "suppression of the background by Doppler processing", unit="dB", minimum=0)
    site_isolation_db: float | str = real_or(("infinite",), "infinite", "by which cells of one site get each other's "
                                             "signals weaker as receivers of echoes", unit="dB", minimum=0)
    coherent_time: float = real(0.0, "T, over which an echo is added up coherently: Delta T is then this times the "
                                "bandwidth, and speeds are measured (0: matched_filter_gain, and they are not)",
                                unit="s", minimum=0)
    fluctuation: str = choice("none", "law of the RCS, drawn for every look, its mean being what it is without",
                              ("none", "swerling1", "lognormal"))
    fluctuation_deviation: float | str = real_or(
        ("automatic",), "automatic", "of \"lognormal\", whose peaks are clipped 3 deviations up; \"automatic\": "
        "sigma_S of the type of target, 3.74 without one", unit="dB", minimum=0, maximum=20)
    false_alarm: float | str = real_or(
        ("automatic",), "automatic", "P_fa, probability of a false alarm at an empty place; \"automatic\": 1e-6, where "
        "any other setting turns detection on", above=0, maximum=0.5)
    cfar_cells: int = integer(0, "N, neighbouring cells by which a look estimates the interference (CA-CFAR; 0: it is "
                              "known)", minimum=0, maximum=1000)


@dataclass(frozen=True, kw_only=True)
class PrecodingSettings(Section):
    """How base stations design transmit beams from their CSI."""

    policy: str = text("zero_forcing", "\"zero_forcing\", \"regularized\", \"maximum_ratio\", \"slnr\", or "
                       "\"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that precoding.policy names")
    regularization: float | str = real_or(
        ("automatic",), "automatic", "xi, for \"regularized\": on the whole diagonal; \"automatic\": K / SIR of own "
        "users, 0 for receivers that were granted a null", minimum=0)
    sensing_power: float = real(0.0, "eta, share of a base station's power on beams of its own towards its scheduled "
                                "targets", minimum=0, maximum=1)


@dataclass(frozen=True, kw_only=True)
class CombiningSettings(Section):
    """How base stations that sense filter what they receive."""

    policy: str = text("mrc", "\"mrc\", \"zero_forcing\", \"mvdr\", or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that combining.policy names")


@dataclass(frozen=True, kw_only=True)
class CooperationSettings(Section):
    """How the stations of a cluster cooperate for their users and targets."""

    communication: str = choice("nulling", "a station that grants a user's request nulls towards it (nulling), "
                                "or sends to it as well: powers add (joint), or amplitudes (joint_coherent)",
                                ("nulling", "joint", "joint_coherent"))
    sensing: str = choice("nulling", "the other stations of a target's cluster null towards its filter (nulling), or "
                          "all illuminate it, receive, and fuse their measurements (multistatic)",
                          ("nulling", "multistatic"))
    direct_path_rejection_db: float | str = real_or(
        ("infinite",), "infinite", "suppression of the direct path from the stations that sense together; "
        "\"infinite\": all of it", unit="dB", minimum=0)
    timing_error: float = real(0.0, "standard deviation between the clocks of two stations", unit="s", minimum=0)


@dataclass(frozen=True, kw_only=True)
class SchedulingSettings(Section):
    """Who is served."""

    policy: str = text("random", "a name of `isacsys schedulers`, or \"module:Class\"")
    target_policy: str = text("", "likewise, for the choice of targets; empty: scheduling.policy chooses them too")
    parameters: Parameters = table("keyword arguments of the class that scheduling.policy names")
    target_parameters: Parameters = table("likewise, of scheduling.target_policy")
    rate_window: int = integer(100, "frames over which the mean rate of a user is averaged (exponentially)", minimum=1)


@dataclass(frozen=True, kw_only=True)
class NullingSettings(Section):
    """Which requests for nulls are granted first."""

    policy: str = text("strongest", "\"strongest\", \"random\", \"communication_first\", \"sensing_first\", or "
                       "\"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that nulling.policy names")


@dataclass(frozen=True, kw_only=True)
class BackhaulSettings(Section):
    """How null requests are carried between base stations, and how far ahead frames are scheduled."""

    latency: float = real(0.0, "delay of a null request", unit="s", minimum=0)
    latency_law: str = choice("constant", "constant, or drawn for every request with mean backhaul.latency",
                              ("constant", "exponential"))
    capacity: float = real(0.0, "null requests that a base station can send, strongest first (0: any number)",
                           unit="1/s",
                           minimum=0)
    loss: float = real(0.0, "probability that a null request is lost", minimum=0, maximum=1)
    lead: float = real(-1.0, "how far ahead of its frame a schedule is fixed, rounded up to whole frames "
                       "(-1: as long as backhaul.latency)", unit="s", minimum=-1)


@dataclass(frozen=True, kw_only=True)
class CsiSettings(Section):
    """How old channel state information is when a frame uses it; that of cross links is as old as the schedule."""

    own_age: float = real(0.0, "age of the CSI of a base station's own users", unit="s", minimum=0)
    feedback_bits: int = integer(0, "bits of feedback on the direction of a user's channel, own or granted "
                                 "(0: perfect)", unit="bit", minimum=0, maximum=1000)


@dataclass(frozen=True, kw_only=True)
class MobilitySettings(Section):
    """How users and targets move; base stations stay."""

    model: str = choice("random_direction", "random_direction: straight on, with turns at random; random_waypoint: "
                        "from one random place to the next; file: as mobility.positions says",
                        ("random_direction", "random_waypoint", "file"))
    user_speed: float = real(0.0, "speed of users", unit="m/s", minimum=0)
    target_speed: float = real(0.0, "speed of targets", unit="m/s", minimum=0)
    turn_rate: float = real(0.1, "how often a user or target turns, for random_direction", unit="1/s", minimum=0)
    hysteresis: float = real(0.0, "by how much another base station must be received stronger for a handover",
                             unit="dB", minimum=0, maximum=200)
    time_to_trigger: float = real(0.0, "how long another station must be better by more than the hysteresis before "
                                  "a handover", unit="s", minimum=0, maximum=1e4)
    ping_pong_time: float = real(1.0, "a handover back to the base station left no longer ago is a ping-pong",
                                 unit="s", minimum=0, maximum=1e6)
    role: str = choice("users", "what the vehicles and persons of floating car data are; of this kind there are no "
                       "others", ("users", "targets", "both"))
    offset: tuple[float, float] = pair((0.0, 0.0), "east and north, added to places in floating car data", unit="m")
    begin: float = real(0.0, "time of the file at which a drop begins", unit="s", minimum=-1e9)
    positions: str = text("", "for model \"file\": a CSV file of time,kind,id,x,y, or floating car data of SUMO "
                          "(.xml, .xml.gz, or .csv with timestep_time; places in m or, as those of cells, in degrees); "
                          "linear in between", columns={
        "time": "s", "kind": "user or target", "id": "number of the user or target, from 0 on", "x": "km", "y": "km"})


@dataclass(frozen=True, kw_only=True)
class TrafficSettings(Section):
    """What users want to receive; a user is served only while it has data."""

    model: str = choice("full_buffer", "full_buffer: always more; poisson: files arrive at random (3GPP FTP model 3); "
                        "file: as traffic.arrivals says", ("full_buffer", "poisson", "file"))
    file_size: float = real(4e6, "mean size of a file", unit="bit", above=0)
    size_law: str = choice("fixed", "law of the sizes", ("fixed", "exponential"))
    arrival_rate: float = real(0.5, "files that arrive for a user", unit="1/s", minimum=0, maximum=1e6)
    arrivals: str = text("", "for model \"file\": a CSV file of time,user,bits", columns={
        "time": "s, when the file arrives", "user": "number of the user, from 0 on", "bits": "size of the file"})


@dataclass(frozen=True, kw_only=True)
class TargetsSettings(Section):
    """How long targets stay, and how often they are to be sensed."""

    lifetime: float = real(0.0, "mean time until a target leaves (0: never); as many appear on average", unit="s",
                           minimum=0)
    revisit_period: float = real(0.0, "time within which a target is to be sensed again (0: no hurry)", unit="s",
                                 minimum=0)
    revisit_spread: float = real(0.0, "the period of a target is uniform within 1 -+ this share of it", minimum=0,
                                 maximum=1)


@dataclass(frozen=True, kw_only=True)
class TrackingSettings(Section):
    """How targets are tracked; filters, sensing beams and null requests then follow the tracks."""

    enabled: bool = flag(False, "keep a track of every target that has been detected")
    policy: str = text("extended_kalman", "\"extended_kalman\", or \"module:Class\"")
    parameters: Parameters = table("keyword arguments of the class that tracking.policy names, beside acceleration and "
                                   "speed")
    acceleration: float = real(1.0, "q, power density of the white acceleration that a track allows for",
                               unit="m^2/s^3", minimum=0)
    speed: float = real(20.0, "standard deviation of each component of the velocity of a newly detected target",
                        unit="m/s", above=0)
    gate: float = real(0.999, "probability that a target's measurement is inside the gate of its track; others are "
                       "rejected",
                       above=0, maximum=1)
    maximum_misses: int = integer(3, "looks without a detection, one after the other, by which a track is lost",
                                  minimum=1)
    maximum_error: float = real(200.0, "root mean square position error, by covariance, beyond which a track is lost",
                                unit="m", above=0)
    steering: str = choice("belief", "where filters, sensing beams and null requests point for a target that has a "
                           "track: its predicted position, or its true one", ("belief", "truth"))


@dataclass(frozen=True, kw_only=True)
class SimulationSettings(Section):
    """How much is simulated."""

    drops: int = integer(100, "independent realisations of the positions", minimum=1, maximum=10**9)
    frames: int = integer(1, "scheduling intervals in a drop", minimum=1, maximum=10**9)
    frame_duration: float = real(0.01, "length of a frame", unit="s", above=0)
    warm_up: int = integer(0, "frames before the first that counts: simulated, and left out of every table and metric",
                           minimum=0, maximum=10**9)
    seed: int = integer(1, "of every random stream", minimum=0, maximum=2**63 - 1)
    engine: str = choice("auto", "where gains come from: auto, drawn by their laws wherever there is one; vectors, "
                         "computed from channel vectors of every link, some four times slower; short, as auto was "
                         "called: it goes in version 0.4",
                         ("auto", "short", "vectors"))
    batch: int | str = integer("automatic", "drops that share a frame, bit for bit what they give one by one; "
                               "\"automatic\": as many as pay, where networks are small", minimum=1, maximum=4096,
                               words=("automatic",))
    processes: Parameters = table("processes beside the frames: \"module:Class\" = {keyword arguments}, any number; "
                                  "built in are load_profile = {load, day, start}, users active in the shares of the "
                                  "list load over the day, and station_timetable = {stations or share, off, on, day, "
                                  "start}, stations off from one hour to another; day: simulated s that a day takes")


@dataclass(frozen=True, kw_only=True)
class RecordingSettings(Section):
    """What a log keeps."""

    level: str = choice("summary", "summary: drops and frames; users: also a row a user and a target; links: "
                        "also a row a link; full: also positions, selections, null requests and events",
                        ("summary", "users", "links", "full"))
    metrics: Parameters = table("metrics of your own: \"module:Class\" = {keyword arguments}, any number")
