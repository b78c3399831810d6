"""Transmit designs: from the CSI of a station to its beams."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from isacsys.beamforming import beams, linear_precoding, zero_forcing, zero_forcing_explicit
from isacsys.beamforming.beams import Beams
from isacsys.beamforming.transmitter_csi import TransmitterCsi
from isacsys.beamforming.zero_forcing import ZeroForced
from isacsys.config.scenario import Scenario
from isacsys.core.arrays import Array, Complex, Index
from isacsys.core.errors import InfeasibleDesign
from isacsys.core.random_streams import Purpose
from isacsys.network.state import zero_forcing_promise
from isacsys.plugins.kinds import PluginKind, register


class Precoder(ABC):
    """Base of every transmit design: override `design`, for all stations at once.

    `isacsys.testing.check_precoder` runs one through the invariants of all.

    Examples
    --------
    >>> class MatchedFilter(Precoder):
    ...     def design(self, known):
    ...         return known.beams(known.own.swapaxes(1, 2))
    """

    needs_channels = True  # whether `design` looks at channel vectors; where not, it draws by a law

    @abstractmethod
    def design(self, known: TransmitterCsi) -> Beams:
        """Design the beams of all stations: ``known.beams(directions)`` makes them."""

    def budget(self, antennas: int, streams: Index) -> Index:
        """Return how many nulls stations can grant beside ``streams`` [bs] users of their own: (16a)."""
        return np.maximum(antennas - 1 - streams, 0)

    def prepare(self, scenario: Scenario) -> None:  # noqa: B027 - most have nothing to read
        """Read what the design needs of a scenario, before the first frame."""

    def promised(self, sir: Array, power: Array, antennas: int, streams: int) -> Array:
        """Return the SIR [n] expected of users, by which policies rank them before there are beams.

        Parameters
        ----------
        sir : [n]
            Mean SIR by path loss, every station sending, without fading.
        power : [n]
            ``|h|^2`` of the channel now.
        antennas, streams : int
        """
        return zero_forcing_promise(sir, power, antennas, streams)


class ZeroForcing(Precoder):
    """Each beam is the projection of its user's channel on the null space of all else that its station knows."""

    needs_channels = False

    def design(self, known: TransmitterCsi) -> Beams:
        """Project known channels; where these are known by their law only, draw the beams by theirs."""
        left = known.antennas - known.nulls
        if np.count_nonzero(left < known.streams):
            raise InfeasibleDesign(f"station {np.argmin(left - known.streams)} has more constraints than antennas")
        if known.own is None:
            draw = zero_forcing.draw_unequal if known.unequal else zero_forcing.draw
            design = draw(known.name.stream(Purpose.OWN_CHANNELS), left, known.streams, known.padded)
            return beams.zero_forced(design, known.streams)
        return beams.zero_forced(*_projected(known, known.own))


def _projected(known: TransmitterCsi, own: Complex) -> tuple[ZeroForced, Index, Complex]:
    """Return zero-forcing beams of ``own`` channels [bs, K, M_t], streams [bs], and vectors [bs, M_t, K].

    Of several drops, those with equally many nulls at most are designed together: others have arrays of other widths.
    """
    parts = known.name.parts
    if parts is None or known.granted is None or known.held is None:
        design, vectors = zero_forcing_explicit.beams(own, known.streams, known.granted, known.held)
        return design, known.streams, vectors
    width = np.maximum.reduceat(known.held, parts.first[:-1])[parts.drop]  # [bs]
    gain, vectors = np.zeros(own.shape[:2]), np.zeros((len(own), own.shape[2], own.shape[1]), complex)
    factor = np.zeros((*own.shape[:2], own.shape[1]), complex)
    for most in np.unique(width).tolist():
        rows = np.flatnonzero(width == most)
        others = known.granted[rows, :most] if most else None
        found, vectors[rows] = zero_forcing_explicit.beams(own[rows], known.streams[rows], others, known.held[rows])
        gain[rows], factor[rows] = found.gain, found.factor
    return ZeroForced(gain, factor), known.streams, vectors


class MaximumRatio(Precoder):
    """Each beam points along its user's channel; what was granted is not nulled."""

    def design(self, known: TransmitterCsi) -> Beams:
        """Return beams along the own channels."""
        return known.beams(linear_precoding.maximum_ratio(_there(known.own)))

    def promised(self, sir: Array, power: Array, antennas: int, streams: int) -> Array:
        """Return the SIR with the gain of all antennas, and interference of the beams of the other users."""
        each = power * sir / streams
        return np.asarray(each / (1 + each * (streams - 1) / antennas))


class Regularized(Precoder):
    """Zero forcing that gives up as much of its nulls as noise and interference would hide anyhow.

    The diagonal of `linear_precoding.regularized`: with ``precoding.regularization = "automatic"``, K / SIR_k for own
    users and 0 for granted receivers; a number xi stands on the whole of it.
    """

    def __init__(self) -> None:
        self._xi: float | None = None

    def prepare(self, scenario: Scenario) -> None:
        """Read ``precoding.regularization``."""
        xi = scenario.precoding.regularization
        self._xi = None if isinstance(xi, str) else xi

    def design(self, known: TransmitterCsi) -> Beams:
        """Solve for the beams of all stations at once."""
        own, granted = _there(known.own), _there(known.granted)
        if self._xi is not None:
            each = 1.0 if known.granted_weight is None else np.maximum(known.granted_weight, 1e-12)
            return known.beams(linear_precoding.regularized(own, np.full(own.shape[:2], self._xi), granted,
                                                   self._xi / each * np.ones(granted.shape[:2])))
        return known.beams(
            linear_precoding.regularized(own, _load(known, known.sir), granted, np.zeros(granted.shape[:2]))
        )

    def promised(self, sir: Array, power: Array, antennas: int, streams: int) -> Array:
        """Return the larger of the SIRs of its two limits, zero forcing and maximum ratio."""
        return np.maximum(super().promised(sir, power, antennas, streams),
                          MaximumRatio().promised(sir, power, antennas, streams))


class Slnr(Regularized):
    """The largest signal over what leaks to every known receiver, and noise, for each user.

    The same inverse with ``K / SIR`` for granted receivers as well, SIR the path gain from this station over their mean
    interference and noise (see `beamforming.linear_precoding.regularized`).
    """

    def design(self, known: TransmitterCsi) -> Beams:
        """Weigh leakage by what it adds to the interference and noise that a receiver has anyhow."""
        return known.beams(linear_precoding.regularized(_there(known.own), _load(known, known.sir),
                                               _there(known.granted), _load(known, known.granted_sir)))


def _load(known: TransmitterCsi, sir: Array | None) -> Array:
    """Return K / SIR of known receivers [bs, n], K the users that the station serves."""
    if sir is None:
        raise ValueError("a design that looks at mean SIRs, where none are known")
    return np.asarray(np.maximum(known.streams, 1)[:, None] / np.maximum(sir, 1e-12))


def _there(channels: Complex | None) -> Complex:
    if channels is None:
        raise ValueError("a design that looks at channels, where none are known")
    return channels


PRECODER = register(PluginKind("precoder", Precoder, "precoding.policy", {
    "zero_forcing": ZeroForcing, "regularized": Regularized, "maximum_ratio": MaximumRatio, "slnr": Slnr}))
