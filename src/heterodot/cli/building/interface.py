"""``heterodot build interface|slab|terminations``: surfaces, and a film on a substrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.common.arguments import Charges, charges_argument

Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]
Layers = Annotated[int | None, typer.Option(help="Chemical layers.")]
Thickness = Annotated[float | None, typer.Option(help="Instead of layers, Å.")]
Face = Annotated[str | None, typer.Option(help="Layer it ends with: a name or an index.")]
Kind = Annotated[str, typer.Option(help="as-cut, symmetric or stoichiometric.")]
OldName = Annotated[str | None, typer.Option(hidden=True, help="The old name of --…-miller.")]
Polarity = Annotated[str, typer.Option(help="report, compensate or refuse.")]
Planes = Annotated[bool, typer.Option("--planes", help="Count every plane of atoms as a layer.")]
Passivate = Annotated[str | None, typer.Option(help="pseudo-H, on the outer face.")]


def terminations(
    crystal: Annotated[str, typer.Argument(help="Name of a known crystal, or a structure file.")],
    plane: Annotated[str, typer.Argument(help="100, '(2-1-1)' or 'pseudo-cubic:(220)'.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file to write.")
    ] = None,
    planes: Planes = False,
    charges: Charges = None,
) -> None:
    """List the layers a surface can end with."""
    from heterodot import structures
    from heterodot.cli.common.writing import write_text
    from heterodot.provenance import notes
    from heterodot.structures.interfaces.terminations import faces_inside_layers

    bulk = structures.crystal(crystal, formal_charges=charges_argument(charges))
    found = structures.terminations(bulk, plane, planes=planes)
    for one in found:
        typer.echo(one.summary())
    for inner in [] if planes else faces_inside_layers(bulk, plane):
        typer.echo(
            f"  inside a layer of several planes: {inner.name}, layer charge {inner.charge:+g} e, "
            f"not polar (--planes lists it; build slab takes it with --planes --termination "
            f"{inner.name})"
        )
    for note in notes(bulk):
        typer.echo(f"  {note}")
    if output is not None:
        write_text(output, json.dumps([one.to_dict() for one in found], indent=1) + "\n")


def slab(
    crystal: Annotated[str, typer.Argument(help="Name of a known crystal, or a structure file.")],
    plane: Annotated[str, typer.Argument(help="100, '(2-1-1)' or 'pseudo-cubic:(220)'.")],
    output: Output,
    layers: Layers = None,
    thickness: Thickness = None,
    termination: Face = None,
    bottom_termination: Face = None,
    kind: Kind = "as-cut",
    repeat: Annotated[str, typer.Option(help="Repeats of the surface cell, such as 2x2.")] = "1x1",
    vacuum: Annotated[float, typer.Option(help="Empty height, Å.")] = 15.0,
    polarity: Polarity = "report",
    passivate_top: Passivate = None,
    passivate_bottom: Passivate = None,
    planes: Planes = False,
    charges: Charges = None,
) -> None:
    """Cut a slab of whole chemical layers."""
    from heterodot import structures
    from heterodot.cli.common.writing import write_and_describe

    made = structures.slab(
        crystal, plane, layers=layers, thickness=thickness, termination=_face(termination),
        bottom_termination=_face(bottom_termination), kind=kind.replace("-", " "),
        repeat=_pair(repeat, "--repeat"), vacuum=vacuum, polarity=polarity,
        passivate_top=passivate_top, passivate_bottom=passivate_bottom,
        formal_charges=charges_argument(charges), planes=planes,
    )  # fmt: skip
    write_and_describe(made, output)


def interface(
    film: Annotated[str, typer.Argument(help="Crystal of the film: a name or a file.")],
    substrate: Annotated[str, typer.Argument(help="Crystal of the substrate.")],
    output: Output,
    film_miller: Annotated[
        str | None, typer.Option(help="100, '(2-1-1)' or 'pseudo-cubic:(220)'.")
    ] = None,
    substrate_miller: Annotated[str | None, typer.Option(help="The same of the substrate.")] = None,
    film_plane: OldName = None,
    substrate_plane: OldName = None,
    relation: Annotated[
        str | None, typer.Option(help="Such as '(100)f || (2-1-1)s, [001]f || [111]s'.")
    ] = None,
    max_area: Annotated[float, typer.Option(help="Of the common cell, Å².")] = 400.0,
    max_strain: Annotated[float, typer.Option(help="Largest principal strain, 0.03 = 3 %.")] = 0.03,
    strained: Annotated[
        str, typer.Option(help="Who bears the strain: film, substrate, shared or elastic.")
    ] = "film",
    supercells: Annotated[
        bool, typer.Option("--supercells", help="Matches that are supercells of smaller ones, too.")
    ] = False,
    rank: Annotated[int, typer.Option(help="Which match to build; 1 is the best.")] = 1,
    film_layers: Layers = None,
    film_thickness: Thickness = None,
    film_termination: Face = None,
    film_kind: Kind = "as-cut",
    film_polarity: Polarity = "report",
    substrate_layers: Layers = None,
    substrate_thickness: Thickness = None,
    substrate_termination: Face = None,
    substrate_kind: Kind = "as-cut",
    substrate_polarity: Polarity = "report",
    passivate_film: Passivate = None,
    passivate_substrate: Passivate = None,
    gap: Annotated[float | None, typer.Option(help="Å; by default from contact distances.")] = None,
    shift: Annotated[
        str | None, typer.Option(help="Fractions of the cell, such as 0.5,0; the best by default.")
    ] = None,
    grid: Annotated[str, typer.Option(help="Shifts tried, such as 20x20.")] = "12x12",
    touch: Annotated[float, typer.Option(help="Factor on the contact distances.")] = 1.0,
    vacuum: Annotated[float, typer.Option(help="Empty height, Å.")] = 15.0,
    film_charges: Annotated[
        str | None, typer.Option(help="Formal charges of the film, e: Fe=3,O=-2; else guessed.")
    ] = None,
    substrate_charges: Annotated[str | None, typer.Option(help="Of the substrate, e.")] = None,
    film_planes: Annotated[
        bool, typer.Option("--film-planes", help="Count every plane of its atoms as a layer.")
    ] = False,
    substrate_planes: Annotated[
        bool, typer.Option("--substrate-planes", help="The same of the substrate.")
    ] = False,
) -> None:
    """Put a film on a substrate by a lattice match, at its best registry and gap."""
    from heterodot import structures
    from heterodot.cli.common.writing import write_and_describe

    matching = structures.MatchOptions(
        film_miller=_renamed("film", film_miller, film_plane),
        substrate_miller=_renamed("substrate", substrate_miller, substrate_plane),
        relation=relation, max_area=max_area, max_strain=max_strain, strained=strained,
        supercells=supercells,
    )  # fmt: skip
    film_side = structures.SideOptions(
        film_layers, film_thickness, _face(film_termination), kind=film_kind.replace("-", " "),
        polarity=film_polarity, passivate=passivate_film, planes=film_planes,
        formal_charges=charges_argument(film_charges, "--film-charges"),
    )  # fmt: skip
    substrate_side = structures.SideOptions(
        substrate_layers, substrate_thickness, _face(substrate_termination),
        kind=substrate_kind.replace("-", " "), polarity=substrate_polarity,
        passivate=passivate_substrate, planes=substrate_planes,
        formal_charges=charges_argument(substrate_charges, "--substrate-charges"),
    )  # fmt: skip
    joining = structures.JoinOptions(
        gap, None if shift is None else _numbers(shift, "--shift"), _pair(grid, "--grid"),
        touch=touch, vacuum=vacuum,
    )  # fmt: skip
    made = structures.interface(
        film, substrate, matching=matching, rank=rank, film_side=film_side,
        substrate_side=substrate_side, joining=joining,
    )  # fmt: skip
    write_and_describe(made, output)


def _renamed(side: str, miller: str | None, plane: str | None) -> str | None:
    """Return the plane, by whichever name of the option; the old one is said to be old."""
    from heterodot.errors import InputError

    if plane is None:
        return miller
    if miller is not None:
        raise InputError(f"--{side}-miller {miller} and --{side}-plane {plane}: expected the first")
    typer.echo(f"--{side}-plane is now --{side}-miller; the old name will go", err=True)
    return plane


def _face(text: str | None) -> str | int | None:
    """Take digits for an index."""
    return int(text) if text is not None and text.isdigit() else text


def _pair(text: str, option: str) -> tuple[int, int]:
    from heterodot.errors import InputError

    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise InputError(f"{option} {text!r}: expected two whole numbers, such as 2x2")
    return int(parts[0]), int(parts[1])


def _numbers(text: str, option: str) -> list[float]:
    from heterodot.errors import InputError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: expected numbers, such as 0.5,0") from None
