"""``heterodot analyse``: what is made of states: densities, gaps, d bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heterodot.errors import InputError

if TYPE_CHECKING:
    from heterodot.analysis.bands.pdos import DensityOfStates
    from heterodot.cli.analysing.written import Written
    from heterodot.data.electronic_structure import ElectronicStructure
    from heterodot.data.foreign.calculation import ForeignCalculation

WINDOW = (-8.0, 4.0)
"""eV around the reference that is drawn unless told otherwise; tables hold it, too."""

Read = dict[Path, "ForeignCalculation"]


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """Say of which file an error is."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def read_all(files: Sequence[Path]) -> Read:
    """Read every file, or say what is wrong with the first that cannot be."""
    from heterodot.data.foreign.reading import read_calculation

    return {file: read_calculation(file) for file in files}


def gaps(read: Read, written: Written) -> None:
    """Band edges, gap and Fermi level of each."""
    from heterodot.data.foreign.calculation import describe_gap

    for file, calculation in read.items():
        states = calculation.states
        written.say(f"{file}: {calculation.atoms.get_chemical_formula()}, {calculation.program}")
        written.say(f"  {describe_gap(states)}")
        levels = ", ".join(f"{level:.4f}" for level in dict.fromkeys(states.fermi_levels))
        written.say(f"  Fermi level {levels} eV")
        if states.vacuum_level is not None:
            written.say(
                f"  vs vacuum: VBM {states.edges[0] - states.vacuum_level:.4f}, "
                f"CBM {states.edges[1] - states.vacuum_level:.4f} eV"
            )
        for text in states.caveats:
            written.say(f"  {text}")
        written.table(file, "gap", [_edges(states)])


def _edges(states: ElectronicStructure) -> dict[str, Any]:
    vbm, cbm = (float(edge) if np.isfinite(edge) else "" for edge in states.edges)
    known = isinstance(vbm, float) and isinstance(cbm, float)
    return {
        "vbm (eV)": vbm,
        "cbm (eV)": cbm,
        "gap (eV)": float(states.gap) if known else "",
        "fermi level (eV)": ";".join(f"{x:.6g}" for x in dict.fromkeys(states.fermi_levels)),
        "vacuum level (eV)": "" if states.vacuum_level is None else float(states.vacuum_level),
        "electrons": states.n_electrons,
    }


def d_bands(
    read: Read,
    elements: Sequence[str],
    reference: str,
    window: tuple[float, float] | None,
    written: Written,
) -> None:
    """Moments of the d bands of elements."""
    from heterodot.analysis import band_moments

    for file, calculation in read.items():
        rows = []
        for element in elements:
            with _named(file):
                found = band_moments(
                    calculation.states, element=element, l="d", reference=reference, window=window
                )
            written.say(f"{file}: {found.summary()}")
            rows.append(
                {
                    "band": found.label,
                    "centre (eV)": found.centre,
                    "centre of occupied (eV)": found.centre_occupied,
                    "width (eV)": found.width,
                    "filling": found.filling,
                    "upper edge (eV)": found.upper_edge,
                    "relative to": reference,
                    "low (eV)": found.window[0],
                    "high (eV)": found.window[1],
                    "projection": found.kind,
                }
            )
        written.table(file, "d-band", rows)


def densities(
    read: Read,
    reference: str,
    window: tuple[float, float] | None,
    width: float,
    written: Written,
) -> None:
    """Densities of states by element and l: a table for each file, one figure of all."""
    from heterodot.analysis import density_of_states, energy_grid, plot_pdos

    low, high = window or WINDOW
    drawn: dict[str, list[DensityOfStates]] = {}
    for file, calculation in read.items():
        states = calculation.states
        with _named(file):
            grid = energy_grid(states, width, window=(low, high), reference=reference)
            total = density_of_states(states, grid, width, reference=reference)
            curves = list(_curves(states, grid, width, reference))
        name = f"{written.name(file)}: {calculation.atoms.get_chemical_formula()}"
        drawn[name] = curves
        written.table(file, "pdos", _rows(grid, reference, [total, *curves]))
        inside = ", ".join(curve.label for curve in curves)
        written.say(f"{file}: densities of states on {inside} ({curves[0].kind})")
    written.figure("pdos", lambda: plot_pdos(drawn, window=(low, high)))


def _curves(
    states: ElectronicStructure, grid: np.ndarray, width: float, reference: str
) -> Iterator[DensityOfStates]:
    """Project on every element and l that a calculation has, in the order of the atoms."""
    from ase.data import chemical_symbols

    from heterodot.analysis import projected_dos

    projections = states.projection()
    symbols = [chemical_symbols[z] for z in states.numbers]
    shells: list[tuple[str, int]] = []
    for p, l in enumerate(projections.l.tolist()):  # noqa: E741 - the field's name for it
        pair = (symbols[int(projections.atom[p])], int(l))
        if pair not in shells and float(projections.weights[..., p].max()) > 1e-6:
            shells.append(pair)
    if not shells:
        raise InputError("projections that are zero for every state; is the file whole?")
    for element, l in sorted(shells, key=lambda pair: (symbols.index(pair[0]), pair[1])):  # noqa: E741
        yield projected_dos(
            states, element=element, l=l, energies=grid, width=width, reference=reference
        )


def _rows(
    grid: np.ndarray, reference: str, curves: Sequence[DensityOfStates]
) -> Iterator[dict[str, Any]]:
    spins = ("",) if len(curves[0].values) == 1 else (" up", " down")
    for i, energy in enumerate(grid):
        row: dict[str, Any] = {f"energy - {reference} (eV)": float(energy)}
        for curve in curves:
            for spin, values in zip(spins, curve.values, strict=True):
                row[f"{curve.label}{spin} (1/eV)"] = float(values[i])
        yield row
