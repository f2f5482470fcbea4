"""What every building command ends with: the file, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from heterodot.errors import InputError
from heterodot.paths import refuse_no_file
from heterodot.writing import write_atomically

if TYPE_CHECKING:
    from ase import Atoms


def write_text(output: Path, text: str) -> None:
    """Write a table: whole, or not at all.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    refuse_no_file(output)
    try:
        write_atomically(output, text.encode())
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from error


def write_and_describe(atoms: Atoms, output: Path, said: Sequence[str] = ()) -> None:
    """Write a structure and say what it is; ``said`` are notes that were printed before.

    Raises
    ------
    InputError
        The file cannot be written, ASE does not know its format, or atoms are on top of each other.
    """
    from heterodot.provenance import notes, total_charge
    from heterodot.structures import electron_count
    from heterodot.structures.crystals.given import check_atoms
    from heterodot.structures.crystals.writing import write_structure

    if (not output.suffix and output.name not in ("POSCAR", "CONTCAR")) or output.is_dir():
        raise InputError(f"{output}: expected a file name with an ending, such as dot.xyz")
    refuse_no_file(output)
    try:
        check_atoms(atoms)
    except InputError as error:
        raise InputError(f"{output}: not written: {error}") from error
    try:
        write_structure(output, atoms)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from error
    except Exception as error:  # ASE's writers raise whatever they like
        raise InputError(
            f"{output}: ASE cannot write this format ({type(error).__name__}: {error}); "
            "expected .xyz or another it knows"
        ) from error
    typer.echo(f"{output}: {atoms.get_chemical_formula()}, {len(atoms)} atoms")
    if not atoms.pbc.any():
        typer.echo(f"  charge {total_charge(atoms):+d} e; {electron_count(atoms).summary()}")
    for note in (*notes(atoms), *_left_out(atoms, output)):
        if note not in said:
            typer.echo(f"  {note}")


def _left_out(atoms: Atoms, output: Path) -> list[str]:
    """Say what a format other than extended XYZ does not hold, so that it will not be read back."""
    from heterodot.provenance import total_charge

    if output.suffix in (".xyz", ".extxyz"):
        return []
    charge = total_charge(atoms)
    labels = [name for name in atoms.arrays if name not in ("numbers", "positions")]
    lost = [f"the charge {charge:+d} e"] if charge and output.suffix != ".traj" else []
    if labels:
        lost.append(f"the labels {', '.join(labels)}")
    return [f"not in this format: {', '.join(lost)}; .xyz keeps them"] if lost else []
