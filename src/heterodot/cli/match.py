"""``heterodot match``: which supercells of two surfaces fit each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heterodot.cli.common.options import (
    Film,
    MaxArea,
    MaxStrain,
    Relation,
    Strained,
    Substrate,
    Supercells,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from heterodot.structures.matching import Matches

Planes = list[str] | None


def match(
    film: Film,
    substrate: Substrate,
    film_miller: Annotated[
        Planes, typer.Option(help="Plane of the film, such as 100 or pseudo-cubic:(220); repeat.")
    ] = None,
    substrate_miller: Annotated[Planes, typer.Option(help="Plane of the substrate.")] = None,
    max_miller: Annotated[
        int | None, typer.Option(help="Search all planes up to this index.")
    ] = None,
    relation: Relation = None,
    relation_tolerance: Annotated[float, typer.Option(help="Degrees.")] = 2.0,
    max_area: MaxArea = 400.0,
    max_strain: MaxStrain = 0.03,
    max_von_mises: Annotated[float | None, typer.Option(help="Largest von Mises strain.")] = None,
    max_atoms: Annotated[int | None, typer.Option(help="Largest number of atoms.")] = None,
    max_twist: Annotated[float | None, typer.Option(help="Largest twist, degrees.")] = None,
    strained: Strained = "film",
    film_elastic: Annotated[str | None, typer.Option(help="C11,C12,C44 of the film, GPa.")] = None,
    substrate_elastic: Annotated[
        str | None, typer.Option(help="C11,C12,C44 of the substrate, GPa.")
    ] = None,
    score: Annotated[
        str, typer.Option(help="Ranked by: balanced, area, strain or energy.")
    ] = "balanced",
    supercells: Supercells = False,
    show: Annotated[int, typer.Option(help="How many of the best to print.")] = 10,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Table of all: .csv or .json.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Figure: area against strain (.png).")] = None,
) -> None:
    """Find every inequivalent match of two crystals' planes within bounds, ranked."""
    from heterodot.structures.matching import MatchOptions, match_lattices

    if output is not None and output.suffix not in (".csv", ".json"):
        raise InputError(f"{output}: expected a file ending in .csv or .json")
    options = MatchOptions(
        film_miller=film_miller or None,
        substrate_miller=substrate_miller or None,
        max_miller=max_miller,
        relation=relation,
        relation_tolerance=relation_tolerance,
        max_area=max_area,
        max_strain=max_strain,
        max_von_mises=max_von_mises,
        max_atoms=max_atoms,
        twist=max_twist,
        strained=strained,
        film_elastic=_constants(film_elastic),
        substrate_elastic=_constants(substrate_elastic),
        score=score,
        supercells=supercells,
    )
    matches = match_lattices(film, substrate, options=options)
    _ = matches.best  # says what to widen where there is none
    _print(matches, show)
    if output is not None:
        _write_table(matches, output)
    if plot is not None:
        _draw(matches, plot)


def _constants(text: str | None) -> list[float] | None:
    """Read C11,C12,C44."""
    if text is None:
        return None
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise InputError(f"elastic constants {text!r}: expected C11,C12,C44 in GPa") from None


def _print(matches: Matches, show: int) -> None:
    typer.echo(f"{_counted(len(matches))}, ranked by {matches.settings['score_meaning']}")
    for side, level in matches.settings.get("lattice", {}).items():
        constants = matches.settings["elastic"][side] or "not known"
        typer.echo(f"{side}: lattice {level or 'as given'}; elastic constants {constants}")
    head = "rank  area (Å²)  atoms  strain 1, 2 (%)  twist (°)    ×  planes"
    typer.echo(head)
    for row in matches.table(max(show, 0)):
        strains = f"{100 * row['strain_1']:+.2f} {100 * row['strain_2']:+.2f}"
        energy = "" if row["energy"] is None else f"  {row['energy']:.3f} eV"
        twist = round(row["twist"], 3) + 0.0  # not -0
        others = f"  [{row['film_settings']}]" if row["film_settings"] else ""
        typer.echo(
            f"{row['rank']:4d} {row['area']:10.2f} {row['n_atoms'] or 0:6d}  {strains:>15s} "
            f"{twist:10.3f} {row['multiplicity']:4d}  {row['film']} / {row['substrate']}"
            f"{others}{energy}"
        )


def _write_table(matches: Matches, output: Path) -> None:
    import csv
    import io
    import json

    from heterodot.cli.common.writing import write_text
    from heterodot.structures.matching.results import COLUMNS

    if output.suffix == ".json":
        text = json.dumps(matches.to_dict(), indent=1, ensure_ascii=False) + "\n"
    else:
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: _cell(v) for k, v in row.items()} for row in matches.table())
        text = table.getvalue()
    write_text(output, text)
    typer.echo(f"{output}: {_counted(len(matches))}")


def _cell(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


def _draw(matches: Matches, plot: Path) -> None:
    from heterodot.analysis.figures.style import save_figure
    from heterodot.analysis.geometry.plot_matches import plot_matches

    png, svg = save_figure(plot_matches(matches), plot)
    typer.echo(f"{png}, {svg}")


def _counted(count: int) -> str:
    return f"{count} match{'' if count == 1 else 'es'}"
