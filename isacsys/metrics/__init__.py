"""What is measured: every column and every figure once, with name, unit, meaning, sum and estimate."""

from isacsys.metrics.base import DENSITY, Estimator, Metric
from isacsys.metrics.columns import ASE, KM, KM2, RATE, Column, count, index, real
from isacsys.metrics.frame import FrameRecord
from isacsys.metrics.links import NO_LINKS, LinkTerms, link_columns
from isacsys.metrics.over_time import Quality
from isacsys.metrics.registry import DROP_COLUMNS, METRIC, METRICS, SUMS
from isacsys.metrics.tally import Tally, declared_columns, declared_metrics

__all__ = ["ASE", "DENSITY", "DROP_COLUMNS", "KM", "KM2", "METRIC", "METRICS", "NO_LINKS", "RATE", "SUMS", "Column",
           "Estimator", "FrameRecord", "LinkTerms", "Metric", "Quality", "Tally", "count", "declared_columns",
           "declared_metrics", "index", "link_columns", "real"]
