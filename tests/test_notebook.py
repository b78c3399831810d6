"""The notebook runs from start to end, policies from its cells in worker processes included."""

import ast
import json
from pathlib import Path

import pytest

from isacsys.campaign import executors

NOTEBOOK = Path(__file__).parents[1] / "scenarios/first_steps.ipynb"


def test_its_cells_run_one_after_the_other(tmp_path, monkeypatch):
    """In this process, with few drops; what ends a cell is shown as HTML."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "_make", lambda *_, **__: executors.Serial())
    space, html = {"__name__": "notebook"}, []
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        assert not cell["outputs"]  # as it stands in the repository
        code = ast.parse("".join(cell["source"]).replace("drops=20", "drops=5").replace("drops=10", "drops=2"))
        last = code.body.pop() if isinstance(code.body[-1], ast.Expr) else None
        exec(compile(code, str(NOTEBOOK), "exec"), space)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), space)
            html.append((shown._repr_html_() if hasattr(shown, "_repr_html_") else None) or "")
    assert sum("<table" in text for text in html) >= 4 and any("communication_rate" in text for text in html)


@pytest.mark.slow
def test_it_runs_from_start_to_end(tmp_path, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # as it stands in the repository
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3",
                            resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    html = [output["data"]["text/html"] for output in shown if "text/html" in output.get("data", {})]
    assert len(html) >= 5 and any("communication_rate" in text for text in html)
    assert any("±" in output.get("text", "") for output in shown)
    assert not any(output["output_type"] == "error" for output in shown)
