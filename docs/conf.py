"""How Sphinx makes the documents: ``make docs`` builds them, a warning is an error."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from api_pages import write_api_pages  # noqa: E402

import heterodot  # noqa: E402

ELSEWHERE = {
    "readme": "README.md",
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
    "examples": "examples/README.md",
}
"""Pages of the documents that stand where their readers look for them in the repository."""

project = "heterodot"
author = "The heterodot developers"
copyright = author  # noqa: A001 - Sphinx's own name
release = version = heterodot.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # equations without the network
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build", "examples"]
html_theme = "furo"
html_title = f"heterodot {release}"
html_static_path: list[str] = []

# MyST: equations in dollars, anchors of headings down to the third level
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["mystnb.unknown_mime_type"]

# Tutorials are run when they are built; what a cell raises ends the build
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 900
nb_execution_in_temp = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_number_source_lines = False

# The API from its docstrings
autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_numpy_docstring = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = False
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False


def setup(app: Sphinx) -> None:
    """Write the pages of the API before Sphinx looks for them; mend what it would link."""
    app.connect("builder-inited", lambda _: write_api_pages(HERE / "api"))
    app.connect("source-read", _bring_in)
    app.add_post_transform(PlainWords)


def _bring_in(_: Sphinx, docname: str, source: list[str]) -> None:
    """Show the pages that stand elsewhere in the repository, and link to them here."""
    if docname in ELSEWHERE:
        page = ELSEWHERE[docname]
        text = (HERE.parent / page).read_text()
        links = re.compile(r"\]\((?!https?:|#)([^)]+)\)")
        folder = PurePosixPath(page).parent
        text = links.sub(lambda link: f"]({_from_docs(folder, link[1])})", text)
        source[0] = text
    text = source[0]
    for name, page in ELSEWHERE.items():
        text = text.replace(f"](../{page}", f"]({name}.md").replace(
            f"](../../{page}", f"](../{name}.md"
        )
    source[0] = text


def _from_docs(folder: PurePosixPath, target: str) -> str:
    """Return a link of a page in a folder of the repository as one from ``docs``."""
    return os.path.relpath(folder / target, "docs")


class PlainWords(SphinxPostTransform):
    """Leave the words of a type, "(n,) float array", words: no attribute of that name is meant."""

    default_priority = 5  # before references are resolved

    def run(self, **_: Any) -> None:
        """Put what a reference to a single lower-case word shows in its place."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            target = link.get("reftarget", "")
            of_a_type = link.get("refdomain") == "py" and link.get("reftype") in ("class", "obj")
            if of_a_type and not link.get("refexplicit") and target.islower() and "." not in target:
                link.replace_self(nodes.Text(target))
