"""The notebook runs from start to end, policies from its cells in worker processes included."""

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / "scenarios/first_steps.ipynb"


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
