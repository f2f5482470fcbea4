"""``heterodot analyse --bader``: charges of densities in cube files and VASP's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import InputError

if TYPE_CHECKING:
    from heterodot.analysis import BaderCharges
    from heterodot.cli.analysing.written import Written
    from heterodot.data.density import GridDensity


def bader_of(
    files: Sequence[Path], surfaces: Sequence[Path], valence: str | None, written: Written
) -> None:
    """Divide each density among its atoms."""
    from heterodot.analysis import bader, read_grid

    given = _valence(valence)
    for file in files:
        electrons, origin = (given, "--valence") if given else _told(file)
        density = read_grid(file, valence=electrons)
        parts = list(surfaces) or _all_electron(file)
        reference = read_grid(parts) if parts else None
        found = bader(density, reference)
        written.say(f"{file}: {density.summary()}")
        if parts:
            written.say(f"  surfaces of {' + '.join(part.name for part in parts)}")
        if electrons:
            held = ", ".join(f"{symbol} {count:g}" for symbol, count in electrons.items())
            written.say(f"  valence electrons by {origin}: {held}")
        elif found.charges is None:
            written.say("  no charges, only electrons: --valence Zn=12,S=6 says what each brings")
        if found.charges is not None:
            written.say(f"  charges sum to {found.charges.sum():+.4f} e")
        for line in found.summary().splitlines():
            written.say(f"  {line}")
        written.table(file, "bader", _rows(density, found))


def _valence(text: str | None) -> dict[str, float] | None:
    from heterodot.structures.dots.composition_text import named_numbers

    if text is None:
        return None
    return named_numbers(text, f"--valence {text!r}", "electrons such as Zn=12,S=6")


def _told(file: Path) -> tuple[dict[str, float] | None, str]:
    """Return the valence that vasprun.xml beside one of VASP's densities says, and where from."""
    from heterodot.data.foreign.calculation import beside
    from heterodot.data.foreign.vasp import valence_electrons

    run = beside(file, ["vasprun.xml"]) if file.name.startswith(("CHG", "PARCHG")) else None
    found = valence_electrons(run) if run is not None else {}
    return (found, str(run)) if found else (None, "")


def _all_electron(file: Path) -> list[Path]:
    """Return VASP's all-electron density beside its CHGCAR, where it was written (LAECHG)."""
    from heterodot.data.foreign.calculation import beside

    if not file.name.startswith("CHGCAR"):
        return []
    parts = [beside(file, ["AECCAR0"]), beside(file, ["AECCAR2"])]
    return [part for part in parts if part is not None] if all(parts) else []


def _rows(density: GridDensity, found: BaderCharges) -> list[dict[str, Any]]:
    from ase.data import chemical_symbols

    if not len(density.numbers):
        raise InputError("a density without atoms")
    return [
        {
            "atom": i,
            "element": chemical_symbols[number],
            "charge (e)": "" if found.charges is None else float(found.charges[i]),
            "electrons": float(found.electrons[i]),
            "volume (Å³)": float(found.volumes[i]),
        }
        for i, number in enumerate(density.numbers)
    ]
