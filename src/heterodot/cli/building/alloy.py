"""``heterodot build alloy``: a quasi-random crystal, or a dot with short-range order."""

from __future__ import annotations

from typing import Annotated

import typer

from heterodot.cli.building.route import given, write_made
from heterodot.cli.common.arguments import (
    Charges,
    charges_argument,
    composition_argument,
    structure_argument,
    supercell_argument,
)
from heterodot.cli.common.options import Output, Supercell
from heterodot.errors import InputError


def alloy(
    structure: Annotated[str, typer.Argument(help="Name of a known crystal, or structure file.")],
    output: Output,
    composition: Annotated[
        str | None,
        typer.Option(help="Of the sublattice: Cu=24,In=24,Zn=16, fractions, or 8/12."),
    ] = None,
    supercell: Supercell = None,
    sublattice: Annotated[str, typer.Option(help="cation, anion or an element.")] = "cation",
    target: Annotated[
        list[str] | None,
        typer.Option(help="Warren–Cowley α by shell: Cu-In=-0.2,0.1; repeat. None: random."),
    ] = None,
    shells: Annotated[int | None, typer.Option(help="Number of shells; 2, or as targets.")] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Arrangements (or, with targets, exchanges) to try.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the random numbers.")] = 0,
    charges: Charges = None,
) -> None:
    """Fill a sublattice of a crystal quasi-randomly, or of a dot with a short-range order."""
    atoms = structure_argument(structure)
    cells = supercell_argument(supercell)
    shared = given(
        composition=None if composition is None else composition_argument(composition),
        sublattice=sublattice, shells=shells, seed=seed, formal_charges=charges_argument(charges),
    )  # fmt: skip
    if target:
        order = {"targets": _targets(target), **given(swaps=iterations), **shared}
        repeated = [] if cells is None else [{"repeat_crystal": {"supercell": cells}}]
        write_made([*repeated, {"anneal_short_range_order": order}], output, atoms)
        return
    if composition is None:
        raise InputError("expected --composition for a random alloy, or --target for an order")
    if not atoms.pbc.all():
        raise InputError(f"{structure}: a dot needs --target, such as Cu-In=0; expected a crystal")
    random = {"supercell": 1 if cells is None else cells, **given(iterations=iterations), **shared}
    write_made([{"quasirandom": random}], output, atoms)


def _targets(texts: list[str]) -> dict[str, list[float | None]]:
    """Read ``Cu-In=-0.2,0.1``; an empty place or - leaves a shell free."""
    found: dict[str, list[float | None]] = {}
    for text in texts:
        pair, _, values = text.partition("=")
        try:
            numbers = [None if v.strip() in ("", "-") else float(v) for v in values.split(",")]
        except ValueError:
            numbers = []
        if not values or not numbers or pair.strip() in found:
            raise InputError(f"target {text!r}: expected one per pair, such as Cu-In=-0.2,0.1")
        found[pair.strip()] = numbers
    return found
