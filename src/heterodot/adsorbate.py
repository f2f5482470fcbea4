"""Which atoms are the adsorbate: as recorded by the builder, or guessed from the bonds.

A structure from elsewhere has no record. A molecule on it is then a connected group of light atoms
(H, C, N, O) on a host of others; it is taken for the adsorbate where there is exactly one, and
whoever uses it says that it was guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

from heterodot import provenance
from heterodot.bonds import Bonds, find_bonds

LIGHT = (1, 6, 7, 8)
"""Atomic numbers of the elements a guessed adsorbate is made of."""

_HEAVY_ANIONS = (9, 15, 16, 17, 33, 34, 35, 52, 53)
"""Atomic numbers of F, P, S, Cl, As, Se, Br, Te, I: a host with one of them is no metal."""

LARGEST = 30
"""Atoms of the largest guessed adsorbate."""

_GUESSED = "guessed"


def find_adsorbate(atoms: Atoms) -> dict[str, Any] | None:
    """Return the record of the adsorbate, None where the structure has none.

    Parameters
    ----------
    atoms : Atoms
        With the record of ``add_adsorbate`` or the array ``domain`` holding "adsorbate"; else the
        adsorbate is guessed.

    Returns
    -------
    dict or None
        ``name``, ``indices``, ``binding_atom`` and ``site`` (the pair of adsorbate and host that
        is closest, measured against the sum of the covalent radii), ``orientation`` (None unless
        recorded) and, where it was guessed, ``guessed`` true.
    """
    record = provenance.details(atoms).get("adsorbate")
    if record is not None:
        return dict(record)
    if "domain" in atoms.arrays:
        labelled = np.flatnonzero(atoms.arrays["domain"] == "adsorbate")
        if len(labelled) and len(labelled) < len(atoms):
            return _described(atoms, labelled.tolist())
        if (atoms.arrays["domain"] == "ligand").any():
            return None
    found = _molecules(atoms)
    return {**_described(atoms, found[0]), _GUESSED: True} if len(found) == 1 else None


def adsorbate_mask(atoms: Atoms) -> np.ndarray:
    """Return a (N,) mask of the atoms of the adsorbate, recorded or guessed."""
    mask = np.zeros(len(atoms), dtype=bool)
    record = find_adsorbate(atoms)
    if record is not None:
        mask[[i for i in record["indices"] if i < len(atoms)]] = True
    return mask


def is_guessed(record: dict[str, Any]) -> bool:
    """Return whether a record of :func:`find_adsorbate` is a guess."""
    return bool(record.get(_GUESSED))


def guess_note(atoms: Atoms, record: dict[str, Any]) -> str:
    """Return the sentence that tells what was guessed."""
    own, site = record["indices"], record["site"]
    return (
        f"taken for the adsorbate: {record['name']}, atoms {', '.join(map(str, own))}, nearest to "
        f"{atoms.symbols[site]}{site}; guessed from the bonds, for none is recorded"
    )


def why_none(atoms: Atoms) -> str:
    """Return why :func:`find_adsorbate` finds none."""
    found = _molecules(atoms)
    if len(found) > 1:
        names = ", ".join(atoms[own].get_chemical_formula() for own in found[:4])
        return f"no adsorbate record, and {len(found)} groups of atoms might be one ({names})"
    return "no adsorbate record, and no molecule of H, C, N, O on a host of others is found"


def _molecules(atoms: Atoms) -> list[list[int]]:
    """Return the groups of light atoms that might be the adsorbate.

    Groups of two atoms or more come first; a lone atom counts only where there is no such group
    and the host is a metal (on a dot it is a ligand or a dopant). An oxygen or nitrogen between two
    atoms of the host or more belongs to the host where others there do.
    """
    light = np.isin(atoms.numbers, LIGHT)
    host = ~light
    if not light.any() or not host.any():
        return []
    bonds = find_bonds(atoms)
    lattice = _lattice_anions(atoms, bonds, host)
    light = light & ~lattice
    groups = _components(bonds, light)
    molecules = [own for own in groups if 2 <= len(own) <= LARGEST and 2 * len(own) <= len(atoms)]
    if molecules or any(len(own) > LARGEST for own in groups):
        return molecules
    metal = not lattice.any() and not np.isin(atoms.numbers, _HEAVY_ANIONS).any()
    return groups if metal and len(atoms) > 2 else []


def _lattice_anions(atoms: Atoms, bonds: Bonds, host: np.ndarray) -> np.ndarray:
    """(N,) mask of light atoms held by two host atoms or more, where they are more than one."""
    mask = np.zeros(len(atoms), dtype=bool)
    for number in (7, 8):
        for i in np.flatnonzero(atoms.numbers == number):
            mask[i] = host[bonds.neighbours(int(i))].sum() >= 2
        if mask[atoms.numbers == number].sum() < 2:
            mask[atoms.numbers == number] = False
    return mask


def _components(bonds: Bonds, members: np.ndarray) -> list[list[int]]:
    """Return the connected groups of the members, each ascending, in the order of their firsts."""
    unseen, found = set(np.flatnonzero(members).tolist()), []
    while unseen:
        stack, own = [min(unseen)], []
        unseen.remove(stack[0])
        while stack:
            i = stack.pop()
            own.append(i)
            near = unseen.intersection(bonds.neighbours(i).tolist())
            unseen -= near
            stack.extend(near)
        found.append(sorted(own))
    return found


def _described(atoms: Atoms, own: Iterable[int]) -> dict[str, Any]:
    """Return a record like that of ``add_adsorbate``."""
    from ase.geometry import get_distances

    indices = [int(i) for i in own]
    rest = np.setdiff1d(np.arange(len(atoms)), indices)
    distances = get_distances(
        atoms.positions[indices], atoms.positions[rest], cell=atoms.cell, pbc=atoms.pbc
    )[1]
    radii = covalent_radii[atoms.numbers]
    scaled = distances / (radii[indices][:, None] + radii[rest][None])
    a, b = np.unravel_index(int(np.argmin(np.round(scaled, 6))), scaled.shape)
    return {
        "name": _name(atoms[indices]),
        "indices": indices,
        "binding_atom": indices[int(a)],
        "site": int(rest[b]),
        "orientation": None,
    }


def _name(molecule: Atoms) -> str:
    """Return the name the builders know the molecule by, its formula for others."""
    formula = str(molecule.get_chemical_formula())
    if formula == "CHO2":
        bonds = find_bonds(molecule)
        hydrogen = int(np.flatnonzero(molecule.numbers == 1)[0])
        carbon = int(np.flatnonzero(molecule.numbers == 6)[0])
        return "HCOO" if carbon in bonds.neighbours(hydrogen) else "COOH"
    known = {"HO": "OH", "H2O": "H2O", "CH2O2": "HCOOH"}
    return known.get(formula, formula)
