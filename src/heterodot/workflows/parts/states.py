"""What a reaction path is made of: gases, starts of an adsorbate, and its state on the site."""

from __future__ import annotations

from dataclasses import dataclass

from ase import Atoms

from heterodot.analysis import Flag, FreeEnergy
from heterodot.records import Record
from heterodot.workflows.tasks.computing import serialization  # noqa: F401 - registers Atoms


@dataclass(frozen=True)
class Gas(Record):
    """A molecule in the gas phase.

    Attributes
    ----------
    name : str
    structure : Atoms
        Relaxed.
    free_energy : FreeEnergy
        Ideal gas at the temperature and pressure asked for.
    flags : tuple of Flag
    energy_force : float or None
        As of a :class:`Candidate`.
    """

    name: str
    structure: Atoms
    free_energy: FreeEnergy
    flags: tuple[Flag, ...]
    energy_force: float | None = None


@dataclass(frozen=True)
class Candidate(Record):
    """One start, relaxed and judged.

    Attributes
    ----------
    label : str
        The starting orientation.
    structure : Atoms
    energy : float
        Total energy, eV.
    fmax : float
        eV/Å.
    n_steps : int
    flags : tuple of Flag
    energy_force : float or None
        Largest force of the level of the energy, eV/Å, where the geometry is another level's and
        this one gives forces.
    """

    label: str
    structure: Atoms
    energy: float
    fmax: float
    n_steps: int
    flags: tuple[Flag, ...]
    energy_force: float | None = None


@dataclass(frozen=True)
class AdsorbedState(Record):
    """One adsorbate of a path, at its best geometry.

    Attributes
    ----------
    name : str
    structure : Atoms
    free_energy : FreeEnergy
        Of dot and adsorbate, eV; the vibrations are those of the adsorbate.
    adsorption_energy : float
        E(dot+A) − E(dot) − E(A, gas) in eV for an adsorbate that is a gas of the path; for others
        against what they are made from along it (COOH: CO2 + ½ H2; H: ½ H2).
    candidates : tuple of Candidate
        Every start, the chosen one first.
    flags : tuple of Flag
    """

    name: str
    structure: Atoms
    free_energy: FreeEnergy
    adsorption_energy: float
    candidates: tuple[Candidate, ...]
    flags: tuple[Flag, ...]
