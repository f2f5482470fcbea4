"""The one route of ``heterodot build``: steps of the grammar, carried out, written, described."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ase import Atoms

Step = dict[str, Any]


def given(**values: Any) -> dict[str, Any]:
    """Return the values that are not None: what is left out is left to the builder."""
    return {name: value for name, value in values.items() if value is not None}


def crystal_step(source: str, charges: dict[str, float] | None) -> Step:
    """Return the step that makes a crystal."""
    return {"crystal": given(source=source, formal_charges=charges)}


def made(steps: list[Step], atoms: Atoms | None = None) -> Atoms:
    """Return what the steps make, as a study with the same steps would.

    Raises
    ------
    StudyError
        One line that says which step cannot be read or done, and why.
    """
    from heterodot.structures.recipes.grammar import built

    return built(steps, atoms)


def write_made(steps: list[Step], output: Path, atoms: Atoms | None = None) -> None:
    """Carry out the steps, write the structure and say what it is."""
    from heterodot.cli.common.writing import write_and_describe

    write_and_describe(made(steps, atoms), output)
