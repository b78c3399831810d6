"""What a user sees from Python: names, figures as text, representations, pictures, tables for other programs."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import isacsys
from isacsys import Estimate, Scenario
from isacsys.campaign.progress import in_notebook
from isacsys.core.display import PLUS_MINUS, html_table, plus_minus, pretty_unit, text_table, with_interval

SMALL = Scenario().replace({"network.area": 9.0, "network.users_per_cell": 8, "allocation.users_per_bs": 3,
                            "simulation.frames": 2, "recording.level": "links"})
HOSTILE = "<script>alert(1)</script>\"'\u202e"


@pytest.fixture(scope="module")
def run():
    """A small run."""
    return isacsys.run(SMALL, drops=6, executor="serial")


@pytest.fixture(scope="module")
def other():
    """The same with other users."""
    return isacsys.run(SMALL.replace({"scheduling.policy": "nearest"}), drops=6, executor="serial")


def test_dir_has_what_people_need_and_nothing_else():
    assert dir(isacsys) == sorted(isacsys.__all__)
    assert all(getattr(isacsys, name) is not None for name in dir(isacsys))
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        isacsys.nothing_of_the_kind  # noqa: B018


def test_a_bare_import_is_enough_and_loads_no_analysis_and_no_pictures():
    program = ("import isacsys, sys; heavy = {'isacsys.analysis', 'matplotlib', 'scipy.integrate', 'tqdm.auto', 'html'}"
               "; assert not heavy - {'html'} & set(sys.modules)"
               "; isacsys.analysis.bits(1.0); isacsys.testing.check_scheduler; isacsys.IsacError; isacsys.map"
               "; print(isacsys.__version__)")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == isacsys.__version__ and done.stderr == ""


@pytest.mark.parametrize(("estimate", "said"), [
    (Estimate(3.71612, 0.0102, "bit/s/Hz"), "3.716 ± 0.010 bit/s/Hz"),
    (Estimate(12.3, 0.996, "bit/s/Hz/km^2"), "12.3 ± 1.0 bit/s/Hz/km²"),
    (Estimate(1234.5, 210.0, "1"), "1230 ± 210"),
    (Estimate(0.25, 0.0, "1"), "0.25 ± 0"),
    (Estimate(0.25, None, "s"), "0.25 s"),
    (Estimate(None, None, "s"), "no data"),
    (Estimate(2.5e-9, 1.2e-10, "s"), "2.50e-09 ± 1.2e-10 s"),
])
def test_an_estimate_is_written_to_the_digits_that_are_known(estimate, said):
    assert str(estimate) == f"{estimate}" == said
    assert estimate._repr_html_() == said


def test_an_estimate_is_a_number_where_one_is_wanted():
    assert float(Estimate(3.716, 0.01, "s")) == 3.716 and f"{Estimate(3.716, 0.01, 's'):.2f}" == "3.72"
    assert np.isnan(float(Estimate(None, None, "s")))


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9))
def test_what_is_written_is_within_a_tenth_of_the_half_width(mean, half_width):
    assume(half_width > 1e-11 * abs(mean))  # less is what rounding makes of no spread
    said = with_interval(mean, half_width)
    value, width = (float(part) for part in said.split(PLUS_MINUS))
    assert abs(value - mean) <= 0.1 * half_width + 1e-12 * abs(mean)
    assert width == pytest.approx(half_width, rel=0.051)


def test_a_half_width_of_rounding_is_none():
    assert plus_minus(5.96e-18, 1.0) == plus_minus(1.999e-15, -5.0) == plus_minus(0.0, 0.0) == f"{PLUS_MINUS} 0"
    assert plus_minus(2e-12, 1.0) == f"{PLUS_MINUS} 2e-12" and plus_minus(None, 1.0) == ""
    assert plus_minus(1e-15, None) == f"{PLUS_MINUS} 1e-15"


def test_tables_are_text_whatever_is_in_them():
    assert HOSTILE in text_table(["a"], [[HOSTILE]])
    assert "<script>" not in html_table([HOSTILE], [[HOSTILE]]) and pretty_unit("1") == ""


def test_everything_has_a_text_and_an_html_representation(run, other):
    sweep = isacsys.sweep(SMALL, {"allocation.users_per_bs": [2, 3]}, drops=3, executor="serial")
    validation = isacsys.validate(run.scenario, formula=lambda scenario: 1.0, metric="communication_rate", drops=3,
                                  executor="serial")
    for shown in (run, run.scenario, run["communication_ase"], isacsys.compare(run, other), sweep, validation):
        assert len(str(shown)) > 5 and len(repr(shown)) < 300 and "object at" not in repr(shown)
        assert str(shown) and "object at" not in str(shown)
        page = shown._repr_html_()
        assert page.count("<table>") == page.count("</table>") and "nan" not in page.lower().replace("nanosec", "")


def test_a_run_says_what_was_simulated(run):
    said = str(run)
    assert "6 drops of 2 frames" in said and "seed 1" in said and "scheduler random" in said
    assert "allocation.users_per_bs = 3" in said and "bit/s/Hz/km²" in said


def test_rows_without_meaning_are_left_out_of_tables_and_stay_in_json():
    run = isacsys.run(SMALL.replace({"allocation.targets_per_bs": 0}), drops=3, executor="serial")
    assert "sensing" not in str(run).split("metric")[1]
    assert run.to_dict()["metrics"]["sensing_rate"]["mean"] is None


def test_a_comparison_marks_what_excludes_zero(run, other):
    found = isacsys.compare(run, other)
    marked = {line.split()[0] for line in str(found).splitlines() if " * " in line and not line.startswith("6 drops")}
    expected = {name for name, d in found.metrics.items() if d.half_width is not None and
                abs(d.difference) > d.half_width and name in run.meaningful}
    assert marked == expected and "communication_rate" in marked
    assert "scheduler nearest" in str(found) and set(found.to_dict()) == {"drops", "metrics"}


def test_a_run_and_a_sweep_go_to_xarray(run):
    links = run.to_xarray("links/communication")
    assert links["rate"].attrs["units"] == "bit/s/Hz" and links["rate"].dims == ("row",)
    assert np.array_equal(links["rate"], run.table("links/communication")["rate"])
    assert run.to_xarray().sel({"drop": 3})["stations"] == run.table("drops")["stations"][3]
    sweep = isacsys.sweep(SMALL, {"allocation.users_per_bs": [2, 3]}, drops=2, executor="serial")
    assert sweep.to_xarray()["communication_ase"].sel({"allocation.users_per_bs": 3}).item() == sweep[
        "communication_ase"][1]


def test_pictures_are_methods(run, other, tmp_path):
    sweep = isacsys.sweep(SMALL, {"allocation.users_per_bs": [2, 3], "scheduling.policy": ["random", "nearest"]},
                          drops=2, executor="serial")
    for number, draw in enumerate((run.plot, isacsys.compare(run, other).plot, sweep.plot,
                                   lambda path: isacsys.map(SMALL, path=path))):
        figure = draw(tmp_path / f"{number}.svg")
        assert (tmp_path / f"{number}.svg").read_text().startswith("<?xml") and figure.axes
    with pytest.raises(isacsys.ConfigError, match="metrics"):
        sweep.plot(metrics=["nonsense"])
    with pytest.raises(isacsys.ConfigError, match="output"):
        run.plot(tmp_path / "x.doc")


def test_outside_a_notebook_there_is_no_bar(capsys):
    assert not in_notebook()
    isacsys.run(SMALL, drops=1, executor="serial")
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_notebook_shows_a_bar_and_tables(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipywidgets")
    cells = ["import isacsys\nscenario = isacsys.Scenario().replace({'network.area': 9.0})",
             "run = isacsys.run(scenario, drops=2, executor='serial')\nrun", "run['communication_ase']", "run.plot"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in book.cells for output in cell.outputs]
    assert any("<table>" in output.get("data", {}).get("text/html", "") for output in outputs)
    assert any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in outputs)
