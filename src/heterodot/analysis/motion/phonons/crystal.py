"""A crystal whose atoms swing: its force constants by phonopy, from the forces on displaced atoms.

Force constants are finite differences of forces in a supercell, reduced and completed by symmetry
(A. Togo, L. Chaput, T. Tadano, I. Tanaka, J. Phys.: Condens. Matter 35, 353001 (2023),
doi:10.1088/1361-648X/acd831). Frequencies are in THz, imaginary ones as negative numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms, units

from heterodot.analysis.motion.phonons.born import Born
from heterodot.errors import InputError
from heterodot.provenance import magnetic_moments

if TYPE_CHECKING:
    from phonopy import Phonopy
    from phonopy.structure.atoms import PhonopyAtoms

WAVENUMBER = 1e10 / 299792458.0
"""cm⁻¹ of 1 THz: 33.356, by the speed of light."""

THZ = WAVENUMBER * units.invcm
"""eV of a quantum of 1 THz."""

SYMPREC = 1e-4
"""Å: how exactly atoms must lie at each other's images. Relaxed structures miss by less."""

Triple = tuple[int, int, int]

Vectors = Sequence[Sequence[float]] | Sequence[np.ndarray] | np.ndarray
"""Several wave vectors, in the reciprocal basis of the primitive cell."""

_SWEEPS = 3
"""Times the sum rule and the symmetry of exchange are imposed one after the other: the second
disturbs the first by what the force constants were wrong by, ever less."""


def phonopy_cell(atoms: Atoms) -> PhonopyAtoms:
    """Return a structure as phonopy has it, with ASE's masses and the magnetic moments it has."""
    from phonopy.structure.atoms import PhonopyAtoms

    moments = magnetic_moments(atoms)
    return PhonopyAtoms(
        numbers=atoms.numbers,
        cell=atoms.cell.array,
        scaled_positions=atoms.get_scaled_positions(wrap=False),
        masses=atoms.get_masses(),
        magnetic_moments=moments if np.any(moments) else None,
    )


def ase_atoms(cell: PhonopyAtoms) -> Atoms:
    """Return a structure of phonopy's as ASE has it, periodic in all directions."""
    atoms = Atoms(
        numbers=cell.numbers, cell=cell.cell, scaled_positions=cell.scaled_positions, pbc=True
    )
    masses = atoms.get_masses()
    if cell.masses is not None and not np.allclose(cell.masses, masses, rtol=1e-8):
        atoms.set_masses(cell.masses)
    moments = cell.magnetic_moments
    if moments is not None and np.ndim(moments) == 1:
        atoms.set_initial_magnetic_moments(moments)
    return atoms


@dataclass(frozen=True, eq=False)
class HarmonicCrystal:
    """A crystal and the forces on the atoms of its supercell as one after another is displaced.

    Attributes
    ----------
    atoms : Atoms
        The unit cell.
    supercell : (3, 3) int array
        Its multiples along which the supercell lies, in phonopy's convention.
    dataset : mapping or None
        Displacements (Å) and forces (eV/Å) as phonopy keeps them.
    force_constants : (n, m, 3, 3) float array or None
        eV/Å², where there are no displacements to make them of.
    born : Born or None
        For the non-analytical correction at Γ.
    symprec : float
        Å.
    """

    atoms: Atoms
    supercell: np.ndarray
    dataset: Mapping[str, Any] | None = None
    force_constants: np.ndarray | None = None
    born: Born | None = None
    symprec: float = SYMPREC

    @classmethod
    def of_forces(
        cls, atoms: Atoms, model: Phonopy, forces: np.ndarray, born: Born | None, symprec: float
    ) -> HarmonicCrystal:
        """Return the crystal of forces on the supercells of :func:`displaced_supercells`.

        Parameters
        ----------
        atoms : Atoms
            The unit cell.
        model : Phonopy
            From :func:`set_up`, displaced; it is the crystal's from now on.
        forces : (n, m, 3) float array
            eV/Å.
        born : Born or None
        symprec : float
            Å.
        """
        model.forces = np.asarray(forces, float)
        made = cls(atoms, np.array(model.supercell_matrix), model.dataset, None, born, symprec)
        made.__dict__["_bare"] = model  # its symmetry was found already
        return made

    @cached_property
    def _bare(self) -> Phonopy:
        return set_up(self.atoms, self.supercell, self.symprec)

    @cached_property
    def _made(self) -> tuple[Phonopy, SumRule]:
        """Return phonopy's object with force constants, and how they were before the sum rule."""
        found = self._bare
        with quiet():
            if self.force_constants is not None:
                found.force_constants = self.force_constants.copy()
            elif self.dataset is not None:
                found.dataset = dict(self.dataset)
                found.produce_force_constants(
                    calculate_full_force_constants=False, show_drift=False
                )
            else:
                raise InputError("a crystal without forces: expected displacements with forces")
            constants = np.asarray(found.force_constants)
            at_gamma = np.sort(np.abs(frequencies_at(found, [(0.0, 0.0, 0.0)])[0]))
            residual = float(np.abs(constants.sum(axis=1)).max())
            found.symmetrize_force_constants(level=_SWEEPS, show_drift=False)
            if self.born is not None:
                found.nac_params = self.born.parameters(found.primitive, self.symprec)
        return found, SumRule(residual, float(at_gamma[:3].max()))

    @property
    def model(self) -> Phonopy:
        """Return phonopy's own object, its force constants obeying the acoustic sum rule."""
        return self._made[0]

    @property
    def sum_rule(self) -> SumRule:
        """How far the force constants missed the acoustic sum rule before it was imposed."""
        return self._made[1]

    @cached_property
    def primitive(self) -> Atoms:
        """The primitive cell that wave vectors refer to."""
        return ase_atoms(self.model.primitive)

    def frequencies(self, wave_vectors: Vectors) -> np.ndarray:
        """Return (n, 3a) frequencies, THz, ascending, at wave vectors of the primitive cell."""
        return frequencies_at(self.model, wave_vectors)

    @cached_property
    def commensurate(self) -> np.ndarray:
        """The (n, 3) wave vectors whose waves fit into the supercell: exact, not interpolated."""
        from phonopy.harmonic.dynmat_to_fc import get_commensurate_points

        cells = np.linalg.inv(self.model.primitive_matrix) @ self.model.supercell_matrix
        return get_commensurate_points(np.rint(cells).astype(int))

    @property
    def domains(self) -> tuple[str, ...] | None:
        """The domain of each atom of the primitive cell; None where atoms have none."""
        named = self.atoms.arrays.get("domain")
        if named is None:
            return None
        primitive, supercell = self.model.primitive, self.model.supercell
        in_unit_cell = [supercell.u2u_map[supercell.s2u_map[i]] for i in primitive.p2s_map]
        return tuple(str(named[i]) for i in in_unit_cell)


@dataclass(frozen=True)
class SumRule:
    """How far force constants miss the acoustic sum rule, by which translations cost nothing.

    Attributes
    ----------
    residual : float
        Largest element of Σ_j Φ_ij, eV/Å².
    acoustic : float
        The largest of the three frequencies at Γ that ought to be zero, THz.
    """

    residual: float
    acoustic: float


def set_up(atoms: Atoms, supercell: Sequence[Any] | np.ndarray, symprec: float) -> Phonopy:
    """Return phonopy's object of a unit cell and a supercell, without forces.

    Wave vectors refer to the primitive cell; to the unit cell where its translations would put
    atoms of two domains, or of two magnetic moments, on each other.
    """
    from phonopy import Phonopy

    matrix = np.asarray(supercell, int)
    cell = phonopy_cell(atoms)
    with quiet():
        found = Phonopy(cell, matrix, primitive_matrix="auto", symprec=symprec)
        if _mixes_domains(atoms, found):
            found = Phonopy(cell, matrix, primitive_matrix="P", symprec=symprec)
    return found


def _mixes_domains(atoms: Atoms, model: Phonopy) -> bool:
    """Whether atoms of two domains are one atom of the primitive cell."""
    named = atoms.arrays.get("domain")
    if named is None:
        return False
    supercell, to_primitive = model.supercell, model.primitive.s2p_map
    of_atom: dict[int, set[str]] = {}
    for i, target in enumerate(to_primitive):
        of_atom.setdefault(int(target), set()).add(
            str(named[supercell.u2u_map[supercell.s2u_map[i]]])
        )
    return any(len(names) > 1 for names in of_atom.values())


def frequencies_at(model: Phonopy, wave_vectors: Vectors) -> np.ndarray:
    """Return (n, 3a) frequencies, THz, ascending, of phonopy's object."""
    return np.sort(modes_at(model, wave_vectors)[0], axis=1)


def modes_at(model: Phonopy, wave_vectors: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, 3a) frequencies (THz) and (n, 3a, 3a) eigenvectors, one a column."""
    with quiet():
        model.run_qpoints(np.asarray(wave_vectors, float), with_eigenvectors=True)
    found: Any = model.qpoints
    return np.array(found.frequencies), np.array(found.eigenvectors)


def displaced_supercells(model: Phonopy, delta: float) -> list[Atoms]:
    """Displace what symmetry leaves to displace, by ``delta`` Å; return the supercells.

    An atom goes to both sides where the two are not the same by symmetry.
    """
    with quiet():
        model.generate_displacements(distance=delta)
    cells = model.supercells_with_displacements or []
    return [ase_atoms(cell) for cell in cells]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what phonopy has to say to programmers from users."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
