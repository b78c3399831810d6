"""Races on synthetic drops."""

import numpy as np

from isacsys.statistics import RaceRules, Samples, race


def normal(rng, shape):
    return rng.standard_normal(shape)


def exponential(rng, shape):
    return rng.exponential(size=shape) - 1


def opposite(rng, shape):
    """Skewed to one side in every other setting, to the other side in the rest: so are the differences."""
    side = np.where(np.arange(shape[0]) % 2, 1.0, -1.0)
    return side.reshape(-1, *[1] * (len(shape) - 1)) * exponential(rng, shape)


def slippage(settings, indifference):
    """One is better than all others by a little more than may be missed: the hardest case that has a wrong answer."""
    return np.r_[np.zeros(settings - 1), 1.001 * indifference]


def surface(settings, indifference):
    """A smooth maximum, as of a size."""
    return -20 * indifference * (np.arange(settings) / settings - 0.4) ** 2


def equal(settings, indifference):
    return np.zeros(settings)


def ties(settings, indifference):
    """A few values, each several times."""
    return -indifference * (np.arange(settings) // 3 % 4)


class Drops:
    """Drops of settings with given means; what they share is the same in all, and more of it than of their own."""

    def __init__(self, means, law, rng, shared=5.0, own=3.0):
        self.means, self.law, self.rng, self.shared, self.own = np.atleast_2d(means.T).T, law, rng, shared, own
        self.values = np.zeros((*self.means.shape, 0))
        self.counts = np.zeros(len(means), int)

    def __call__(self, wanted):
        more = max(int(wanted.max()) - self.values.shape[2], 0)
        drops = self.means[..., None] + self.shared * self.rng.standard_normal((self.means.shape[1], more)) \
            + self.own * self.law(self.rng, (*self.means.shape, more))
        self.values, self.counts = np.concatenate([self.values, drops], -1), wanted
        there = np.arange(wanted.max()) < wanted[:, None, None]
        return Samples(np.where(there, self.values[..., :wanted.max()], 0), wanted, np.ones(len(wanted), bool))


class Outcome:
    """How often the answer was right, and how often all intervals of the table were."""

    def __init__(self, means, law, races, *, rules=None, seed=1, **spread):
        rules = rules or RaceRules(indifference=1.0)
        self.right = self.covered = self.feasible = self.spent = self.longest = 0
        for number in range(races):
            drops = Drops(means, law, np.random.default_rng([seed, number]), **spread)
            seen, complete = race(len(means), rules, drops)
            assert complete
            objective = np.asarray(means, float).reshape(len(means), -1)[:, 0]
            allowed = np.asarray(means, float).reshape(len(means), -1)[:, 1:] >= 0
            best = objective[allowed.all(1)].max(initial=-np.inf)
            self.spent += int(drops.counts.sum())
            self.longest += int(drops.counts.max()) * len(means)
            if seen.leader is None:
                self.right += not allowed.all(1).any()
                continue
            self.right += objective[seen.leader] >= best - rules.indifference
            margins = np.asarray(means, float).reshape(len(means), -1)[seen.leader, 1:]
            self.feasible += bool((margins >= -np.asarray(rules.tolerances)).all())
            error = np.abs(seen.difference - (objective - objective[seen.leader]))
            self.covered += bool((error <= seen.half_width + 1e-9).all())
        self.races = races
