"""With the defaults everything stays: sums to 1e-10, integers and words exactly, in 38 scenarios.

The numbers are those of commit e063939. They change only where that one was wrong; a change of the last bits is found
by `tools/same`.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests import today
from tools.checkouts import differences

# numpy 2.5 rounds some functions otherwise: then digits differ, and a pair of targets may count as in line or not
TOLERANCE = 1e-10 if np.lib.NumpyVersion(np.__version__) < "2.5.0" else 1e-3
NUMBERS = json.loads(Path(__file__).with_name("today.json").read_text())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Where the files are that the cases name."""
    directory = tmp_path_factory.mktemp("today")
    today.write_files(directory)
    return directory


@pytest.mark.parametrize("case", today.CASES)
def test_numbers_stay(case, files):
    tables = today.tables(case, files)
    for table, (rows, *expected) in NUMBERS["cases"][case].items():
        found = today.sums(tables[table])
        assert {len(column) for column in tables[table].values()} == {rows}
        for name, value in zip(NUMBERS["columns"][table], expected, strict=True):
            wanted = value if isinstance(value, int) else pytest.approx(value, rel=TOLERANCE, nan_ok=True)
            assert found[name] == wanted, f"{table}.{name}"


def test_the_numbers_say_something():
    """Every column differs between cases, and no two cases are the same."""
    for table, names in NUMBERS["columns"].items():
        for place, name in enumerate(names, 1):
            assert name == "drop" or len({case[table][place] for case in NUMBERS["cases"].values()}) > 1, (table, name)
    assert len({json.dumps(case) for case in NUMBERS["cases"].values()}) == len(today.CASES)


def test_a_comparison_of_checkouts_sees_the_last_bit():
    here = {"drops": {"rate": np.ones(3), "links": np.arange(3)}, "new": {"drop": np.zeros(2)}}
    assert differences(here, here) == ([], set())
    there = {"drops": {"rate": np.array([1, 1, np.nextafter(1, 2)]), "links": np.arange(3, dtype=np.int32)}}
    assert differences(here, there) == (["drops.rate", "drops.links"], {"new.drop"})
