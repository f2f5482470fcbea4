"""OpenBLAS: where it is, loading it for a code, and how many threads it may take.

A symbol that is already in the process's global scope wins over the copy a library brings along:
OpenBLAS loaded globally first is what a code with a slow BLAS of its own runs with.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAMES = ("libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0", "libopenblaso.so.0")
_NEEDED = ("dgemm_", "dsygvd_", "dpotrf_", "openblas_get_config", "openblas_set_num_threads")
_WHEEL = "ngsolve_openblas"
_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


@dataclass(frozen=True)
class BlasReport:
    """Which BLAS a code runs with.

    Attributes
    ----------
    openblas : bool
        Whether an OpenBLAS with LAPACK was found and loaded.
    library : str
        What was loaded; empty if nothing.
    config : str
        OpenBLAS's own description.
    threads : int
        Threads per process (0 if unknown).
    detail : str
        One sentence for the user.
    """

    openblas: bool
    library: str
    config: str
    threads: int
    detail: str


def load_openblas(loaded: str, absent: str) -> BlasReport:
    """Load OpenBLAS into the process's global scope; one thread unless the environment says
    otherwise (``OPENBLAS_NUM_THREADS`` or ``OMP_NUM_THREADS``).

    Parameters
    ----------
    loaded, absent : str
        What the user is told when it was found, and when not.
    """
    threads = threads_allowed()
    if os.name != "posix":
        return BlasReport(False, "", "", threads, "OpenBLAS preloading works on Linux and macOS")
    for candidate in _candidates():
        config = _usable(candidate)
        if config is not None:
            library = ctypes.CDLL(candidate, mode=ctypes.RTLD_GLOBAL)
            library.openblas_set_num_threads(ctypes.c_int(threads))
            return BlasReport(True, candidate, config, threads, loaded)
    return BlasReport(False, "", "", threads, absent)


def threads_allowed() -> int:
    """Return how many threads the environment allows a process; one unless it says so."""
    for name in _THREAD_VARIABLES:
        value = os.environ.get(name, "").split(",")[0]
        if value.isdigit() and int(value) > 0:
            return int(value)
    return 1


def limit_threads() -> None:
    """Hold an OpenBLAS that is already loaded to the same number of threads."""
    if not hasattr(os, "RTLD_NOLOAD"):
        return
    for name in _NAMES:
        try:
            library = ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
        except OSError:
            continue
        if hasattr(library, "openblas_set_num_threads"):
            library.openblas_set_num_threads(ctypes.c_int(threads_allowed()))


def _candidates() -> Iterator[str]:
    """Names for the dynamic loader first (it knows LD_LIBRARY_PATH), known folders, the wheel."""
    seen = set()
    found = ctypes.util.find_library("openblas")
    for name in (*_NAMES, found, "liblapack.so.3", *_in_folders(), *_in_wheel()):
        if name and name not in seen:
            seen.add(name)
            yield name


def _in_folders() -> Iterator[str]:
    variables = ("CONDA_PREFIX", "OPENBLAS_ROOT", "EBROOTOPENBLAS", "OPENBLAS_HOME", "OPENBLAS_DIR")
    prefixes = [sys.prefix, *(os.environ.get(v, "") for v in variables)]
    names = (*_NAMES, "libopenblas.dylib")
    for prefix in filter(None, prefixes):
        for folder in ("lib", "lib64"):
            for name in names:
                path = Path(prefix) / folder / name
                if path.is_file():
                    yield str(path)


def _in_wheel() -> Iterator[str]:
    """Look for the library of the package ngsolve-openblas, whose symbols have plain names."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is not None and spec.origin:
        yield from sorted(map(str, Path(spec.origin).parent.glob("libopenblas*.so*")))


def _usable(name: str) -> str | None:
    """OpenBLAS's own description if the library is one with LAPACK and 32-bit integers."""
    try:
        library: Any = ctypes.CDLL(name, mode=os.RTLD_LOCAL)
    except OSError:
        return None
    if not all(hasattr(library, symbol) for symbol in _NEEDED):
        return None
    describe = library.openblas_get_config
    describe.restype = ctypes.c_char_p
    config = (describe() or b"").decode(errors="replace").strip()
    return None if "OpenBLAS" not in config or "USE64BITINT" in config else config
