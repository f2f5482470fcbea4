"""States, projections and charges of a finished GPAW calculation.

LCAO: Mulliken and Löwdin weights from the coefficients C_nM and the overlap S_MM (equations in
:mod:`heterodot.calculators.populations`). Both modes: PAW weights |<p_i|ψ>|² on the bound partial
waves of each augmentation sphere, which are not a partition of the electrons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from ase import Atoms
from ase.units import Hartree

from heterodot.calculators.populations import population_weights
from heterodot.data.electronic_structure import ElectronicStructure, KMesh, Projections
from heterodot.errors import CalculationError

T = TypeVar("T")


@dataclass(frozen=True)
class _Orbitals:
    """Atom, l and m of each basis function or projector; arrays of one length."""

    atom: np.ndarray
    l: np.ndarray  # noqa: E741 - the field's name for it
    m: np.ndarray

    @classmethod
    def from_shells(cls, shells: list[tuple[int, int]]) -> _Orbitals:
        rows = [(a, ell, m) for a, ell in shells for m in range(-ell, ell + 1)]
        atom, l_of, m_of = np.array(rows, int).reshape(-1, 3).T
        return cls(atom, l_of, m_of)


def read_electronic_structure(calculator: Any, atoms: Atoms) -> ElectronicStructure:
    """Return the states of a converged GPAW calculator; all MPI ranks must call it.

    On several ranks the states are written to a temporary file that the first rank reads back
    alone.

    Raises
    ------
    CalculationError
        If it has not been run for this structure.
    """
    return read_on_one_rank(calculator, atoms, _read)


def read_on_one_rank(calculator: Any, atoms: Atoms, read: Callable[[Any, Atoms], T]) -> T:
    """Return what ``read(calculator, atoms)`` gives on one rank, to all ranks.

    Raises
    ------
    CalculationError
        If the calculator has not been run for this structure.
    """
    if not calculator.results or calculator.check_state(atoms):
        raise CalculationError(
            "the GPAW calculator has no result for this structure: ask it for the energy first"
        )
    calculator.dft.ibzwfs.make_sure_wfs_are_read_from_gpw_file()
    if calculator.comm.size == 1:
        return read(calculator, atoms)
    return _read_on_first_rank(calculator, atoms, read)


def _read_on_first_rank(calculator: Any, atoms: Atoms, read: Callable[[Any, Atoms], T]) -> T:
    import tempfile
    from pathlib import Path

    from gpaw import GPAW
    from gpaw.mpi import broadcast, serial_comm

    comm = calculator.comm
    folder = tempfile.mkdtemp(prefix="heterodot-") if comm.rank == 0 else None
    path = Path(broadcast(folder, comm=comm)) / "states.gpw"
    calculator.write(str(path), mode="all")
    comm.barrier()
    found: T | None = None
    if comm.rank == 0:
        alone = GPAW(str(path), txt=None, communicator=serial_comm, legacy_gpaw=False)
        alone.dft.ibzwfs.make_sure_wfs_are_read_from_gpw_file()
        found = read(alone, atoms)
        path.unlink()
        path.parent.rmdir()
    shared: T = broadcast(found, comm=comm)
    return shared


def _read(calculator: Any, atoms: Atoms) -> ElectronicStructure:
    dft = calculator.dft
    degeneracy = dft.ibzwfs.spin_degeneracy
    energies, occupations = dft.ibzwfs.get_all_eigs_and_occs()
    occupations = occupations * degeneracy
    weights = np.asarray(dft.ibzwfs.ibz.weight_k, float)
    projections = {"PAW": _paw_projections(dft)}
    charges: dict[str, np.ndarray] = {}
    if dft.ibzwfs.mode == "lcao":
        populations = _population_projections(dft)
        projections = {**populations, **projections}
        valence = np.array([setup.Nv for setup in dft.setups], float)
        charges = {
            kind: valence - _per_atom(p, occupations * weights[None, :, None], len(atoms))
            for kind, p in populations.items()
        }
    fermi = np.asarray(dft.ibzwfs.fermi_levels) * Hartree
    return ElectronicStructure(
        numbers=atoms.numbers.copy(),
        energies=np.asarray(energies) * Hartree,
        k_weights=weights,
        occupations=occupations,
        fermi_level=float(fermi[0]) if len(fermi) == 1 else (float(fermi[0]), float(fermi[1])),
        n_electrons=float(calculator.get_number_of_electrons()),
        projections=projections,
        charges=charges,
        periodic=bool(atoms.pbc.any()),
        k_mesh=_k_mesh(dft, atoms),
    )


def _k_mesh(dft: Any, atoms: Atoms) -> KMesh | None:
    """Return the mesh the k-points were reduced from; None for finite structures and paths."""
    ibz = dft.ibzwfs.ibz
    size = getattr(ibz.bz, "size_c", None)
    if size is None or not atoms.pbc.any():
        return None
    n1, n2, n3 = (int(n) for n in size)
    return KMesh((n1, n2, n3), np.asarray(ibz.bz2ibz_K, int), atoms.cell.array.copy())


def _per_atom(projections: Projections, occupations: np.ndarray, n_atoms: int) -> np.ndarray:
    populations = np.einsum("skbp,skb->p", projections.weights, occupations)
    return np.bincount(projections.atom, weights=populations, minlength=n_atoms)


def states_by_spin_and_k(dft: Any) -> list[list[Any]]:
    """Wave functions by spin and k-point."""
    ibzwfs = dft.ibzwfs
    table: list[list[Any]] = [[None] * len(ibzwfs.ibz) for _ in range(ibzwfs.nspins)]
    for wfs in ibzwfs:
        table[wfs.spin][wfs.k] = wfs
    return table


def _population_projections(dft: Any) -> dict[str, Projections]:
    shells = [
        (a, function.l if hasattr(function, "l") else function.get_angular_momentum_number())
        for a, setup in enumerate(dft.setups)
        for function in setup.basis_functions_J
    ]
    orbitals = _Orbitals.from_shells(shells)
    collected: dict[str, list[list[np.ndarray]]] = {"Mulliken": [], "Löwdin": []}
    for row in states_by_spin_and_k(dft):
        for kind in collected:
            collected[kind].append([])
        for wfs in row:
            coefficients = wfs.C_nM.data.T[None]  # GPAW's rows are states
            for kind, weights in population_weights(coefficients, wfs.S_MM.data).items():
                collected[kind][-1].append(weights[0])
    return {
        kind: Projections(
            kind, np.array(rows), orbitals.atom, orbitals.l, _resolved_m(dft, orbitals)
        )
        for kind, rows in collected.items()
    }


def _resolved_m(dft: Any, orbitals: _Orbitals) -> np.ndarray | None:
    """Give m, unless point-group operations, which mix m, have reduced the k-points."""
    return None if len(dft.ibzwfs.ibz.symmetries) > 1 else orbitals.m


def _paw_projections(dft: Any) -> Projections:
    shells, columns = [], []
    for a, setup in enumerate(dft.setups):
        start = 0
        for n, ell in zip(setup.n_j, setup.l_j, strict=True):
            stop = start + 2 * ell + 1
            if n >= 0:
                shells.append((a, int(ell)))
                columns.append((a, slice(start, stop)))
            start = stop
    orbitals = _Orbitals.from_shells(shells)
    table = states_by_spin_and_k(dft)
    weights = np.array([[_paw_weights(wfs, columns) for wfs in row] for row in table])
    return Projections("PAW", weights, orbitals.atom, orbitals.l, _resolved_m(dft, orbitals))


def _paw_weights(wfs: Any, columns: list[tuple[int, slice]]) -> np.ndarray:
    from gpaw.gpu import as_np

    blocks = [np.abs(as_np(wfs.P_ani[a])[:, part]) ** 2 for a, part in columns]
    return np.concatenate(blocks, axis=1)
