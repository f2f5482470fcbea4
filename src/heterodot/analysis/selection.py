"""Which projectors of an electronic structure are meant: by atom, element and angular momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from ase.data import atomic_numbers, chemical_symbols

from heterodot.analysis.electronic_structure import ElectronicStructure, Projections
from heterodot.errors import InputError

ANGULAR = "spdf"
"""Letters of l = 0…3."""

AtomSelection: TypeAlias = "int | Sequence[int] | Sequence[bool] | np.ndarray | None"


def angular_momentum(l: int | str) -> int:  # noqa: E741 - the field's name for it
    """Return l as a number from a number or a letter.

    Raises
    ------
    InputError
        Not one of 0…3 or s, p, d, f.
    """
    if isinstance(l, str) and len(l) == 1 and l in ANGULAR:
        return ANGULAR.index(l)
    if not isinstance(l, str) and l in range(len(ANGULAR)):
        return int(l)
    raise InputError(f"l = {l!r}: expected 0…3 or one of s, p, d, f")


def select_atoms(
    numbers: np.ndarray, atoms: AtomSelection = None, element: str | None = None
) -> np.ndarray:
    """(N,) bool mask of the atoms that are in ``atoms`` and of the ``element``.

    Parameters
    ----------
    numbers : (N,) int array
        Atomic numbers.
    atoms : int, indices, bool mask or None
        None: all.
    element : str or None
        Chemical symbol; None: all.

    Raises
    ------
    InputError
        Index out of range, mask of the wrong length, unknown element, or nothing selected.
    """
    n = len(numbers)
    mask = np.ones(n, bool)
    if atoms is not None:
        mask = _mask(np.atleast_1d(np.asarray(atoms)), n)
    if element is not None:
        if element not in atomic_numbers:
            raise InputError(f"element {element!r}: expected a chemical symbol such as 'Cu'")
        mask = mask & (numbers == atomic_numbers[element])
    if not mask.any():
        present = sorted({chemical_symbols[z] for z in numbers})
        raise InputError(
            f"no atom selected (element {element!r}): the structure has {', '.join(present)}"
        )
    return mask


def select_projectors(
    es: ElectronicStructure,
    atoms: AtomSelection = None,
    element: str | None = None,
    l: int | str | None = None,  # noqa: E741
    kind: str | None = None,
) -> tuple[Projections, np.ndarray]:
    """Projections of a kind and the (p,) bool mask of the projectors asked for.

    Raises
    ------
    InputError
        No such projections, atoms, or no projector of this l on them (e.g. the d shell of Zn in
        GFN1-xTB, which is part of the core there).
    """
    projections = es.projection(kind)
    chosen = select_atoms(es.numbers, atoms, element)
    mask = chosen[projections.atom]
    if l is not None:
        mask = mask & (projections.l == angular_momentum(l))
    if not mask.any():
        letter = "" if l is None else f" {ANGULAR[angular_momentum(l)]}"
        raise InputError(
            f"no{letter} projector on {element or 'the selected atoms'}: this level of theory does "
            "not treat that shell"
        )
    return projections, mask


def describe(atoms: AtomSelection, element: str | None, l: int | str | None) -> str:  # noqa: E741
    """Short label such as ``Cu d`` or ``Cu d (3 atoms)``."""
    parts = [element or "", "" if l is None else ANGULAR[angular_momentum(l)]]
    text = " ".join(part for part in parts if part) or "projected"
    if atoms is None:
        return text
    chosen = np.atleast_1d(np.asarray(atoms))
    count = int(chosen.sum()) if chosen.dtype == bool else len(chosen)
    return f"{text} (atom {int(chosen[0])})" if _single(chosen) else f"{text} ({count} atoms)"


def _single(chosen: np.ndarray) -> bool:
    return chosen.dtype != bool and len(chosen) == 1


def _mask(atoms: np.ndarray, n: int) -> np.ndarray:
    if atoms.dtype == bool:
        if atoms.shape != (n,):
            raise InputError(f"atom mask of shape {atoms.shape}: expected ({n},)")
        return atoms
    if not (atoms.size == 0 or np.issubdtype(atoms.dtype, np.integer)):
        raise InputError(f"atoms {atoms.tolist()}: expected indices or a bool mask")
    outside = [int(i) for i in atoms if not -n <= i < n]
    if outside:
        raise InputError(f"atom indices {outside}: expected {-n}…{n - 1}")
    mask = np.zeros(n, bool)
    mask[atoms.astype(int)] = True
    return mask
