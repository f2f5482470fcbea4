"""What ASE's readers and writers of formats tell their programmers, kept from whoever uses them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

NOTICES = (
    "FHI-aims IO is moving to the ase-io-aims plugin",
    "Generating CASTEP keywords JSON file",
    "Could not determine the version of your CASTEP binary",
)
"""How they begin: where a format's code will live, and programs that writing a file does not need.
ASE has no argument that turns them off."""


@contextmanager
def without_notices() -> Iterator[None]:
    """Leave these notices out while a file is read or written; every other warning stays."""
    with warnings.catch_warnings():
        for start in NOTICES:
            warnings.filterwarnings("ignore", rf"\s*{start}")
        yield
