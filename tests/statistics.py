"""Statistical checks with a false alarm under 1 in 10^4, stated in standard errors."""

import numpy as np
from scipy import stats

LEVEL = 1e-4


def same_law(one, other):
    """Two-sample Kolmogorov-Smirnov."""
    p = stats.ks_2samp(np.ravel(one), np.ravel(other), method="asymp").pvalue
    assert p > LEVEL, f"laws differ, p = {p:.2g}"


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
