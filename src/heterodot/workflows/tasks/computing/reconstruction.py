"""Whether the bonds and atoms of a structure stayed where they were."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.bonds import find_bonds

RECONSTRUCTION_DISPLACEMENT = 1.0
"""Å: an atom heavier than hydrogen that moved further has left its site. Measured
(benchmarks/thresholds.py, GFN1-xTB): dots that keep every bond (ZnS, CdS, CdSe passivated; CdS,
CdSe, CuInS2 bare) move by 0.17 to 0.45 Å, bare ones that form others (InP, ZnS) by 1.30 and 3.96
Å."""

_BROKEN_SCALE = 1.4
"""Sums of covalent radii: a bond, within 1.2 of them before, counts as broken only beyond this, so
that none flickers at the edge. Measured (as above): in dots that keep every bond the longest is
1.00 to 1.29 of them afterwards, the nearest pair that is none 1.33 to 1.51; in ZnS bare, which
rebuilds itself, 1.64 and 0.96."""


def bond_name(atoms: Atoms, pair: tuple[int, int]) -> str:
    """Return a pair of atoms as messages write it: Cu3–S7."""
    return "–".join(f"{atoms.symbols[i]}{i}" for i in pair)


def reconstruction_gate(before: Atoms, after: Atoms, what: str) -> tuple[Flag, ...]:
    """Flag a dot whose bonds or atoms did not stay where they were.

    Parameters
    ----------
    before, after : Atoms
        The same atoms in the same order (pass the dot without its adsorbate).
    what : str
        What the message calls the structure.
    """
    broken, formed = _changed_bonds(before, after)
    moved = aligned_displacements(before, after)
    heavy = moved[before.numbers > 1]
    far = float(heavy.max(initial=0.0))
    parts = [f"broke {bond_name(before, p)}" for p in broken[:3]]
    parts += [f"formed {bond_name(before, p)}" for p in formed[:3]]
    if len(broken) + len(formed) > len(parts):
        parts.append(f"{len(broken) + len(formed)} bonds changed in all")
    if far > RECONSTRUCTION_DISPLACEMENT:
        parts.append(f"an atom moved {far:.2f} Å")
    if not parts:
        return ()
    return (Flag("reconstructed", f"{what}: {', '.join(parts)}"),)


def _changed_bonds(
    before: Atoms, after: Atoms
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Bonds clearly broken and clearly formed."""
    near_before, wide_before = _pairs(before, 1.2), _pairs(before, _BROKEN_SCALE)
    near_after, wide_after = _pairs(after, 1.2), _pairs(after, _BROKEN_SCALE)
    return sorted(near_before - wide_after), sorted(near_after - wide_before)


def _pairs(atoms: Atoms, scale: float) -> set[tuple[int, int]]:
    return {(int(i), int(j)) for i, j in find_bonds(atoms, scale).pairs}


def aligned_displacements(before: Atoms, after: Atoms) -> np.ndarray:
    """Return how far each atom moved, Å; a finite structure is superposed first.

    Superposition by singular value decomposition (W. Kabsch, Acta Cryst. A 32, 922 (1976)).
    """
    if before.pbc.any():
        from ase.geometry import find_mic

        _, lengths = find_mic(after.positions - before.positions, before.cell, before.pbc)
        return np.asarray(lengths)
    a = before.positions - before.positions.mean(axis=0)
    b = after.positions - after.positions.mean(axis=0)
    u, _, vt = np.linalg.svd(b.T @ a)
    handed = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    return np.asarray(np.linalg.norm(b @ u @ handed @ vt - a, axis=1))
