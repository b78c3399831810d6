"""Calibration: the large-scale part of the simulator, and its channels, beside what 3GPP companies submitted."""

from isacsys.calibration.cases import CASES, Case, calibrate
from isacsys.calibration.comparison import CaseComparison
from isacsys.calibration.full_cases import FULL_CASES

__all__ = ["CASES", "FULL_CASES", "Case", "CaseComparison", "calibrate"]
