"""GPAW's settings: which there are, and how they become GPAW's own keyword arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators.keywords import Keyword, hint, is_above
from heterodot.calculators.spin import SpinState
from heterodot.errors import LevelError

ODD_WIDTH = 0.05
"""Largest smearing (eV) of a finite structure with unpaired electrons; 0.1 eV melts its moment."""

_FILE_PART = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.+:,;() -]{0,100}\Z")
"""A name GPAW looks up as part of a file's name, in its own folders: never a path or a pattern."""

_NO_PATH = "names of data sets: letters, digits and _.+:,;()- but no path"

_CONVERGENCE = ("energy", "density", "eigenstates", "forces", "bands", "work function")


def _check_kpts(value: Any) -> str | None:
    if isinstance(value, list):
        return None if _is_grid(value) else "three positive integers"
    unknown = set(value) - {"density", "size", "gamma", "even"}
    if unknown:
        return f"keys density, size, gamma, even; not {sorted(unknown)}"
    if ("density" in value) == ("size" in value):
        return "one of density and size"
    if "density" in value and not is_above(value["density"]):
        return f"density, points per Å⁻¹, a number above 0; not {value['density']!r}"
    if "size" in value and not _is_grid(value["size"]):
        return f"size, three positive integers; not {value['size']!r}"
    for name in ("gamma", "even"):
        if not isinstance(value.get(name, False), bool):
            return f"{name} true or false; not {value[name]!r}"
    return None


def _is_grid(value: Any) -> bool:
    three = isinstance(value, list) and len(value) == 3
    return three and all(type(n) is int and n > 0 for n in value)


def _check_nbands(value: Any) -> str | None:
    if isinstance(value, int):
        return None if value else "a count, or minus the number of empty bands"
    fits = value == "nao" or re.fullmatch(r"[1-9]\d{0,5}(\.\d+)?%", value)
    return None if fits else "a count, 'nao' or a share of the occupied bands such as '120%'"


_MIXER = {"beta": (0.0, 1.0), "weight": (0.0, 1e4), "nmaxold": (0, 100)}


def _check_mixer(value: Any) -> str | None:
    for name, (low, high) in _MIXER.items():
        if name in value and not is_above(value[name], low, high):
            return f"{name} above {low:g} and at most {high:g}; not {value[name]!r}"
    return None


def _check_basis(value: Any) -> str | None:
    if isinstance(value, str):
        return None if _FILE_PART.match(value) else _NO_PATH
    wrong = [k for k, v in value.items() if not isinstance(v, str) or not k.isalpha()]
    if wrong:
        return f"element symbols and basis names, not {wrong}"
    return None if all(map(_FILE_PART.match, value.values())) else _NO_PATH


def _check_setups(value: Any) -> str | None:
    named = [value] if isinstance(value, str) else [*value, *value.values()]
    wrong = [v for v in named if not isinstance(v, str) or not _FILE_PART.match(v)]
    return _NO_PATH if wrong else None


def _check_convergence(value: Any) -> str | None:
    for name in value:
        if name not in _CONVERGENCE:
            return f"criteria {', '.join(_CONVERGENCE)}{hint(name, _CONVERGENCE)}"
        given = value[name]
        whole = name == "bands" and (given in ("all", "occupied") or isinstance(given, int))
        if not whole and not is_above(given):
            return f"{name} a number above 0; not {given!r}"
    return None


KEYWORDS = {
    "mode": Keyword((str,), "basis of the wave functions", choices=("lcao", "pw")),
    "ecut": Keyword((float,), "plane-wave cut-off (PW only), eV", minimum=50.0),
    "xc": Keyword((str,), "exchange-correlation functional"),
    "basis": Keyword((str, dict), "LCAO basis, one name or by element symbol", check=_check_basis),
    "h": Keyword((float, type(None)), "grid spacing, Å", positive=True, maximum=0.6),
    "kpts": Keyword((list, dict), "k-points: [n, n, n] or {density, gamma}", check=_check_kpts),
    "width": Keyword((float,), "Fermi-Dirac smearing, eV", minimum=0.0, maximum=10.0),
    "vacuum": Keyword((float,), "vacuum round a finite structure, Å", minimum=2.0),
    "multiplicity": Keyword((int, str), "2S + 1, or auto", minimum=1, choices=("auto",)),
    "spinpol": Keyword((bool, type(None)), "treat the spin channels separately; null = if needed"),
    "convergence": Keyword((dict,), "SCF criteria by name", check=_check_convergence),
    "maxiter": Keyword((int,), "largest number of SCF cycles", minimum=1, maximum=1e5),
    "nbands": Keyword((int, str), "number of bands", check=_check_nbands),
    "mixer": Keyword((dict,), "density mixer", check=_check_mixer),
    "eigensolver": Keyword((str, dict), "eigensolver"),
    "setups": Keyword((str, dict), "PAW data sets, by element symbol", check=_check_setups),
    "symmetry": Keyword(
        (str,), "point-group reduction of the k-points", choices=("auto", "on", "off")
    ),
    "dipole_layer": Keyword((str,), "dipole correction of a slab", choices=("xy", "yz", "xz")),
    "device": Keyword((str,), "where plane waves are calculated", choices=("cpu", "cuda")),
}

_MOMENTS = (
    "set initial magnetic moments on the structure (their sum is the number of unpaired "
    "electrons), or multiplicity"
)

REFUSED = {
    "charge": None,
    "txt": "the log goes to gpaw.log in the calculation's folder",
    "legacy_gpaw": "heterodot uses the new GPAW code only",
    "magmoms": _MOMENTS,
    "hund": _MOMENTS,
    "gpts": "use h, the grid spacing in Å",
    "occupations": "use width, the Fermi-Dirac smearing in eV",
    "poissonsolver": "use dipole_layer for the dipole correction of a slab",
    "parallel": "use Level(..., ranks=N); how it is executed is not part of a level",
    "external": "external potentials need the legacy GPAW code",
}


_BY_PARTS = {
    "GGA_X_PBE+GGA_C_PBE": "PBE",
    "GGA_X_PBE_R+GGA_C_PBE": "revPBE",
    "GGA_X_RPBE+GGA_C_PBE": "RPBE",
    "GGA_X_PBE_SOL+GGA_C_PBE_SOL": "PBEsol",
    "MGGA_X_TPSS+MGGA_C_TPSS": "TPSS",
    "MGGA_X_REVTPSS+MGGA_C_REVTPSS": "revTPSS",
    "MGGA_X_SCAN+MGGA_C_SCAN": "SCAN",
    "MGGA_X_RSCAN+MGGA_C_RSCAN": "rSCAN",
    "MGGA_X_R2SCAN+MGGA_C_R2SCAN": "r2SCAN",
}
"""Functionals by libxc's names of exchange and correlation, the only ones GPAW has for some."""


def functional(settings: Mapping[str, Any]) -> str:
    """Return the functional by its short name, as it is where it has none."""
    given = str(settings["xc"])
    return _BY_PARTS.get(given.upper(), given)


def check_settings(settings: Mapping[str, Any]) -> None:
    """Check that the settings fit together.

    Raises
    ------
    LevelError
        For a cut-off without plane waves, or the other way round, and for a GPU without them.
    """
    if settings["mode"] == "lcao" and "ecut" in settings:
        raise LevelError("gpaw: ecut belongs to mode 'pw'; for 'lcao' set basis and h")
    if settings["mode"] == "lcao" and settings.get("device") == "cuda":
        raise LevelError(
            "gpaw: device = 'cuda': GPAW calculates plane waves on a GPU, LCAO does not gain: "
            "expected mode: pw, or device: cpu"
        )
    multiplicity = settings.get("multiplicity", "auto")
    if settings.get("spinpol") is False and multiplicity not in ("auto", 1):
        raise LevelError(
            f"gpaw: spinpol false with multiplicity {multiplicity}: unpaired electrons need two "
            "spin channels; leave spinpol out"
        )


def gpaw_parameters(atoms: Atoms, settings: Mapping[str, Any], spin: SpinState) -> dict[str, Any]:
    """Return GPAW's keyword arguments for a prepared structure."""
    finite = not atoms.pbc.any()
    parameters: dict[str, Any] = {
        "mode": _mode(settings),
        "xc": settings["xc"],
        "basis": element_basis(atoms, settings["basis"]),
        "kpts": {"size": [1, 1, 1]} if finite else kpoints(settings["kpts"], atoms),
        "occupations": occupations(settings, spin, finite),
        "spinpol": spin.polarized,
        "charge": float(spin.charge),
        "convergence": dict(settings["convergence"]),
        "maxiter": settings["maxiter"],
    }
    if not reduces_kpoints(atoms, settings.get("symmetry", "auto")):
        parameters["symmetry"] = {"point_group": False}
    for name in ("h", "nbands", "mixer", "eigensolver", "setups"):
        if settings.get(name) is not None:
            parameters[name] = settings[name]
    if settings["mode"] == "lcao":
        # every state LCAO has, at no cost: sums over all states do not depend on a band count
        parameters.setdefault("nbands", "nao")
    if settings.get("device") == "cuda":
        parameters["parallel"] = {"gpu": True}
    if settings.get("dipole_layer"):
        parameters["poissonsolver"] = {"dipolelayer": settings["dipole_layer"]}
    return parameters


def reduces_kpoints(atoms: Atoms, symmetry: str) -> bool:
    """Reduce by the point group only where no operation can turn one atom into another.

    Otherwise weights and charges summed over the irreducible k-points would differ between
    equivalent atoms.
    """
    if symmetry != "auto":
        return symmetry == "on"
    return bool(atoms.pbc.any()) and len(set(atoms.numbers.tolist())) == len(atoms)


def _mode(settings: Mapping[str, Any]) -> dict[str, Any]:
    if settings["mode"] == "pw":
        return {"name": "pw", "ecut": settings.get("ecut", 500.0)}
    return {"name": "lcao"}


def kpoints(value: Any, atoms: Atoms) -> dict[str, Any]:
    """Return the k-point setting; directions that are not periodic get one point."""
    if isinstance(value, list):
        return {"size": [n if p else 1 for n, p in zip(value, atoms.pbc, strict=True)]}
    return dict(value)


def element_basis(atoms: Atoms, value: Any) -> dict[str, str]:
    """Return the basis by element, every element of the structure named.

    A dictionary with a None key, GPAW's "all others", leaves the others without the basis; one
    that names only some elements does the same. Elements not named get dzp.
    """
    symbols = np.unique(atoms.get_chemical_symbols())
    named = {} if isinstance(value, str) else value
    default = value if isinstance(value, str) else "dzp"
    return {str(symbol): named.get(str(symbol), default) for symbol in symbols}


def occupations(settings: Mapping[str, Any], spin: SpinState, finite: bool) -> dict[str, Any]:
    """Return the occupations: Fermi-Dirac, the moment fixed where the spin is known.

    A periodic structure whose multiplicity nobody set keeps its moment free.
    """
    width = settings["width"]
    fixed = spin.polarized and (finite or settings.get("multiplicity", "auto") != "auto")
    if fixed and finite:
        width = min(width, ODD_WIDTH)
    found: dict[str, Any] = {"name": "fermi-dirac", "width": width}
    return {**found, "fixmagmom": True} if fixed else found
