"""Translations and rotations of the whole among the modes of a structure all of whose atoms moved.

They cost no energy, so that their eigenvalues are zero but for noise, and an imaginary one among
them is no sign of a saddle point. A crystal has three, its acoustic modes at Γ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from heterodot.data.flags import Flag
from heterodot.errors import InputError

EXTERNAL_MODE = 100.0
"""cm⁻¹: a translation or rotation of a relaxed free molecule should lie below this. Chosen: by the
estimate for ACOUSTIC_MODE an error of 1 meV/Å is 165 cm⁻¹ for a hydrogen atom, 31 for CO; decides a
flag, and which imaginary modes of a molecule are no fault."""

ACOUSTIC_MODE = 30.0
"""cm⁻¹: a translation of a crystal should lie below this. Forces that are wrong by 1 meV/Å, at
displacements of 0.01 Å, err by 0.1 eV/Å² in the second derivatives: 23 cm⁻¹ for 50 amu."""

ZERO_MODE = 1.0
"""cm⁻¹ (0.1 meV): no vibration is as soft; frustrated translations of physisorbed molecules lie
above 10. Second derivatives that obey the acoustic sum rule have their translations below it."""

_COLLINEAR = 1e-3
"""Smallest moment of inertia over the largest below which a molecule is linear. Chosen: by
geometry, CO2 bent by 1° has 2e-5, by 5° 5e-4."""


def n_external(structure: Atoms) -> int:
    """Return how many modes of zero energy a structure has.

    Three translations; of a free molecule three rotations more, two of a linear one, none of an
    atom; of a chain periodic in one direction the rotation about it.
    """
    periodic = int(structure.pbc.sum())
    if periodic >= 2 or len(structure) == 1:
        return 3
    centred = structure.positions - structure.get_center_of_mass()
    if periodic == 1:
        axis = structure.cell.array[int(np.argmax(structure.pbc))]
        off = np.cross(centred, axis / np.linalg.norm(axis))
        return 4 if float(np.abs(off).max()) > _COLLINEAR else 3
    spread = np.linalg.svd(centred, compute_uv=False)
    return 5 if spread[1] < _COLLINEAR * spread[0] else 6


def split_external(
    frequencies: Sequence[float], structure: Atoms
) -> tuple[list[float], int, tuple[Flag, ...]]:
    """Set the translations and rotations aside.

    Parameters
    ----------
    frequencies : sequence of float
        cm⁻¹, imaginary as negative: all 3N of the structure's N atoms, of which those smallest in
        size are set aside; or its vibrations only; or, where it holds atoms (``FixAtoms``), three
        for each of the others.
    structure : Atoms

    Returns
    -------
    list of float, int, tuple of Flag
        The vibrations, how many were set aside, and a flag if one of these is not small.

    Raises
    ------
    InputError
        Another number of frequencies.
    """
    external, n = n_external(structure), len(structure)
    held = {int(i) for c in structure.constraints for i in getattr(c, "index", ())}
    counts = {3 * n, 3 * n - external, 3 * (n - len(held))}
    if len(frequencies) not in counts:
        expected = " or ".join(map(str, sorted(counts)))
        raise InputError(
            f"{len(frequencies)} frequencies for a structure of {n} atoms: expected {expected}; "
            "give the structure only where all its atoms moved"
        )
    if len(frequencies) != 3 * n:
        return list(frequencies), 0, ()
    limit = ACOUSTIC_MODE if structure.pbc.any() else EXTERNAL_MODE
    vibrations, flags = smallest_aside(frequencies, external, limit)
    return vibrations, external, flags


def split_zeros(frequencies: Sequence[float]) -> tuple[list[float], int]:
    """Set aside three, five or six modes that are zero; of a structure that is not known.

    Returns
    -------
    list of float, int
        The others, and how many were set aside: none where the zeros are of another number, which
        no structure's translations and rotations are.
    """
    others = [nu for nu in frequencies if abs(nu) >= ZERO_MODE]
    count = len(frequencies) - len(others)
    return (others, count) if others and count in (3, 5, 6) else (list(frequencies), 0)


def smallest_aside(
    frequencies: Sequence[float], count: int, limit: float
) -> tuple[list[float], tuple[Flag, ...]]:
    """Leave out the ``count`` frequencies smallest in size; flag those beyond ``limit`` (cm⁻¹).

    Sorted by size, not by the square as ASE does it, which would put a large imaginary mode among
    the translations, where it would vanish.
    """
    ordered = sorted(frequencies, key=abs)
    large = [nu for nu in ordered[:count] if abs(nu) > limit]
    if not large:
        return ordered[count:], ()
    text = ", ".join(f"{nu:.0f}" for nu in large)
    message = f"taken for translations or rotations but not small: {text} cm⁻¹; relax tighter"
    return ordered[count:], (Flag("large-external-mode", message),)
