"""What the tasks give: energies, forces, geometries, second derivatives, states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.data.committee import members_of
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.flags import Flag
from heterodot.workflows.tasks.computing.cost import Cost


@dataclass(frozen=True)
class SinglePointResult:
    """Energy (eV), forces ((a, 3) array, eV/Å) and, where the code gives them, charges (e).

    ``recovery`` says what it took to converge; empty for nothing special.
    """

    energy: float
    forces: np.ndarray
    charges: np.ndarray | None
    recovery: str = ""

    @property
    def members(self) -> Mapping[str, float]:
        """The energy of each member of a committee, eV; empty of one level alone."""
        return members_of(self.energy)


@dataclass(frozen=True)
class RelaxResult:
    """A relaxation's end.

    Attributes
    ----------
    structure : Atoms
        The last geometry, with the arrays and the record of the one given.
    energy : float
        eV.
    fmax : float
        Largest force on a free atom, eV/Å.
    converged : bool
        Whether ``fmax`` is below the criterion asked for.
    optimizer : str
        What reached it ("PreconLBFGS", "LBFGS", …; several joined by "+").
    energies, forces : list of float
        Energy (eV) and largest force (eV/Å) of every step, those of earlier, killed runs included.
    recovery : str
        What it took to converge the SCF; empty for nothing special.
    geometry_recovery : str
        Which optimizers ran away, and what was done then; empty for nothing special.
    cost : Cost
        Force calls and SCF iterations spent.
    spin_doubt : str
        Why another spin than the singlet nobody chose may lie lower; empty where none may.
    doubts : tuple of Flag
        What the code says of a structure it was not made for.
    energy_force : float or None
        Where the energy is of another level than the geometry: largest force of that level on a
        free atom, eV/Å; None where it gives none, and where both are of one level.
    """

    structure: Atoms
    energy: float
    fmax: float
    converged: bool
    optimizer: str
    energies: list[float]
    forces: list[float]
    recovery: str = ""
    geometry_recovery: str = ""
    cost: Cost = field(default_factory=Cost)
    spin_doubt: str = ""
    doubts: tuple[Flag, ...] = ()
    energy_force: float | None = None

    @property
    def members(self) -> Mapping[str, float]:
        """The energy of each member of a committee at the last geometry, eV."""
        return members_of(self.energy)

    @property
    def n_steps(self) -> int:
        """Number of geometries calculated."""
        return len(self.energies)


@dataclass(frozen=True)
class HessianResult:
    """Second derivatives at a geometry.

    Attributes
    ----------
    hessian : (3n, 3n) float array
        Symmetrised, eV/Å², for the n atoms displaced.
    indices : tuple of int
        Those atoms.
    energy : float
        Energy at the undisplaced geometry, eV.
    fmax : float
        Largest force (eV/Å) on a displaced atom at the undisplaced geometry.
    asymmetry : float
        Largest element of the antisymmetric part, eV/Å²: the noise of the forces.
    recovery : str
        What it took to converge the SCF; empty for nothing special.
    dipole_derivatives : (3n, 3) float array or None
        dμ/dx, e; None where the code gives no dipoles or the structure is periodic.
    cost : Cost
        Force calls and SCF iterations spent.
    spin_doubt : str
        As of a relaxation.
    error : float
        One standard deviation of the vibrational free energy at 298.15 K, eV, by what was not
        displaced; 0 where everything was.
    led : str
        Whose Hessian was corrected by how many geometries; empty where everything was displaced.
    """

    hessian: np.ndarray
    indices: tuple[int, ...]
    energy: float
    fmax: float
    asymmetry: float
    recovery: str = ""
    dipole_derivatives: np.ndarray | None = None
    cost: Cost = field(default_factory=Cost)
    spin_doubt: str = ""
    error: float = 0.0
    led: str = ""

    def frequencies(self, atoms: Atoms) -> np.ndarray:
        """Return the (3n,) wavenumbers, cm⁻¹, ascending; imaginary ones as negative numbers."""
        from ase.vibrations import VibrationsData

        data = VibrationsData.from_2d(atoms, self.hessian, indices=list(self.indices))
        wavenumbers = data.get_frequencies()
        return np.sort(wavenumbers.real - np.abs(wavenumbers.imag))


@dataclass(frozen=True)
class OrbitalsResult:
    """Energy (eV) at a geometry, what its electronic structure is made of (its arrays are read from
    the store when they are used), what it took to converge, and the largest force left (eV/Å; None
    where it is not known).
    """

    energy: float
    states: Mapping[str, Any] = field(repr=False)
    recovery: str = ""
    fmax: float | None = None

    @cached_property
    def electronic_structure(self) -> ElectronicStructure:
        """The electronic structure."""
        return ElectronicStructure.from_dict(self.states)
