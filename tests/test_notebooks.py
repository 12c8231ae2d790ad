"""Every notebook runs from its first cell to its last without an error."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

# The Jupyter machinery warns about itself; what a notebook warns about happens in a process of its own.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.skipif(not NOTEBOOKS, reason="there is no notebook yet")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_runs_without_an_error(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    errors = [
        f"cell {number}: {output.ename}: {output.evalue}"
        for number, cell in enumerate(cells, start=1)
        for output in cell.outputs
        if output.output_type == "error"
    ]
    assert errors == []
    assert all(cell.execution_count for cell in cells if cell.source.strip())
