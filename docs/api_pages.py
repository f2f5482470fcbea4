"""The pages of the API: one a package, written from what the package exports.

``docs/conf.py`` calls it at each build; the pages in ``docs/api`` are not kept in the repository.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections import defaultdict
from pathlib import Path

PACKAGES = (
    "heterodot.structures",
    "heterodot.calculators",
    "heterodot.workflows",
    "heterodot.workflows.study",
    "heterodot.analysis",
    "heterodot.data.species",
    "heterodot.data.reactions",
)
"""Packages whose exported names (``__all__``) are the public interface."""

MODULES = ("heterodot.provenance", "heterodot.errors", "heterodot.bonds")
"""Modules that are public as they are."""


ELSEWHERE = ("heterodot.data.species.entries",)
"""Modules whose classes have their entry on the page of another package that exports them."""


def write_api_pages(folder: Path) -> None:
    """Write one page for each public package or module, and their index.

    Parameters
    ----------
    folder : Path
        Made where it is not there; a page that would not change is not touched.
    """
    folder.mkdir(exist_ok=True)
    pages = {name: _package_page(name) for name in PACKAGES}
    pages |= {name: _module_page(name) for name in MODULES}
    toctree = ["# API", "", "What is exported, with its docstring; one page a package.", ""]
    toctree += ["```{toctree}", ":maxdepth: 1", "", *pages, "```", ""]
    pages["index"] = "\n".join(toctree)
    for name, text in pages.items():
        page = folder / f"{name}.md"
        if not page.exists() or page.read_text() != text:
            page.write_text(text)


def _package_page(package: str) -> str:
    """Return a page with a table and the docstrings of all a package exports, by subpackage."""
    module = importlib.import_module(package)
    homes = _homes(package)
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(module.__all__):
        groups[_group(package, homes.get(name, package))].append(name)
    lines = _head(package, module.__doc__)
    for group in sorted(groups):
        lines += [f"## {group}", "", "```{eval-rst}", f".. currentmodule:: {package}", ""]
        shown = [name for name in groups[group] if callable(getattr(module, name))]
        if shown:
            lines += [".. autosummary::", "   :nosignatures:", "", *(f"   {n}" for n in shown)]
        for name in groups[group]:
            lines += ["", *_directive(package, name, homes.get(name, package))]
        lines += ["```", ""]
    return "\n".join(lines)


def _module_page(module: str) -> str:
    doc = importlib.import_module(module).__doc__
    lines = [*_head(module, doc), "```{eval-rst}", f".. automodule:: {module}"]
    return "\n".join([*lines, "   :members:", "   :undoc-members:", "   :noindex:", "```", ""])


def _head(name: str, doc: str | None) -> list[str]:
    summary = (inspect.cleandoc(doc or "").split("\n\n")[0]).replace("\n", " ")
    return [f"# {name}", "", summary.replace("``", "`"), ""]


def _homes(package: str) -> dict[str, str]:
    """Return the module each name of a package is imported from."""
    tree = ast.parse(Path(str(importlib.import_module(package).__file__)).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.name: node.module for node in imports for name in node.names if node.module}


def _group(package: str, home: str) -> str:
    """Return the part of a package a module is in: ``dots`` of ``structures.dots.pyramids``."""
    if home.startswith(f"{package}."):
        return home.removeprefix(f"{package}.").split(".")[0].replace("_", " ")
    return "of other packages" if home != package else "here"


def _directive(package: str, name: str, home: str) -> list[str]:
    thing = getattr(importlib.import_module(package), name)
    if inspect.isclass(thing):
        elsewhere = home != package and not home.startswith(f"{package}.") and home in ELSEWHERE
        return [f".. autoclass:: {name}", "   :members:", *(["   :no-index:"] if elsewhere else [])]
    if callable(thing):
        return [f".. autofunction:: {name}"]
    return [f".. autodata:: {home}.{name}", "   :no-value:", "   :no-index:"]
