"""The notebook runs from start to end, and is kept without outputs."""

import json
import re
from pathlib import Path

import matplotlib
import pytest

PATH = Path(__file__).parents[2] / "scenarios/notebook.ipynb"
BOOK = json.loads(PATH.read_text(encoding="utf-8"))
CODE = [cell for cell in BOOK["cells"] if cell["cell_type"] == "code"]


def test_it_is_kept_without_outputs():
    assert CODE and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CODE)


def test_its_cells_run_in_order(tmp_path, monkeypatch):
    """With few drops, in this process; what a cell ends with shows itself as a notebook would."""
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    names, shown = {"__name__": "notebook"}, []
    for cell in CODE:
        text = re.sub(r"drops=\d+", "drops=3", "".join(cell["source"]))
        exec(compile(text, str(PATH), "exec"), names)
        last = text.splitlines()[-1]
        if re.match(r"(\w+(\[.*\])?|isacsys\..*)$", last):
            shown.append(eval(last, names)._repr_html_())
    assert len(shown) >= 6 and all(shown)


@pytest.mark.slow
def test_a_kernel_runs_it_as_it_is(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    book = nbformat.read(PATH, as_version=4)
    nbformat.validate(book)
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pages = [o["data"]["text/html"] for cell in book.cells if cell.cell_type == "code" for o in cell.outputs
             if "text/html" in o.get("data", {})]
    assert sum("<table" in page for page in pages) >= 4
