"""Magic-size clusters (ME)n of the II–VI compounds: Cd6Se6, cages of 12, 13, 16, 28, filled 33, 34.

The shape comes from topology (a cage of four- and six-rings, with or without a core) and is
brought to rest in a pair potential for CdSe; other compounds have the same shape, scaled by their
tetrahedral radii. Core–cage structures of (CdSe)33 and (CdSe)34: A. Kasuya et al., Nature Materials
2004, 3, 99 (doi:10.1038/nmat1056).
"""

from __future__ import annotations

import re

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_number, is_whole
from heterodot.errors import StructureError
from heterodot.structures.chemistry.radii import TETRAHEDRAL_RADII
from heterodot.structures.clusters.cages import LARGEST, cages
from heterodot.structures.clusters.gate import check_cluster, coordination_statistics
from heterodot.structures.clusters.ionic import bonded
from heterodot.structures.clusters.orientation import standard_orientation
from heterodot.structures.clusters.point_groups import point_group
from heterodot.structures.clusters.recipes import Shape, filled, hollow
from heterodot.structures.clusters.rings import ring_statistics
from heterodot.structures.clusters.sizes import (
    BEST_FILLED,
    FILLED,
    FILLED_OTHERWISE,
    MAGIC_SIZES,
    QUALITY,
)

METALS = ("Zn", "Cd", "Hg")
CHALCOGENS = ("S", "Se", "Te")
FORMS = ("best", "cage", "core-cage")

_REFERENCE = TETRAHEDRAL_RADII["Cd"] + TETRAHEDRAL_RADII["Se"]


def magic_size_cluster(
    compound: str,
    n: int | None = None,
    *,
    form: str = "best",
    isomer: int | None = None,
    bond_length: float | None = None,
) -> Atoms:
    """Build a bare, stoichiometric cluster (ME)n from topology.

    Parameters
    ----------
    compound : str
        "CdSe" with ``n``, or the whole formula: "(CdSe)34", "Cd6Se6". M is Zn, Cd or Hg; E is S,
        Se or Te.
    n : int, optional
        Formula units, 4…40 but 5: the magic sizes are 6, 12, 13, 16, 28, 33 and 34.
    form : {"best", "cage", "core-cage"}
        A hollow cage, a cage with a core (13, 33 and 34), or whichever was found best.
    isomer : int, optional
        Which of the hollow cages of this size, in the order of :func:`cages`; the best if not
        given.
    bond_length : float, optional
        Mean M–E bond, Å; otherwise that of CdSe in the pair potential of E. Rabani (J. Chem. Phys.
        2002, 116, 258), times the ratio of the sums of Pauling's tetrahedral radii.

    Returns
    -------
    Atoms
        Cations first; arrays ``formal_charge``, ``sublattice``, ``domain`` ("cage" or "core") and
        ``role``; ``info["heterodot"]["cluster"]`` has formula, form, point group, shortest-path
        rings up to eight atoms, coordination, and the cage; notes say how good the structure is.

    Raises
    ------
    StructureError
        The compound is not one of these, n has no cage, or the form is not there for n.
    """
    metal, chalcogen, size = parse_compound(compound, n)
    if form not in FORMS:
        raise StructureError(f"form {form!r}: expected one of {', '.join(FORMS)}")
    best = BEST_FILLED.get(size, ())
    wanted = best is None or f"{metal}{chalcogen}" in best
    core = form == "core-cage" or (form == "best" and wanted and isomer is None)
    shape = _filled(f"{metal}{chalcogen}", size) if core else _hollow(size, isomer)
    atoms = _atoms(shape, metal, chalcogen, bond_length)
    _describe(atoms, shape, f"({metal}{chalcogen}){size}", "core-cage" if core else "cage")
    provenance.add_step(
        atoms, "magic_size_cluster", compound=f"{metal}{chalcogen}", n=size, form=form,
        isomer=isomer, bond_length=bond_length,
    )  # fmt: skip
    return atoms


def parse_compound(compound: str, n: int | None = None) -> tuple[str, str, int]:
    """Return metal, chalcogen and number of formula units of "CdSe" + n, "(CdSe)34" or "Cd6Se6".

    Raises
    ------
    StructureError
        The text is none of these, or two different numbers are given.
    """
    expected = "expected for example 'CdSe' with n, '(CdSe)34' or 'Cd6Se6'"
    match = re.fullmatch(
        r"\(([A-Z][a-z]?)([A-Z][a-z]?)\)(\d+)|([A-Z][a-z]?)(\d*)([A-Z][a-z]?)(\d*)",
        str(compound).replace(" ", ""),
    )
    if match is None:
        raise StructureError(f"compound {compound!r}: {expected}")
    if match[1]:
        metal, chalcogen, count = match[1], match[2], match[3]
    else:
        metal, chalcogen, count = match[4], match[6], match[5]
        if match[5] != match[7]:
            raise StructureError(f"compound {compound!r}: not stoichiometric; {expected}")
    if metal not in METALS or chalcogen not in CHALCOGENS:
        raise StructureError(
            f"compound {compound!r}: expected one of {', '.join(METALS)} with one of "
            f"{', '.join(CHALCOGENS)}"
        )
    if count and n is not None and int(count) != n:
        raise StructureError(f"compound {compound!r} with n={n}: two different sizes; give one")
    return metal, chalcogen, _size(compound, int(count) if count else n)


def _size(compound: str, n: int | None) -> int:
    known = ", ".join(str(size) for size in MAGIC_SIZES)
    if n is None:
        raise StructureError(f"{compound} without n: expected formula units (magic sizes: {known})")
    if not is_whole(n) or not 4 <= n <= LARGEST or n == 5:
        raise StructureError(
            f"{compound} with n={n}: no cage of four- and six-rings has this size; expected 4 to "
            f"{LARGEST} without 5 (magic sizes: {known})"
        )
    return int(n)


def _filled(compound: str, n: int) -> Shape:
    if n not in FILLED:
        sizes = ", ".join(str(size) for size in FILLED)
        raise StructureError(f"n={n}: no core–cage structure is known; expected {sizes}, or a cage")
    return filled(FILLED_OTHERWISE.get((compound, n), FILLED[n]))


def _hollow(n: int, isomer: int | None) -> Shape:
    found = cages(n)
    if isomer is None:
        return hollow(found[MAGIC_SIZES.get(n, 0)])
    if not is_whole(isomer) or not 0 <= isomer < len(found):
        raise StructureError(f"isomer {isomer!r}: n={n} has cages 0…{len(found) - 1}")
    return hollow(found[isomer])


def _atoms(shape: Shape, metal: str, chalcogen: str, bond_length: float | None) -> Atoms:
    """Return the cluster in space, cations first, its main axis along z."""
    positions = shape.positions * _scale(shape, metal, chalcogen, bond_length)
    symbols = np.array([metal, chalcogen])[shape.colours]
    order = np.lexsort((np.arange(len(symbols)), shape.parts == "core", shape.colours))
    atoms = Atoms(symbols[order], positions[order])
    atoms.positions = standard_orientation(atoms)
    cation = shape.colours[order] == 0
    atoms.set_array("formal_charge", np.where(cation, 2.0, -2.0))
    atoms.set_array("sublattice", np.where(cation, "cation", "anion"))
    atoms.set_array("domain", shape.parts[order])
    inside = shape.parts[order] == "core"
    atoms.set_array("role", np.where(inside, "inner", "surface"))
    return atoms


def _scale(shape: Shape, metal: str, chalcogen: str, bond_length: float | None) -> float:
    if bond_length is None:
        return (TETRAHEDRAL_RADII[metal] + TETRAHEDRAL_RADII[chalcogen]) / _REFERENCE
    if not is_number(bond_length) or not 1.5 < bond_length < 4.0:
        raise StructureError(f"bond_length {bond_length!r}: expected between 1.5 and 4.0 Å")
    return bond_length / mean_bond(shape)


def mean_bond(shape: Shape) -> float:
    """Return the mean cation–anion bond of a shape, Å."""
    pairs = bonded(shape.positions, shape.colours)
    ends = shape.positions[pairs]
    return float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).mean())


def _describe(atoms: Atoms, shape: Shape, formula: str, form: str) -> None:
    """Record what the cluster is, and say how good it is."""
    rings = ring_statistics(atoms)
    record = {
        "formula": formula,
        "form": form,
        "point_group": point_group(atoms),
        "rings": {str(k): v for k, v in rings.items()},
        "coordination": {str(k): v for k, v in coordination_statistics(atoms).items()},
        "cage": None if shape.cage is None else shape.cage.to_dict(),
    }
    provenance.update(atoms, charge=0, cluster=record)
    counted = ", ".join(f"{count} of {size}" for size, count in rings.items())
    group = record["point_group"]
    provenance.add_note(atoms, f"{formula}: {form}, point group {group}, rings: {counted}")
    quality = _quality(len(atoms) // 2, form, shape)
    of_another = " per CdSe" in quality and not {"Cd", "Se"} <= set(atoms.symbols)
    provenance.add_note(atoms, f"As it is for CdSe: {quality}" if of_another else quality)
    for problem in check_cluster(atoms):
        provenance.add_note(atoms, f"not as a cluster should be: {problem}")


def _quality(n: int, form: str, shape: Shape) -> str:
    if not shape.relaxed:
        return (
            "This cage does not hold in the pair potential of CdSe and is left as embedded: "
            "expect it to collapse when relaxed."
        )
    return QUALITY.get(
        (n, form),
        f"A guess from topology: {n} is no magic size with a structure known here. Relax it and "
        "compare energies per formula unit with those of 12 and 16.",
    )
