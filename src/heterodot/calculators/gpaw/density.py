"""All-electron density of a finished GPAW calculation, and of the free atoms of its data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.units import Bohr

from heterodot.checks import is_whole
from heterodot.data.density import GridDensity, RadialDensity
from heterodot.errors import CalculationError, InputError, MissingDependencyError
from heterodot.paths import user_path

MAX_POINTS = 40_000_000
"""Points of a grid above which it is refused before it is made."""


def read_density_of(calculator: Any, atoms: Atoms, refinement: int) -> GridDensity:
    """Return the all-electron density of a converged calculator; all MPI ranks must call it.

    GPAW adds the cores on the grid, and what a grid misses of them to the point next to each
    nucleus, so that the integral is the number of electrons.

    Raises
    ------
    CalculationError
        If it has not been run for this structure.
    InputError
        A refinement that is not a positive integer, or a grid beyond memory.
    """
    if not is_whole(refinement) or refinement < 1:
        raise InputError(f"refinement {refinement!r}: expected an integer >= 1")
    if not calculator.results or calculator.check_state(atoms):
        raise CalculationError(
            "the GPAW calculator has no result for this structure: ask it for the energy first"
        )
    dft = calculator.dft
    size = np.array(dft.density.nt_sR.desc.size_c) * refinement
    if np.prod(size.astype(float)) > MAX_POINTS:
        raise InputError(
            f"density on {size.tolist()} points: expected at most {MAX_POINTS} in all; use a "
            f"refinement below {refinement} or a smaller box"
        )
    values = calculator.get_all_electron_density(gridrefinement=refinement)
    nuclei = np.array([setup.Nv + setup.Nc for setup in dft.setups], float)
    return GridDensity(
        values=values,
        cell=atoms.cell.array.copy(),
        numbers=atoms.numbers.copy(),
        positions=atoms.positions.copy(),
        pbc=tuple(bool(p) for p in atoms.pbc),  # type: ignore[arg-type]
        nuclear_charges=nuclei,
        kind="all-electron",
    )


def free_atom_densities(calculator: Any) -> tuple[RadialDensity, ...]:
    """Return the density of the reference atom of each atom's PAW data set.

    The neutral, spherical atom the data set was made for: its frozen core and its bound
    all-electron partial waves by their occupations.
    """
    found: dict[Any, RadialDensity] = {}
    for setup in calculator.dft.setups:
        if setup not in found:
            data = setup.data
            valence = sum(
                f * phi**2
                for n, f, phi in zip(data.n_j, data.f_j, data.phi_jg, strict=True)
                if n > 0 and f > 0
            )
            density = valence / (4 * np.pi) + data.nc_g / np.sqrt(4 * np.pi)
            found[setup] = RadialDensity(data.rgd.r_g * Bohr, density / Bohr**3)
    return tuple(found[setup] for setup in calculator.dft.setups)


def read_density(path: str | Path, refinement: int = 2) -> GridDensity:
    """Read a density from a file: GPAW's ``.gpw``, or what ``heterodot.analysis.read_grid`` reads.

    Parameters
    ----------
    path : path
    refinement : int
        Of a ``.gpw``: points for each of its own, along each direction.

    Raises
    ------
    InputError
        No such file, or not a density.
    MissingDependencyError
        A ``.gpw`` where GPAW is not installed.
    """
    path = user_path(path)
    if path.suffix != ".gpw":
        from heterodot.data.density_files import read_grid

        return read_grid(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        from gpaw import GPAW
    except ImportError as error:
        raise MissingDependencyError(f"{path}: needs GPAW: pip install gpaw gpaw-data") from error
    from ase.io.ulm import InvalidULMFileError

    try:
        calculator = GPAW(str(path), txt=None, legacy_gpaw=False)
    except (InvalidULMFileError, OSError, EOFError, KeyError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a gpw file ({error}); is it whole?") from error
    return read_density_of(calculator, calculator.atoms, refinement)
