"""Dopants on the symmetry-distinct cation sites of a cluster, and the spins they bring."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_whole
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES, electron_count
from heterodot.structures.crystals.symmetry import DEFAULT_TOLERANCE
from heterodot.structures.enumeration import enumerate_configurations
from heterodot.structures.requirements import require_atoms

UNPAIRED: Mapping[str, int] = {"Mn": 5, "Fe": 4, "Co": 3, "Ni": 2, "Cu": 1}
"""Unpaired d electrons of the divalent ion in a tetrahedral (high-spin) field (N. N. Greenwood and
A. Earnshaw, Chemistry of the Elements, 2nd ed., 1997)."""


@renamed(cluster="atoms")
def dope(
    atoms: Atoms,
    dopant: str,
    count: int = 1,
    *,
    cation: str | None = None,
    tolerance: float = DEFAULT_TOLERANCE,
) -> list[tuple[Atoms, int]]:
    """Put divalent dopants on the cation sites, once for each symmetry-distinct choice of sites.

    Parameters
    ----------
    atoms : Atoms
        From :func:`magic_size_cluster`, or any cluster of divalent cations; not changed.
    dopant : str
        Mn, Fe, Co, Ni or Cu (as Cu²⁺), or another element whose common ion is divalent.
    count : int
        How many; 0 gives the cluster itself.
    cation : str, optional
        Which cation they replace; needed where there are several kinds.
    tolerance : float
        Å, of the symmetry.

    Returns
    -------
    list of (Atoms, multiplicity)
        The multiplicities add up to all ways to choose the sites. Each structure has its dopants
        in ``info["heterodot"]["defects"]``, ``initial_magmoms`` with the dopants' spins parallel,
        their sum in ``info["heterodot"]["unpaired_electrons"]``, and a note with the multiplicity
        to calculate it at. The total charge stays.

    Raises
    ------
    StructureError
        The dopant is not divalent, or there are not so many sites.
    """
    require_atoms(atoms, "cluster")
    host = _cation(atoms, cation)
    _check_dopant(dopant, host)
    n_sites = atoms.get_chemical_symbols().count(host)
    if not is_whole(count) or not 0 <= count <= n_sites:
        raise StructureError(f"count {count!r}: expected 0 to {n_sites} {dopant} on {host} sites")
    if count == 0:
        return [(atoms.copy(), 1)]
    found = enumerate_configurations(atoms, {f"{dopant}_{host}x": int(count)}, tolerance=tolerance)
    return [(_with_spins(each.apply(), dopant), each.multiplicity) for each in found]


def _cation(cluster: Atoms, wanted: str | None) -> str:
    """Return the element the dopant replaces."""
    symbols = sorted(set(cluster.get_chemical_symbols()))
    cations = [s for s in symbols if FORMAL_CHARGES.get(s, 0) == 2 and s not in UNPAIRED]
    if wanted is None and len(cations) == 1:
        return cations[0]
    if wanted is not None and wanted in symbols and FORMAL_CHARGES.get(wanted) == 2:
        return wanted
    formula = cluster.get_chemical_formula()
    raise StructureError(
        f"cation {wanted!r} of {formula}: expected one of its divalent cations "
        f"({', '.join(cations) or 'it has none'})"
    )


def _check_dopant(dopant: str, host: str) -> None:
    if dopant not in UNPAIRED and FORMAL_CHARGES.get(dopant) != 2:
        raise StructureError(
            f"dopant {dopant!r}: expected a divalent ion such as {', '.join(UNPAIRED)}; for others "
            "use enumerate_configurations, which keeps account of the charge"
        )
    if dopant == host:
        raise StructureError(f"dopant {dopant!r}: the sites hold {host} already")


def _with_spins(atoms: Atoms, dopant: str) -> Atoms:
    """Record where the unpaired electrons are, all dopants' spins parallel."""
    symbols = np.array(atoms.get_chemical_symbols())
    moments = np.array([float(UNPAIRED.get(s, 0)) for s in symbols])
    unpaired = int(moments.sum())
    placed = int((symbols == dopant).sum())
    provenance.update(atoms, unpaired_electrons=unpaired)
    if unpaired:
        atoms.set_initial_magnetic_moments(moments)
        provenance.add_note(
            atoms,
            f"{placed} {dopant}²⁺ with {UNPAIRED.get(dopant, 0)} unpaired electrons each: "
            f"calculated with multiplicity {unpaired + 1} (spins parallel) unless told otherwise; "
            f"{electron_count(atoms).summary()}",
        )
    return atoms
