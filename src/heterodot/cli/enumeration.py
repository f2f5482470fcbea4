"""``heterodot enumerate``: the symmetry-distinct ways to make defects, or to fill a sublattice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heterodot.cli.common.arguments import (
    Charges,
    charges_argument,
    composition_argument,
    structure_argument,
    supercell_argument,
)
from heterodot.cli.common.options import Supercell
from heterodot.errors import InputError
from heterodot.writing import write_atomically

if TYPE_CHECKING:
    from heterodot.structures import Configurations

WRITTEN = 1000
"""Most structures written unless a limit is given."""

NEIGHBOURS = {None: None, "together": True, "apart": False}


def enumerate_(
    structure: Annotated[str, typer.Argument(help="Structure file, or name of a known crystal.")],
    defect: Annotated[
        list[str] | None, typer.Option(help="Such as V_Cu or In_Cu**; repeat for compounds.")
    ] = None,
    count: Annotated[
        list[str] | None,
        typer.Option(help="How many of each defect, in order: 4, or 0-2 for a range; default 1."),
    ] = None,
    composition: Annotated[
        str | None, typer.Option(help="Of a sublattice: Cu=8,In=10,vacancy=2, or fractions.")
    ] = None,
    sublattice: Annotated[
        str | None, typer.Option(help="With --composition: cation, anion or an element.")
    ] = None,
    supercell: Supercell = None,
    charge: Annotated[
        int | None, typer.Option(help="Only compounds of this charge, e; 0: neutral.")
    ] = None,
    min_distance: Annotated[float | None, typer.Option(help="Between defects, Å.")] = None,
    max_distance: Annotated[float | None, typer.Option(help="Between defects, Å.")] = None,
    neighbours: Annotated[
        str | None, typer.Option(help="together: one cluster of neighbouring sites; apart: none.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Most to generate: 100000, or 1000 with --output.")
    ] = None,
    sample: Annotated[int | None, typer.Option(help="Draw so many at random.")] = None,
    seed: Annotated[int, typer.Option(help="Of the random draw.")] = 0,
    uniform: Annotated[
        str, typer.Option(help="The draw is uniform over: orbits or configurations.")
    ] = "orbits",
    tolerance: Annotated[float, typer.Option(help="Of the symmetry, Å.")] = 0.1,
    rotations_only: Annotated[
        bool, typer.Option("--rotations-only", help="Tell mirror images apart.")
    ] = False,
    charges: Charges = None,
    show: Annotated[int, typer.Option(help="How many to print.")] = 10,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="New folder for the structures.")
    ] = None,
) -> None:
    """Count the distinct configurations of defects or of a composition; list and write them."""
    from heterodot.structures import enumerate_configurations
    from heterodot.structures.enumeration.enumeration_options import DEFAULT_LIMIT

    if neighbours not in NEIGHBOURS:
        raise InputError(f"neighbours {neighbours!r}: expected together or apart")
    if output is not None:
        _check_folder(output)
    found = enumerate_configurations(
        structure_argument(structure),
        _request(defect or [], count or [], composition),
        sublattice=sublattice or ("cation" if composition else None),
        supercell=supercell_argument(supercell),
        charge=charge,
        min_distance=min_distance,
        max_distance=max_distance,
        neighbours=NEIGHBOURS[neighbours],
        limit=limit if limit is not None else DEFAULT_LIMIT if output is None else WRITTEN,
        sample=sample,
        seed=seed,
        uniform=uniform,
        tolerance=tolerance,
        rotations_only=rotations_only,
        formal_charges=charges_argument(charges),
    )
    _print(found, show)
    if output is not None:
        _write(found, output)


def _request(defects: list[str], counts: list[str], composition: str | None) -> Any:
    """Return what is to be enumerated."""
    if (composition is None) == (not defects):
        both = "" if composition is None else f" {composition!r} and {', '.join(defects)!r}: both"
        raise InputError(
            f"--composition, --defect{both or ': neither'} given; expected either --defect "
            "(repeated for several) or --composition"
        )
    if composition is not None:
        if counts:
            raise InputError("--count goes with --defect; a composition has its own numbers")
        return composition_argument(composition)
    if counts and len(counts) != len(defects):
        raise InputError(
            f"{len(counts)} --count for {len(defects)} --defect: expected one each, or none"
        )
    if len(set(defects)) < len(defects):
        raise InputError("a --defect twice: expected each once, with its --count")
    return dict(zip(defects, [_number(c) for c in counts] or [1] * len(defects), strict=True))


def _number(text: str) -> int | list[int]:
    """Read 4, or 0-2."""
    match = re.fullmatch(r"\s*(-?\d+)\s*(?:[-–…]\s*(\d+)\s*)?", text)
    if match is None:
        raise InputError(f"count {text!r}: expected a whole number, or a range as 0-2")
    low, high = match.groups()
    return int(low) if high is None else [int(low), int(high)]


def _print(found: Configurations, show: int) -> None:
    from heterodot.provenance import notes

    typer.echo(found.summary())
    for note in notes(found.host.atoms):
        if "formal charges" in note:
            typer.echo(f"  {note}")
    if len(found.blocks) > 1:
        for block in found.blocks:
            typer.echo(
                f"  {block.compound.label}: {block.n_orbits} of {block.n_configurations}, "
                f"charge {block.compound.charge:+d}"
            )
    shown = found[: max(show, 0)]
    if shown:
        typer.echo("    no.      ×  charge  configuration")
    for number, configuration in enumerate(shown, start=1):
        typer.echo(
            f"{number:7d} {configuration.multiplicity:6d} {configuration.charge:+7d}  "
            f"{configuration.label}"
        )
    if shown and len(found) > len(shown):
        typer.echo(f"  … {len(found) - len(shown)} more (--show)")


def _check_folder(output: Path) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"{output}: exists and is not an empty folder; expected a new one")


def _write(found: Configurations, output: Path) -> None:
    import json

    from heterodot.structures.crystals.writing import write_structure

    digits = max(4, len(str(len(found))))
    record = found.to_dict()
    try:
        output.mkdir(parents=True, exist_ok=True)
        for number, configuration in enumerate(found, start=1):
            name = f"{number:0{digits}d}.xyz"
            write_structure(output / name, configuration.apply())
            record["configurations"][number - 1]["file"] = name
        lines = [json.dumps(c, ensure_ascii=False) for c in record.pop("configurations")]
        head = json.dumps(record, ensure_ascii=False)[:-1]
        text = f'{head}, "configurations": [\n' + ",\n".join(lines) + "\n]}\n"
        write_atomically(output / "configurations.json", text.encode())
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from error
    typer.echo(f"{output}: {len(found)} structures and configurations.json")
