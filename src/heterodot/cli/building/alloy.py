"""``heterodot build alloy``: a quasi-random crystal, or a dot with short-range order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.common.arguments import (
    Charges,
    charges_argument,
    composition_argument,
    structure_argument,
    supercell_argument,
)
from heterodot.errors import InputError


def alloy(
    structure: Annotated[str, typer.Argument(help="Name of a known crystal, or structure file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    composition: Annotated[
        str | None,
        typer.Option(help="Of the sublattice: Cu=24,In=24,Zn=16, fractions, or 8/12."),
    ] = None,
    supercell: Annotated[str | None, typer.Option(help="Of a crystal: 2, or 2x2x1.")] = None,
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
    from heterodot.cli.common.writing import write_and_describe
    from heterodot.structures import anneal_short_range_order, quasirandom
    from heterodot.structures.enumeration.supercells import repeat_crystal

    atoms = structure_argument(structure)
    cells = supercell_argument(supercell)
    filled = None if composition is None else composition_argument(composition)
    if target:
        start = atoms if cells is None else repeat_crystal(atoms, cells)
        new = anneal_short_range_order(
            start, _targets(target), composition=filled, shells=shells, sublattice=sublattice,
            swaps=iterations, seed=seed, formal_charges=charges_argument(charges),
        )  # fmt: skip
    elif filled is None:
        raise InputError("expected --composition for a random alloy, or --target for an order")
    elif not atoms.pbc.all():
        raise InputError(f"{structure}: a dot needs --target, such as Cu-In=0; expected a crystal")
    else:
        new = quasirandom(
            atoms, 1 if cells is None else cells, filled, sublattice=sublattice,
            shells=shells or 2, iterations=100_000 if iterations is None else iterations, seed=seed,
            formal_charges=charges_argument(charges),
        )  # fmt: skip
    write_and_describe(new, output)


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
