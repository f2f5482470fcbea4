"""VASP: vasprun.xml by pymatgen's reader, PROCAR beside it, the potential of LOCPOT.

Projections are those on the PAW spheres (LORBIT = 10, 11, 12), by l or by l and m in VASP's order
of real harmonics (https://www.vasp.at/wiki/index.php/LORBIT).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.data.electronic_structure import (
    ElectronicStructure,
    PlanarPotential,
    Projections,
)
from heterodot.data.foreign.calculation import (
    ForeignCalculation,
    along_lines,
    beside,
    checked,
    is_path,
    level_of,
    normalised,
    text_of,
)
from heterodot.data.vasp_grid import parse_vasp
from heterodot.errors import InputError

_SHELLS = {3: "by l", 4: "by l", 9: "by m", 16: "by m"}
"""Number of projections of an ion: s p d (f), or their 1 + 3 + 5 (+ 7) real harmonics."""

NO_PROJECTIONS = "VASP writes them with LORBIT = 11"

UNCONVERGED = "the electrons had not converged in the last step (NELM reached): run it again"
"""Said of all that is made of such states."""

VACUUM_GAP = 6.0
"""Å without atoms along a cell vector from which its middle counts as vacuum. Chosen: wide enough
that the potential is flat within some 0.01 eV, which is checked (``FLAT``)."""

FLAT = 0.05
"""eV by which the potential may change over the outermost ångström of the vacuum."""


def read_vasprun(path: Path, procar: Path | None = None) -> ForeignCalculation:
    """Read vasprun.xml, and the projections of a PROCAR where they are not in it.

    Raises
    ------
    InputError
        Not such a file, spin-orbit coupling, or numbers that contradict each other.
    """
    run = _parse(path)
    parameters, spins = run.parameters, _spins(run.eigenvalues)
    if parameters.get("LNONCOLLINEAR") or parameters.get("LSORBIT"):
        raise InputError(
            "a non-collinear calculation: each of its states holds one electron of mixed spin; "
            "expected a spin-paired or collinear one"
        )
    data = np.array([run.eigenvalues[spin] for spin in spins], float)
    degeneracy = 2.0 / len(spins)
    atoms = _atoms(run.final_structure)
    projections = _projections(run.projected_eigenvalues, len(atoms))
    files = [path]
    if procar is None and not projections:
        procar = beside(path, ["PROCAR"])
    if procar is not None:
        projections = _read_procar(procar, data[..., 0], len(atoms))
        files.append(procar)
    version = str(run.vasp_version).split()[0]
    lacking = {} if projections else {"projections": NO_PROJECTIONS}
    states = ElectronicStructure(
        numbers=atoms.numbers,
        energies=data[..., 0],
        k_weights=normalised(np.asarray(run.actual_kpoints_weights, float)),
        occupations=data[..., 1] * degeneracy,
        fermi_level=float(run.efermi),
        n_electrons=float(parameters["NELECT"]),
        projections=projections,
        periodic=True,
        level=level_of("vasp", f"VASP {version}", str(run.run_type), lacking),
        caveats=() if run.converged_electronic else (UNCONVERGED,),
    )
    style = str(run.kpoints.style).lower()
    listed = style.startswith(("reciprocal", "cartesian"))
    lines = "line" in style or (listed and is_path(run.actual_kpoints, run.actual_kpoints_weights))
    states = checked(states, counted=not lines)
    states = along_lines(states) if lines else states
    locpot = beside(path, ["LOCPOT"])
    if locpot is not None:
        states = _with_potential(states, locpot)
        files.append(locpot)
    return ForeignCalculation(path, f"VASP {version}", states, atoms, tuple(files))


def read_procar(path: Path) -> ForeignCalculation:
    """Read a PROCAR with the vasprun.xml beside it, which has the elements and the Fermi level."""
    run = beside(path, ["vasprun.xml"])
    if run is None:
        raise InputError(
            "a PROCAR says neither the elements nor the Fermi level: expected vasprun.xml of the "
            "same run beside it"
        )
    return replace(read_vasprun(run, path), path=path)


def valence_electrons(path: Path) -> dict[str, float]:
    """Return the electrons each element brings, by symbol, as a vasprun.xml lists them (ZVAL).

    Raises
    ------
    InputError
        Several potentials of one element that bring different numbers.
    """
    import re

    text = text_of(path)
    table = re.search(r'<array name="atomtypes"\s*>.*?<set>(.*?)</set>', text, re.DOTALL)
    found: dict[str, float] = {}
    for row in re.findall(r"<rc>(.*?)</rc>", table[1] if table else ""):
        _, symbol, _, valence, *_ = re.findall(r"<c>\s*(.*?)\s*</c>", row)
        if found.setdefault(symbol, float(valence)) != float(valence):
            raise InputError(f"{path}: potentials of {symbol} with different valences; give them")
    return found


def _parse(path: Path) -> Any:
    from pymatgen.io.vasp.outputs import Vasprun

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of POTCARs and convergence, said by ourselves
            run = Vasprun(
                str(path), parse_dos=True, parse_projected_eigen=True, parse_potcar_file=False,
                exception_on_bad_xml=True,
            )  # fmt: skip
            _ = run.efermi, run.final_structure, run.parameters["NELECT"]
    except Exception as error:  # pymatgen's reader raises whatever its parsers raise
        raise InputError(
            f"not a whole vasprun.xml ({type(error).__name__}: {error}); expected that of a "
            "finished VASP run"
        ) from error
    if not run.eigenvalues:
        raise InputError("holds no eigenvalues; expected a vasprun.xml of an electronic run")
    return run


def _spins(values: Mapping[Any, Any]) -> list[Any]:
    return sorted(values, key=lambda spin: -spin.value)  # up is 1, down -1


def _atoms(structure: Any) -> Atoms:
    return Atoms(
        numbers=[site.specie.Z for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=True,
    )


def _projections(values: Mapping[Any, Any] | None, n_atoms: int) -> dict[str, Projections]:
    """Projections of (k, b, ion, orbital) arrays by spin."""
    if not values:
        return {}
    array = np.array([values[spin] for spin in _spins(values)], float)
    n_orbitals = array.shape[-1]
    if array.shape[3] != n_atoms or n_orbitals not in _SHELLS:
        raise InputError(
            f"projections on {array.shape[3]} ions and {n_orbitals} orbitals: expected {n_atoms} "
            f"ions and one of {', '.join(map(str, _SHELLS))} orbitals"
        )
    if _SHELLS[n_orbitals] == "by l":
        shells, m = np.arange(n_orbitals), None
    else:
        pairs = [(l, m) for l in range(4) for m in range(-l, l + 1)][:n_orbitals]  # noqa: E741
        shells, m = np.array([l for l, _ in pairs]), np.array([m for _, m in pairs])  # noqa: E741
    return {
        "PAW": Projections(
            "PAW",
            array.reshape(*array.shape[:3], -1),
            np.repeat(np.arange(n_atoms), n_orbitals),
            np.tile(shells, n_atoms),
            None if m is None else np.tile(m, n_atoms),
        )
    }


def _read_procar(path: Path, energies: np.ndarray, n_atoms: int) -> dict[str, Projections]:
    """Projections of a PROCAR, if its states are those of the run."""
    from pymatgen.io.vasp.outputs import Procar

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            procar = Procar(str(path))
            own = np.array([procar.eigenvalues[spin] for spin in _spins(procar.data)], float)
    except Exception as error:  # as above
        raise InputError(
            f"{path.name}: not a PROCAR ({type(error).__name__}: {error}); is it whole?"
        ) from error
    if own.shape != energies.shape or np.abs(own - energies).max() > 1e-3:
        raise InputError(
            f"{path.name}: not of the same run as vasprun.xml: other states ({own.shape} and "
            f"{energies.shape}, spin, k-point, band) or energies"
        )
    return _projections(procar.data, n_atoms)


def _with_potential(states: ElectronicStructure, path: Path) -> ElectronicStructure:
    """Add the potential of a LOCPOT: along the vacuum, with its level, or of the bulk."""
    try:
        atoms, values = parse_vasp(text_of(path))
    except (ValueError, IndexError) as error:
        raise InputError(f"{path.name}: {error}; is it whole?") from error
    potential = planar_potential(atoms, values * atoms.get_volume())  # no density: not divided
    if potential.faces is None:
        return replace(states, potential=potential)
    low, high = potential.faces
    flat = potential.slope() < FLAT and abs(low - high) < FLAT
    return replace(states, potential=potential, vacuum_level=0.5 * (low + high) if flat else None)


def planar_potential(atoms: Atoms, values: np.ndarray) -> PlanarPotential:
    """Return the plane average of a potential on the grid of a periodic cell.

    Along the cell vector with the widest gap between atoms, from the middle of that gap on, if it
    is wider than ``VACUUM_GAP`` (then the ends are vacuum); else along the third.

    Parameters
    ----------
    atoms : Atoms
    values : (n1, n2, n3) float array
        eV.
    """
    gaps = []
    for axis in range(3):
        places = np.sort(atoms.get_scaled_positions(wrap=True)[:, axis])
        steps = np.diff(np.append(places, places[0] + 1.0))
        widest = int(steps.argmax())
        height = abs(atoms.get_volume()) / np.linalg.norm(np.cross(*np.delete(atoms.cell, axis, 0)))
        gaps.append((steps[widest] * height, (places[widest] + steps[widest] / 2) % 1.0, height))
    axis = int(np.argmax([gap for gap, _, _ in gaps]))
    gap, middle, height = gaps[axis]
    periodic = gap < VACUUM_GAP
    if periodic:
        axis, middle, height = 2, 0.0, gaps[2][2]
    profile = values.mean(axis=tuple(i for i in range(3) if i != axis))
    n = len(profile)
    start = round(middle * n)
    positions = (start + np.arange(n)) * height / n
    return PlanarPotential(axis, positions, np.roll(profile, -start), periodic)
