"""Calibration: the large-scale part of the simulator, and its channels, beside what 3GPP companies submitted."""

from isacsys.calibration.cases import CASES, Case, calibrate
from isacsys.calibration.full_cases import FULL_CASES
from isacsys.calibration.judged import CaseComparison

__all__ = ["CASES", "FULL_CASES", "Case", "CaseComparison", "calibrate"]
