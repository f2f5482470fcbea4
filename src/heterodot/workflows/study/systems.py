"""The systems of a study: read or built, each with its site."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase import Atoms

from heterodot import provenance
from heterodot.adsorbate import find_adsorbate, guess_note, is_guessed
from heterodot.errors import InputError
from heterodot.paths import user_path
from heterodot.structures.recipes.grammar import build, in_document, read_steps
from heterodot.structures.recipes.steps import resolve_sites
from heterodot.workflows.study.cases import System

if TYPE_CHECKING:
    from heterodot.structures.recipes.yamlfile import Document, Location


def read_system(name: str, entry: Mapping[str, Any], document: Document) -> System:
    """Read or build a system of a checked study.

    Raises
    ------
    StudyError
        One line that says which step of which system cannot be done, and why.
    """
    here: Location = ("systems", name)
    if entry.get("file") is not None:
        try:
            path = document.path.parent / user_path(entry["file"])
        except InputError as error:
            raise in_document(error, document, (*here, "file")) from error
        atoms = read_structure(path, document, (*here, "file"), entry.get("frame"))
    else:
        steps = read_steps(entry["build"], document, (*here, "build"))
        atoms = build(steps, document)
    return finished_system(name, entry, atoms, document)


def finished_system(
    name: str,
    entry: Mapping[str, Any],
    atoms: Atoms,
    document: Document,
    site: int | None = None,
) -> System:
    """Give a structure its charge, its site and its label; ``site`` is of where it comes from."""
    here: Location = ("systems", name)
    if entry.get("charge") is not None:
        atoms = _charged(atoms, entry, document, (*here, "charge"))
    if entry.get("site") is not None:
        try:
            site = resolve_sites(atoms, entry["site"])
        except InputError as error:
            raise in_document(error, document, (*here, "site")) from error
        atoms = _told_apart(atoms, site)
    return System(name, entry.get("label") or name, atoms, site)


def _told_apart(atoms: Atoms, site: int) -> Atoms:
    """Return the structure, with a note where its adsorbate stands on another atom than the site.

    A rule finds an atom with room, so never the one an adsorbate was put on.
    """
    record = provenance.details(atoms).get("adsorbate") or {}
    other = record.get("site")
    if other is None or other == site:
        return atoms
    told = atoms.copy()
    provenance.add_note(
        told,
        f"the site is {told.symbols[site]}{site}, an atom with room; {record['name']} stands on "
        f"{told.symbols[other]}{other}, which is the site where none is named",
    )
    return told


def _charged(
    atoms: Atoms, entry: Mapping[str, Any], document: Document, location: Location
) -> Atoms:
    """Give a system the charge of its key ``charge``; another one said elsewhere is an error."""
    wanted = entry["charge"]
    said = provenance.total_charge(atoms) if provenance.states_charge(atoms) else wanted
    if said != wanted:
        if "file" in entry:
            source = f"its file says {said:+d} e; take one away or make them the same"
            raise document.error(location, f"given {wanted:+d}, but {source}")
        if any("charge" in (*step, *(_keys(step))) for step in entry.get("build", ())):
            raise document.error(
                location,
                f"given {wanted:+d}, but a step of 'build' says {said:+d} e; take one away",
            )
    try:
        atoms = provenance.with_charge(atoms, wanted)
    except InputError as error:
        raise in_document(error, document, location) from error
    if said != wanted:
        provenance.add_note(
            atoms,
            f"charge {wanted:+d} e, as the study says, in place of the {said:+d} e it was built "
            "with",
        )
    return atoms


def _keys(step: Mapping[str, Any]) -> list[str]:
    return [key for value in step.values() if isinstance(value, Mapping) for key in value]


def system_notes(atoms: Atoms) -> list[str]:
    """Return what the user should see about a structure before anything is calculated.

    The notes of its builders; formal charges that do not add up to its charge; an adsorbate that
    was not recorded but guessed.
    """
    from heterodot.structures.dots.composition import CHARGE_NOTE

    found = provenance.notes(atoms)
    unbalanced = imbalance_note(atoms)
    if unbalanced is not None:  # says what the builders' note says, and what to do
        found = [note for note in found if not note.startswith(CHARGE_NOTE)]
        found.append(unbalanced)
    record = find_adsorbate(atoms)
    if record is not None and is_guessed(record):
        found.append(guess_note(atoms, record))
    return found


def imbalance_note(atoms: Atoms) -> str | None:
    """Say that the formal charges of an ionic structure do not sum to its charge; None if they do.

    A structure without cations (a molecule) or without anions (a metal) is not judged.
    """
    from heterodot.structures import electron_count
    from heterodot.structures.chemistry.electrons import formal_charges

    formal = formal_charges(atoms)
    heavy = formal[atoms.numbers > 1]
    count = electron_count(atoms)
    off = count.imbalance
    if off is None or abs(off) < 1e-6 or not ((heavy > 0).any() and (heavy < 0).any()):
        return None
    return (
        f"not closed-shell: formal charges sum to {count.formal_charge_sum:+g} e, the charge is "
        f"{count.charge:+d} e ({off:+g} e left over); passivate its dangling bonds, give the "
        "charge it is meant to have, or take the result for that of an open-shell structure"
    )


def read_structure(
    path: Path, document: Document, location: Location, frame: int | None = None
) -> Atoms:
    """Read one structure (the last, if there are several) from a file of a known format."""
    from heterodot.structures.crystals.files import read_structure_file

    try:
        return read_structure_file(path, frame)
    except InputError as error:
        raise document.error(location, str(error)) from error
