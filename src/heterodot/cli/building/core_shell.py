"""``heterodot build core-shell``: a core/shell dot, its interface and its ligands."""

from __future__ import annotations

from typing import Annotated

import typer

from heterodot.cli.building.route import Step, given, write_made
from heterodot.cli.common.arguments import Charges, charges_argument
from heterodot.cli.common.options import Output
from heterodot.errors import InputError


def core_shell(
    output: Output,
    core: Annotated[str, typer.Option(help="Crystal of the core: a name or a file.")] = "InP",
    shell: Annotated[
        list[str] | None,
        typer.Option(help="ZnSe:2ml, ZnS:6A or the gradient ZnSe>ZnS:8A; from the inside, repeat."),
    ] = None,
    radius: Annotated[float | None, typer.Option(help="Of the core, Å.")] = None,
    diameter: Annotated[float | None, typer.Option(help="Of the core, Å.")] = None,
    shape: Annotated[
        str, typer.Option(help="sphere, cube, octahedron, tetrahedron, cuboctahedron, …")
    ] = "sphere",
    lattice: Annotated[
        str, typer.Option(help="core: strained to it; relaxed: by a valence force field.")
    ] = "core",
    centre: Annotated[str, typer.Option(help="cation, anion or bond.")] = "cation",
    core_termination: Annotated[
        str | None, typer.Option(help="cation or anion: what the core ends on; cut as it falls.")
    ] = None,
    occupation: Annotated[str, typer.Option(help="Of gradients: exact or random.")] = "exact",
    min_coordination: Annotated[int, typer.Option(help="Fewest bonds an atom may keep.")] = 2,
    oxide: Annotated[
        float | None, typer.Option(help="Fraction of the interface's anions that become O.")
    ] = None,
    halide: Annotated[
        str | None, typer.Option(help="F, Cl, Br or I in place of that O: Cl, or Cl:0.5 of it.")
    ] = None,
    ligand: Annotated[
        str | None, typer.Option(help="ZnCl2, ZnBr2, … or ZnCl2:0.5 of the bare anions bound.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all random choices.")] = 0,
    charges: Charges = None,
) -> None:
    """Build a core/shell dot; oxidise its interface, repair it by halides, cap its surface."""
    dot = given(
        core=core, shells=shell or [], radius=radius, diameter=diameter, shape=shape,
        centre=centre, core_termination=core_termination, lattice=lattice, occupation=occupation,
        seed=seed, min_coordination=min_coordination, formal_charges=charges_argument(charges),
    )  # fmt: skip
    steps: list[Step] = [{"core_shell": dot}]
    if oxide is not None:
        steps.append({"oxidize_interface": {"fraction": oxide, "seed": seed}})
    if halide is not None:
        element, share = _with_share(halide, "--halide")
        repair = {"halogen": element, "fraction": share, "seed": seed}
        steps.append({"substitute_halide": repair})
    if ligand is not None:
        formula, share = _with_share(ligand, "--ligand")
        steps.append({"add_z_ligands": {"ligand": formula, "coverage": share, "seed": seed}})
    write_made(steps, output)


def _with_share(text: str, option: str) -> tuple[str, float]:
    """Split "ZnCl2:0.5"; without a share it is 1."""
    name, colon, share = text.partition(":")
    try:
        return name, float(share) if colon else 1.0
    except ValueError:
        raise InputError(f"{option} {text!r}: expected a fraction after the colon") from None
