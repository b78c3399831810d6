"""Networks of a public list of cells, and pictures of antenna patterns, from the command line."""

import json

import pytest

from isacsys.cli import main
from isacsys.geography import read_cells

ROW = "LTE,730,1,801,{cell},0,{lon},{lat},1000,1,1,1500000000,1600000000,0\n"


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "730.csv"
    path.write_text("".join(ROW.format(cell=256 * site + cell, lon=-70.65 + site / 1000, lat=-33.44)
                            for site in range(4) for cell in range(3)))
    return path


def test_cells(listed, tmp_path, capsys):
    out = tmp_path / "cells.csv"
    assert main(["cells", str(listed), "--near", "-70.65,-33.44", "--within", "1", "-o", str(out)]) == 0
    printed = capsys.readouterr()
    assert "12 cells of 4 sites" in printed.out and "azimuths are unknown" in printed.err
    assert len(read_cells(str(out)).names) == 4
    assert main(["cells", str(listed), "--near=-70.65,-33.44", "--within", ".15", "-o", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cells"], found["sites"]) == (6, 2)


@pytest.mark.parametrize(("cells", "says"), [
    ("site,longitude,latitude\nA,37.8,-122.4\n", "swapped"), ("site,x,y,azimuth\nA,1,2,400\n", "azimuth: degrees"),
    ("site,x,y,azimut\nA,1,2,4\n", "did you mean azimuth"), ("site,x,y\nA,1,2\nA,1,2\n", "every cell once"),
    ("site,x,y\nA,1,2\nB,1,2\n", "is on top of A"), ("", "a CSV file with a header"), (None, "No such file"),
    ("site,x,y\nA,1,nan\n", "not 'nan'")])
def test_a_bad_file_of_cells_ends_a_run_with_one_line(tmp_path, capsys, cells, says):
    (tmp_path / "s.toml").write_text('[network]\ncells = "c.csv"\n[propagation]\nmodel = "free_space"\n')
    if cells is not None:
        (tmp_path / "c.csv").write_text(cells)
    assert main(["run", str(tmp_path / "s.toml"), "--drops", "1", "--quiet", "-o", str(tmp_path / "r.h5")]) == 2
    said = capsys.readouterr()
    assert says in said.err and said.err.count("\n") == 1 and said.out == ""
    assert not (tmp_path / "r.h5").exists()


@pytest.mark.parametrize(("change", "says"), [
    (["--near", "-33.44,-170.65"], "--near = "), (["--near", "here"], "--near = "), (["--within", "0"], "--within = "),
    (["-o", "cells.toml"], "ends with .csv"), (["-o", "/no/where/cells.csv"], "can be written"),
    (["--near", "10,20"], "cells within 5 km of 10, 20"), (["--radio", "NR"], "of NR")])
def test_bad_input_is_one_line(listed, tmp_path, capsys, change, says):
    arguments = ["cells", str(listed), "--near", "-70.65,-33.44", "--within", "5", "-o", str(tmp_path / "c.csv")]
    assert main([*arguments, *change]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1
    assert not (tmp_path / "c.csv").exists()


def test_a_pattern_as_a_picture(tmp_path):
    lines = "".join(f"{a} {min(abs(a), 360 - a) / 10}\n" for a in range(360))
    (tmp_path / "a.msi").write_text(f"GAIN 12\nHORIZONTAL 360\n{lines}VERTICAL 360\n{lines}")
    assert main(["plot", "--pattern", str(tmp_path / "a.msi"), "-o", str(tmp_path / "p.svg")]) == 0
    text = (tmp_path / "p.svg").read_text()
    for words in ("horizontal cut", "vertical cut", "largest gain"):
        assert words in text


def test_no_pattern(tmp_path, capsys):
    for words in (["--pattern", "nothing"], ["--pattern", "no.msi"], []):
        try:
            code = main(["plot", *words, "-o", str(tmp_path / "p.svg")])
        except SystemExit as error:
            code = error.code
        assert code == 2
        assert capsys.readouterr().err.count("\n") == 1
