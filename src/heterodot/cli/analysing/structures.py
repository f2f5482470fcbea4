"""``heterodot analyse``: what is made of structures: coordination and diffraction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ase import Atoms

    from heterodot.analysis import PowderPattern, Reflections
    from heterodot.cli.analysing.written import Written


def read_all(files: Sequence[Path]) -> dict[Path, Atoms]:
    """Read the structure of every file: of a calculation, a density, or a file of a structure."""
    return {file: structure_of(file) for file in files}


def structure_of(file: Path) -> Atoms:
    """Return the structure in a file.

    Raises
    ------
    InputError
        One line: it holds none that can be read.
    """
    from heterodot.data.foreign.reading import is_calculation, read_calculation
    from heterodot.structures.crystals.files import read_structure_file

    if is_density(file):
        from heterodot.analysis import read_grid

        return read_grid(file).atoms
    if is_calculation(file):
        return read_calculation(file).atoms
    return read_structure_file(file)


def is_density(file: Path) -> bool:
    """Return whether a file is a density by its name."""
    name = file.name.upper()
    return name.startswith(("CHG", "AECCAR", "PARCHG")) or ".CUB" in name


def described(file: Path) -> str:
    """Return what a file holds and what can be made of it."""
    from heterodot.data.foreign.reading import is_calculation, read_calculation

    if is_density(file):
        from heterodot.analysis import read_grid

        density = read_grid(file)
        formula = density.atoms.get_chemical_formula()
        options = "--bader, --coordination, --xrd"
        return f"{file}: {formula}, {density.summary()}\n  can be asked: {options}"
    if is_calculation(file):
        found = read_calculation(file)
        asked = ["--gap", "--coordination", "--xrd"]
        if found.states.projections:
            asked = ["--pdos", "--d-band ELEMENT", *asked]
        return f"{found.summary()}\n  can be asked: {', '.join(asked)}"
    atoms = structure_of(file)
    return (
        f"{file}: {atoms.get_chemical_formula()}, {len(atoms)} atoms, no states\n"
        "  can be asked: --coordination, --xrd"
    )


def coordination(found: dict[Path, Atoms], written: Written) -> None:
    """Coordination by element and bond lengths by pair."""
    from heterodot.analysis import bond_statistics, coordination_table

    for file, atoms in found.items():
        written.say(f"{file}: {atoms.get_chemical_formula()}")
        rows: list[dict[str, Any]] = []
        for each in coordination_table(atoms):
            partners = ", ".join(f"{symbol} {n:.2f}" for symbol, n in each.partners.items())
            written.say(
                f"  {each.symbol}: {each.n_atoms} atoms, {each.mean:.2f} bonds ({partners})"
            )
            rows += [
                {"element": each.symbol, "atoms": each.n_atoms, "bonds": n, "of them": count}
                for n, count in each.histogram.items()
            ]
        lengths = bond_statistics(atoms)
        for bond in lengths:
            written.say(
                f"  {'–'.join(bond.pair)}: {bond.count} bonds, {bond.mean:.3f} Å "
                f"({bond.shortest:.3f} to {bond.longest:.3f})"
            )
        written.table(file, "coordination", rows)
        if lengths:
            written.table(file, "bonds", [_bond(bond) for bond in lengths])


def _bond(bond: Any) -> dict[str, Any]:
    return {
        "pair": "-".join(bond.pair),
        "bonds": bond.count,
        "mean (Å)": bond.mean,
        "standard deviation (Å)": bond.std,
        "shortest (Å)": bond.shortest,
        "longest (Å)": bond.longest,
    }


def diffraction(found: dict[Path, Atoms], wavelength: str, written: Written) -> None:
    """Reflections of crystals, Debye's pattern of finite structures; one figure of all."""
    from heterodot.analysis import debye_pattern, plot_powder, xrd_pattern

    source = _wavelength(wavelength)
    patterns: list[PowderPattern] = []
    marks: dict[str, Reflections] = {}
    for file, atoms in found.items():
        label = f"{written.name(file)}: {atoms.get_chemical_formula()}"
        if atoms.pbc.any():
            lines = xrd_pattern(atoms, source, label=label)
            marks[label] = lines
            written.table(file, "xrd", _reflections(lines))
            top = int(lines.intensity.argmax())
            strongest = f"({_plane(lines.hkl[top])}) at {float(lines.two_theta[top]):.2f}°"
            written.say(f"{file}: {len(lines.two_theta)} reflections, strongest {strongest}")
        else:
            pattern = debye_pattern(atoms, wavelength=source, label=label)
            patterns.append(pattern)
            written.table(file, "xrd", _columns(pattern))
            written.say(f"{file}: Debye's pattern, {len(atoms)} atoms")
    written.figure("xrd", lambda: plot_powder(patterns, marks))


def _wavelength(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _plane(indices: tuple[int, ...]) -> str:
    return "".join(map(str, indices))


def _reflections(lines: Reflections) -> list[dict[str, Any]]:
    return [
        {"plane": _plane(plane), "d (Å)": float(spacing), **row}
        for plane, spacing, row in zip(lines.hkl, lines.spacing, _columns(lines), strict=True)
    ]


def _columns(pattern: Any) -> list[dict[str, Any]]:
    return [
        {"2 theta (degrees)": float(angle), "intensity": float(value)}
        for angle, value in zip(pattern.two_theta, pattern.intensity, strict=True)
    ]
