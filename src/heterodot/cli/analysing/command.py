"""``heterodot analyse``: densities of states, gaps, charges, diffraction of files of any code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heterodot.errors import InputError


def analyse(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="vasprun.xml, PROCAR, data-file-schema.xml, CP2K's .pdos, outputs of CP2K, "
            "FHI-aims or ORCA; CHGCAR or cube for --bader; structures."
        ),
    ],
    pdos: Annotated[
        bool, typer.Option("--pdos", help="Densities of states by element and l.")
    ] = False,
    gap: Annotated[bool, typer.Option("--gap", help="Band edges, gap and Fermi level.")] = False,
    d_band: Annotated[
        list[str] | None,
        typer.Option("--d-band", help="Moments of the d band of an element; repeat."),
    ] = None,
    bader: Annotated[bool, typer.Option("--bader", help="Bader charges of a density.")] = False,
    xrd: Annotated[bool, typer.Option("--xrd", help="Powder diffraction.")] = False,
    coordination: Annotated[
        bool, typer.Option("--coordination", help="Coordination numbers and bond lengths.")
    ] = False,
    phonons: Annotated[
        bool,
        typer.Option(
            "--phonons",
            help="Bands, density of states, F, S, Cv, imaginary modes of phonopy's files "
            "(phonopy_params.yaml, phonopy.yaml with FORCE_SETS or FORCE_CONSTANTS, BORN).",
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for tables and figures; beside the file if not given."
        ),
    ] = None,
    reference: Annotated[
        str, typer.Option(help="Zero of the energies: fermi, vbm or vacuum.")
    ] = "fermi",
    window: Annotated[
        str | None, typer.Option(help="Of --pdos and --d-band, eV: --window=-8,4.")
    ] = None,
    width: Annotated[float, typer.Option(help="Gaussian broadening of --pdos, eV.")] = 0.1,
    surfaces: Annotated[
        list[Path] | None,
        typer.Option(
            help="All-electron density that --bader divides by; repeat to add (AECCAR0, AECCAR2)."
        ),
    ] = None,
    valence: Annotated[
        str | None, typer.Option(help="Electrons each element brings to the density: Zn=12,S=6.")
    ] = None,
    wavelength: Annotated[
        str | None, typer.Option(help="Of --xrd: CuKa (if not given), MoKa, … or Å.")
    ] = None,
) -> None:
    """Analyse calculations that others made; without an option, say what the files hold.

    Everything is read and calculated before anything is written.
    """  # fmt: skip
    from heterodot.checks import positive
    from heterodot.cli.analysing import charges, states, structures
    from heterodot.cli.analysing import phonons as of_phonons
    from heterodot.cli.analysing.written import Written
    from heterodot.data.electronic_structure import REFERENCES

    _refuse_unused(
        {
            "--window": (window, pdos or d_band, "--pdos or --d-band"),
            "--surfaces": (surfaces, bader, "--bader"),
            "--valence": (valence, bader, "--bader"),
            "--wavelength": (wavelength, xrd, "--xrd"),
        }
    )
    written = Written(files, output)
    chosen = _window(window)
    if reference not in REFERENCES:
        raise InputError(f"--reference {reference!r}: expected one of {', '.join(REFERENCES)}")
    positive(width, "--width", "eV")
    if pdos or gap or d_band:
        read = states.read_all(files)
        if gap:
            states.gaps(read, written)
        if d_band:
            states.d_bands(read, d_band, reference, chosen, written)
        if pdos:
            states.densities(read, reference, chosen, width, written)
    if bader:
        charges.bader_of(files, surfaces or [], valence, written)
    if coordination or xrd:
        found = structures.read_all(files)
        if coordination:
            structures.coordination(found, written)
        if xrd:
            structures.diffraction(found, wavelength or "CuKa", written)
    if phonons:
        of_phonons.phonons_of(files, written)
    if not (pdos or gap or d_band or bader or coordination or xrd or phonons):
        for file in files:
            typer.echo(structures.described(file))
        return
    written.finish()


def _refuse_unused(options: dict[str, tuple[object, object, str]]) -> None:
    """Refuse what would have no effect, rather than leave it out without a word."""
    for name, (given, used, of) in options.items():
        if given and not used:
            shown = " ".join(map(str, given)) if isinstance(given, list) else given
            raise InputError(f"{name} {shown} is of {of}: expected that, too")


def _window(text: str | None) -> tuple[float, float] | None:
    from heterodot.cli.common.options import numbers

    if text is None:
        return None
    found = numbers(text, "--window")
    if len(found) != 2 or not found[0] < found[1]:
        raise InputError(f"--window {text!r}: expected the lower and the upper energy, eV: =-8,4")
    return found[0], found[1]
