"""The notebooks run on the published file of the sample as they stand, and are written out as HTML and for Jupyter."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sample_by_night import PROJECT, published_sample

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.py"))
MARIMO = Path(sys.executable).with_name("marimo")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_sample(tmp_path_factory)


def export(kind: str, notebook: Path, out: Path, database: Path, *options: str) -> str:
    """What a notebook shows, written out; a cell that fails is a failure. marimo leaves notes beside what it runs."""
    copy = Path(shutil.copy(notebook, out.parent))
    command = [MARIMO, "export", kind, copy, "-o", out, *options]
    environment = {**os.environ, "SOJOURN_DATABASE": str(database)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out.read_text("utf-8")


def test_there_are_four_notebooks_that_read_the_published_file_alone() -> None:
    assert [notebook.stem for notebook in NOTEBOOKS] == ["customer", "leaks", "segments", "tables"]
    for notebook in NOTEBOOKS:
        names = {
            name.name
            for node in ast.walk(ast.parse(notebook.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert names <= {"marimo", "os", "duckdb", "plotly.graph_objects"}
        assert "read_only=True" in notebook.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("tables", "What is in this file?"),
        ("leaks", "product_view"),
        ("segments", "tablet"),
        ("customer", "user_engagement"),
    ],
)
def test_a_notebook_is_written_out_for_jupyter_with_what_it_shows(
    name: str, shown: str, published: Path, tmp_path: Path
) -> None:
    notebook = PROJECT / "notebooks" / f"{name}.py"
    text = export("ipynb", notebook, tmp_path / "out.ipynb", published, "--include-outputs")
    outputs = [output for cell in json.loads(text)["cells"] for output in cell.get("outputs", [])]
    assert shown in json.dumps(outputs)
    assert [output for output in outputs if output["output_type"] == "error"] == []


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_written_out_as_a_page(notebook: Path, published: Path, tmp_path: Path) -> None:
    text = export("html", notebook, tmp_path / "out.html", published)
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "README" in text or "FROM" in text


def test_a_notebook_without_a_file_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="does not exist"):
        export("html", NOTEBOOKS[0], tmp_path / "out.html", tmp_path / "none.duckdb")
