"""Packages whose public names are imported when they are first used.

Such a package imports its names under ``TYPE_CHECKING``, where type checkers read them, and gives
the same lines to :func:`lazy`::

    if TYPE_CHECKING:
        from heterodot.workflows.store.store import Store as Store

    __getattr__, __dir__, __all__ = lazy(__name__)
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

Lazy = tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]


def lazy(package: str) -> Lazy:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Parameters
    ----------
    package : str
        The package's ``__name__``; what its ``__init__`` imports from its own modules under
        ``TYPE_CHECKING`` are its public names.
    """
    homes = _names(package)

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, found)
        return found

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return find, listed, sorted(homes)


def _names(package: str) -> dict[str, str]:
    """Return the module of each public name, read from the source of the package."""
    return {
        alias.name: node.module
        for block in ast.parse(source_of(package)).body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}.")
        for alias in node.names
        if node.module is not None
    }


def source_of(module: str) -> str:
    """Return the source of a module without importing it.

    Raises
    ------
    ImportError
        It is not there: only compiled files are installed.
    """
    spec = find_spec(module)
    read = getattr(spec.loader if spec else None, "get_source", None)
    source = read(module) if read else None
    if source is None:
        raise ImportError(f"{module}: no source; install heterodot with its .py files")
    return str(source)
