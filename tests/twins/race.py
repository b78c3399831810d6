"""A look at a race, setting by setting and with the formulas of the standard library."""

import math
import statistics


def bound(n, error):
    """Distance of a one-sided bound from the mean, in standard deviations: one of both sides at twice the error."""
    if n < 2:
        return math.inf
    x = (math.sqrt((n + 2) / 2) / (2 * error)) ** (2 / n)
    return math.inf if x * 2 >= n + 2 else math.sqrt((n - 1) * (x - 1) / (1 - x * 2 / (n + 2)) / n)


def times(deviation, factor):
    return math.inf if math.isinf(factor) else deviation * factor


def naive_look(samples, rules):
    settings = range(len(samples.counts))
    counts = [int(n) for n in samples.counts]
    rows = [[list(map(float, row[:n])) for row in setting] for setting, n in zip(samples.values, counts, strict=True)]
    comparisons = len(counts) - 1 + len(counts) * len(rules.tolerances)
    error = (1 - rules.confidence) / max(comparisons, 1)
    excluded, proven, candidates = [], [], []
    for i in settings:
        factor = bound(counts[i], error)
        margins = [(statistics.fmean(row), times(statistics.stdev(row), factor)) for row in rows[i][1:]]
        out = not samples.able[i] or any(mean + width < 0 for mean, width in margins)
        excluded.append(out)
        proven.append(not out and all(mean - width >= -e for (mean, width), e in
                                      zip(margins, rules.tolerances, strict=True)))
        candidates.append(not out and (proven[-1] or all(mean >= 0 for mean, _ in margins)))
    means = [statistics.fmean(setting[0]) for setting in rows]
    found = {"leader": None, "excluded": excluded, "proven": proven, "mean": means,
             "mean_half_width": [times(statistics.stdev(rows[i][0]), bound(counts[i], error / 2)) for i in settings]}
    if not any(candidates):
        going = [not excluded[i] for i in settings]
        return found | {"difference": [math.nan] * len(counts), "half_width": [math.nan] * len(counts),
                        "contending": going, "wanted": [counts[i] + 10 * going[i] for i in settings]}
    most = max(counts[i] for i in settings if candidates[i])
    leader = max((i for i in settings if candidates[i] and counts[i] == most), key=lambda i: means[i])
    d_max = 0.01 * abs(means[leader]) if rules.indifference is None else rules.indifference
    difference, half, contending, wanted = [], [], [], list(counts)
    for i in settings:
        n = min(counts[i], counts[leader])
        d = [a - b for a, b in zip(rows[i][0][:n], rows[leader][0][:n], strict=True)]
        difference.append(statistics.fmean(d))
        half.append(times(statistics.stdev(d), bound(n, error / 2)))
        upper = difference[-1] + times(statistics.stdev(d), bound(n, error))
        contending.append(i != leader and not excluded[i] and upper > d_max)
        wanted[i] += 10 * contending[-1]
    if not proven[leader] or any(contending[i] and counts[i] >= counts[leader] for i in settings):
        wanted[leader] += 10
    return found | {"leader": leader, "difference": difference, "half_width": half, "contending": contending,
                    "wanted": wanted}
