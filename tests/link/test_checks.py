"""What `isacsys.testing.check_link_model` accepts, and what it finds."""

import numpy as np
import pytest

import isacsys
from isacsys.core.errors import PluginError
from isacsys.link import LINK_MODELS
from isacsys.testing import check_link_model


class Capped(isacsys.LinkModel):
    def efficiency(self, sinr):
        return np.minimum(np.log2(1 + sinr).mean(-1), 6.0)


class Falls(isacsys.LinkModel):
    def efficiency(self, sinr):
        return 1 / (1 + sinr.mean(-1)) * (sinr[:, 0] > 0)


class Sums(isacsys.LinkModel):
    def efficiency(self, sinr):
        return np.log2(1 + sinr)


class Generous(isacsys.LinkModel):
    def efficiency(self, sinr):
        return np.ones(len(sinr))


class Leans(isacsys.LinkModel):
    def efficiency(self, sinr):
        return sinr[:, 0] / max(sinr.sum(), 1e-9)



@pytest.mark.parametrize("model", [*LINK_MODELS.values(), Capped])
def test_sound_models_pass(model):
    check_link_model(model)


@pytest.mark.parametrize(("model", "words"), [(Falls, "delivers less"), (Sums, "for each link"), (Leans, "depend"),
                                              (Generous, "without any power")])
def test_faults_are_told(model, words):
    with pytest.raises(AssertionError, match=words):
        check_link_model(model)


def test_a_model_that_raises_is_blamed():
    class Broken(isacsys.LinkModel):
        def efficiency(self, sinr):
            raise KeyError("table")

    with pytest.raises((PluginError, KeyError), match="table"):
        check_link_model(Broken)


class Bands(isacsys.LinkModel):
    """Forgets to average over the sub-bands."""

    def efficiency(self, sinr):
        return np.log2(1 + sinr)


def test_an_efficiency_of_a_wrong_shape_is_named():
    with pytest.raises(PluginError, match=r"link model Bands gave efficiencies of shape \(\d+, 1\).*drop 0, frame 0"):
        isacsys.run(isacsys.Scenario(), drops=1, executor="serial", link_model=Bands())
