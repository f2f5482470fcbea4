"""What a structure is and how it was made, carried in ``atoms.info["heterodot"]`` as plain JSON.

Its charge and its spin are read here, and nowhere else.

The entry is a dictionary with the keys ``charge`` (total charge in e), ``history`` (the steps that
made the structure, in order), ``notes`` (sentences the user should see), ``flags`` (doubts that
every result about the structure carries, as ``name: words``) and, where they apply, ``crystal``,
``adsorbate`` and ``defects``. It survives extxyz and the ASE database.
"""

from __future__ import annotations

import copy
import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import InputError, RefusedError

KEY = "heterodot"

CHARGE_KEYS = ("charge", "total_charge", "net_charge", "tot_charge")
"""Names under which files and other programs put a total charge (e) into ``atoms.info``."""

MOMENT_TOLERANCE = 0.5
"""Initial moments (µB) that sum to within this of a count of unpaired electrons mean that count;
those of single atoms below it are no more than the noise of an earlier calculation."""

_SPELLINGS = frozenset(
    spelling
    for key in CHARGE_KEYS
    for name in (key, f"{key}:")
    for spelling in (name, name.capitalize(), name.upper())
)


def details(atoms: Atoms) -> dict[str, Any]:
    """Return a copy of the structure's own record (empty if it has none)."""
    return copy.deepcopy(atoms.info.get(KEY, {}))


def update(atoms: Atoms, **entries: Any) -> None:
    """Set entries of the record in place; for structures the caller has just made."""
    atoms.info[KEY] = {**details(atoms), **entries}


def add_step(atoms: Atoms, step: str, **parameters: Any) -> None:
    """Append a building step and its parameters (JSON-serialisable) to the history, in place."""
    update(atoms, history=[*history(atoms), {"step": step, **parameters}])


def add_note(atoms: Atoms, text: str) -> None:
    """Append a sentence the user should see (a rounding, a charge, an assumption), in place."""
    update(atoms, notes=[*notes(atoms), text])


def add_flag(atoms: Atoms, name: str, words: str) -> None:
    """Append a doubt that every result about the structure is to carry, in place; once.

    Parameters
    ----------
    atoms : Atoms
    name : str
        Short and stable: lower-case words joined by hyphens, such as ``defect-apart``.
    words : str
        One sentence with the numbers.

    Raises
    ------
    InputError
        For a name of another form, or without a sentence.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or not words.strip():
        raise InputError(
            f"flag {name!r} with {words!r}: expected lower-case words joined by hyphens and a "
            "sentence, such as 'defect-apart' and 'the vacancy is 6.8 Å from the site'"
        )
    _append_flags(atoms, [f"{name}: {words.strip()}"])


def remove_flag(atoms: Atoms, name: str) -> None:
    """Take away the flags of a name, in place: for what mends the structure, or judges it anew."""
    if flags(atoms):
        update(atoms, flags=[f for f in flags(atoms) if f.partition(": ")[0] != name])


def flags(atoms: Atoms) -> list[str]:
    """Return the doubts about the structure, each as ``name: words``.

    Raises
    ------
    InputError
        If what a file gives for them is not such a list.
    """
    found = details(atoms).get("flags", [])
    if not isinstance(found, list | tuple) or not all(
        isinstance(f, str) and f.partition(": ")[2] for f in found
    ):
        raise InputError(
            f"flags {found!r} of a structure's entry {KEY!r}: expected a list of 'name: words'"
        )
    return list(found)


def carry_flags(atoms: Atoms, *sources: Atoms) -> None:
    """Append, in place, the flags of the structures this one was made of."""
    _append_flags(atoms, [flag for source in sources for flag in flags(source)])


def _append_flags(atoms: Atoms, more: list[str]) -> None:
    if more:
        update(atoms, flags=list(dict.fromkeys([*flags(atoms), *more])))


def history(atoms: Atoms) -> list[dict[str, Any]]:
    """Return the steps that made the structure, oldest first."""
    return list(details(atoms).get("history", []))


def notes(atoms: Atoms) -> list[str]:
    """Return the sentences its builders left for the user."""
    return list(details(atoms).get("notes", []))


def total_charge(atoms: Atoms) -> int:
    """Return the total charge (e) the structure is meant to be calculated with; 0 unless set.

    The record's, or what stands in ``atoms.info`` under one of :data:`CHARGE_KEYS`, where other
    programs write it.

    Raises
    ------
    InputError
        If it is not a whole number, or is said twice and differently.
    """
    record = atoms.info.get(KEY, {})
    said = stated_charge(atoms)
    if "charge" not in record:
        return said or 0
    charge = _whole_charge(record["charge"], f"charge of the record {KEY!r}")
    if said is not None and said != charge:
        raise InputError(
            f"charge {charge:+d} e in the record {KEY!r}, but {said:+d} e beside it in the "
            "structure's info: expected one charge; take one away"
        )
    return charge


def stated_charge(atoms: Atoms) -> int | None:
    """Return the total charge (e) that ``atoms.info`` states outside the record, None for none.

    Raises
    ------
    InputError
        If it is not a whole number, or is stated twice and differently.
    """
    if atoms.info.keys().isdisjoint(_SPELLINGS):
        return None
    told = {k: atoms.info[k] for k in atoms.info if k in _SPELLINGS}
    charges = {key: _whole_charge(value, str(key)) for key, value in told.items()}
    if len({*charges.values()}) > 1:
        given = ", ".join(f"{key} {charge:+d}" for key, charge in charges.items())
        raise InputError(f"{given}: expected one total charge (e); take the others away")
    return next(iter(charges.values()))


def states_charge(atoms: Atoms) -> bool:
    """Whether a total charge is said at all, in the record or beside it."""
    return "charge" in atoms.info.get(KEY, {}) or stated_charge(atoms) is not None


def sum_of_charges(atoms: Atoms) -> float | None:
    """Return what ASE's initial charges of the atoms sum to, e; None where there are none."""
    given = atoms.arrays.get("initial_charges")
    return None if given is None else float(given.sum())


def unpaired_electrons(atoms: Atoms) -> int | None:
    """Return the unpaired electrons that the record says, None where it says nothing.

    Builders of open-shell ions and what a file says of its multiplicity write them.
    """
    recorded = atoms.info.get(KEY, {}).get("unpaired_electrons")
    return None if recorded is None else int(recorded)


def magnetic_moments(atoms: Atoms) -> np.ndarray:
    """Return the (N,) initial magnetic moments, µB; zeros without any.

    Raises
    ------
    RefusedError
        If they are vectors, or not finite.
    """
    moments = atoms.arrays.get("initial_magmoms")
    if moments is None or not moments.any():
        return np.zeros(len(atoms))
    if moments.ndim > 1:
        raise RefusedError(
            "initial magnetic moments are vectors: expected one number for each atom (collinear)"
        )
    if not np.isfinite(moments).all():
        raise RefusedError(f"initial magnetic moments {moments.tolist()}: expected finite numbers")
    return np.array(moments, float)


def has_moments(atoms: Atoms) -> bool:
    """Whether the initial magnetic moments say what spin a structure has, and where.

    Not where they are the noise of an earlier calculation, nor where a builder set them beside its
    own record of the spin (``unpaired_electrons``, the hole of a defect): there the record says how
    much there is, and they say where it starts. Moments that say otherwise than the record were
    set after it.
    """
    moments = magnetic_moments(atoms)
    if not (np.abs(moments) >= MOMENT_TOLERANCE).any():
        return False
    recorded = unpaired_electrons(atoms)
    if recorded is not None:  # one more or less: an adsorbate or the hole of a defect
        return bool(abs(abs(moments.sum()) - recorded) > 1.0 + MOMENT_TOLERANCE)
    hole = atoms.info.get(KEY, {}).get("defect_type", {}).get("hole_site")
    return hole is None or np.flatnonzero(moments).tolist() != [hole]


def spin_of_moments(atoms: Atoms) -> int | None:
    """Return the unpaired electrons that only the initial moments say; None where they add nothing.

    They add something where the electron count alone would give another state: more unpaired
    electrons than it needs, or none but opposite spins.
    """
    if not has_moments(atoms):
        return None
    total = float(nuclear_charges(atoms).sum()) - total_charge(atoms)
    odd = round(total) % 2
    net = abs(float(magnetic_moments(atoms).sum()))
    if odd and abs(net - 1.0) <= MOMENT_TOLERANCE:
        return None
    return round(net)


def _whole_charge(value: Any, what: str) -> int:
    """Return a charge as an int; InputError for anything but a whole number of e."""
    try:
        number = float("nan") if isinstance(value, bool | np.bool_) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not number.is_integer():
        shown = value.item() if isinstance(value, np.generic) else value
        raise InputError(f"{what} {shown!r}: expected a whole number of e")
    return int(number)


def nuclear_charges(atoms: Atoms) -> np.ndarray:
    """Return the (N,) nuclear charges, e; pseudo-hydrogens with their fractional ones.

    The array ``pseudo_hydrogen`` holds the charge of atoms that stand for pseudo-hydrogens, 0 for
    the others.
    """
    charges = atoms.numbers.astype(float)
    if "pseudo_hydrogen" in atoms.arrays:
        pseudo = atoms.arrays["pseudo_hydrogen"]
        charges = np.where(pseudo != 0.0, pseudo, charges)
    return charges


def with_charge(atoms: Atoms, charge: int) -> Atoms:
    """Return a copy of the structure with another total charge (e).

    Raises
    ------
    InputError
        If it is not a whole number, or takes away more electrons than there are (or adds as many).
    """
    number = _whole_charge(charge, "charge")
    most = float(nuclear_charges(atoms).sum())
    if abs(number) > most:
        raise InputError(
            f"charge {number:+d}: {atoms.get_chemical_formula()} has {most:g} electrons when "
            f"neutral; expected a charge between {-int(most):+d} and {int(most):+d} e"
        )
    new = atoms.copy()
    for key in _SPELLINGS & new.info.keys():
        del new.info[key]
    update(new, charge=number)
    return new


def defect_position(atoms: Atoms, entry: Mapping[str, Any]) -> np.ndarray:
    """Return where a recorded defect is now, (3,) Å.

    A substituted atom is where it is. A vacancy is found from the three or more atoms that surround
    it and the ways to them, turned with them (W. Kabsch, Acta Cryst. A 32, 922 (1976)); with fewer,
    or in a periodic structure, it is where it was made.

    Parameters
    ----------
    atoms : Atoms
        The structure that carries the record.
    entry : mapping
        Of ``info["heterodot"]["defects"]``.
    """
    if entry.get("index") is not None:
        return atoms.positions[entry["index"]].copy()
    around = entry.get("neighbours", [])
    ways = np.array(entry.get("ways", []), dtype=float).reshape(-1, 3)
    if len(ways) < 3 or atoms.pbc.any():
        return np.array(entry["position"], dtype=float)
    now = atoms.positions[around]
    middle = ways.mean(axis=0)
    u, _, vt = np.linalg.svd((now - now.mean(axis=0)).T @ (ways - middle))
    handed = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    return np.asarray(now.mean(axis=0) - u @ handed @ vt @ middle)


def program_versions(packages: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of Python, of the packages every result rests on, and of more of them.

    Parameters
    ----------
    packages : iterable of str
        Those that codes rest on (:func:`heterodot.calculators.code_packages`); those that are not
        installed are left out.
    """
    versions = {"python": platform.python_version()}
    for package in ("heterodot", "ase", "numpy", "scipy", *packages):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
