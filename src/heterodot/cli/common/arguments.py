"""Reading what several commands take: structures, compositions, supercells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heterodot.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms


def structure_argument(text: str) -> Atoms:
    """Return the structure in a file as it is, or the crystal of a name.

    Raises
    ------
    InputError
        If it is neither.
    """
    from heterodot.structures import crystal, crystal_names
    from heterodot.structures.crystals.files import names_file, read_structure_file

    if text in crystal_names() or not (Path(text).exists() or names_file(text)):
        return crystal(text)
    return read_structure_file(text)


def composition_argument(text: str) -> str | dict[str, float]:
    """Read ``8/12`` or ``Cu=8,In=10,vacancy=2`` (or fractions)."""
    from heterodot.structures.dots.composition_text import read_composition

    return read_composition(text)


Charges = Annotated[
    str | None,
    typer.Option("--charges", help="Formal charges by element, e: Fe=3,O=-2; else guessed."),
]


def charges_argument(text: str | None, option: str = "--charges") -> dict[str, float] | None:
    """Read ``Fe=3,O=-2``.

    Raises
    ------
    InputError
        It is not that, or names an element twice.
    """
    if text is None:
        return None
    from heterodot.structures.dots.composition_text import named_numbers

    return named_numbers(text, f"{option} {text!r}", "charges such as Fe=3,O=-2")


def supercell_argument(text: str | None) -> int | list[int] | None:
    """Read ``2`` or ``2x2x1``.

    Raises
    ------
    InputError
        If it is neither.
    """
    if text is None:
        return None
    try:
        numbers = [int(part) for part in text.lower().replace("×", "x").split("x")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3):
        raise InputError(f"supercell {text!r}: expected a number, or three as 2x2x1")
    return numbers[0] if len(numbers) == 1 else numbers
