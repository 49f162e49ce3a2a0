# SPDX-License-Identifier: BSD-3-Clause
"""examples/ladder.ipynb, executed on few rows; and what is committed has the outputs of a whole run."""
import json
import os

import pytest
from conftest import ROOT

import rowcast

PATH = os.path.join(ROOT, "examples", "ladder.ipynb")


def printed(cells):
    return "".join("".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", []))


def test_ladder(tmp_path, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    notebook = nbformat.read(PATH, as_version=4)
    # The kernel may be another Python than this: a virtual environment can have the system's.
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(os.path.dirname(rowcast.__file__)))
    for name, value in {"ROWS": "100", "DATA": os.path.join(ROOT, "data")}.items():
        monkeypatch.setenv("ROWCAST_" + name, value)
    client = nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3",
                                     resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    text = printed(notebook.cells)
    assert "the same bits from bytes and from float32: True" in text and "92.41%" in text
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", [])
                if "image/png" in output.get("data", {})]
    assert len(pictures) == 2


def test_what_is_committed():
    with open(PATH, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] == number for number, cell in enumerate(code, 1))
    assert "crc32 e7955140" in printed(code)
    assert not any(output["output_type"] == "error" for cell in code for output in cell["outputs"])
