"""What check_tracker accepts, and what it finds."""

from __future__ import annotations

import numpy as np
import pytest

import isacsys
from isacsys.core.errors import TrackerError
from isacsys.sensing import TRACKER, Beliefs
from isacsys.testing import check_tracker


class Last(isacsys.Tracker):
    """Believes the last look alone."""

    def update(self, beliefs, measured):
        return self.start(measured)


class Mean(Last):
    """Says of a target what others are like."""

    def update(self, beliefs, measured):
        found = self.start(measured)
        return Beliefs(found.mean - found.mean.mean(axis=0), found.covariance)


class Greedy(Last):
    """Writes into what it is given."""

    def update(self, beliefs, measured):
        beliefs.mean[:] += 1
        return Beliefs(beliefs.mean, beliefs.covariance)


class Negative(Last):
    """Is surer than sure."""

    def predict(self, beliefs, seconds):
        return Beliefs(beliefs.mean, beliefs.covariance - 1e6 * np.eye(4))


class Short(Last):
    """Forgets velocities."""

    def start(self, measured):
        return Beliefs(np.zeros((len(measured), 2)), np.zeros((len(measured), 2, 2)))


@pytest.mark.parametrize("tracker", [*TRACKER.built_in.values(), Last])
def test_filters_that_are_in_order(tracker):
    check_tracker(tracker)


@pytest.mark.parametrize(("tracker", "error", "words"), [
    (Mean, AssertionError, "about others"), (Greedy, AssertionError, "Greedy.update changes"),
    (Negative, AssertionError, "negative variances"), (Short, TrackerError, r"Short\.start returned .*not beliefs")])
def test_filters_that_are_not(tracker, error, words):
    with pytest.raises(error, match=words):
        check_tracker(tracker)
