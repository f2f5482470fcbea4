"""The setting ``dispersion`` of a level: what may be asked for, and for which functionals.

Damping parameters are fitted to a functional, so dispersion is added only where the functional is
known and has its own. They are those that s-dftd3 and dftd4 hold; each package names their papers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ase import Atoms
from ase.data import chemical_symbols

from heterodot.calculators.keywords import Keyword, hint
from heterodot.calculators.validation import pseudo_hydrogens
from heterodot.errors import LevelError, RefusedError

NAME = "dispersion"
"""The override, and the entry of the resolved settings."""

NONE = "none"
EXTRA = "pip install 'heterodot[dispersion]'"
"""Installs both packages."""


@dataclass(frozen=True)
class Method:
    """A dispersion correction.

    Attributes
    ----------
    title : str
        For labels.
    package : str
        The distribution, and the module, that calculates it.
    """

    title: str
    package: str


METHODS = {"d3bj": Method("D3(BJ)", "dftd3"), "d4": Method("D4", "dftd4")}
"""D3(BJ): S. Grimme, S. Ehrlich and L. Goerigk, J. Comput. Chem. 32, 1456 (2011),
doi:10.1002/jcc.21759, pairs only, as most papers mean it. D4: E. Caldeweyher et al., J. Chem. Phys.
150, 154122 (2019), doi:10.1063/1.5090222, with its three-body (Axilrod-Teller-Muto) term, for which
its parameters were fitted, and charges of electronegativity equilibration."""

PACKAGES = tuple(method.package for method in METHODS.values())
"""Distributions whose versions belong to results with dispersion."""

FUNCTIONALS = (
    "PBE", "RPBE", "revPBE", "PBEsol", "PW91", "BLYP", "TPSS", "revTPSS", "SCAN", "rSCAN", "r2SCAN",
    "PBE0", "HSE06", "B3LYP",
)  # fmt: skip
"""Functionals with parameters of their own for every method. Each name in lower case is that of the
packages."""

LARGEST = 103
"""Atomic number of the last element with reference data (Lr) in dftd3 1.7 and dftd4 4.3. Beyond it
dftd3 gives zero without a word."""

NO_DISPERSION = (
    "no dispersion: {functional} leaves out most of the van der Waals attraction (CO2 on Cu of a "
    "ZCIS dot: D3(BJ) adds -0.1 eV to PBE's -0.09); dispersion: d3bj or d4 adds it"
)
"""Measured, Types A and C of a T3 dot: PBE in LCAO dzp -0.09 eV; PBE-D3(BJ) less PBE at GFN1-xTB's
geometries, dot and CO2 held, -0.11 and -0.09 eV (D4: -0.11 and -0.10)."""

SLAB_CAVEAT = (
    "D4 takes every direction of a slab as periodic, its vacuum included: energies move by some "
    "meV with its thickness (ZnS(110), 24 atoms: 4 meV between 25 and 40 Å); compare at equal cells"
)
"""Measured with dftd4 4.3. The charges D4 rests on are of three periodic directions or none."""

KEYWORD = Keyword((str, type(None)), "London dispersion added", choices=(NONE, *METHODS))


def coerce(code: str, value: Any) -> str | None:
    """Return the method asked for, None where none is.

    Raises
    ------
    LevelError
        For an unknown one.
    """
    method = KEYWORD.coerce(code, NAME, value)
    return None if method in (None, NONE) else str(method)


def known_functional(name: str) -> str | None:
    """Return a functional's name as in :data:`FUNCTIONALS`, None for one without parameters.

    Case and hyphens do not matter.
    """
    plain = {known.lower(): known for known in FUNCTIONALS}
    return plain.get(name.lower().replace("-", ""))


def resolve(code: str, method: str, functional: str) -> dict[str, str]:
    """Return the entry of the resolved settings: all that decides the correction.

    Parameters
    ----------
    code : str
        For the error.
    method : str
        A key of :data:`METHODS`.
    functional : str
        The one the code's energies are of.

    Raises
    ------
    LevelError
        If there are no parameters for it.
    """
    known = known_functional(functional)
    if known is None:
        given = f"has no parameters for the functional {functional!r}"
        raise LevelError(
            f"{code}: {NAME} = {method!r}: {given if functional else 'the functional is not known'}"
            f"{hint(functional, FUNCTIONALS) if functional else ''}; expected one of "
            f"{', '.join(FUNCTIONALS)}, or {NAME}: {NONE}"
        )
    return {"method": method, "functional": known}


Asked = Mapping[str, str] | None
"""What :func:`resolve` returned; None where no dispersion is asked for."""


def labelled(label: str, asked: Asked) -> str:
    """Return a level's label with its dispersion: in the functional's name where that leads it."""
    if asked is None:
        return label
    title, functional = METHODS[asked["method"]].title, asked["functional"]
    if label.startswith(f"{functional}/"):
        return f"{functional}-{title}{label.removeprefix(functional)}"
    return f"{label} + {title} for {functional}"


def caveats(atoms: Atoms, asked: Asked) -> tuple[str, ...]:
    """Return what dispersion of this structure may not be believed for."""
    is_slab = atoms.pbc.any() and not atoms.pbc.all()
    return (SLAB_CAVEAT,) if asked is not None and asked["method"] == "d4" and is_slab else ()


def binding_caveats(functional: str, asked: Asked) -> tuple[str, ...]:
    """Say that an energy of binding has no dispersion, where its functional leaves it out.

    Parameters
    ----------
    functional : str
        The one the energies are of; nothing is said of one without parameters of its own.
    asked : mapping or None
    """
    known = known_functional(functional)
    if known is None or asked is not None:
        return ()
    return (NO_DISPERSION.format(functional=known),)


def check(code: str, atoms: Atoms, asked: Asked) -> None:
    """Refuse atoms without dispersion coefficients.

    Raises
    ------
    RefusedError
        For pseudo-hydrogens and elements beyond the tables.
    """
    if asked is None:
        return
    what = f"{code}: {NAME} = {asked['method']!r} has no coefficients for"
    pseudo = pseudo_hydrogens(atoms)
    if len(pseudo):
        raise RefusedError(
            f"{what} pseudo-hydrogens of fractional charge (atom {pseudo[0]}, {len(pseudo)} in "
            f"all): passivate with H, or set {NAME}: {NONE}"
        )
    if asked["method"] == "d4" and atoms.pbc.any() and atoms.cell.rank < 3:
        raise RefusedError(
            f"{code}: {NAME} = 'd4' takes every direction as periodic when one is: give the cell a "
            "third vector with vacuum, or take d3bj"
        )
    heaviest = int(atoms.numbers.max())
    if heaviest > LARGEST:
        raise RefusedError(
            f"{what} {chemical_symbols[heaviest]}: expected elements up to "
            f"{chemical_symbols[LARGEST]}, or {NAME}: {NONE}"
        )


def missing_package(asked: Asked) -> str:
    """Say which package a level's dispersion needs that is not installed; empty if none."""
    if asked is None:
        return ""
    package = METHODS[asked["method"]].package
    return "" if find_spec(package) else f"{NAME} = {asked['method']!r} needs {package}: {EXTRA}"
