"""The systems of a study: read or built, each with its site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase import Atoms

from heterodot import provenance
from heterodot.errors import InputError, StudyError
from heterodot.paths import user_path
from heterodot.workflows.study.steps import Step, in_document, read_step, resolve_sites, run_step

if TYPE_CHECKING:
    from heterodot.workflows.study.yamlfile import Document, Location


FARTHEST = 1e9
"""Coordinates (Å) beyond this are no structure."""


@dataclass(frozen=True, eq=False)
class System:
    """A structure of a study.

    Attributes
    ----------
    name : str
        Part of file names.
    label : str
        For tables and figures.
    atoms : Atoms
    site : int or None
        The atom questions about a site are asked of.
    """

    name: str
    label: str
    atoms: Atoms
    site: int | None


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
        atoms = read_structure(path, document, (*here, "file"))
    else:
        steps = read_steps(entry["build"], document, (*here, "build"))
        atoms = build(steps, document)
    if entry.get("charge") is not None:
        atoms = provenance.with_charge(atoms, entry["charge"])
    site = entry.get("site")
    if site is not None:
        try:
            site = resolve_sites(atoms, site)
        except InputError as error:
            raise in_document(error, document, (*here, "site")) from error
    return System(name, entry.get("label") or name, atoms, site)


def read_steps(
    entries: Sequence[Mapping[str, Any]], document: Document, location: Location
) -> list[Step]:
    """Check the steps of a build list without building anything."""
    steps = [read_step(entry, document, (*location, n)) for n, entry in enumerate(entries)]
    if not steps[0].starts:
        raise document.error(
            steps[0].location,
            "the first step needs something to start from, expected 'crystal', 'molecule', or a "
            "key 'crystal' in it",
        )
    return steps


def build(steps: list[Step], document: Document) -> Atoms:
    """Carry out the steps, in order."""
    atoms: Atoms | None = None
    for step in steps:
        atoms = apply_step(step, atoms, document)
    if atoms is None:
        raise document.error((), "given no step, expected at least one")
    return atoms


def apply_step(step: Step, atoms: Atoms | None, document: Document) -> Atoms:
    """Carry out one step on the structure before it (None for the first)."""
    try:
        return run_step(step, atoms, document.path.parent)
    except StudyError:
        raise
    except (InputError, TypeError, ValueError, ArithmeticError) as error:
        raise in_document(InputError(str(error)), document, step.location) from error


def read_structure(path: Path, document: Document, location: Location) -> Atoms:
    """Read one structure (the last, if there are several) from a file of a known format."""
    from heterodot.structures.files import read_structure_file

    try:
        atoms = read_structure_file(path)
    except InputError as error:
        raise document.error(location, str(error)) from error
    if len(atoms) == 0:
        raise document.error(location, f"{path} holds no atoms, expected a structure")
    if not (abs(atoms.positions) < FARTHEST).all():  # false for NaN as well
        raise document.error(
            location, f"{path} has an atom at no place, expected coordinates below {FARTHEST:g} Å"
        )
    try:
        provenance.notes(atoms), provenance.history(atoms), provenance.total_charge(atoms)
    except (AttributeError, TypeError, ValueError) as error:
        raise document.error(
            location, f"{path}: its entry {provenance.KEY!r} is not one of ours; take it out"
        ) from error
    atoms.calc = None
    return atoms
