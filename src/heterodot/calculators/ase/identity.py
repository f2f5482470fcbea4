"""What a calculator made by foreign Python is: versions, source and files that decide its numbers.

Nothing is imported to find out.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

_DIGITS = 16
"""Hexadecimal digits kept of a SHA-256."""


def package_versions(module: str, named: Iterable[str]) -> dict[str, str]:
    """Return versions of the distributions a module is from, and of those named.

    Those that are not installed are left out.
    """
    own = _distributions().get(module.partition(".")[0], [])
    found = {}
    for name in sorted({*own, *named}):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def is_importable(module: str) -> bool:
    """Whether the package of a module is there; only looked for."""
    return _top(module) is not None


def source_digest(module: str) -> str:
    """Return a hash of a module's text; empty where it is no file."""
    path = _file(module)
    return "" if path is None else _digest(path)


def file_digests(settings: Any) -> dict[str, str]:
    """Return hashes of the files that settings name by their whole paths (models, parameters)."""
    paths = sorted({text for text in _texts(settings) if os.path.isabs(text)})  # noqa: PTH117
    return {path: _digest(Path(path)) for path in paths if Path(path).is_file()}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))


def _file(module: str) -> Path | None:
    top, (_, *rest) = _top(module), module.split(".")
    if top is None:
        return None
    if not rest:
        return Path(top.origin) if top.has_location and top.origin else None
    for base in top.submodule_search_locations or ():
        stem = Path(base, *rest)
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.is_file():
                return path
    return None


def _top(module: str) -> Any:
    try:
        return importlib.util.find_spec(module.partition(".")[0])
    except ValueError:  # a module without one, as __main__
        return None


def _digest(path: Path) -> str:
    state = path.stat()
    return _digest_of(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _digest_of(path: Path, changed: int, size: int) -> str:  # noqa: ARG001 - what it is kept for
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
