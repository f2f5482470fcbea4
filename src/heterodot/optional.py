"""Packages that a plain installation leaves out, and what to say where one is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from heterodot.errors import MissingDependencyError


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
