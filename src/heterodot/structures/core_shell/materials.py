"""The crystals a core/shell dot is made of: what is read off each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.oxidation import checked_charges
from heterodot.structures.crystals.crystal import crystal, crystal_names, lattice_crystal
from heterodot.structures.crystals.elastic_constants import ELASTIC

_ATOMS_PER_CUBE = 8


@dataclass(frozen=True)
class Material:
    """A tetrahedral compound.

    Attributes
    ----------
    name : str
        Formula, cations first: "InP".
    crystal : Atoms
        Its conventional cell.
    lattice : float
        Edge (Å) of the cube of eight atoms: the lattice constant of zinc blende.
    cations, anions : tuple of str
        Elements.
    charges : dict of str to float
        Formal charge of each element, e.
    bond : float
        Longest bond, Å.
    """

    name: str
    crystal: Atoms
    lattice: float
    cations: tuple[str, ...]
    anions: tuple[str, ...]
    charges: dict[str, float]
    bond: float

    @property
    def monolayer(self) -> float:
        """Thickness of one monolayer, Å: a/√3, the spacing of the {111} double layers."""
        return self.lattice / float(np.sqrt(3))

    @property
    def binary(self) -> bool:
        """Whether it has one cation and one anion."""
        return len(self.cations) == len(self.anions) == 1


def material(
    source: str | Path | Atoms | Any, formal_charges: Mapping[str, float] | None = None
) -> Material:
    """Read a tetrahedral compound.

    Parameters
    ----------
    source : str, Path, Atoms or pymatgen Structure
        As for :func:`heterodot.structures.crystal`; the zinc-blende compounds of
        :data:`heterodot.structures.crystals.elastic_constants.ELASTIC` are known by name too
        (ZnTe, CdTe, GaAs, …).
    formal_charges : mapping of element to charge (e), optional
        As for :func:`heterodot.structures.crystal`; those of elements it does not hold are left.

    Raises
    ------
    StructureError
        Not a crystal of cations and anions with four bonds each.
    """
    atoms = _crystal(source, checked_charges(formal_charges))
    symbols = np.array(atoms.get_chemical_symbols())
    sublattice = atoms.arrays["sublattice"]
    cations, anions = (_elements(symbols[sublattice == kind]) for kind in ("cation", "anion"))
    name = _formula(symbols, (*cations, *anions))
    bonds = lattice_bonds(atoms)
    if not anions or set(cations) & set(anions) or set(bonds.coordination.tolist()) != {4}:
        raise StructureError(
            f"{name}: not a crystal of cations and anions with four bonds each; expected zinc "
            "blende, wurtzite or chalcopyrite, such as InP, CdSe or ZnS"
        )
    charges = dict(zip(symbols.tolist(), atoms.arrays["formal_charge"].tolist(), strict=True))
    lattice = float((atoms.cell.volume * _ATOMS_PER_CUBE / len(atoms)) ** (1 / 3))
    return Material(name, atoms, lattice, cations, anions, charges, float(bonds.lengths.max()))


def _crystal(source: Any, charges: dict[str, float]) -> Atoms:
    if isinstance(source, str) and source not in crystal_names() and source in _zinc_blendes():
        from ase.build import bulk

        edge = ELASTIC[_zinc_blendes()[source]].a
        source = bulk(source, "zincblende", a=edge, cubic=True)
    if charges:
        held = set(lattice_crystal(source).get_chemical_symbols())
        charges = {element: charge for element, charge in charges.items() if element in held}
    return crystal(source, formal_charges=charges or None)


def _zinc_blendes() -> dict[str, str]:
    """Key in the elastic table of each formula."""
    return {name.replace("-", ""): name for name in ELASTIC}


def _elements(symbols: np.ndarray) -> tuple[str, ...]:
    """Return the different elements by atomic number."""
    return tuple(sorted(set(symbols.tolist()), key=chemical_symbols.index))


def _formula(symbols: np.ndarray, order: tuple[str, ...]) -> str:
    counts = [int((symbols == element).sum()) for element in order]
    shared = int(np.gcd.reduce(counts))
    parts = (f"{e}{n // shared if n > shared else ''}" for e, n in zip(order, counts, strict=True))
    return "".join(parts)


def alloy_name(first: Material, second: Material) -> str:
    """Return the name of a mixture: the cations of both, then the anions ("ZnSeS")."""
    cations = dict.fromkeys((*first.cations, *second.cations))
    anions = dict.fromkeys((*first.anions, *second.anions))
    return "".join((*cations, *anions))
