"""The experiment of the seams: four abilities in one module outside the package, by TOML, nothing inside changed."""

import subprocess
import sys

import numpy as np
import pytest

import isacsys
from isacsys import Scenario

EXTENSION = '''
import isacsys
import numpy as np


class Capped(isacsys.LinkModel):
    """Shannon, but never more than a number of bit/s/Hz."""

    def __init__(self, most=6.0):
        self.most = most

    def efficiency(self, sinr):
        return np.minimum(np.log2(1 + sinr).mean(-1), self.most)


class Cosine(isacsys.AntennaPattern):
    """A lobe of 8 dBi, 20 dB down behind."""

    def gain(self, azimuth, zenith):
        return 8 - 20 * np.sin(np.radians(azimuth) / 2) ** 2


class OneRay(isacsys.Fading):
    """A single plane wave of random phase."""

    def channels(self, links, rng):
        n = np.arange(links.antennas)
        phase = rng.uniform(0, 2 * np.pi, len(links))[:, None, None]
        return np.exp(1j * (phase + np.pi * n * links.cosine[:, None, None])) * np.ones((1, links.subbands, 1))


class Flat(isacsys.EnergyModel):
    """200 W, and 300 W more at full load."""

    def power(self, stations):
        return np.where(stations.on, 200 + 300 * stations.load, 10.0)
'''
SCENARIO = '''
[network]
layout = "hexagonal"
sectors = 3
inter_site_distance = 500.0
area = 0.9
minimum_distance = 35.0
users_per_cell = 5.0
targets_per_cell = 0.0

[allocation]
users_per_bs = 2
targets_per_bs = 0
communication_cluster = 1

[antennas]
pattern = "extension:Cosine"

[propagation]
model = "uma"

[fading]
model = "extension:OneRay"

[link]
model = "extension:Capped"
parameters = {most = 3.0}

[energy]
model = "extension:Flat"

[simulation]
drops = 2
frames = 2

[recording]
level = "links"
'''


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "extension.py").write_text(EXTENSION)
    (tmp_path / "s.toml").write_text(SCENARIO)
    return tmp_path / "s.toml"


def test_it_is_short():
    assert len([line for line in EXTENSION.splitlines() if line.strip()]) < 60


def test_four_abilities_from_outside_act_together(scenario):
    run = isacsys.run(Scenario.load(scenario), executor="serial")
    links = run.table("links/communication")
    bits = links.get("bits")
    symbols = 10e6 * 0.01
    assert run["link_throughput"].mean <= 3.0 * 10 + 1e-9 and run["communication_rate"].mean > 3.0
    assert bits is None or bits.max() <= 3.0 * symbols * (1 + 1e-12)
    assert run["power"].mean == pytest.approx(500)  # full buffers: always at full load
    # one plane wave: zero forcing of two users of one station loses what their bearings share, so gains differ
    shannon = isacsys.run(Scenario.load(scenario).replace({"fading.model": "rayleigh"}), executor="serial")
    assert not np.array_equal(shannon.table("links/communication")["signal"], links["signal"])
    omni = isacsys.run(Scenario.load(scenario).replace({"antennas.pattern": "omni"}), executor="serial")
    assert not np.array_equal(omni.table("links/communication")["signal"], links["signal"])


def test_the_command_line_takes_them_too(scenario):
    done = subprocess.run([sys.executable, "-m", "isacsys", "run", "s.toml", "--executor", "serial", "--quiet"],
                          cwd=scenario.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "link_throughput" in done.stdout
