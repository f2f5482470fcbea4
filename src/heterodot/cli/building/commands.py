"""``heterodot build``: make one structure and write it to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.building.alloy import alloy
from heterodot.cli.building.cluster import cluster, guest
from heterodot.cli.building.core_shell import core_shell
from heterodot.cli.building.interface import interface, slab, terminations
from heterodot.cli.building.janus import janus
from heterodot.cli.building.route import Step, crystal_step, given, write_made
from heterodot.cli.common.arguments import Charges, charges_argument, composition_argument
from heterodot.cli.common.options import Crystal, Output
from heterodot.cli.common.writing import write_and_describe
from heterodot.errors import InputError

app = typer.Typer(
    help="Build one structure and write it (.xyz keeps everything; any format ASE writes).",
    no_args_is_help=True,
    rich_markup_mode=None,
)

app.command("alloy")(alloy)
app.command("core-shell")(core_shell)
app.command("cluster")(cluster)
app.command("guest")(guest)
app.command("interface")(interface)
app.command("janus")(janus)
app.command("slab")(slab)
app.command("terminations")(terminations)


@app.command("crystal")
def crystal(
    source: Crystal,
    output: Output,
    charges: Charges = None,
) -> None:
    """Write the conventional cell of a crystal."""
    write_made([crystal_step(source, charges_argument(charges))], output)


@app.command("pyramid")
def pyramid(
    output: Output,
    source: Annotated[
        str, typer.Option("--crystal", help="Crystal it is cut from: a name or a file.")
    ] = "CuInS2",
    base: Annotated[int, typer.Option(help="Cations along an edge of the base.")] = 3,
    layers: Annotated[
        int | None, typer.Option(help="Layers of cations; all by default, fewer make a frustum.")
    ] = None,
    termination: Annotated[str, typer.Option(help="anion or cation.")] = "anion",
    truncate: Annotated[
        str | None, typer.Option(help="Corners to leave out: all, or apex.")
    ] = None,
    apex: Annotated[str | None, typer.Option(help="Element of the cation at the apex.")] = None,
    fill: Annotated[
        str | None,
        typer.Option(help="Composition of the cations: 8/12, Cu=8,In=8,Zn=4 or fractions."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the random order of cations.")] = None,
    defect: Annotated[str | None, typer.Option(help="Defect type: A, B or C.")] = None,
    charge: Annotated[int | None, typer.Option(help="Total charge, e.")] = None,
    passivate: Annotated[
        str | None, typer.Option(help="H, pseudo-H, Cl, Br, I or SH; none by default.")
    ] = None,
    charges: Charges = None,
) -> None:
    """Cut a tetrahedral dot or a frustum; fill, dope and passivate it."""
    if seed is not None and fill is None:
        raise InputError(f"--seed {seed} without --fill: expected both, or neither")
    corners = {"all": True}.get(truncate or "", truncate)
    cut = given(
        crystal=source if charges is None else None,
        base=base,
        layers=layers,
        termination=termination,
        truncate_corners=corners,
        apex=apex,
    )
    steps: list[Step] = [{"pyramid": cut}]
    known = charges_argument(charges)
    if known is not None:
        steps.insert(0, crystal_step(source, _of_crystal(source, known)))
    if fill is not None:
        filling = given(target=composition_argument(fill), seed=seed, formal_charges=known)
        steps.append({"fill_cations": filling})
    if defect is not None:
        steps.append({"defect_type": defect})
    if passivate is not None:
        steps.append({"passivate": passivate})
    if charge is not None:
        steps.append({"charge": charge})
    write_made(steps, output)


@app.command("steps")
def steps(
    step: Annotated[
        list[str], typer.Argument(help="Steps as in a study, such as 'pyramid: {base: 3}'.")
    ],
    output: Output,
) -> None:
    """Carry out building steps, written as in a study file."""
    from heterodot.structures.recipes.yamlfile import parse_yaml

    entries = [parse_yaml(text, f"step {n + 1}").data for n, text in enumerate(step)]
    write_made([e if isinstance(e, dict) else {str(e): None} for e in entries], output)


@app.command("system")
def system(
    study: Annotated[Path, typer.Argument(help="Study file.")],
    name: Annotated[str, typer.Argument(help="Name of one of its systems.")],
    output: Output,
) -> None:
    """Build one system of a study."""
    from heterodot.workflows.study import Study

    loaded = Study.load(study)
    if name not in loaded.system_names:
        raise InputError(f"system {name!r}, expected one of {', '.join(loaded.system_names)}")
    write_and_describe(loaded.system(name).atoms, output)


@app.command("adsorbate")
def adsorbate(
    structure: Annotated[Path, typer.Argument(help="Structure file.")],
    output: Output,
    site: Annotated[int, typer.Option(help="Index of the atom it binds to.")],
    molecule: Annotated[str, typer.Option("--adsorbate", help="CO2, COOH, CO, H, …")] = "CO2",
    orientation: Annotated[str | None, typer.Option(help="How it stands.")] = None,
    height: Annotated[float | None, typer.Option(help="Distance from the site, Å.")] = None,
) -> None:
    """Put a molecule on an atom of a structure."""
    from heterodot.structures.crystals.files import read_structure_file

    placed = given(site=site, adsorbate=molecule, orientation=orientation, height=height)
    write_made([{"add_adsorbate": placed}], output, read_structure_file(structure))


def _of_crystal(source: str, charges: dict[str, float]) -> dict[str, float]:
    """Return the charges of the crystal's elements; the others are of cations to fill in."""
    from heterodot.structures.crystals.crystal import lattice_crystal

    symbols = set(lattice_crystal(source).get_chemical_symbols())
    return {element: charge for element, charge in charges.items() if element in symbols}
