"""How far a run has come, seen from outside."""

import json
import subprocess
import sys
import time

import pytest

import isacsys
from isacsys.campaign.output import parts_directory
from isacsys.campaign.progress import look, watch
from isacsys.cli import main
from isacsys.core.errors import IncompleteRun, LogFormatError
from tests.campaign.fakes import SCENARIO, fail_at_seven, simulate

SLOW = """
import sys, isacsys
from tests.campaign.fakes import SCENARIO, simulate_slowly
isacsys.run(SCENARIO, drops=300, output=sys.argv[1], executor="serial", simulate=simulate_slowly)
"""


def test_a_complete_run_is_complete(tmp_path):
    isacsys.run(SCENARIO, drops=9, output=tmp_path / "a.h5", executor="serial", simulate=simulate)
    (seen,) = watch(tmp_path / "a.h5", 0.01)
    assert (seen.drops, seen.planned, seen.going, seen.complete, seen.rate) == (9, 9, False, True, None)
    run = isacsys.open_run(tmp_path / "a.h5")
    assert seen.precision["communication_ase"] == pytest.approx(
        run["communication_ase"].half_width / run["communication_ase"].mean)


def test_an_interrupted_run_is_said_to_be(tmp_path, capsys):
    with pytest.raises(isacsys.IsacError):
        isacsys.run(SCENARIO, drops=20, output=tmp_path / "a.h5", executor="serial", simulate=fail_at_seven)
    seen = look(tmp_path / "a.h5")
    assert (seen.drops, seen.planned, seen.going, seen.complete) == (7, 20, False, False)
    assert main(["show", str(tmp_path / "a.h5"), "--watch", "0.01", "--json"]) == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["complete"] is False and "interrupted" in said.err and "7 of 20" in said.err
    with pytest.raises(LogFormatError):
        list(watch(tmp_path / "nothing.h5", 0.01))
    assert IncompleteRun is not None


def test_a_run_that_is_going_on_tells_rate_and_time_left(tmp_path):
    path = tmp_path / "a.h5"
    program = subprocess.Popen([sys.executable, "-c", SLOW, str(path)])
    try:
        deadline = time.monotonic() + 60
        while not list(parts_directory(path).glob("*.npz")) and time.monotonic() < deadline:
            time.sleep(0.05)
        seen = look(path)
        assert seen.going and not seen.complete and 0 < seen.drops <= seen.planned == 300
        assert seen.rate > 0 and seen.seconds_left == pytest.approx((300 - seen.drops) / seen.rate)
        assert "drops/s" in str(seen) and "left" in str(seen)
    finally:
        program.terminate()
        program.wait()
