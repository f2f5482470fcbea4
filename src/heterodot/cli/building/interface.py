"""``heterodot build interface|slab|terminations``: surfaces, and a film on a substrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.building.route import crystal_step, given, made, write_made
from heterodot.cli.common.arguments import Charges, charges_argument
from heterodot.cli.common.options import (
    Crystal,
    Face,
    Film,
    Kind,
    Layers,
    MaxArea,
    MaxStrain,
    Output,
    Passivate,
    Plane,
    Planes,
    Polarity,
    Relation,
    Strained,
    Substrate,
    Supercells,
    Thickness,
    Vacuum,
    face,
    numbers,
    pair,
)
from heterodot.errors import InputError

OldName = Annotated[str | None, typer.Option(hidden=True, help="The old name of --…-miller.")]


def terminations(
    crystal: Crystal,
    plane: Plane,
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

    bulk = made([crystal_step(crystal, charges_argument(charges))])
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
    crystal: Crystal,
    plane: Plane,
    output: Output,
    layers: Layers = None,
    thickness: Thickness = None,
    termination: Face = None,
    bottom_termination: Face = None,
    kind: Kind = "as-cut",
    repeat: Annotated[str, typer.Option(help="Repeats of the surface cell, such as 2x2.")] = "1x1",
    vacuum: Vacuum = 15.0,
    polarity: Polarity = "report",
    passivate_top: Passivate = None,
    passivate_bottom: Passivate = None,
    planes: Planes = False,
    charges: Charges = None,
) -> None:
    """Cut a slab of whole chemical layers."""
    cut = given(
        crystal=crystal, miller=plane, layers=layers, thickness=thickness,
        termination=face(termination), bottom_termination=face(bottom_termination),
        kind=kind.replace("-", " "), repeat=pair(repeat, "--repeat"), vacuum=vacuum,
        polarity=polarity, passivate_top=passivate_top, passivate_bottom=passivate_bottom,
        formal_charges=charges_argument(charges), planes=planes,
    )  # fmt: skip
    write_made([{"slab": cut}], output)


def interface(
    film: Film,
    substrate: Substrate,
    output: Output,
    film_miller: Annotated[
        str | None, typer.Option(help="100, '(2-1-1)' or 'pseudo-cubic:(220)'.")
    ] = None,
    substrate_miller: Annotated[str | None, typer.Option(help="The same of the substrate.")] = None,
    film_plane: OldName = None,
    substrate_plane: OldName = None,
    relation: Relation = None,
    max_area: MaxArea = 400.0,
    max_strain: MaxStrain = 0.03,
    strained: Strained = "film",
    supercells: Supercells = False,
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
    vacuum: Vacuum = 15.0,
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
    joint = given(
        film=film, substrate=substrate, rank=rank, relation=relation, max_area=max_area,
        max_strain=max_strain, matching={"strained": strained, "supercells": supercells},
        film_miller=_renamed("film", film_miller, film_plane),
        film_layers=film_layers, film_thickness=film_thickness,
        film_termination=face(film_termination), film_kind=film_kind.replace("-", " "),
        film_polarity=film_polarity, film_planes=film_planes, passivate_film=passivate_film,
        film_formal_charges=charges_argument(film_charges, "--film-charges"),
        substrate_miller=_renamed("substrate", substrate_miller, substrate_plane),
        substrate_layers=substrate_layers, substrate_thickness=substrate_thickness,
        substrate_termination=face(substrate_termination),
        substrate_kind=substrate_kind.replace("-", " "), substrate_polarity=substrate_polarity,
        substrate_planes=substrate_planes, passivate_substrate=passivate_substrate,
        substrate_formal_charges=charges_argument(substrate_charges, "--substrate-charges"),
        gap=gap, shift=None if shift is None else numbers(shift, "--shift"),
        grid=pair(grid, "--grid"), touch=touch, vacuum=vacuum,
    )  # fmt: skip
    write_made([{"interface": joint}], output)


def _renamed(side: str, miller: str | None, plane: str | None) -> str | None:
    """Return the plane, by whichever name of the option; the old one is said to be old."""
    if plane is None:
        return miller
    if miller is not None:
        raise InputError(f"--{side}-miller {miller} and --{side}-plane {plane}: expected the first")
    typer.echo(f"--{side}-plane is now --{side}-miller; the old name will go", err=True)
    return plane
