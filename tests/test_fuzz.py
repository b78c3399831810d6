"""Whatever comes in, an answer or one line comes out."""

import pytest

from tests.fuzz import LARGEST, LONGEST, Fuzzer, peak_memory


@pytest.mark.parametrize(("seed", "cases"), [(1, 100), pytest.param(2, 20_000, marks=pytest.mark.slow)])
def test_whatever_comes_in(tmp_path, seed, cases):
    before = peak_memory()
    fuzzer = Fuzzer(tmp_path, seed)
    fuzzer.run(cases)
    print("", *(f"{kind} {outcome}: {n}" for (kind, outcome), n in sorted(fuzzer.tally.items())),
          f"slowest {fuzzer.slowest[0]:.2f} s: {fuzzer.slowest[1][:200]}", f"{peak_memory() / 1e6:.0f} MB", sep="\n")
    assert not fuzzer.faults, "\n".join([f"{len(fuzzer.faults)} faults", *fuzzer.faults[:40]])
    assert fuzzer.slowest[0] < LONGEST and peak_memory() <= max(LARGEST, before)  # of tests that ran in this process
