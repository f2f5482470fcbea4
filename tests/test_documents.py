"""The documents: Sphinx builds them without a warning, and runs the tutorials in doing so."""

import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import heterodot

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [p for p in DOCS.rglob("*.md") if not {"api", "_build"} & set(p.relative_to(DOCS).parts)]


@pytest.mark.slow
def test_the_documents_are_built_and_the_tutorials_run(tmp_path):
    if not all(
        find_spec(package) for package in ("sphinx", "myst_nb", "furo", "sphinx-mathjax-offline")
    ):
        pytest.skip("Sphinx is not installed: pip install 'heterodot[docs]' (make docs does)")
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    run = subprocess.run(
        [*words, "-d", tmp_path / "doctrees", DOCS, tmp_path / "html"],
        cwd=ROOT, capture_output=True, text=True, timeout=1500,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    _look_at_pages(tmp_path / "html")
    _look_at_api(tmp_path / "html" / "api")


def _look_at_pages(built: Path) -> None:
    """Every page is there, every cell was run, and nothing comes from the network."""
    for page in PAGES:
        text = (built / page.relative_to(DOCS).with_suffix(".html")).read_text()
        source = page.read_text()
        cells = source.count("{code-cell}") - source.count("tags: [remove-cell]")
        assert text.count('class="cell_input docutils container"') == cells, page
    assert (built / "_static" / "mathjax" / "tex-chtml.js").is_file()
    pictures = {path.name for path in (built / "_images").glob("*.png")}
    committed = {path.name for path in DOCS.glob("*.png")}
    assert len(pictures - committed) >= 5, "figures of the tutorials, each made by its cell"


def _look_at_api(built: Path) -> None:
    """Every public name has its docstring."""
    for package in ("structures", "calculators", "workflows", "analysis"):
        text = (built / f"heterodot.{package}.html").read_text()
        module = import_module(f"heterodot.{package}")
        missing = [n for n in module.__all__ if callable(getattr(module, n)) and n not in text]
        assert not missing, package


def test_every_page_is_reached_from_the_index():
    index = (DOCS / "index.md").read_text()
    listed = {line for line in index.splitlines() if re.fullmatch(r"[\w/]+", line)}
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES}
    assert pages - {"index"} == listed - {"api/index"}


def test_the_version_of_the_documents_is_that_of_the_package():
    assert "release = version = heterodot.__version__" in (DOCS / "conf.py").read_text()
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", heterodot.__version__)
