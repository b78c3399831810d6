"""A value that misses its tolerance fails the test, unless the test asks for the warning."""

import warnings

import pytest

from isacsys.analysis import AccuracyWarning


@pytest.fixture(autouse=True)
def accurate():
    with warnings.catch_warnings():
        warnings.simplefilter("error", AccuracyWarning)
        yield
