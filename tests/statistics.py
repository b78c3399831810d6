"""Statistical checks with a false alarm under 1 in 10^4, stated in standard errors."""

import numpy as np
from scipy import stats

LEVEL = 1e-4
QUANTILES = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98)


def same_law(one, other):
    """Two-sample Kolmogorov-Smirnov."""
    p = stats.ks_2samp(np.ravel(one), np.ravel(other), method="asymp").pvalue
    assert p > LEVEL, f"laws differ, p = {p:.2g}"


def same_law_by_drop(one, other, level=LEVEL):
    """Distribution functions of links of the same drops, at quantiles of all of them: paired t over drops.

    Links of a drop depend on each other and may all be used: their share below a threshold is one number a drop. For
    26 drops of 50 links that sees a difference of 0.13, where Kolmogorov-Smirnov with 130 links each takes 0.28.

    Parameters
    ----------
    one, other : list of arrays
        Links of every drop; drops in which either has none are left out.
    """
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if len(a) and len(b)]
    assert len(pairs) > 9, "too few drops with links"
    thresholds = np.unique(np.quantile(np.concatenate([x for pair in pairs for x in pair]), QUANTILES, method="lower"))
    shares = np.array([[(x[:, None] <= thresholds).mean(0) for x in pair] for pair in pairs])  # [drop, 2, threshold]
    difference = shares[:, 0] - shares[:, 1]
    mean, error = difference.mean(0), difference.std(0, ddof=1) / np.sqrt(len(pairs))
    allowed = stats.t.isf(level / len(QUANTILES) / 2, len(pairs) - 1)
    worst = np.argmax(np.abs(mean) - allowed * error)
    assert abs(mean[worst]) <= allowed * error[worst], (
        f"laws differ: {mean[worst]:+.3f} +- {error[worst]:.3f} below {thresholds[worst]:.4g}")


def has_law(sample, cdf):
    """One-sample Kolmogorov-Smirnov."""
    p = stats.kstest(np.ravel(sample), cdf).pvalue
    assert p > LEVEL, f"not of that law, p = {p:.2g}"


def has_mean(sample, expected, bias=0.0):
    """Mean of independent values within 4 standard errors plus a stated bias."""
    sample = np.ravel(sample)
    error = sample.std(ddof=1) / np.sqrt(len(sample))
    assert abs(sample.mean() - expected) < 4 * error + bias, (sample.mean(), expected, error)


def ratio(numerator, denominator):
    """Ratio of sums over independent drops, with its linearised standard error."""
    x, y = np.asarray(numerator, float), np.asarray(denominator, float)
    value, n = x.sum() / y.sum(), len(x)
    return value, np.sqrt(np.sum((x - value * y) ** 2) * n / (n - 1)) / y.sum()
