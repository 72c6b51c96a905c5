"""The notebook of the documentation, run from the first cell to the last, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "temperature.ipynb"


def test_the_notebook_runs_and_shows_tables_and_figures() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(NOTEBOOK.parents[1])}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    shown = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ())]
    tables = [data["text/html"] for data in shown if "<table>" in data.get("text/html", "")]
    figures = [data for data in shown if "application/vnd.plotly.v1+json" in data]
    assert len(tables) >= 2
    assert len(figures) == 3
    assert all("<script" not in table for table in tables)


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
