"""Calibration: the large-scale part of the simulator beside what 3GPP companies submitted."""

from isacsys.calibration.cases import CASES, Case, CaseComparison, calibrate

__all__ = ["CASES", "Case", "CaseComparison", "calibrate"]
