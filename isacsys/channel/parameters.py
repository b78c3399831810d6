"""The large-scale parameters of links, at a carrier. TR 38.901 section 7.5, step 4."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from isacsys.channel import spatial_tables
from isacsys.channel.spatial_tables import ORDER, Row, Value
from isacsys.core.arrays import Array
from isacsys.core.errors import ConfigError

RAYS = 20  # of a cluster. Table 7.5-6
SF, K, DS, ASD, ASA, ZSD, ZSA = range(7)  # places in the order of large-scale parameters


@dataclass(frozen=True)
class State:
    """The parameters of an environment in one state, at a carrier.

    Attributes
    ----------
    name : str
        "los", "nlos" or "o2i".
    mean, deviation : [7]
        Of SF (0 and 1: in units of its deviation), K (dB), lg DS, lg ASD, lg ASA, lg ZSD (0: it depends on places) and
        lg ZSA.
    lower : [7, 7]
        Lower Cholesky factor of the cross-correlations.
    distances : [7]
        Correlation distances, m.
    clusters : int
        N.
    delay_scaling, shadowing : float
        r_tau; zeta, dB.
    cross_polar : (float, float)
        Mean and deviation, dB.
    cluster_delay : float
        c_DS, s.
    cluster_spread : [3]
        c_ASD, c_ASA, c_ZSA, degrees; nan: at both ends as in (7.5-20).
    scaling : (float, float)
        C_phi and C_theta without line of sight.
    """

    name: str
    mean: Array
    deviation: Array
    lower: Array
    distances: Array
    clusters: int
    delay_scaling: float
    shadowing: float
    cross_polar: tuple[float, float]
    cluster_delay: float
    cluster_spread: Array
    scaling: tuple[float, float]

    @property
    def has_sight(self) -> bool:
        """Whether there is a ray in the line of sight."""
        return self.name == "los"


@dataclass(frozen=True)
class Spreads:
    """Large-scale parameters of links, each [link].

    Attributes
    ----------
    factor : dB
        K; nan without line of sight.
    delay : s
    departure, arrival : degrees
        ASD, ASA, at most 104.
    zenith_departure, zenith_arrival : degrees
        ZSD, ZSA, at most 52.
    mean_zenith_departure : degrees
        10^mu of lg ZSD, which spreads the rays of a cluster (7.5-20).
    offset : degrees
        Of the mean zenith of departure.
    """

    factor: Array
    delay: Array
    departure: Array
    arrival: Array
    zenith_departure: Array
    zenith_arrival: Array
    mean_zenith_departure: Array
    offset: Array


class Environment:
    """An environment at a carrier.

    Parameters
    ----------
    name : str
        "uma", "umi", "rma", "inh", "inf_sl", "inf_dl", "inf_sh" or "inf_dh".
    frequency : float
        Hz.
    release : int
        19 or 14.
    """

    def __init__(self, name: str, frequency: float, release: int = 19) -> None:
        self.name, self.release, self.frequency = name, release, frequency
        self.family = name.split("_")[0]
        if self.family not in spatial_tables.FLOORS:
            raise ConfigError("fading.environment", name, "one of uma, umi, rma, inh, inf_sl, inf_dl, inf_sh, inf_dh")
        if release not in spatial_tables.RELEASES or (self.family == "inf" and release == 14):
            raise ConfigError("fading.release", release, "19, or, but for factories, 14")
        self.gigahertz = max(frequency / 1e9, spatial_tables.FLOORS[self.family])
        self._logarithm = np.log10(self.gigahertz + (self.family != "uma"))

    @property
    def states(self) -> tuple[str, ...]:
        """The states there are."""
        return tuple(state for family, state in spatial_tables.RELEASES[self.release] if family == self.family)

    @cache  # noqa: B019  # environments are few and live as long as a run
    def state(self, name: str) -> State:
        """Return the parameters of a state."""
        row = spatial_tables.RELEASES[self.release][self.family, name]
        pairs = [(0.0, 1.0), row.factor or (0.0, 1.0), row.delay, row.departure, row.arrival, (0.0, 0.0), row.zenith]
        mean, deviation = (np.array([self._at(pair[i]) for pair in pairs]) for i in range(2))
        if self.family == "inf":
            a, b, c = spatial_tables.FACTORY_DELAY[name]
            mean[DS] = np.log10(a * spatial_tables.HALLS[self.name] + b) + c
        deviation[ZSD] = self._zenith_deviation(self._outdoors(name, None))
        ds, asd, asa, sf, k, zsa, zsd = row.distances
        spread = np.array([self._at(c) for c in (row.cluster_departure, row.cluster_arrival, row.cluster_zenith)])
        return State(name, mean, deviation, np.linalg.cholesky(correlations(row)),
                     np.array([sf, k, ds, asd, asa, zsd, zsa], float), row.clusters, row.delay_scaling,
                     row.cluster_shadowing, row.cross_polar, self._cluster_delay(row), spread,
                     (spatial_tables.AZIMUTH_SCALING[row.clusters], spatial_tables.ZENITH_SCALING[row.clusters]))

    def between_stations(self, name: str) -> State:
        """Return the parameters of links between stations: arrival spreads as departure. TR 38.901 section 7.9.3.

        TR 38.858 section A.3: ASA and ZSA have the statistics of ASD and ZSD, and the offset of the zenith is 0.
        """
        state = self.state(name)
        mean, deviation, spread = state.mean.copy(), state.deviation.copy(), state.cluster_spread.copy()
        mean[ASA], mean[ZSA], deviation[ASA], deviation[ZSA] = mean[ASD], mean[ZSD], deviation[ASD], deviation[ZSD]
        spread[1], spread[2] = spread[0], np.nan
        return replace(state, mean=mean, deviation=deviation, cluster_spread=spread)

    def spreads(self, state: State, standard: Array, distance: Array, user_height: Array, station_height: Array,
                sight: bool | None = None, symmetric: bool = False) -> Spreads:
        """Return the parameters of links in one state.

        Parameters
        ----------
        state : State
        standard : [link, 7]
            Normal, correlated by ``state.lower``: of variance 1 each.
        distance, user_height, station_height : [link]
            d_2D, h_UT, h_BS, m.
        sight : bool, optional
            Of links into buildings: whether the part outdoors is in the line of sight.
        symmetric : bool
            Between stations: arrival as departure, no offset.
        """
        outdoors = self._outdoors(state.name, sight)
        deviation = state.deviation.copy()
        deviation[ZSD] = self._zenith_deviation(outdoors)
        mean = self.zenith_mean(outdoors, distance, user_height, station_height)
        lg = state.mean + deviation * standard
        lg[:, ZSD] += mean
        if symmetric:
            lg[:, ZSA] += mean
        offset = np.zeros(len(lg)) if symmetric else self.offset(outdoors, distance, user_height)
        factor = lg[:, K] if state.has_sight else np.full(len(lg), np.nan)
        azimuth = np.minimum(10 ** lg[:, ASD:ZSD], spatial_tables.AZIMUTH_CAP)
        zenith = np.minimum(10 ** lg[:, ZSD:], spatial_tables.ZENITH_CAP)
        return Spreads(factor, 10 ** lg[:, DS], azimuth[:, 0], azimuth[:, 1], zenith[:, 0], zenith[:, 1], 10**mean,
                       offset)

    def zenith_mean(self, state: str, distance: Array, user_height: Array, station_height: Array) -> Array:
        """Return the mean of lg(ZSD/degree) [link]. Tables 7.5-7 to 7.5-11.

        ``distance``, ``user_height``, ``station_height`` [link], m.
        """
        if (self.family, state) not in spatial_tables.ZENITH_DEPARTURE:
            return np.full(np.shape(distance), self._at(self._indoor(state)[0]))
        (lowest, per_km, per_m, constant), _ = spatial_tables.ZENITH_DEPARTURE[self.family, state]
        rise = user_height - 1.5
        if self.family == "umi":
            above = user_height - station_height
            rise = np.abs(above) if state == "los" else np.maximum(above, 0)
        return np.maximum(lowest, per_km * distance / 1000 + per_m * rise + constant)

    def offset(self, state: str, distance: Array, user_height: Array) -> Array:
        """Return the offset of the zenith of departure, degrees [link]. Tables 7.5-7 to 7.5-11.

        ``distance``, ``user_height`` [link], m.
        """
        if state == "los" or self.family in ("inh", "inf"):
            return np.zeros(np.shape(distance))
        if self.family == "uma":
            t, lg = spatial_tables.OFFSET_URBAN_MACRO, np.log10(self.gigahertz)
            a, c, e = (t[name][0] + t[name][1] * lg for name in ("a", "c", "e"))  # type: ignore[index]
            lower = t["height"] * (user_height - 1.5) if self.release == 19 else 0.0  # type: ignore[operator]
            return np.asarray(e - 10 ** (a * np.log10(np.maximum(t["b"], distance)) + c + lower))  # type: ignore[call-overload]
        if self.family == "umi":
            slope, nearest, constant = spatial_tables.OFFSET_URBAN_MICRO
            return np.asarray(-(10 ** (slope * np.log10(np.maximum(nearest, distance)) + constant)))
        high, middle, low = spatial_tables.OFFSET_RURAL
        return np.degrees(np.arctan((high - middle) / distance) - np.arctan((high - low) / distance))

    def _outdoors(self, state: str, sight: bool | None) -> str:
        """Return the state outdoors, which decides on zeniths of departure; RMa has its own (Table 7.5-9)."""
        if state != "o2i":
            return state
        return "los" if sight and self.family != "rma" else "nlos"

    def _zenith_deviation(self, state: str) -> float:
        if (self.family, state) in spatial_tables.ZENITH_DEPARTURE:
            return spatial_tables.ZENITH_DEPARTURE[self.family, state][1]
        return self._at(self._indoor(state)[1])

    def _indoor(self, state: str) -> tuple[Value, Value]:
        return spatial_tables.ZENITH_DEPARTURE_INDOOR[self.release][self.family, state]

    def _cluster_delay(self, row: Row) -> float:
        if row.cluster_delay is None:
            return 1e-9 * spatial_tables.LEGACY_CLUSTER_DELAY
        if not np.isnan(row.cluster_delay):
            return 1e-9 * row.cluster_delay
        constant, slope, least = spatial_tables.URBAN_CLUSTER_DELAY
        return 1e-9 * max(least, constant + slope * np.log10(self.gigahertz))

    def _at(self, value: Value) -> float:
        """Return a value of the tables at the carrier."""
        return value[0] + value[1] * self._logarithm if isinstance(value, tuple) else float(value)


def correlations(row: Row) -> Array:
    """Return the cross-correlations [7, 7] of a row, in the order of step 4."""
    found = np.eye(len(ORDER))
    for (one, other), value in zip(spatial_tables.PAIRS, row.correlations, strict=True):
        i, j = ORDER.index(one), ORDER.index(other)
        found[i, j] = found[j, i] = value
    return found
