"""Find the best of several settings from paired samples: the settings still in question are sampled on, in rounds.

Every setting is simulated on the same drops. With d_i the mean of the differences of setting i from the leader over the
drops that both have, and b_i its upper bound from a confidence sequence (`one_sided`), the race ends when no b_i
exceeds the indifference D. The error is shared over all comparisons, so with the stated confidence the leader is then
within D of the best setting, whatever the means are and however often one has looked.

`look` depends on the samples alone; their source may stop, be killed, and continue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isacsys.core.arrays import Array, Flags, Index
from isacsys.statistics.confidence_sequences import FIRST, Moments, moments, next_size, one_sided, two_sided

RELATIVE_INDIFFERENCE = 0.01  # of the leader's mean


@dataclass(frozen=True, kw_only=True)
class RaceRules:
    """The rules of a race.

    Attributes
    ----------
    confidence : float
        Probability that the answer is right.
    indifference : float or None
        D, in the unit of the objective; None: 1 % of the leader's mean.
    tolerances : tuple of float
        For every constraint how far below 0 its margin may be, e.
    budget : int or None
        Most drops, over all settings together.
    """

    confidence: float = 0.95
    indifference: float | None = None
    tolerances: tuple[float, ...] = ()
    budget: int | None = None

    def error(self, settings: int) -> float:
        """Return a', the share of one comparison: one a setting with the leader, and one a setting and constraint."""
        return (1 - self.confidence) / max(settings - 1 + settings * len(self.tolerances), 1)


@dataclass(frozen=True)
class Samples:
    """What was sampled of every setting, on common drops.

    Attributes
    ----------
    values : [setting, 1 + constraint, drop]
        The objective, to be made large, and the margin of every constraint, which is met where its mean is not
        negative. Zero beyond the drops that a setting has; NaN for a setting that cannot be the answer.
    counts : [setting]
        Drops that each has.
    able : [setting]
        Whether it can be the answer at all.
    """

    values: Array
    counts: Index
    able: Flags

    @classmethod
    def of(cls, settings: list[Array | None], counts: Index) -> Samples:
        """Return samples of ``settings``, arrays [1 + constraint, drop] of ``counts`` [setting] drops; None:
        infeasible.
        """
        rows = max((len(values) for values in settings if values is not None), default=1)
        values = np.zeros((len(settings), rows, int(counts.max(initial=0))))
        for row, sample in zip(values, settings, strict=True):
            row[:, :] = np.nan if sample is None else 0.0
            if sample is not None:
                row[:, :sample.shape[1]] = sample
        return cls(values, counts, np.array([sample is not None for sample in settings], bool))


@dataclass(frozen=True)
class Look:
    """What the samples say.

    Attributes
    ----------
    leader : int or None
        The best so far of the settings that seem feasible; None: none does.
    mean, mean_half_width : [setting]
        Of the objective; half-width of its confidence sequence.
    difference, half_width : [setting]
        Of the objective from the leader's, on common drops; likewise. NaN without a leader.
    indifference : float
        D; NaN without a leader.
    excluded, proven : [setting]
        Settings that miss a constraint, and settings that meet all of them but for the tolerance, with confidence.
    contending : [setting]
        Settings that may be better than the leader by more than D.
    wanted : [setting]
        Drops to have before the next look; `Samples.counts` where the question is answered.
    """

    leader: int | None
    mean: Array
    mean_half_width: Array
    difference: Array
    half_width: Array
    indifference: float
    excluded: Flags
    proven: Flags
    contending: Flags
    wanted: Index


Draw = Callable[[Index], Samples]


def race(
    settings: int, rules: RaceRules, draw: Draw, watch: Callable[[Look], None] = lambda _: None
) -> tuple[Look, bool]:
    """Sample until the question is answered or the next round exceeds the budget.

    Parameters
    ----------
    settings : int
    rules : Rules
    draw : callable
        Takes numbers of drops [setting], sees that each setting has so many, and returns all samples.
    watch : callable
        Is told of every look.

    Returns
    -------
    look : Look
    complete : bool
        Whether the question is answered.
    """
    wanted = np.full(settings, FIRST)
    while True:
        samples = draw(wanted)
        seen = look(samples, rules)
        watch(seen)
        wanted = seen.wanted
        if (wanted == samples.counts).all():
            return seen, True
        if rules.budget is not None and wanted.sum() > rules.budget:
            return seen, False


def look(samples: Samples, rules: RaceRules) -> Look:
    """Return which setting leads, which may be better, and what to sample next."""
    error, n = rules.error(len(samples.counts)), samples.counts
    own = moments(samples.values, n[:, None])
    mean, width = own.mean[:, 0], two_sided(own, error)[:, 0]
    excluded, proven, seeming = _feasible(samples, rules, own, error)
    leader = _leader(mean, n, samples.able & ~excluded & (proven | seeming))
    if leader is None:
        unknown, open_questions = np.full(len(n), np.nan), samples.able & ~excluded
        return Look(None, mean, width, unknown, unknown, np.nan, excluded, proven, open_questions,
                    np.where(open_questions, next_size(n), n))
    paired = moments(samples.values[:, 0] - samples.values[leader, 0], np.minimum(n, n[leader]))
    indifference = _indifference(rules, float(mean[leader]))
    contending = samples.able & ~excluded & (paired.mean + one_sided(paired, error) > indifference)
    contending[leader] = False
    return Look(leader, mean, width, paired.mean, two_sided(paired, error), indifference, excluded, proven, contending,
                _wanted(n, leader, contending, bool(proven[leader])))


def _feasible(samples: Samples, rules: RaceRules, own: Moments, error: float) -> tuple[Flags, Flags, Flags]:
    """Return who misses a constraint with confidence, who meets all of them with confidence, and who seems to."""
    margin, width = own.mean[:, 1:], one_sided(own, error)[:, 1:]
    excluded = ~samples.able | (margin + width < 0).any(axis=1)
    proven = ~excluded & (margin - width >= -np.asarray(rules.tolerances)).all(axis=1)
    return excluded, proven, np.all(margin >= 0, axis=1)


def _leader(mean: Array, counts: Index, eligible: Flags) -> int | None:
    """Return the best of those eligible that have most drops: who is behind has to catch up first."""
    if not eligible.any():
        return None
    ahead = eligible & (counts == counts[eligible].max())
    return int(np.argmax(np.where(ahead, mean, -np.inf)))


def _indifference(rules: RaceRules, mean: float) -> float:
    return RELATIVE_INDIFFERENCE * abs(mean) if rules.indifference is None else rules.indifference


def _wanted(counts: Index, leader: int, contending: Flags, proven: bool) -> Index:
    """Return the next size for those in question, and for the leader where they have caught up with it."""
    level = contending & (counts >= counts[leader])
    more = contending.copy()
    more[leader] = level.any() or not proven
    return np.where(more, next_size(counts), counts)


