"""Whatever is asked for, a verdict is one: nothing that is right is contradicted, and nothing fails in between."""

import warnings

import numpy as np
import pytest

import isacsys
from isacsys.core.errors import IsacError
from tests import random_settings


@pytest.mark.parametrize("count", [8, pytest.param(300, marks=pytest.mark.slow)])
def test_nothing_is_contradicted(count):
    """8 drops are few, so that errors are estimated themselves: 7 of them is what Student's law allows once in 10^4."""
    judged = 0
    for seed in range(count):
        changes = random_settings.draw(seed, random_settings.WHOLE_RUNS, 3, 16)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                scenario = isacsys.Scenario().replace({"network.area": 25.0, **changes})
                found = isacsys.validate(scenario, drops=8, executor="serial")
            except IsacError as error:
                assert "\n" not in str(error)
                continue
        for one in found.findings:
            judged += one.agrees is not None
            assert one.simulation is None or np.isfinite(one.simulation), (one.name, changes)
            assert one.agrees is not False or abs(one.standard_errors or 99) < 7, (one.name, one.verdict, changes)
    assert judged > count / 5
