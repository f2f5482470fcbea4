"""Which projectors of an electronic structure are meant: by atom, element and angular momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols

from heterodot.data.electronic_structure import ElectronicStructure, Projections
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
    m: int | None = None,
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
    mask = projections.of_atoms(chosen)
    if l is not None:
        mask = mask & (projections.l == angular_momentum(l))
    if m is not None:
        mask = mask & _of_m(projections, l, m)
    if not mask.any():
        letter = "" if l is None else f" {ANGULAR[angular_momentum(l)]}"
        raise InputError(
            f"no{letter} projector on {element or 'the selected atoms'}: this level of theory does "
            "not treat that shell"
        )
    return projections, mask


def _of_m(projections: Projections, l: int | str | None, m: int) -> np.ndarray:  # noqa: E741
    """(p,) bool mask of the projectors of a magnetic index."""
    if l is None or isinstance(m, bool) or abs(m) > angular_momentum(l):
        raise InputError(f"m = {m!r} with l = {l!r}: expected l and a whole number from -l to l")
    if projections.m is None:
        raise InputError(
            f"m = {m}: the {projections.kind} projections of this calculation are not resolved by "
            "m (the code does not give it, or symmetry has mixed it); leave m out"
        )
    found: np.ndarray = projections.m == m
    return found


def combined_selection(
    numbers: np.ndarray,
    atoms: AtomSelection = None,
    structure: Atoms | None = None,
    domain: str | Sequence[str] | None = None,
    layer: int | Sequence[int] | None = None,
) -> AtomSelection:
    """Atoms that are in ``atoms`` and, in the structure's arrays, of the domain and the layer.

    Parameters
    ----------
    numbers : (N,) int array
        Atomic numbers of the calculation.
    atoms : int, indices, bool mask or None
    structure : Atoms or None
        The atoms of the calculation; needed for ``domain`` and ``layer``.
    domain : str or several, optional
    layer : int or several, optional

    Raises
    ------
    InputError
        No structure or another one, no such array, or no atom of that domain or layer.
    """
    if domain is None and layer is None:
        return atoms
    if structure is None:
        raise InputError("domain or layer without the structure: give structure=atoms too")
    if not np.array_equal(structure.numbers, numbers):
        raise InputError(
            f"structure {structure.get_chemical_formula()}: expected the atoms of the calculation, "
            "in its order"
        )
    mask = select_atoms(numbers, atoms)
    for name, wanted in (("domain", domain), ("layer", layer)):
        if wanted is not None:
            mask = mask & in_array(structure, name, wanted)
    if not mask.any():
        raise InputError(f"domain {domain!r}, layer {layer!r}: no atom is in all that was given")
    return mask


def in_array(structure: Atoms, name: str, wanted: Any) -> np.ndarray:
    """(N,) bool mask of the atoms whose array ``name`` holds one of the values wanted.

    Raises
    ------
    InputError
        No such array, or no atom with such a value.
    """
    if name not in structure.arrays:
        raise InputError(f"{name} {wanted!r}: the structure has no array {name!r}")
    values = structure.arrays[name]
    chosen: list[Any] = [wanted] if isinstance(wanted, str | int | np.integer) else [*wanted]
    known = values.tolist()
    absent = [value for value in chosen if value not in known]
    if absent or not chosen:
        listed = ", ".join(str(x) for x in dict.fromkeys(known))
        raise InputError(f"{name} {wanted!r}: expected of {listed}")
    found: np.ndarray = np.isin(values, chosen)
    return found


def describe(
    atoms: AtomSelection,
    element: str | None,
    l: int | str | None,  # noqa: E741
    m: int | None = None,
    domain: str | Sequence[str] | None = None,
    layer: int | Sequence[int] | None = None,
) -> str:
    """Short label such as ``Cu d``, ``Cu d (3 atoms)`` or ``S p, film, layer 2``."""
    shell = "" if l is None else ANGULAR[angular_momentum(l)]
    parts = [element or "", shell + ("" if m is None else f"(m={m})")]
    text = " ".join(part for part in parts if part)
    places = ["" if domain is None else _listed(domain)]
    places.append("" if layer is None else f"layer {_listed(layer)}")
    text = ", ".join(part for part in (text, *places) if part) or "projected"
    if atoms is None:
        return text
    chosen = np.atleast_1d(np.asarray(atoms))
    count = int(chosen.sum()) if chosen.dtype == bool else len(chosen)
    return f"{text} (atom {int(chosen[0])})" if _single(chosen) else f"{text} ({count} atoms)"


def _listed(value: Any) -> str:
    return str(value) if isinstance(value, str | int | np.integer) else "+".join(map(str, value))


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
