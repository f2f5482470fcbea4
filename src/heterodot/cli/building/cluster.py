"""``heterodot build cluster`` and ``build guest``: clusters, and clusters in frameworks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heterodot.cli.building.route import Step, crystal_step, given, made, write_made
from heterodot.cli.common.arguments import Charges, charges_argument
from heterodot.cli.common.options import Output, indices, numbers
from heterodot.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms

COINAGE = ("Cu", "Ag", "Au")


def cluster(
    output: Output,
    compound: Annotated[
        str, typer.Argument(help="CdSe, (CdSe)34, Cd6Se6, …; or a metal: Cu, Ag, Au.")
    ],
    n: Annotated[int | None, typer.Argument(help="Formula units, or atoms of a metal.")] = None,
    form: Annotated[str, typer.Option(help="best, cage or core-cage.")] = "best",
    isomer: Annotated[
        int | None, typer.Option(help="Which hollow cage of this size, 0, 1, …")
    ] = None,
    layers: Annotated[
        int | None, typer.Option(help="A tetrahedron of so many layers of cations instead.")
    ] = None,
    passivate: Annotated[
        str | None, typer.Option(help="H, pseudo-H, Cl, Br, I or SH on a tetrahedron.")
    ] = None,
    dopant: Annotated[
        str | None, typer.Option(help="Mn, Co, Cu, … or Mn:2; one file for each distinct choice.")
    ] = None,
    charge: Annotated[int, typer.Option(help="Total charge of a metal cluster, e.")] = 0,
    shape: Annotated[str | None, typer.Option(help="Of a metal cluster: Td, D4h, …")] = None,
    adsorbate: Annotated[str | None, typer.Option(help="CO2 on a metal cluster.")] = None,
    orientation: Annotated[str | None, typer.Option(help="How CO2 stands.")] = None,
    site: Annotated[int | None, typer.Option(help="The atom CO2 is on.")] = None,
    charges: Charges = None,
) -> None:
    """Build a magic-size cluster, one of the tetrahedral series, or a metal cluster with CO2."""
    metal = compound in COINAGE
    _refuse(metal, {"--layers": layers, "--dopant": dopant, "--passivate": passivate,
                    "--isomer": isomer, "--form": None if form == "best" else form})  # fmt: skip
    _refuse(not metal, {"--charge": charge or None, "--shape": shape, "--adsorbate": adsorbate,
                        "--orientation": orientation, "--site": site})  # fmt: skip
    _refuse(layers is None, {"--charges": charges})
    if metal:
        if n is None:
            raise InputError(f"cluster {compound}: expected the number of atoms after it")
        if adsorbate not in (None, "CO2"):
            raise InputError(f"--adsorbate {adsorbate}: expected CO2; others by 'build adsorbate'")
        steps = [{"metal_cluster": given(metal=compound, n=n, charge=charge, shape=shape)}]
        if adsorbate is None:
            _refuse(True, {"--orientation": orientation, "--site": site})
        else:
            steps.append({"co2_on_cluster": given(site=site, orientation=orientation)})
    elif layers is not None:
        _refuse(
            True, {"a number": n, "--isomer": isomer, "--form": None if form == "best" else form}
        )
        steps = _tetrahedron(compound, layers, passivate, charges_argument(charges))
    else:
        _refuse(True, {"--passivate": passivate})
        steps = [{"magic_size_cluster": given(compound=compound, n=n, form=form, isomer=isomer)}]
    _write_all(made(steps), dopant, output)


def _tetrahedron(
    compound: str, layers: int, passivant: str | None, charges: dict[str, float] | None
) -> list[Step]:
    """Return the steps to one of the tetrahedral series."""
    cut = given(crystal=compound if charges is None else None, layers=layers, passivant=passivant)
    first = [] if charges is None else [crystal_step(compound, charges)]
    return [*first, {"tetrahedral_cluster": cut}]


def guest(
    structure: Annotated[Path, typer.Argument(help="File of the cluster.")],
    host: Annotated[str, typer.Argument(help="File of the framework (CIF, …), or a crystal.")],
    output: Output,
    centre: Annotated[
        str, typer.Option(help="void (the largest), surface (of a slab), or a point: x,y,z in Å.")
    ] = "void",
    site: Annotated[str | None, typer.Option(help="The middle of these host atoms: 3,17.")] = None,
    orientation: Annotated[
        str, typer.Option(help="best, 'as given', or a rotation vector x,y,z in degrees.")
    ] = "best",
    clearance: Annotated[float, typer.Option(help="Å to leave beyond the least distances.")] = 0.0,
    remove: Annotated[str | None, typer.Option(help="Host atoms to take out: 4,5,6.")] = None,
) -> None:
    """Put a cluster into a framework, where there is room, turned to where it fits best."""
    from heterodot.structures.crystals.files import read_structure_file

    placed = given(
        host=host,
        centre=centre if centre in ("void", "surface") else numbers(centre, "--centre"),
        site=None if site is None else indices(site, "--site"),
        orientation=_turn(orientation),
        clearance=clearance,
        remove=None if remove is None else indices(remove, "--remove"),
    )
    write_made([{"place_guest": placed}], output, read_structure_file(structure))


def _refuse(unwanted: bool, options: dict[str, object]) -> None:
    """Refuse options that do not belong to what is built."""
    given = [name for name, value in options.items() if value is not None]
    if unwanted and given:
        raise InputError(f"{', '.join(given)}: not for this kind of cluster; leave it out")


def _write_all(cluster: Atoms, dopant: str | None, output: Path) -> None:
    """Write one structure, or one for each distinct way to dope it."""
    from heterodot import structures
    from heterodot.cli.common.writing import write_and_describe
    from heterodot.provenance import notes

    if dopant is None:
        write_and_describe(cluster, output)
        return
    element, colon, count = dopant.partition(":")
    counts = indices(count, "--dopant") if colon else [1]
    if len(counts) != 1:
        raise InputError(f"--dopant {dopant!r}: expected one count after the colon, such as Mn:2")
    found = structures.dope(cluster, element, counts[0])
    for number, (atoms, multiplicity) in enumerate(found, 1):
        name = f"{output.stem}-{number:0{len(str(len(found)))}d}{output.suffix}"
        said = notes(found[0][0]) if number > 1 else ()
        write_and_describe(atoms, output if len(found) == 1 else output.with_name(name), said)
        typer.echo(f"  {multiplicity} equivalent")


def _turn(text: str) -> str | list[float]:
    return text if text in ("best", "as given") else numbers(text, "--orientation")
