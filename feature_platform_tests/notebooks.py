"""The notebooks of docs/notebooks, executed; as a program it writes their output into them anew."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NAMES = ("csv-to-model", "comparing-eras", "point-in-time", "without-dagster")
"""In an order in which what the first ones simulate and compute serves the others."""
SECONDS = 240


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(notebook: Any) -> list[str]:
    """What each code cell prints; warnings go elsewhere."""
    return [
        "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")
        for cell in code_cells(notebook)
    ]


def executed(name: str, folder: Path) -> Any:
    """The notebook after this Python ran it in a folder; an error in it is raised."""
    notebook = read(name)
    # By IPC: nobody else on the machine can reach the kernel.
    kernel = Config(transport="ipc", connection_file=str(folder / f"{name}.json"))
    client = NotebookClient(
        notebook,
        config=Config(KernelManager=kernel),
        timeout=SECONDS,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=os.environ | {"IPYTHONDIR": str(folder / "ipython")})
    return notebook


def write(name: str, folder: Path) -> None:
    """Keep what the cells print, and nothing that differs from run to run."""
    notebook = read(name)
    for cell, text in zip(code_cells(notebook), printed(executed(name, folder)), strict=True):
        cell.execution_count = None
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    nbformat.write(notebook, FOLDER / f"{name}.ipynb")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for chosen in sys.argv[1:] or NAMES:
            write(chosen, Path(made))
