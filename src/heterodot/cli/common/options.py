"""Options that several commands have, each declared once, and the texts they are read from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heterodot.errors import InputError

Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]

Level = Annotated[
    str,
    typer.Option(
        "--level", "-l", help="A code, code:model, code:key=value,… or a YAML file of one level."
    ),
]

Film = Annotated[str, typer.Argument(help="Crystal of the film: a name or a file.")]
Substrate = Annotated[str, typer.Argument(help="Crystal of the substrate: a name or a file.")]
Relation = Annotated[
    str | None, typer.Option(help="Such as '(100)f || (2-1-1)s, [001]f || [111]s'.")
]
MaxArea = Annotated[float, typer.Option(help="Largest area of the common cell, Å².")]
MaxStrain = Annotated[float, typer.Option(help="Largest principal strain, 0.03 = 3 %.")]
Strained = Annotated[
    str, typer.Option(help="Who bears the strain: film, substrate, shared or elastic.")
]
Supercells = Annotated[
    bool, typer.Option("--supercells", help="Matches that are supercells of smaller ones, too.")
]
Supercell = Annotated[str | None, typer.Option(help="Of a crystal: 2, or 2x2x1.")]

Crystal = Annotated[str, typer.Argument(help="Name of a known crystal, or a structure file.")]
Plane = Annotated[str, typer.Argument(help="100, '(2-1-1)' or 'pseudo-cubic:(220)'.")]
Layers = Annotated[int | None, typer.Option(help="Chemical layers.")]
Thickness = Annotated[float | None, typer.Option(help="Instead of layers, Å.")]
Face = Annotated[str | None, typer.Option(help="Layer it ends with: a name or an index.")]
Kind = Annotated[str, typer.Option(help="as-cut, symmetric or stoichiometric.")]
Polarity = Annotated[str, typer.Option(help="report, compensate or refuse.")]
Planes = Annotated[bool, typer.Option("--planes", help="Count every plane of atoms as a layer.")]
Passivate = Annotated[str | None, typer.Option(help="pseudo-H, on the outer face.")]
Vacuum = Annotated[float, typer.Option(help="Empty height, Å.")]


def face(text: str | None) -> str | int | None:
    """Return the layer a face ends with; digits are an index."""
    return int(text) if text is not None and text.isdigit() else text


def pair(text: str, option: str) -> list[int]:
    """Read ``2x2``.

    Raises
    ------
    InputError
        It is not that.
    """
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise InputError(f"{option} {text!r}: expected two whole numbers, such as 2x2")
    return [int(part) for part in parts]


def numbers(text: str, option: str) -> list[float]:
    """Read ``1.0,2.5,0``.

    Raises
    ------
    InputError
        It is not that.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: expected numbers such as 1.0,2.5,0") from None


def indices(text: str, option: str) -> list[int]:
    """Read ``3,17``.

    Raises
    ------
    InputError
        It is not that.
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: expected whole numbers such as 3,17") from None
