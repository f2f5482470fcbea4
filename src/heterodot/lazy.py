"""What is imported when it is used: public names of packages, and packages that may be missing.

A package of the first kind imports its names under ``TYPE_CHECKING``, where type checkers read
them, and says once more in which module each is found (``tests/test_lazy.py`` compares the two)::

    if TYPE_CHECKING:
        from heterodot.workflows.store.store import Store as Store

    __getattr__, __dir__, __all__ = lazy(__name__, {"store.store": "Store"})
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from heterodot.errors import MissingDependencyError

Lazy = tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]


def lazy(package: str, names: Mapping[str, str]) -> Lazy:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    names : mapping
        Module of the package ("store.store") to its public names, with spaces between them.
    """
    homes = {name: f"{package}.{home}" for home, text in names.items() for name in text.split()}

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, found)
        return found

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return find, listed, sorted(homes)


@contextmanager
def optional(package: str, what: str, instead: str = "") -> Iterator[None]:
    """Say how to install a package where an import within the block does not find it.

    Parameters
    ----------
    package : str
        Name of the package, which is that of heterodot's extra as well.
    what : str
        What it is needed for, as the beginning of a sentence.
    instead : str
        What does without it, if anything: "; or …".

    Raises
    ------
    MissingDependencyError
        The package is not there. What is missing within a package that is there is not hidden.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise MissingDependencyError(
            f"{what} needs {package}: pip install 'heterodot[{package}]'{instead}"
        ) from error
