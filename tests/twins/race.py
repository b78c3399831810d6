"""A look at a race, setting by setting and with the formulas of the standard library."""

import math
import statistics

from scipy import special


def looks(n):
    """How many times a sample that now has n values has been looked at."""
    size, count = 5, 0
    while size <= n:
        size, count = -(-5 * size // 4), count + 1
    return count


def bound(values, error):
    """Distance of a one-sided bound from the mean: Student's, by the incomplete beta function, and what skew adds."""
    n, k = len(values), looks(len(values))
    if n < 5:
        return math.inf
    share = 2 * error / ((k + 1) * (k + 2))
    t = math.sqrt((n - 1) * (1 / special.betaincinv((n - 1) / 2, 0.5, 2 * share) - 1))
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    if deviation == 0:
        return 0.0
    third = statistics.fmean([(x - mean)**3 for x in values]) / statistics.pvariance(values)**1.5
    assumed = min(abs(third) + math.sqrt(24 / n), math.sqrt(2)) / math.sqrt(2)
    w = t / math.sqrt(n)
    return deviation * w * (1 + (0.95 * math.tanh(0.65 * w) + 1 / n) * assumed**1.35)


def following(n):
    """The next size at which one looks."""
    size = 5
    while size <= n:
        size = -(-5 * size // 4)
    return size


def naive_look(samples, rules):
    settings = range(len(samples.counts))
    counts = [int(n) for n in samples.counts]
    rows = [[list(map(float, row[:n])) for row in setting] for setting, n in zip(samples.values, counts, strict=True)]
    comparisons = len(counts) - 1 + len(counts) * len(rules.tolerances)
    error = (1 - rules.confidence) / max(comparisons, 1)
    excluded, proven, candidates = [], [], []
    for i in settings:
        margins = [(statistics.fmean(row), bound(row, error)) for row in rows[i][1:]]
        out = not samples.able[i] or any(mean + width < 0 for mean, width in margins)
        excluded.append(out)
        proven.append(not out and all(mean - width >= -e for (mean, width), e in
                                      zip(margins, rules.tolerances, strict=True)))
        candidates.append(not out and (proven[-1] or all(mean >= 0 for mean, _ in margins)))
    means = [statistics.fmean(setting[0]) for setting in rows]
    found = {"leader": None, "excluded": excluded, "proven": proven, "mean": means,
             "mean_half_width": [bound(rows[i][0], error / 2) for i in settings]}
    if not any(candidates):
        going = [not excluded[i] for i in settings]
        return found | {"difference": [math.nan] * len(counts), "half_width": [math.nan] * len(counts),
                        "contending": going,
                        "wanted": [following(counts[i]) if going[i] else counts[i] for i in settings]}
    most = max(counts[i] for i in settings if candidates[i])
    leader = max((i for i in settings if candidates[i] and counts[i] == most), key=lambda i: means[i])
    d_max = 0.01 * abs(means[leader]) if rules.indifference is None else rules.indifference
    difference, half, contending, wanted = [], [], [], list(counts)
    for i in settings:
        n = min(counts[i], counts[leader])
        d = [a - b for a, b in zip(rows[i][0][:n], rows[leader][0][:n], strict=True)]
        difference.append(statistics.fmean(d))
        half.append(bound(d, error / 2))
        upper = difference[-1] + bound(d, error)
        contending.append(i != leader and not excluded[i] and upper > d_max)
        wanted[i] = following(counts[i]) if contending[-1] else counts[i]
    if not proven[leader] or any(contending[i] and counts[i] >= counts[leader] for i in settings):
        wanted[leader] = following(counts[leader])
    return found | {"leader": leader, "difference": difference, "half_width": half, "contending": contending,
                    "wanted": wanted}
