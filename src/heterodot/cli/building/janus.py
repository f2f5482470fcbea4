"""``heterodot build janus``: a cuboid of one crystal with a cap of another."""

from __future__ import annotations

from typing import Annotated

import typer

from heterodot.cli.building.route import given, write_made
from heterodot.cli.common.arguments import charges_argument
from heterodot.cli.common.options import Output
from heterodot.errors import InputError


def janus(
    output: Output,
    a: Annotated[str, typer.Option("--cuboid", help="Crystal of the cuboid.")] = "CsPbBr3",
    b: Annotated[str, typer.Option("--cap", help="Crystal of the cap.")] = "CdS",
    relation: Annotated[
        str | None, typer.Option(help="Such as '(100)a || (2-1-1)b, [001]a || [111]b'.")
    ] = None,
    facet: Annotated[str | None, typer.Option(help="Face with the cap, such as (-100).")] = None,
    edge: Annotated[
        str, typer.Option(help="Å (5.5 nm is 55): one length, or three with commas.")
    ] = "55",
    radius: Annotated[float | None, typer.Option(help="Of the cap, Å.")] = None,
    termination: Annotated[
        str | None, typer.Option(help="Layer of the faces: one name, or three with commas; or any.")
    ] = None,
    cap_termination: Annotated[str | None, typer.Option(help="Layer of the cap's face.")] = None,
    gap: Annotated[float | None, typer.Option(help="Å; the smallest allowed by default.")] = None,
    drop_clashes: Annotated[
        bool, typer.Option("--drop-clashes", help="Leave out atoms that a given gap makes clash.")
    ] = False,
    cuboid_charges: Annotated[
        str | None, typer.Option(help="Formal charges of the cuboid, e: Cs=1,Pb=2,Br=-1.")
    ] = None,
    cap_charges: Annotated[str | None, typer.Option(help="The same of the cap.")] = None,
) -> None:
    """Build a Janus nanocrystal by an orientation relation, without straining either crystal."""
    pieces = given(
        a=a, b=b, relation=relation, facet=facet, edge=_lengths(edge),
        termination=_names(termination), radius=radius, cap_termination=cap_termination, gap=gap,
        drop_clashes=drop_clashes,
        a_formal_charges=charges_argument(cuboid_charges, "--cuboid-charges"),
        b_formal_charges=charges_argument(cap_charges, "--cap-charges"),
    )  # fmt: skip
    write_made([{"janus": pieces}], output)


def _lengths(text: str) -> float | list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"edge {text!r}: expected one length or three (Å)") from None
    return values[0] if len(values) == 1 else values


def _names(text: str | None) -> str | list[str] | None:
    names = [] if text is None else [part.strip() for part in text.split(",")]
    return names or None if len(names) != 1 else names[0]
