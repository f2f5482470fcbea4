"""Loading a package's model without what the package says while it does."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop standard output, warnings, and what is logged below an error."""
    root = logging.getLogger()
    level, sink = root.level, logging.NullHandler()
    root.addHandler(sink)  # without one, a package's first word would give all of Python another
    root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
        root.removeHandler(sink)


class Elsewhere(logging.Filter):
    """Lets through what is not said by a package."""

    def __init__(self, package: str) -> None:
        super().__init__()
        self.package = package

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record comes from elsewhere."""
        return self.package not in record.pathname


def silence(package: str) -> None:
    """Drop for good what a package says through the logger that belongs to everybody."""
    root = logging.getLogger()
    if not any(isinstance(known, Elsewhere) and known.package == package for known in root.filters):
        root.addFilter(Elsewhere(package))
        root.addHandler(logging.NullHandler())
