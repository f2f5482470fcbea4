"""PAW data sets of pseudo-hydrogens: hydrogens of fractional nuclear charge, made on demand.

A dangling bond of an atom with v valence electrons is saturated by a pseudo-hydrogen of charge
(8 - v)/4 (X. Huang, E. Lindgren, J. R. Chelikowsky, Phys. Rev. B 71, 165328 (2005),
doi:10.1103/PhysRevB.71.165328). The data sets take 0.2 s each and are kept in a per-user folder.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import metadata
from pathlib import Path
from typing import Any

from heterodot.errors import RefusedError

RANGE = (0.05, 1.95)
"""Nuclear charges, e, for which data sets are made."""
_DATASET_XC = ("LDA", "PBE", "RPBE", "revPBE")


def tag(charge: float) -> str:
    """Return the name of the data set: 0.5 is "h05", 1.25 is "h125"."""
    return "h" + f"{charge:.6f}".rstrip("0").replace(".", "")


def dataset_functional(xc: str) -> str:
    """Return the functional data sets are made with: its own, or PBE as GPAW itself does."""
    return xc if xc in _DATASET_XC else "PBE"


def cache_folder(xc: str) -> Path:
    """Return the folder of the data sets: per user, per GPAW version, per functional."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    version = metadata.version("gpaw")
    return Path(base) / "heterodot" / f"gpaw-{version}" / dataset_functional(xc)


def provide(charges: list[float], xc: str) -> Path:
    """Make sure the data sets exist and GPAW finds and accepts them.

    Parameters
    ----------
    charges : list of float
        Nuclear charges, e.
    xc : str
        Functional of the calculation.

    Returns
    -------
    Path
        The folder they are in, now on GPAW's search path.

    Raises
    ------
    RefusedError
        For a charge outside :data:`RANGE`.
    """
    folder = cache_folder(xc)
    for charge in sorted({round(c, 6) for c in charges}):
        if not RANGE[0] <= charge <= RANGE[1]:
            raise RefusedError(
                f"pseudo-hydrogen of charge {charge:g} e: expected {RANGE[0]} to {RANGE[1]} e"
            )
        _ensure(charge, dataset_functional(xc), folder)
    _put_on_search_path(folder)
    _accept_fractional_valence()
    return folder


def _ensure(charge: float, xc: str, folder: Path) -> None:
    setup = folder / f"H.{tag(charge)}.{xc}"
    basis = folder / f"H.{tag(charge)}.dzp.basis"
    if setup.is_file() and basis.is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    generator = _generate(charge, xc)
    data = generator.make_paw_setup(tag(charge))
    with redirect_stdout(io.StringIO()):
        functions = generator.create_basis_set(tag=tag(charge))
    _write_atomically(basis, lambda path: _write_text(path, functions.write_to))
    _write_atomically(setup, lambda path: data.write_xml(path))


def _generate(charge: float, xc: str) -> Any:
    from gpaw.atom.generator2 import generate

    return generate(
        "H", charge, "1s,s,p", [0.9], 0.81, None, 2, xc=xc,
        configuration=[(1, 0, charge, -0.23)], output=io.StringIO(),
    )  # fmt: skip


def _write_text(path: Path, write: Callable[[Any], None]) -> None:
    with path.open("w", encoding="utf-8") as file:
        write(file)


def _write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside the target and rename: a reader sees the whole file or none."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _put_on_search_path(folder: Path) -> None:
    """Put this folder, and no other functional's, on GPAW's search path."""
    from gpaw import setup_paths

    ours = str(folder.parent) + os.sep
    setup_paths[:] = [p for p in setup_paths if not str(p).startswith(ours)]
    setup_paths.append(str(folder))


def _accept_fractional_valence() -> None:
    """Let GPAW's data-set parser read a fractional number of valence electrons.

    GPAW asserts an integer when it reads a data set, although nothing after that needs one. Only
    data sets with a fractional number go through the replacement.
    """
    from gpaw.setup_data import PAWXMLParser

    original = PAWXMLParser.startElement
    if getattr(original, "accepts_fractional_valence", False):
        return

    def start_element(self: Any, name: str, attrs: Any) -> None:
        if name != "atom" or float(attrs["valence"]).is_integer():
            original(self, name, attrs)
            return
        setup = self.setup
        setup.symbol = attrs["symbol"]
        setup.Z = float(attrs["Z"])
        setup.Nc = float(attrs["core"])
        setup.Nv = float(attrs["valence"])

    start_element.accepts_fractional_valence = True  # type: ignore[attr-defined]
    PAWXMLParser.startElement = start_element
